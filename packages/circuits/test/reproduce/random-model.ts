/** @file Random transformers of a published circuit's shape, as small as they can be, with a tokenizer that knows all words. */

import type { Model } from "@diopter/model";
import { node } from "@diopter/model/node";
import { Random, type TensorLike } from "@diopter/tensor";
import type { GraphShape } from "../../src/graph/shape";
import { network } from "../helpers/network";
import { spaced, wordLevel } from "../task/fake-tokenizers";

const dHead = 2;

/** A GPT-2-like model with `dVocab` tokens; without MLPs where the shape has none, parallel blocks where it has. */
export function randomModel(
  { nLayers, nHeads, attnOnly, parallel }: GraphShape,
  dVocab: number,
  nCtx: number,
): Promise<Model> {
  const dModel = nHeads * dHead;
  const dMlp = attnOnly ? 0 : 2 * dModel;
  const random = new Random(5);
  const weights: Record<string, TensorLike> = {};
  const add = (name: string, shape: readonly number[], std: number) => {
    weights[name] = random.normal(shape, { std });
  };
  const norm = (name: string) => {
    weights[`${name}.w`] = random.normal([dModel], { mean: 1, std: 0.1 });
    add(`${name}.b`, [dModel], 0.1);
  };
  add("embed.W_E", [dVocab, dModel], 1);
  add("pos_embed.W_pos", [nCtx, dModel], 0.3);
  add("unembed.W_U", [dModel, dVocab], 1);
  for (let l = 0; l < nLayers; l++) {
    norm(`blocks.${l}.ln1`);
    for (const input of ["Q", "K", "V"]) {
      add(`blocks.${l}.attn.W_${input}`, [dModel, dModel], 0.3);
      add(`blocks.${l}.attn.b_${input}`, [dModel], 0.1);
    }
    add(`blocks.${l}.attn.W_O`, [dModel, dModel], 0.3);
    add(`blocks.${l}.attn.b_O`, [dModel], 0.1);
    if (attnOnly) continue;
    norm(`blocks.${l}.ln2`);
    add(`blocks.${l}.mlp.W_in`, [dModel, dMlp], 0.3);
    add(`blocks.${l}.mlp.b_in`, [dMlp], 0.1);
    add(`blocks.${l}.mlp.W_out`, [dMlp, dModel], 0.3);
    add(`blocks.${l}.mlp.b_out`, [dModel], 0.1);
  }
  norm("ln_final");
  const choices = {
    ...{ nLayers, nHeads, dModel, dHead, dMlp, dVocab, nCtx, attnOnly },
    actFn: "gelu_new",
    normalizationType: "LN",
    parallelAttnMlp: parallel,
  } as const;
  return network("random", choices, weights).load(node());
}

export { spaced, wordLevel };
