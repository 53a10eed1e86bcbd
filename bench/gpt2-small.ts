/** @file A model of GPT-2 small's shape with random weights: what every row is measured on. */

import { Model, type Runtime, type Session, type Values } from "@diopter/model";
import { node } from "@diopter/model/node";
import { fromData, Random, type TensorLike } from "@diopter/tensor";

const config = {
  model_type: "gpt2",
  n_layer: 12,
  n_head: 12,
  n_embd: 768,
  n_positions: 1024,
  vocab_size: 50257,
  layer_norm_epsilon: 1e-5,
  activation_function: "gelu_new",
};

/** 124,439,808 parameters, 498 MB in float32; speed does not depend on what the numbers are. */
export async function gpt2Small(runtime: Runtime = node()): Promise<Model> {
  return Model.load({ config, weights: randomWeights(), id: "gpt2-small-shape" }, { runtime });
}

/** A runtime, and a way to run its latest session again on the same feeds with nothing of ours around it. */
export function repeatable(inner: Runtime = node()): { runtime: Runtime; again(): unknown } {
  let last: { session: Session; feeds: Values } | undefined;
  const runtime: Runtime = {
    ...inner,
    session: async (graph, weights) => {
      const session = await inner.session(graph, weights);
      return {
        run: (feeds, options) => {
          last = { session, feeds };
          return session.run(feeds, options);
        },
        release: () => session.release(),
      };
    },
  };
  return { runtime, again: () => last!.session.run(last!.feeds) };
}

/** Rows of random token ids, [rows][length]. */
export function randomPrompts(rows: number, length: number, seed = 1): number[][] {
  const random = new Random(seed);
  return Array.from({ length: rows }, () =>
    Array.from({ length }, () => random.integer(0, config.vocab_size)),
  );
}

function randomWeights(): Map<string, TensorLike> {
  const { n_embd: d, n_layer, vocab_size, n_positions } = config;
  const weights = new Map<string, TensorLike>();
  // One block of noise is enough: drawing 124 million numbers would take longer than the benchmark.
  const noise = new Random(0).normal([1 << 16], { std: 0.02 }).data;
  const put = (name: string, shape: number[], constant?: number) => {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    for (let i = 0; i < data.length; i++)
      data[i] = constant ?? noise[(i * 31 + name.length) & 0xffff]!;
    weights.set(name, fromData(data, shape, "float32"));
  };
  put("wte.weight", [vocab_size, d]);
  put("wpe.weight", [n_positions, d]);
  for (let l = 0; l < n_layer; l++) {
    for (const norm of ["ln_1", "ln_2"]) {
      put(`h.${l}.${norm}.weight`, [d], 1);
      put(`h.${l}.${norm}.bias`, [d], 0);
    }
    const maps = {
      "attn.c_attn": [d, 3 * d],
      "attn.c_proj": [d, d],
      "mlp.c_fc": [d, 4 * d],
      "mlp.c_proj": [4 * d, d],
    };
    for (const [map, shape] of Object.entries(maps)) {
      put(`h.${l}.${map}.weight`, shape);
      put(`h.${l}.${map}.bias`, [shape[1]!]);
    }
  }
  put("ln_f.weight", [d], 1);
  put("ln_f.bias", [d], 0);
  return weights;
}
