/** @file StableLM 2 and 3B (Bellagente et al. 2024): a Llama with LayerNorms and partly rotated heads. */

import { completeConfig } from "./complete-config";
import type { Family } from "./family";
import { norm } from "./layers";
import { llamaChoices, llamaNames, llamaWeights } from "./llama-like";

export const stablelm: Family = {
  name: "stablelm",
  accepts: 'model_type "stablelm"',
  matches: (config) => config.model_type === "stablelm",
  ...llamaNames,
  config: (hf, tensors) => {
    hf.refuse("qk_layernorm", "each head would have a norm of its own, in tensors of their own");
    const parallel = hf.boolean("use_parallel_residual", false);
    return completeConfig({
      ...llamaChoices("stablelm", hf, tensors, { partial: 0.25 }),
      nKeyValueHeads: hf.sizeOrNull(32, "num_key_value_heads"),
      normalizationType: "LN",
      eps: hf.nonNegative("layer_norm_eps", 1e-5),
      parallelAttnMlp: parallel,
      sharedNorm: parallel,
    });
  },
  weights: () => ({
    ...llamaWeights(),
    ...norm("blocks.{l}.ln1", "layers.{l}.input_layernorm"),
    ...norm("blocks.{l}.ln2", "layers.{l}.post_attention_layernorm"),
    ...norm("ln_final", "norm"),
  }),
};
