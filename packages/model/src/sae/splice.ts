/** @file An SAE in the place of an activation: where it goes, which hooks it has, what it is fed. */

import { checkOptions, type TensorLike } from "@diopter/tensor";
import type { ModelConfig } from "../config/config";
import { UnsupportedModelError } from "../config/errors";
import { hookAxes, hookSizes, hostOf } from "../hooks/hook-axes";
import { hookNames, selectHooks } from "../hooks/names";
import type { SaeStructure } from "./config";
import type { Sae } from "./load";

/** An SAE to run in the place of an activation. */
export interface Splice {
  readonly sae: Sae;
  /** Hook whose activation is replaced; that of the SAE's configuration by default. */
  readonly at?: string;
  /** Hook that a transcoder reads; that of its configuration by default. */
  readonly from?: string;
  /** Add what the SAE misses (true by default), so that only edits of its features change the run. */
  readonly error?: boolean;
}

/** The part of a splice that decides the graph; the weights come with the run. */
export interface SpliceStructure {
  readonly at: string;
  readonly from: string;
  readonly error: boolean;
  readonly sae: SaeStructure;
}

export interface ResolvedSplice {
  readonly structure: SpliceStructure;
  readonly weights: ReadonlyMap<string, TensorLike>;
}

/** Splices checked against the model that they go into. Throws `RangeError`. */
export function resolveSplices(config: ModelConfig, splices: readonly Splice[]): ResolvedSplice[] {
  const names = hookNames(config);
  const resolved = splices.map((splice) => resolveSplice(config, names, splice));
  for (const [i, { structure }] of resolved.entries()) {
    if (resolved.findIndex((other) => other.structure.at === structure.at) !== i)
      throw new RangeError(`splice: two SAEs at "${structure.at}"`);
  }
  return resolved;
}

function resolveSplice(
  config: ModelConfig,
  names: readonly string[],
  splice: Splice,
): ResolvedSplice {
  checkOptions(
    "splice",
    splice,
    { sae: "required", at: "optional", from: "optional", error: "optional" },
    "field",
  );
  const { sae, at = sae.config.hookNameOut, error = true, ...given } = splice;
  if (at === undefined)
    throw new RangeError(`splice: the configuration of "${sae.id}" names no hook; give it as at`);
  const { transcoder, hookName, hookHeadIndex } = sae.config;
  const from = transcoder ? (given.from ?? hookName) : at;
  if (from === undefined)
    throw new RangeError(`splice: "${sae.id}" names no hook to read; give it as from`);
  if (!transcoder && given.from !== undefined)
    throw new RangeError(`splice: "${sae.id}" is no transcoder and reads where it writes`);
  if (hookHeadIndex !== undefined) {
    throw new UnsupportedModelError(
      `splice: "${sae.id}" is for head ${hookHeadIndex} alone, which is not supported`,
    );
  }
  selectHooks([at, from], names);
  if (names.indexOf(from) > names.indexOf(at))
    throw new RangeError(`splice: "${from}" is computed after "${at}"`);
  requireWidth(config, sae, "reads", from, sae.config.dIn);
  requireWidth(config, sae, "writes", at, sae.config.dOut);
  return { structure: { at, from, error, sae: structureOf(sae) }, weights: sae.weights };
}

function structureOf({ config }: Sae): SaeStructure {
  const { encoder, activation, dIn, dOut, dSae, k, transcoder, skip } = config;
  const { applyBDecToInput, normalizeActivations } = config;
  const { rescaleActsByDecoderNorm, finetuningScalingFactor } = config;
  return {
    encoder,
    activation,
    dIn,
    dOut,
    dSae,
    k,
    transcoder,
    skip,
    applyBDecToInput,
    normalizeActivations,
    rescaleActsByDecoderNorm,
    finetuningScalingFactor,
  };
}

function requireWidth(
  config: ModelConfig,
  sae: Sae,
  verb: "reads" | "writes",
  name: string,
  expected: number,
): void {
  const [first, second, ...rest] = hookAxes(name);
  const width = hookSizes(config, name, 1, 1).reduce((a, b) => a * b, 1);
  if (first !== "batch" || second !== "pos" || rest.length === 0)
    throw new RangeError(`splice: "${name}" is no activation of positions`);
  if (width !== expected) {
    throw new RangeError(
      `splice: "${sae.id}" ${verb} ${expected} numbers per position, "${name}" has ${width}`,
    );
  }
}

/** Names of a splice's values, in the order of computation, as SAELens gives them. */
export function spliceNames({ at, error }: Pick<SpliceStructure, "at" | "error">): string[] {
  const names = ["input", "acts_pre", "acts_post", "recons", ...(error ? ["error"] : []), "output"];
  return names.map((name) => `${at}.hook_sae_${name}`);
}

/** `names` with those of the splices behind the hooks that they replace. */
export function withSplices(
  names: readonly string[],
  splices: readonly SpliceStructure[],
): string[] {
  if (splices.length === 0) return [...names];
  return names.flatMap((name) => [
    name,
    ...splices.filter(({ at }) => at === name).flatMap((splice) => spliceNames(splice)),
  ]);
}

/** The sizes of the SAE that a hook belongs to, or undefined for hooks of the model. */
export function saeSizesAt(
  name: string,
  splices: readonly SpliceStructure[],
): SpliceStructure["sae"] | undefined {
  const host = hostOf(name);
  return host === name ? undefined : splices.find(({ at }) => at === host)?.sae;
}

export function structuresOf(splices: readonly ResolvedSplice[] = []): SpliceStructure[] {
  return splices.map(({ structure }) => structure);
}

/** The weights of splices, as feeds. */
export function spliceFeeds(splices: readonly ResolvedSplice[]): Record<string, TensorLike> {
  const feeds: Record<string, TensorLike> = {};
  for (const { structure, weights } of splices)
    for (const [name, tensor] of weights) feeds[weightName(structure, name)] = tensor;
  return feeds;
}

/** Name of the graph input that holds a weight of a splice. */
export function weightName({ at }: Pick<SpliceStructure, "at">, name: string): string {
  return `${at}.sae.${name}`;
}
