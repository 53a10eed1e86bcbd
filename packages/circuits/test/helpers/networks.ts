/** @file Small seeded random transformers of every kind that has edges; nothing in them is small or zero by chance. */

import type { ConfigChoices } from "@diopter/model";
import { Random, type TensorLike } from "@diopter/tensor";
import { type Network, network } from "./network";

type Choices = Omit<ConfigChoices, "family">;

const small = { dVocab: 13, nCtx: 8, actFn: "gelu_new", normalizationType: "LN" } as const;
const two = { ...small, nLayers: 2, nHeads: 3, dModel: 12, dHead: 4, dMlp: 16 } as const;
const three = { ...small, nLayers: 3, nHeads: 2, dModel: 8, dHead: 4, dMlp: 12 } as const;
const rotary = { positionalEmbeddingType: "rotary", rotaryBase: 20 } as const;

/** LayerNorm, MLPs, learned positions, all biases: GPT-2. */
export const ln = random("ln", 1, two);

/** RMSNorm, gated MLPs, rotary, no biases: Llama; three layers. */
export const rms = random(
  "rms",
  2,
  { ...three, ...rotary, actFn: "silu", normalizationType: "RMS", gatedMlp: true },
  { biases: false },
);

/** Four heads share two keys and values; gains of 1 + w, rotary pairs on half of a head. */
export const gqa = random("gqa", 3, {
  ...two,
  ...rotary,
  nHeads: 4,
  nKeyValueHeads: 2,
  rotaryDim: 2,
  rotaryAdjacentPairs: true,
  actFn: "gelu",
  normalizationType: "RMS",
  gainPlusOne: true,
  gatedMlp: true,
});

/** Attention and MLP of a block read the same stream under two norms: NeoX. */
export const parallel = random("parallel", 4, { ...two, ...rotary, parallelAttnMlp: true });

/** The same under one norm: GPT-J. */
export const sharedNorm = random("sharedNorm", 5, {
  ...three,
  ...rotary,
  parallelAttnMlp: true,
  sharedNorm: true,
});

/** Three layers without MLPs, norms without gains. */
export const attnOnly = random("attnOnly", 6, {
  ...three,
  attnOnly: true,
  dMlp: 0,
  normalizationType: "LNPre",
});

/** More than forty sources after two layers, so that engines hold them in several pieces. */
export const manyHeads = random("manyHeads", 9, {
  ...three,
  nLayers: 4,
  nHeads: 24,
  dModel: 24,
  dHead: 1,
});

/** Every token sees every token; no norm, ReLU. */
export const bidirectional = random(
  "bidirectional",
  7,
  {
    ...two,
    attentionDir: "bidirectional",
    normalizationType: "none",
    actFn: "relu",
  },
  { writing: 0.4 },
);

/**
 * Affine in its embeddings: no norm, MLPs without nonlinearity, and patterns that do not depend on the prompt,
 * but differ by head and position (queries and keys are rotated biases).
 */
export const linear = random(
  "linear",
  8,
  { ...three, ...rotary, normalizationType: "none", actFn: "identity" },
  { blind: true, writing: 0.4 },
);

/** All of them. */
export const networks: readonly Network[] = [
  ln,
  rms,
  gqa,
  parallel,
  sharedNorm,
  attnOnly,
  bidirectional,
  linear,
];

/** Prompts of `length` tokens for them, no two tokens of a prompt equal. */
export function randomPrompts(count: number, length: number, seed = 11): number[][] {
  const random = new Random(seed);
  const ids = Array.from({ length: 13 }, (_, id) => id);
  return Array.from({ length: count }, () => random.shuffle(ids).slice(0, length));
}

/**
 * The same networks, in which one MLP writes 2e4 wherever one token stands, as SmolLM2's third does at its first
 * position: what a sum loses to rounding there is as large as what others write.
 */
export const massive: readonly Network[] = [
  random("ln", 1, { ...three, nLayers: 4 }),
  rms,
  random("gqa", 3, { ...two, ...rotary, nLayers: 3, nHeads: 4, nKeyValueHeads: 2, gatedMlp: true }),
  random("parallel", 4, { ...three, ...rotary, parallelAttnMlp: true, normalizationType: "RMS" }),
].map(withMassive);

interface Variation {
  readonly biases?: boolean;
  /** Queries and keys are their biases whatever they read. */
  readonly blind?: boolean;
  /** Factor on what blocks write; below 1 where no norm keeps the stream from growing. */
  readonly writing?: number;
}

function random(
  name: string,
  seed: number,
  choices: Choices,
  { biases = true, blind = false, writing = 1 }: Variation = {},
): Network {
  const { config } = network(name, choices, {});
  const numbers = new Random(seed);
  const weights: Record<string, TensorLike> = {};
  const matrix = (at: string, rows: number, columns: number, gain = 1) => {
    weights[at] = numbers.normal([rows, columns], { std: gain / Math.sqrt(rows) });
  };
  const bias = (at: string, size: number) => {
    if (biases) weights[at] = numbers.normal([size], { std: 0.4 });
  };
  const norm = (at: string) => {
    if (config.normalizationType !== "LN" && config.normalizationType !== "RMS") return;
    const mean = config.gainPlusOne ? 0 : 1;
    weights[`${at}.w`] = numbers.normal([config.dModel], { mean, std: 0.3 });
    if (config.normalizationType === "LN") bias(`${at}.b`, config.dModel);
  };
  const { dModel, dHead, dMlp, nHeads, nKeyValueHeads } = config;
  weights["embed.W_E"] = numbers.normal([config.dVocab, dModel]);
  if (config.positionalEmbeddingType === "standard")
    weights["pos_embed.W_pos"] = numbers.normal([config.nCtx, dModel], { std: 0.7 });
  for (let layer = 0; layer < config.nLayers; layer++) {
    const block = `blocks.${layer}`;
    norm(`${block}.ln1`);
    for (const letter of ["Q", "K", "V"]) {
      const width = (letter === "Q" ? nHeads : nKeyValueHeads) * dHead;
      matrix(
        `${block}.attn.W_${letter}`,
        dModel,
        width,
        letter === "V" ? 1.2 : Number(!blind) * 1.4,
      );
      bias(`${block}.attn.b_${letter}`, width);
    }
    matrix(`${block}.attn.W_O`, nHeads * dHead, dModel, 2 * writing);
    bias(`${block}.attn.b_O`, dModel);
    if (config.attnOnly) continue;
    if (!config.sharedNorm) norm(`${block}.ln2`);
    for (const part of config.gatedMlp ? ["in", "gate"] : ["in"]) {
      matrix(`${block}.mlp.W_${part}`, dModel, dMlp, 1.3);
      bias(`${block}.mlp.b_${part}`, dMlp);
    }
    matrix(`${block}.mlp.W_out`, dMlp, dModel, 1.5 * writing);
    bias(`${block}.mlp.b_out`, dModel);
  }
  if (config.finalNorm) norm("ln_final");
  matrix("unembed.W_U", dModel, config.dVocabOut, 2);
  bias("unembed.b_U", config.dVocabOut);
  return network(name, choices, weights);
}

/** Only one token has the direction that the first neuron of the first MLP reads, which it writes along another, large. */
function withMassive({ name, config, weights }: Network): Network {
  const [token, { dModel, gatedMlp }] = [5, config];
  const changed = new Map([...weights].map(([at, x]) => [at, { ...x, data: x.data.slice() }]));
  const column = (at: string, index: number, value: (row: number) => number) => {
    const { data, shape } = changed.get(at) ?? { data: [], shape: [0] };
    const width = shape.at(-1)!;
    for (let i = 0; i * width + index < data.length; i++) data[i * width + index] = value(i);
  };
  column("embed.W_E", 0, (id) => (id === token ? 40 : 0));
  for (const at of ["pos_embed.W_pos", "blocks.0.attn.W_O", "blocks.0.attn.b_O"])
    column(at, 0, () => 0);
  column("blocks.0.mlp.W_in", 0, (d) => (d === 0 ? 5 : 0));
  column("blocks.0.mlp.b_in", 0, () => (gatedMlp ? 0 : -10));
  if (gatedMlp) {
    column("blocks.0.mlp.W_gate", 0, (d) => (d === 0 ? 5 : 0));
    column("blocks.0.mlp.b_gate", 0, () => -10);
  }
  const { data } = changed.get("blocks.0.mlp.W_out")!;
  for (let d = 0; d < dModel; d++) data[d] = d === 1 ? (gatedMlp ? 400 : 4000) : 0;
  return network(`${name} with a massive activation`, config, Object.fromEntries(changed));
}
