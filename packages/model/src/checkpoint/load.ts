/** @file From a folder or objects in memory to a canonical configuration, weights and a tokenizer file. */

import { quoted } from "@diopter/graph";
import { checkOptions, given, type OptionKeys, type TensorLike } from "@diopter/tensor";
import type { ModelConfig } from "../config/config";
import { MissingFileError, UnsupportedModelError } from "../config/errors";
import { sha256 } from "../weights/hash-weights";
import { eosIds } from "./eos-ids";
import { families as allFamilies, familyOf } from "./families";
import { type Checkpoint, readCheckpoint } from "./families/checkpoint";
import type { Family } from "./families/family";
import { type Files, isFiles, readJson, readJsonIfThere } from "./files";
import { type HubOptions, hubKeys } from "./hub/hub";
import type { HubFiles } from "./hub/snapshot";
import { type HeldTensors, heldCheckpoint, openCheckpoint } from "./open-checkpoint";
import { expectOnnx, type Place, placeOf } from "./place";

type Json = Readonly<Record<string, unknown>>;

/** A checkpoint held in memory. */
export interface InMemoryCheckpoint {
  /** What `config.json` holds. */
  readonly config: object;
  /** A safetensors file, or tensors by checkpoint name. */
  readonly weights: HeldTensors;
  /** What `tokenizer.json` holds. */
  readonly tokenizer?: object | undefined;
  /** What `tokenizer_config.json` holds. */
  readonly tokenizerConfig?: object | undefined;
  /** What `generation_config.json` holds. */
  readonly generationConfig?: object | undefined;
  readonly id?: string | undefined;
  readonly revision?: string | undefined;
}

/** A folder path (Node), the id of a model on a hub, files from elsewhere, or objects in memory. */
export type CheckpointSource = string | Files | InMemoryCheckpoint;

/** Where a model comes from, when it comes from a hub, and which families may read it. */
export interface LoadOptions extends HubOptions {
  /** Families to choose from; those of the package by default. Put your own first. */
  readonly families?: readonly Family[] | undefined;
}

export const loadKeys: OptionKeys<LoadOptions> = { ...hubKeys, families: "optional" };

/** A checkpoint in canonical form. */
export interface LoadedCheckpoint {
  readonly config: ModelConfig;
  /** In graph layout, under TransformerLens names. */
  readonly weights: ReadonlyMap<string, TensorLike>;
  /** What `tokenizer.json` holds, when there is one. */
  readonly tokenizer: Json | undefined;
  /** What `tokenizer_config.json` holds, when there is one. */
  readonly tokenizerConfig: Json | undefined;
  /** Ids at which text ends, by `generation_config.json` or else `config.json`. */
  readonly eos: readonly number[];
  readonly id: string;
  readonly revision: string | undefined;
  /** SHA-256 of what `tokenizer.json` holds. */
  readonly tokenizerHash: string | undefined;
}

/**
 * Reads a checkpoint and brings it into canonical form.
 *
 * A folder or a model on a hub holds `config.json`, `model.safetensors` (or its shards with
 * `model.safetensors.index.json`) and, for text, `tokenizer.json`. A string that names a folder here is
 * that folder; `"owner/name"` otherwise names a model on the hub.
 *
 * @throws {MissingFileError} when a file is not there
 * @throws {HubError} when the hub refuses or fails
 * @throws {UnsupportedModelError} when no family reads the configuration
 * @throws {CheckpointError} when tensors are missing, extra or misshapen
 *
 * @example
 * const { config, weights } = await loadCheckpoint("models/gpt2");
 */
export async function loadCheckpoint(
  source: CheckpointSource,
  options: LoadOptions = {},
): Promise<LoadedCheckpoint> {
  checkOptions("loadCheckpoint", options, loadKeys);
  return readModel(source, options);
}

/** The same for options that have been checked, among others. */
export async function readModel(
  source: CheckpointSource | Place,
  options: LoadOptions,
): Promise<LoadedCheckpoint> {
  const { families = allFamilies } = options;
  const opened = await open(source, families, options);
  const family = familyOf(opened.config, families);
  refuseQuantized(family, opened.config);
  const { config, weights } = await readCheckpoint(family, opened.config, opened.checkpoint);
  const { tokenizer, tokenizerConfig, id, revision } = opened;
  if (opened.hub) options.onProgress?.({ status: "ready", name: opened.hub.id });
  return {
    config,
    weights,
    tokenizer,
    tokenizerConfig,
    eos: eosIds(opened.config, opened.generationConfig),
    id: id ?? config.family,
    revision,
    tokenizerHash: tokenizer && (await hashOf(tokenizer)),
  };
}

interface Opened {
  readonly config: Json;
  readonly checkpoint: Checkpoint;
  readonly tokenizer: Json | undefined;
  readonly tokenizerConfig: Json | undefined;
  readonly generationConfig: Json | undefined;
  readonly id: string | undefined;
  readonly revision: string | undefined;
  readonly hub?: HubFiles;
}

async function open(
  source: CheckpointSource | Place,
  families: readonly Family[],
  options: LoadOptions,
): Promise<Opened> {
  if (typeof source === "string") return openPlace(await placeOf(source, options), families);
  if (typeof source !== "object" || source === null) {
    throw new TypeError(
      `model: expected a folder, files or a checkpoint object, got ${given(source)}`,
    );
  }
  if ("weights" in source) return openMemory(source);
  if ("files" in source || "bytes" in source) return openPlace(source, families);
  if (isFiles(source)) return openFiles(source, families);
  throw new TypeError(
    `model: expected a folder, files or a checkpoint object (config and weights), got ${given(source)}`,
  );
}

async function openPlace(place: Place, families: readonly Family[]): Promise<Opened> {
  if ("files" in place && place.file === undefined) {
    const { files } = place;
    return "repair" in files ? openHub(files as HubFiles, families) : openFiles(files, families);
  }
  await expectOnnx(place);
  const subject = "bytes" in place ? "these bytes are" : `"${place.id}" is`;
  throw new TypeError(`model: ${subject} no folder of a checkpoint; Model.load opens an ONNX file`);
}

/** Whether an error is about what a file holds, so that the file may be damaged. */
function isOfContent(error: unknown): boolean {
  return error instanceof RangeError && !(error instanceof MissingFileError);
}

function damagedError(error: Error, damaged: readonly string[]): RangeError {
  return new RangeError(
    `${error.message}; ${damaged.join(", ")} is damaged: its hash is not its name; delete it, or load once without offline`,
    { cause: error },
  );
}

async function openHub(hub: HubFiles, families: readonly Family[]): Promise<Opened> {
  try {
    return { ...(await openFiles(hub, families)), hub };
  } catch (error) {
    if (isOfContent(error)) {
      const damaged = await hub.repair();
      if (damaged.length > 0 && !hub.offline) return { ...(await openFiles(hub, families)), hub };
      if (damaged.length > 0) throw damagedError(error as Error, damaged);
    }
    if (!hub.offline || !(error instanceof MissingFileError)) throw error;
    throw new MissingFileError(
      `${error.message} of commit ${hub.revision} in ${hub.cache}, and offline is true`,
      { cause: error },
    );
  }
}

function openMemory(source: InMemoryCheckpoint): Opened {
  const { config, weights, tokenizer, tokenizerConfig, generationConfig, id, revision } = source;
  if (typeof config !== "object" || config === null) {
    throw new TypeError(`model: config is ${given(config)}, expected what config.json holds`);
  }
  return {
    config: config as Json,
    checkpoint: heldCheckpoint(weights, id ?? "safetensors"),
    tokenizer: tokenizer as Json | undefined,
    tokenizerConfig: tokenizerConfig as Json | undefined,
    generationConfig: generationConfig as Json | undefined,
    id,
    revision,
  };
}

async function openFiles(files: Files, families: readonly Family[]): Promise<Opened> {
  const config = await configOf(files);
  // Before gigabytes are fetched for nothing.
  refuseQuantized(familyOf(config, families), config);
  return {
    config,
    checkpoint: await openCheckpoint(files),
    tokenizer: await readJsonIfThere(files, "tokenizer.json"),
    tokenizerConfig: await readJsonIfThere(files, "tokenizer_config.json"),
    generationConfig: await readJsonIfThere(files, "generation_config.json"),
    id: files.id,
    revision: files.revision,
  };
}

/** What `config.json` holds; a folder of an adapter has none, and says whose it is. */
async function configOf(files: Files): Promise<Json> {
  const config = await readJsonIfThere(files, "config.json");
  if (config) return config;
  const adapter = await readJsonIfThere(files, "adapter_config.json");
  if (!adapter) return readJson(files, "config.json");
  const of = adapter.base_model_name_or_path;
  throw new UnsupportedModelError(
    `${files.id}: adapter_config.json says that this is a ${quoted(adapter.peft_type ?? "PEFT")} adapter of ${quoted(of ?? "another model")}, not a model; merge it (merge_and_unload) and save that`,
  );
}

/** Quantized weights are packed, each method in its own way, under names of its own. */
function refuseQuantized({ name }: Family, config: Json): void {
  const settings = config.quantization_config;
  if (settings === undefined || settings === null) return;
  const method = (settings as Json).quant_method;
  throw new UnsupportedModelError(
    `${name}: config.json has quantization_config (quant_method ${quoted(method ?? null)}): its weights are packed, and only floating point is read; load the model that it was made from, or save what its dequantize() gives`,
  );
}

async function hashOf(tokenizer: Json): Promise<string> {
  let text: string;
  try {
    text = JSON.stringify(tokenizer);
  } catch (error) {
    throw new RangeError("tokenizer: tokenizer.json is nested too deeply", { cause: error });
  }
  return sha256(new TextEncoder().encode(text));
}
