/** @file From a path, files or bytes to the graph of a model and what lies beside it. */

import type { Graph } from "@diopter/graph";
import { type Files, readJsonIfThere } from "../checkpoint/files";
import { inNode } from "../checkpoint/hub/hub";
import { MissingFileError } from "../config/errors";
import { readOnnx } from "./external-data";

type Json = Readonly<Record<string, unknown>>;

/** The bytes of an ONNX file, a path (Node), or files from elsewhere. */
export type OnnxSource = Uint8Array | ArrayBuffer | string | Files;

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

const USUAL = [
  "model.onnx",
  "onnx/model.onnx",
  "decoder_model_merged.onnx",
  "onnx/decoder_model_merged.onnx",
];

/**
 * Opens an ONNX file with its external data.
 *
 * @throws {MissingFileError} when a file is not there
 * @throws {RangeError} when the bytes are no ONNX file
 */
export async function openOnnx(
  source: OnnxSource,
  { file }: OnnxFileOptions = {},
): Promise<OpenedOnnx> {
  if (source instanceof ArrayBuffer || source instanceof Uint8Array) {
    const bytes = source instanceof Uint8Array ? source : new Uint8Array(source);
    const graph = await readOnnx(bytes, undefined);
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
  const { files, name } =
    typeof source === "string" ? await atPath(source, file) : await inFiles(source, file);
  const slash = name.lastIndexOf("/") + 1;
  const beside = below(files, name.slice(0, slash));
  const bytes = await beside.read(name.slice(slash));
  const graph = await readOnnx(bytes, beside, name.slice(slash));
  const near = async (json: string) =>
    (await readJsonIfThere(beside, json)) ?? (slash > 0 ? readJsonIfThere(files, json) : undefined);
  return {
    graph,
    id: typeof source === "string" ? source : `${files.id}/${name}`,
    revision: files.revision,
    config: await near("config.json"),
    tokenizer: await near("tokenizer.json"),
    tokenizerConfig: await near("tokenizer_config.json"),
    generationConfig: await near("generation_config.json"),
  };
}

async function inFiles(
  files: Files,
  file: string | undefined,
): Promise<{ files: Files; name: string }> {
  if (typeof files !== "object" || files === null || typeof files.read !== "function") {
    throw new TypeError("onnx: expected bytes, a path or files");
  }
  const candidates = file === undefined ? USUAL : [file];
  for (const name of candidates) if ((await files.size(name)) !== undefined) return { files, name };
  throw new MissingFileError(
    `${files.id}: no file ${candidates.map((name) => `"${name}"`).join(" or ")}`,
  );
}

/** The file at `path` as a name below the folder above its own, so that what lies there is in reach. */
async function atPath(
  path: string,
  file: string | undefined,
): Promise<{ files: Files; name: string }> {
  if (!inNode()) throw new TypeError("onnx: a path needs Node; give the bytes of the file here");
  const { folder, isThere } = await import("#on-node");
  if (!(await isThere(path))) throw new MissingFileError(`onnx: no file "${path}"`);
  if (!/\.(onnx|ort|pb)$/i.test(path)) return inFiles(await folder(path), file);
  const parts = path.split(/[/\\]/);
  const name = parts.pop()!;
  const own = parts.join("/") || (path.startsWith("/") ? "/" : ".");
  const parent = parts.pop();
  // Without a named parent there is no way up that stays inside what the user gave.
  if (!parent || parent === "." || parent === "..") return { files: await folder(own), name };
  return {
    files: await folder(parts.join("/") || (path.startsWith("/") ? "/" : ".")),
    name: `${parent}/${name}`,
  };
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
