/** @file From a folder or objects in memory to an SAE with its weights. */

import { checkOptions, given, type TensorLike } from "@diopter/tensor";
import { type Files, isFiles, readJson } from "../checkpoint/files";
import { inNode } from "../checkpoint/hub/hub";
import { type HeldTensors, heldCheckpoint } from "../checkpoint/open-checkpoint";
import { openSafetensors } from "../checkpoint/safetensors";
import { UnsupportedModelError } from "../config/errors";
import { readSaeConfig, type SaeConfig } from "./config";
import { foldScale, readSaeWeights } from "./weights";

/** A sparse autoencoder or transcoder that can be spliced into a run. */
export interface Sae {
  readonly config: SaeConfig;
  /** By SAELens's names; half precision is widened to float32. */
  readonly weights: ReadonlyMap<string, TensorLike>;
  readonly id: string;
}

/** An SAE held in memory. */
export interface InMemorySae {
  /** What `cfg.json` holds. */
  readonly config: object;
  /** What `sae_weights.safetensors` holds: its bytes, or tensors by name. */
  readonly weights: HeldTensors;
  readonly id?: string | undefined;
}

export interface SaeOptions {
  /** Folder of the SAE among the files, such as `"blocks.8.hook_resid_pre"`. */
  readonly path?: string | undefined;
  /** Factor that activations were multiplied by in training, for `normalize_activations: "expected_average_only_in"`. */
  readonly scale?: number | undefined;
}

/**
 * Reads an SAE or transcoder in SAELens's format: `cfg.json` and `sae_weights.safetensors`.
 *
 * @throws {MissingFileError} when a file is not there
 * @throws {UnsupportedModelError} for an architecture or setting that is not known here
 * @throws {CheckpointError} when tensors are missing, extra or misshapen
 *
 * @example
 * const sae = await loadSae(await hubFiles("owner/saes"), { path: "blocks.8.hook_resid_pre" });
 */
export async function loadSae(
  source: string | Files | InMemorySae,
  options: SaeOptions = {},
): Promise<Sae> {
  checkOptions("loadSae", options, { path: "optional", scale: "optional" });
  const { path, scale } = options;
  const { json, open, id } = await opened(source, path);
  const config = readSaeConfig(json, `${id}: cfg.json`);
  requireScale(config, scale, id);
  const weights = await readSaeWeights(config, await open(), id);
  return { config, weights: scale === undefined ? weights : foldScale(weights, scale), id };
}

async function opened(source: string | Files | InMemorySae, path: string | undefined) {
  if (typeof source === "string") return openedFiles(await folderAt(source), path);
  if (typeof source !== "object" || source === null)
    throw new TypeError(`sae: expected a folder, files or an SAE in memory, got ${given(source)}`);
  if (!("weights" in source)) {
    if (isFiles(source)) return openedFiles(source, path);
    throw new TypeError(
      `sae: expected a folder, files or an SAE in memory (config and weights), got ${given(source)}`,
    );
  }
  const { config, weights, id = "sae" } = source;
  if (typeof config !== "object" || config === null)
    throw new TypeError(`sae: config is ${given(config)}, expected what cfg.json holds`);
  const json = config as Readonly<Record<string, unknown>>;
  return { json, open: async () => heldCheckpoint(weights, id), id };
}

async function folderAt(path: string): Promise<Files> {
  if (!inNode()) throw new TypeError(`sae: there are no folders here; give files of "${path}"`);
  return (await import("#on-node")).folder(path);
}

async function openedFiles(files: Files, path: string | undefined) {
  const at = (name: string) => (path === undefined ? name : `${path}/${name}`);
  const json = await readJson(files, at("cfg.json"));
  const open = async () => {
    const file = await openSafetensors(files, at("sae_weights.safetensors"));
    const shapes = new Map([...file.tensors].map(([name, { shape }]) => [name, shape]));
    return { shapes, read: (name: string) => file.read(name) };
  };
  return { json, open, id: path === undefined ? files.id : `${files.id}/${path}` };
}

function requireScale(config: SaeConfig, scale: number | undefined, id: string): void {
  if (scale === undefined) {
    if (!config.needsScale) return;
    throw new UnsupportedModelError(
      `${id}: cfg.json has normalize_activations "expected_average_only_in", whose factor is not in the file; give it as scale (1 when it is folded in)`,
    );
  }
  if (!config.needsScale) {
    throw new RangeError(
      `${id}: scale is for an SAE with normalize_activations "expected_average_only_in"`,
    );
  }
  if (!Number.isFinite(scale) || scale <= 0)
    throw new RangeError(`${id}: scale is ${scale}, expected a positive number`);
}
