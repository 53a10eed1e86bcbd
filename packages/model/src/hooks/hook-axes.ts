/** @file The axes of every activation, in the words of the conventions. */

import type { ModelConfig } from "../config/config";

export type Axis =
  | "batch"
  | "pos"
  | "query"
  | "key"
  | "head"
  | "dHead"
  | "dModel"
  | "dMlp"
  | "dVocab"
  | "dIn"
  | "dOut"
  | "dSae"
  | "one";

/** Axes of a hook, such as `["batch", "pos", "head", "dHead"]` for `hook_z`. */
export function hookAxes(name: string): readonly Axis[] {
  const last = name.slice(name.lastIndexOf(".") + 1);
  if (last.startsWith("hook_sae_")) return saeAxes(name, last);
  if (last === "hook_attn_scores" || last === "hook_pattern")
    return ["batch", "head", "query", "key"];
  if (/^hook_(rot_)?[qkvz]$/.test(last)) return ["batch", "pos", "head", "dHead"];
  if (/^hook_(result|[qkv]_input|attn_in)$/.test(last)) return ["batch", "pos", "head", "dModel"];
  if (last === "hook_scale") return ["batch", "pos", "one"];
  if (name.includes(".mlp.")) return ["batch", "pos", "dMlp"];
  if (name === "unembed.hook_out") return ["batch", "pos", "dVocab"];
  return ["batch", "pos", "dModel"];
}

/** What an SAE loses and what leaves it have the form of the activation that it replaces. */
function saeAxes(name: string, last: string): readonly Axis[] {
  if (last.startsWith("hook_sae_acts_")) return ["batch", "pos", "dSae"];
  if (last === "hook_sae_input") return ["batch", "pos", "dIn"];
  if (last === "hook_sae_recons") return ["batch", "pos", "dOut"];
  return hookAxes(hostOf(name));
}

/** The hook that an SAE's hook belongs to, or the name itself. */
export function hostOf(name: string): string {
  return name.replace(/\.hook_sae_\w+$/, "");
}

/** Sizes of an SAE's own axes. */
type SaeSizes = Readonly<Record<"dIn" | "dOut" | "dSae", number>>;

/** Sizes of a hook's axes for a batch; hooks of an SAE need those of the SAE. */
export function hookSizes(
  c: ModelConfig,
  name: string,
  batch: number,
  pos: number,
  { dIn, dOut, dSae }: SaeSizes = { dIn: 0, dOut: 0, dSae: 0 },
): number[] {
  const ofKeys = /hook_(rot_)?[kv](_input)?$/.test(hostOf(name));
  const sizes: Record<Axis, number> = {
    batch,
    pos,
    query: pos,
    key: pos,
    head: ofKeys ? c.nKeyValueHeads : c.nHeads,
    dHead: c.dHead,
    dModel: c.dModel,
    dMlp: c.dMlp,
    dVocab: c.dVocabOut,
    one: 1,
    dIn,
    dOut,
    dSae,
  };
  return hookAxes(name).map((axis) => sizes[axis]);
}

/**
 * Dimensions of a hook: numbers where the model fixes them, else the words `batch`, `pos`, `query`, `key`.
 *
 * @example
 * hookShape("blocks.0.attn.hook_pattern", model.config); // ["batch", 12, "query", "key"]
 */
export function hookShape(name: string, config: ModelConfig): (number | string)[] {
  const sizes = hookSizes(config, name, 0, 0);
  const open = new Set<string>(["batch", "pos", "query", "key"]);
  return hookAxes(name).map((axis, i) => (open.has(axis) ? axis : (sizes[i] as number)));
}
