/** @file The names of all activations, as TransformerLens gives them, and the choice among them. */

import { checkOptions, didYouMean } from "@diopter/tensor";
import type { ModelConfig } from "../config/config";
import { UnknownHookError } from "../config/errors";
import { normsOutputs } from "../weights/weight-shapes";

type NormHook = "hook_scale" | "hook_normalized";

/** Hooks inside one block, without the `blocks.{l}.` in front. */
export type BlockHook =
  | "hook_resid_pre"
  | "hook_attn_in"
  | `hook_${"q" | "k" | "v"}_input`
  | "hook_attn_out"
  | "hook_resid_mid"
  | "hook_mlp_in"
  | "hook_mlp_out"
  | "hook_resid_post"
  | "hook_normalized_resid_post"
  | `${"ln1" | "ln2" | "ln1_post" | "ln2_post"}.${NormHook}`
  | `attn.hook_${"q" | "k" | "v" | "rot_q" | "rot_k" | "attn_scores" | "pattern" | "z" | "result"}`
  | `mlp.hook_${"pre" | "pre_linear" | "post"}`;

/** The name of an activation; a misspelt literal does not compile. */
export type HookName =
  | "hook_embed"
  | "hook_pos_embed"
  | "hook_token_type_embed"
  | "hook_full_embed"
  | `${"embed.ln" | "ln_final"}.${NormHook}`
  | `unembed.hook_${"in" | "out"}`
  | `blocks.${number}.${BlockHook}`;

/** A hook name, or a glob: `*` stands for anything but a dot, `**` for anything, `{1,2}` for a choice. */
export type HookPattern = HookName | `blocks.*.${BlockHook}` | `${string}${"*" | "{"}${string}`;

/** Which hooks are meant: patterns, a regular expression or a predicate. */
export type HookFilter = string | RegExp | ((name: string) => boolean) | readonly string[];

export interface HookNameOptions {
  /** Include `attn.hook_result`, one output per head. */
  readonly result?: boolean | undefined;
  /** Include the inputs of attention and MLP: `hook_attn_in`, `hook_{q,k,v}_input`, `hook_mlp_in`. */
  readonly splitInputs?: boolean | undefined;
}

/** Every hook of a model in the order of computation. */
export function hookNames(config: ModelConfig, options: HookNameOptions = {}): HookName[] {
  checkOptions("hookNames", options, { result: "optional", splitInputs: "optional" });
  const { result = true, splitInputs = true } = options;
  const names = embeddingHooks(config);
  for (let layer = 0; layer < config.nLayers; layer++) {
    for (const hook of blockHooks(config, layer, { result, splitInputs })) {
      names.push(`blocks.${layer}.${hook}`);
    }
  }
  if (config.finalNorm) names.push(...normHooks(config, "ln_final"));
  return [...names, "unembed.hook_in", "unembed.hook_out"];
}

/** What TransformerLens's `run_with_cache` keeps unless told otherwise: no per-head results, no split inputs. */
export function defaultCacheNames(config: ModelConfig): HookName[] {
  return hookNames(config, { result: false, splitInputs: false });
}

/** The same of the factorized view: readers sum outputs for themselves, so of the stream there are only its ends. */
export function factorizedCacheNames(config: ModelConfig): HookName[] {
  const ends = ["blocks.0.hook_resid_pre", `blocks.${config.nLayers - 1}.hook_resid_post`];
  const stream = /^blocks\.\d+\.(hook_resid_(pre|mid|post)|hook_attn_(in|out)|ln1\..*)$/;
  // A norm that attention and MLP share is the MLP's there.
  return defaultCacheNames(config).filter(
    (name) =>
      ends.includes(name) || !stream.test(name) || (config.sharedNorm && name.includes(".ln1.")),
  );
}

function embeddingHooks(config: ModelConfig): HookName[] {
  const names: HookName[] = ["hook_embed"];
  if (config.positionalEmbeddingType === "standard") names.push("hook_pos_embed");
  if (config.tokenTypes > 0) names.push("hook_token_type_embed");
  if (config.postEmbeddingNorm) names.push(...normHooks(config, "embed.ln"));
  if (config.normPlacement === "post") names.push("hook_full_embed");
  return names;
}

function normHooks<N extends string>(config: ModelConfig, name: N): `${N}.${NormHook}`[] {
  if (config.normalizationType === "none") return [];
  return [`${name}.hook_scale`, `${name}.hook_normalized`];
}

function blockHooks(config: ModelConfig, layer: number, options: HookNameOptions): BlockHook[] {
  const { normPlacement, attnOnly, parallelAttnMlp } = config;
  const reads = normPlacement !== "output";
  const [ln1, ln2] = [reads ? normHooks(config, "ln1") : [], reads ? normHooks(config, "ln2") : []];
  const mlpIn: BlockHook[] = options.splitInputs && !attnOnly ? ["hook_mlp_in"] : [];
  const writes = normsOutputs(config);
  const attn: BlockHook[] = [
    ...attentionHooks(config, layer, options),
    ...(writes ? normHooks(config, "ln1_post") : []),
    "hook_attn_out",
  ];
  const mlp: BlockHook[] = attnOnly
    ? []
    : [...mlpHooks(config), ...(writes ? normHooks(config, "ln2_post") : []), "hook_mlp_out"];
  const start: BlockHook[] = options.splitInputs
    ? ["hook_resid_pre", "hook_attn_in", "hook_q_input", "hook_k_input", "hook_v_input"]
    : ["hook_resid_pre"];
  if (attnOnly) return [...start, ...ln1, ...attn, "hook_resid_post"];
  if (normPlacement === "post") {
    const end: BlockHook[] = ["hook_resid_post", ...ln2, "hook_normalized_resid_post"];
    return [...start, ...attn, "hook_resid_mid", ...ln1, ...mlpIn, ...mlp, ...end];
  }
  if (parallelAttnMlp) {
    const second = config.sharedNorm ? [] : ln2;
    return [...start, ...ln1, ...attn, ...mlpIn, ...second, ...mlp, "hook_resid_post"];
  }
  return [...start, ...ln1, ...attn, "hook_resid_mid", ...mlpIn, ...ln2, ...mlp, "hook_resid_post"];
}

function attentionHooks(
  config: ModelConfig,
  layer: number,
  { result }: HookNameOptions,
): BlockHook[] {
  const rotary: BlockHook[] = isRotated(config, layer)
    ? ["attn.hook_rot_q", "attn.hook_rot_k"]
    : [];
  return [
    "attn.hook_q",
    "attn.hook_k",
    "attn.hook_v",
    ...rotary,
    "attn.hook_attn_scores",
    "attn.hook_pattern",
    "attn.hook_z",
    ...(result ? (["attn.hook_result"] as const) : []),
  ];
}

/** Whether queries and keys of a layer are rotated by position. */
export function isRotated(config: ModelConfig, layer: number): boolean {
  const { positionalEmbeddingType, layersWithoutRotary } = config;
  return positionalEmbeddingType === "rotary" && !layersWithoutRotary?.includes(layer);
}

function mlpHooks({ gatedMlp }: ModelConfig): BlockHook[] {
  return gatedMlp
    ? ["mlp.hook_pre", "mlp.hook_pre_linear", "mlp.hook_post"]
    : ["mlp.hook_pre", "mlp.hook_post"];
}

/**
 * Those of `names` that `filter` means, in the order of `names`.
 *
 * @throws {UnknownHookError} when a name, glob or regular expression means none of them.
 *
 * @example
 * selectHooks("blocks.*.hook_resid_pre", hookNames(model.config));
 */
export function selectHooks<N extends string>(
  filter: HookFilter | undefined,
  names: readonly N[],
): N[] {
  if (filter === undefined) return [...names];
  if (typeof filter === "function") return names.filter((name) => filter(name));
  if (filter instanceof RegExp) {
    return requireSome(
      names.filter((name) => name.search(filter) >= 0),
      String(filter),
    );
  }
  if (typeof filter === "string") return [...selectPattern(filter, names)];
  if (!Array.isArray(filter)) {
    throw new TypeError(`model: expected a hook name, list, glob, regular expression or predicate`);
  }
  const chosen = new Set(filter.flatMap((pattern) => selectPattern(pattern, names)));
  return names.filter((name) => chosen.has(name));
}

function selectPattern<N extends string>(pattern: string, names: readonly N[]): readonly N[] {
  const found = names.find((name) => name === pattern);
  if (found !== undefined) return [found];
  if (!/[*{]/.test(pattern)) {
    throw new UnknownHookError(`model: no hook "${pattern}"${didYouMean(pattern, names)}`);
  }
  const matches = globExpression(pattern);
  return requireSome(
    names.filter((name) => matches.test(name)),
    `"${pattern}"`,
  );
}

function requireSome<N>(names: N[], what: string): N[] {
  if (names.length === 0) throw new UnknownHookError(`model: no hook matches ${what}`);
  return names;
}

function globExpression(pattern: string): RegExp {
  const parts = pattern.split(/(\*\*|\*|\{[^{}]*\})/).map((part) => {
    if (part === "**") return ".*";
    if (part === "*") return "[^.]*";
    if (part.startsWith("{")) return `(?:${part.slice(1, -1).split(",").map(escaped).join("|")})`;
    return escaped(part);
  });
  return new RegExp(`^${parts.join("")}$`);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
