/** @file From a path, files or bytes to the graph of a model and what lies beside it. */

import type { Graph } from "@diopter/graph";
import { didYouMean, quoted } from "@diopter/tensor";
import { type Files, readJsonIfThere } from "../checkpoint/files";
import { expectOnnx, onnxNameIn, type Place } from "../checkpoint/place";
import { MissingFileError } from "../config/errors";
import { readOnnx } from "./external-data";

type Json = Readonly<Record<string, unknown>>;

/** Where in `Files` or in a folder the model lies, when it is not where models usually are. */
export interface OnnxFileOptions {
  /** Name of the file; `model.onnx` or `onnx/model.onnx` unless said. */
  readonly file?: string | undefined;
}

export interface OpenedOnnx {
  readonly graph: Graph;
  readonly id: string;
  readonly revision: string | undefined;
  /** `config.json` and what else is in JSON beside the model or one folder up. */
  readonly config: Json | undefined;
  readonly tokenizer: Json | undefined;
  readonly tokenizerConfig: Json | undefined;
  readonly generationConfig: Json | undefined;
}

/**
 * Opens an ONNX file with its external data.
 *
 * @throws {MissingFileError} when a file is not there
 * @throws {RangeError} when the bytes are no ONNX file
 */
export async function openOnnx(place: Place, { file }: OnnxFileOptions = {}): Promise<OpenedOnnx> {
  await expectOnnx(place);
  if ("bytes" in place) {
    const graph = await readOnnx(place.bytes, undefined);
    return {
      graph,
      id: graph.name || "onnx",
      revision: undefined,
      config: undefined,
      tokenizer: undefined,
      tokenizerConfig: undefined,
      generationConfig: undefined,
    };
  }
  const { files, id } = place;
  const name = place.file ?? (await nameIn(files, file));
  const slash = name.lastIndexOf("/") + 1;
  const beside = below(files, name.slice(0, slash));
  const bytes = await beside.read(name.slice(slash));
  const graph = await readOnnx(bytes, beside, name.slice(slash));
  const near = async (json: string) =>
    (await readJsonIfThere(beside, json)) ?? (slash > 0 ? readJsonIfThere(files, json) : undefined);
  return {
    graph,
    id: id ?? `${files.id}/${name}`,
    revision: files.revision,
    config: await near("config.json"),
    tokenizer: await near("tokenizer.json"),
    tokenizerConfig: await near("tokenizer_config.json"),
    generationConfig: await near("generation_config.json"),
  };
}

async function nameIn(files: Files, asked: string | undefined): Promise<string> {
  if (asked === undefined) return onnxNameIn(files);
  if ((await files.size(asked)) !== undefined) return asked;
  const names = (await files.names?.()) ?? [];
  throw new MissingFileError(`${files.id}: no file ${quoted(asked)}${didYouMean(asked, names)}`);
}

/** The files of a folder within files. */
function below(files: Files, prefix: string): Files {
  if (prefix === "") return files;
  return {
    id: `${files.id}/${prefix.slice(0, -1)}`,
    ...(files.revision !== undefined && { revision: files.revision }),
    size: (name) => files.size(prefix + name),
    read: (name, start, end) => files.read(prefix + name, start, end),
  };
}
