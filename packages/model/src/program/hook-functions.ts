/** @file JavaScript hook functions: the run is cut at each hook, the function called, and the run goes on from its value. */

import type { Tensor, TensorLike } from "@diopter/tensor";
import type { ModelConfig } from "../config/config";
import { type HookFilter, hookNames, selectHooks } from "../hooks/names";
import type { TokenBatch } from "../text/prompt-values";

/** What a hook function is told. */
export interface HookPoint {
  readonly name: string;
  /** Ids of the run, and which slots of each prompt are padding. */
  readonly tokens: TokenBatch;
  /** Layer of the hook, or undefined outside the blocks. */
  layer(): number | undefined;
}

/** Gets an activation and gives its replacement; nothing given back means unchanged. */
export type HookFunction = (
  activation: Tensor,
  hook: HookPoint,
  // biome-ignore lint/suspicious/noConfusingVoidType: functions without a return statement are the usual hooks.
) => TensorLike | void | Promise<TensorLike | void>;

/** TransformerLens's `fwd_hooks`: pairs of a filter and a function. */
export type ForwardHooks = readonly (readonly [HookFilter, HookFunction])[];

/** The functions of one hook, in the order given. */
export interface HookStop {
  readonly name: string;
  readonly functions: readonly HookFunction[];
}

/** Hooks that have functions, in execution order. */
export function hookStops(
  config: ModelConfig,
  hooks: ForwardHooks,
  order: readonly string[] = hookNames(config),
): HookStop[] {
  const functions = new Map<string, HookFunction[]>();
  for (const [filter, fn] of hooks) {
    for (const name of selectHooks(filter, order))
      functions.set(name, [...(functions.get(name) ?? []), fn]);
  }
  return order.flatMap((name) =>
    functions.has(name) ? [{ name, functions: functions.get(name)! }] : [],
  );
}

/** Layer of a hook name; undefined outside the blocks. */
export function layerOf(name: string): number | undefined {
  const match = /^blocks\.(\d+)\./.exec(name);
  return match ? Number(match[1]) : undefined;
}

/** A hook from which, together with hooks of the same section, everything later follows. */
export function sectionStart(config: ModelConfig, name: string): string | undefined {
  const layer = layerOf(name);
  if (layer !== undefined) return `blocks.${layer}.hook_resid_pre`;
  return isFinal(name) ? blockOutput(config, config.nLayers - 1) : undefined;
}

/** Whether a hook lies behind the last block. */
export function isFinal(name: string): boolean {
  return name.startsWith("ln_final.") || name.startsWith("unembed.");
}

/** The hook of what a block hands on: behind its last norm where norms follow the sums. */
export function blockOutput({ normPlacement }: ModelConfig, layer: number): string {
  const hook = normPlacement === "post" ? "hook_normalized_resid_post" : "hook_resid_post";
  return `blocks.${layer}.${hook}`;
}
