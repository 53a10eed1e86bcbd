/** @file A model small enough to be written in code: 2 layers, 2 heads of 3, dModel 4, dMlp 5, 7 words, 6 positions. */

import { fromData, type TensorLike } from "@diopter/tensor";
import type { InMemoryCheckpoint } from "../../checkpoint/load";

/** Weights are multiples of 1/32, which every float type holds exactly. */
export function tinyCheckpoint(): InMemoryCheckpoint {
  const weights: Record<string, TensorLike> = {};
  let next = 0;
  const add = (name: string, ...shape: number[]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const data = Float32Array.from({ length: size }, () => ((next++ * 37) % 64) / 32 - 1);
    weights[name] = fromData(data, shape);
  };
  add("embed.W_E", 7, 4);
  add("pos_embed.W_pos", 6, 4);
  for (const block of ["blocks.0", "blocks.1"]) {
    for (const ln of ["ln1", "ln2"]) for (const x of ["w", "b"]) add(`${block}.${ln}.${x}`, 4);
    for (const x of ["Q", "K", "V"]) {
      add(`${block}.attn.W_${x}`, 2, 4, 3);
      add(`${block}.attn.b_${x}`, 2, 3);
    }
    add(`${block}.attn.W_O`, 2, 3, 4);
    add(`${block}.attn.b_O`, 4);
    add(`${block}.mlp.W_in`, 4, 5);
    add(`${block}.mlp.b_in`, 5);
    add(`${block}.mlp.W_out`, 5, 4);
    add(`${block}.mlp.b_out`, 4);
  }
  add("ln_final.w", 4);
  add("ln_final.b", 4);
  add("unembed.W_U", 4, 7);
  add("unembed.b_U", 7);
  return { config: CONFIG, weights, id: "self-test" };
}

const CONFIG = {
  n_layers: 2,
  d_model: 4,
  n_heads: 2,
  d_head: 3,
  d_mlp: 5,
  d_vocab: 7,
  n_ctx: 6,
  act_fn: "gelu_new",
  normalization_type: "LN",
};
