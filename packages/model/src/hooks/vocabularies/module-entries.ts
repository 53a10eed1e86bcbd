/** @file Which module of transformers has a hook at its input or output, worked out from where the family finds its weights. */

import type { Family } from "../../checkpoint/families/family";
import type { Recipe } from "../../checkpoint/families/recipe";
import type { ModelConfig } from "../../config/config";
import { normsOutputs } from "../../weights/weight-shapes";
import type { Entry } from "./tables";

type Side = "input" | "output";

/** The module that holds `weight` has `hook` at `side`, in models that `when` describes. */
interface Place {
  readonly hook: string;
  readonly weight: string;
  readonly side: Side;
  readonly when?: (config: ModelConfig) => boolean;
}

const post = ({ normPlacement }: ModelConfig) => normPlacement === "post";
const readsNorms = (c: ModelConfig) =>
  !c.parallelAttnMlp && (c.normPlacement === "pre" || c.normPlacement === "both");
const bare = (c: ModelConfig) => !normsOutputs(c);
const block = (hook: string, weight: string, side: Side, when?: Place["when"]): Place => ({
  hook: `blocks.{l}.${hook}`,
  weight: `blocks.{l}.${weight}`,
  side,
  ...(when && { when }),
});

const places: readonly Place[] = [
  { hook: "hook_embed", weight: "embed.W_E", side: "output", when: (c) => !c.embeddingScale },
  { hook: "hook_pos_embed", weight: "pos_embed.W_pos", side: "output" },
  { hook: "hook_token_type_embed", weight: "embed.W_token_type", side: "output" },
  { hook: "hook_full_embed", weight: "embed.ln.w", side: "output", when: post },
  block("attn.hook_q", "attn.W_Q", "output"),
  block("attn.hook_k", "attn.W_K", "output"),
  block("attn.hook_v", "attn.W_V", "output"),
  block("attn.hook_z", "attn.W_O", "input"),
  block("hook_attn_out", "attn.W_O", "output", bare),
  block("hook_attn_out", "ln1_post.w", "output", normsOutputs),
  block("hook_resid_mid", "ln2.w", "input", readsNorms),
  block("hook_resid_mid", "ln1.w", "input", post),
  block("hook_resid_mid", "mlp.W_gate", "input", (c) => c.normPlacement === "output"),
  block("mlp.hook_pre", "mlp.W_gate", "output", (c) => c.gatedMlp),
  block("mlp.hook_pre", "mlp.W_in", "output", (c) => !c.gatedMlp),
  block("mlp.hook_pre_linear", "mlp.W_in", "output", (c) => c.gatedMlp),
  block("mlp.hook_post", "mlp.W_out", "input"),
  block("hook_mlp_out", "mlp.W_out", "output", bare),
  block("hook_mlp_out", "ln2_post.w", "output", normsOutputs),
  block("hook_resid_post", "ln2.w", "input", post),
  block("hook_normalized_resid_post", "ln2.w", "output", post),
  { hook: "unembed.hook_in", weight: "unembed.W_U", side: "input" },
  {
    hook: "unembed.hook_out",
    weight: "unembed.W_U",
    side: "output",
    when: (c) => !c.outputLogitsSoftCap && !c.logitScale,
  },
];

/** Names `module:input` and `module:output` of a model's hooks, as `register_forward_hook` reaches them. */
export function moduleEntries(family: Family, config: ModelConfig): Entry[] {
  const recipes = family.weights(config);
  const modules = new Map<string, string>();
  for (const [weight, recipe] of Object.entries(recipes)) {
    const module = moduleOf(family, recipe);
    if (module !== undefined) modules.set(weight, module);
  }
  const entries: Entry[] = [];
  for (const { hook, weight, side, when } of places) {
    const module = modules.get(weight);
    if (module === undefined || (when && !when(config))) continue;
    const sharers = [...modules].filter(([, each]) => each === module).map(([name]) => name);
    const fused = side === "output" && sharers.some((name) => isMatrix(name) && name !== weight);
    const why = `"${module}" gives several of them at once`;
    entries.push({ hook, name: `${module}:${side}`, ...(fused && { differs: () => why }) });
  }
  const blockModule = /^.*\{l\}/.exec(modules.get("blocks.{l}.attn.W_O") ?? "")?.[0];
  if (blockModule !== undefined) {
    entries.push({ hook: "blocks.{l}.hook_resid_pre", name: `${blockModule}:input` });
    const out = post(config) ? "hook_normalized_resid_post" : "hook_resid_post";
    entries.push({ hook: `blocks.{l}.${out}`, name: `${blockModule}:output` });
  }
  return entries;
}

/** The module whose `weight` a recipe reads; undefined when its tensors are not modules' weights. */
function moduleOf(family: Family, { sources: [source = ""] }: Recipe): string | undefined {
  if (!source.endsWith(".weight")) return undefined;
  const prefix = family.unprefixed?.test(source) ? "" : (family.prefixes[0] ?? "");
  return prefix + source.slice(0, -".weight".length);
}

function isMatrix(weight: string): boolean {
  return /\.W_[^.]+$/.test(weight);
}
