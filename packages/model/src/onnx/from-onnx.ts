/** @file From an ONNX file to a checkpoint in canonical form, and the map of its hooks. */

import { checkOptions } from "@diopter/tensor";
import { eosIds } from "../checkpoint/eos-ids";
import type { LoadedCheckpoint } from "../checkpoint/load";
import { type FileSource, type Place, placeOf } from "../checkpoint/place";
import type { ModelConfig } from "../config/config";
import { UnsupportedModelError } from "../config/errors";
import { createTokenizer } from "../text/tokenizer";
import { sha256 } from "../weights/hash-weights";
import { confirmConfig, withHints } from "./confirm-config";
import { OnnxInspection } from "./inspection";
import { type OnnxFileOptions, openOnnx } from "./open-onnx";
import { precisionOf } from "./read/near";
import { recognize } from "./recognize";

/** What is open to whoever has a file that is refused. */
const WAYS_OUT =
  "decoders and encoders with a head over the vocabulary are read, such as optimum exports with --task text-generation or fill-mask; the checkpoint behind the file may load by itself";

/** How an ONNX file becomes a model. */
export interface OnnxSettings extends OnnxFileOptions {
  /** What `tokenizer.json` holds, when it is not beside the file. */
  readonly tokenizer?: object | undefined;
  /** What `tokenizer_config.json` holds. */
  readonly tokenizerConfig?: object | undefined;
  /** What a graph cannot tell (`nCtx` of rotary models, `family`, `defaultPrependBos`); other fields must agree with the file. */
  readonly config?: Partial<ModelConfig> | undefined;
  readonly id?: string | undefined;
}

/**
 * The checkpoint in an ONNX file.
 *
 * @throws {UnsupportedModelError} when something between tokens and logits could not be accounted for, saying what
 * @throws {RangeError} when the file, `config.json` and `options.config` disagree
 */
export async function loadOnnx(
  place: Place,
  options: Partial<OnnxSettings> = {},
): Promise<{ checkpoint: LoadedCheckpoint; inspection: OnnxInspection }> {
  const opened = await openOnnx(place, options);
  const recognition = recognize(opened.graph);
  const id = options.id ?? opened.id;
  const inspection = new OnnxInspection(id, recognition);
  const { config: found, weights } = recognition;
  if (!found || !weights) {
    throw new UnsupportedModelError(
      `onnx: ${id}: not recognized as a transformer: ${recognition.unexplained.join("; ")}; ${WAYS_OUT}`,
    );
  }
  const tokenizer = (options.tokenizer as LoadedCheckpoint["tokenizer"]) ?? opened.tokenizer;
  const tokenizerConfig =
    (options.tokenizerConfig as LoadedCheckpoint["tokenizer"]) ?? opened.tokenizerConfig;
  // Without a config.json, BOS comes first wherever there is one, as TransformerLens has it.
  const hasBos =
    tokenizer !== undefined &&
    (found.attentionDir === "bidirectional" ||
      createTokenizer(tokenizer, tokenizerConfig).bos !== undefined);
  const precision = precisionOf(opened.graph);
  const confirmed = confirmConfig(
    { ...found, defaultPrependBos: hasBos },
    opened.config,
    precision,
  );
  const checkpoint: LoadedCheckpoint = {
    config: withHints(confirmed, options.config ?? {}, precision),
    weights,
    tokenizer,
    tokenizerConfig,
    eos: eosIds(opened.config, opened.generationConfig),
    id,
    revision: opened.revision,
    tokenizerHash: tokenizer && (await sha256(new TextEncoder().encode(JSON.stringify(tokenizer)))),
  };
  return { checkpoint, inspection };
}

/**
 * What is behind each hook in an ONNX file; nothing is run.
 *
 * A file that is no transformer, or one that could not be accounted for, gives an empty map with the reasons.
 *
 * @example
 * console.log(String(await inspectOnnx("model.onnx")));
 */
export async function inspectOnnx(
  source: FileSource,
  options: OnnxFileOptions = {},
): Promise<OnnxInspection> {
  checkOptions("inspectOnnx", options, { file: "optional" });
  const { graph, id } = await openOnnx(await placeOf(source, {}), options);
  return new OnnxInspection(id, recognize(graph));
}
