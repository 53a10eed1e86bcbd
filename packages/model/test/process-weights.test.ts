/** @file Weight processing against TransformerLens, and against the algebra behind it. */

import {
  centerUnembed,
  centerWritingWeights,
  foldLayerNorm,
  foldValueBiases,
  InexactProcessingError,
  loadCheckpoint,
  type ModelConfig,
  processWeights,
  Weights,
} from "@diopter/model";
import {
  add,
  cast,
  matmul,
  mean,
  mul,
  sub,
  type Tensor,
  type TensorLike,
  tensor,
  zeros,
} from "@diopter/tensor";
import { expect, test } from "vitest";
import { goldenPath, readBytes, readJson, readTensors, relative } from "../../../test/golden";
import { tinyConfig, tinyWeights } from "./helpers/tiny-hooked";

async function golden(model: string) {
  const folder = goldenPath(`transformerlens/${model}`);
  const { config, weights } = await loadCheckpoint({
    config: readJson(`${folder}/config.json`),
    weights: readBytes(`${folder}/weights.safetensors`),
  });
  const processed = readTensors(`${folder}/processed.f64.safetensors`);
  return { config, weights: toFloat64(weights), processed };
}

/** Compares every golden weight under `prefix` with the processed model. */
function expectGolden(
  { config, weights }: { config: ModelConfig; weights: ReadonlyMap<string, TensorLike> },
  processed: ReadonlyMap<string, TensorLike>,
  prefix: string,
): number {
  const w = new Weights(config, weights);
  let compared = 0;
  for (const [key, expected] of processed) {
    const name = key.slice(prefix.length);
    if (
      !key.startsWith(prefix) ||
      !/^(embed|pos_embed|unembed|blocks\.\d+\.(attn|mlp))\.[Wb]_/.test(name)
    )
      continue;
    expect(accessed(w, name), key).toBeAllclose(expected, relative(expected, 1e-11));
    compared++;
  }
  return compared;
}

function accessed(w: Weights, name: string): Tensor {
  const [, layer, accessor] = /^blocks\.(\d+)\.\w+\.(\w+)$/.exec(name) ?? [];
  if (accessor === undefined) return w[name.split(".")[1] as "W_E"];
  return w[accessor as "W_Q"](Number(layer));
}

test("each step gives TransformerLens's weights", async () => {
  const { config, weights, processed } = await golden("a");
  const folded = foldLayerNorm(config, weights);
  expect(folded.config.normalizationType).toBe("LNPre");
  expect([...folded.weights.keys()].filter((name) => name.includes("ln"))).toEqual([]);
  // 3 blocks of 6 attention and 2 MLP tensors, and the unembedding's 2.
  expect(expectGolden(folded, processed, "fold_ln.")).toBe(3 * 8 + 2);
  // 3 blocks of 4 tensors, and 2 embeddings.
  expect(
    expectGolden(centerWritingWeights(config, weights), processed, "center_writing_weights."),
  ).toBe(14);
  expect(expectGolden(centerUnembed(config, weights), processed, "center_unembed.")).toBe(2);
  expect(expectGolden(foldValueBiases(config, weights), processed, "fold_value_biases.")).toBe(6);
});

test("gains alone fold as TransformerLens does without biases and centring", async () => {
  const { config, weights, processed } = await golden("a");
  for (const name of [...weights.keys()]) if (/ln.*\.b$/.test(name)) weights.delete(name);
  const folded = foldLayerNorm(config, weights, { centerReading: false });
  expect(expectGolden(folded, processed, "fold_ln.no_bias_no_center.")).toBe(3 * 4 + 1);
});

test("the default chain gives TransformerLens's weights", async () => {
  const { config, weights, processed } = await golden("a");
  const all = processWeights(config, weights, {
    foldLayerNorm: true,
    centerWritingWeights: true,
    centerUnembed: true,
    foldValueBiases: true,
  });
  expect(all.applied).toEqual([
    "foldLayerNorm",
    "centerWritingWeights",
    "centerUnembed",
    "foldValueBiases",
  ]);
  expect(expectGolden(all, processed, "all.")).toBe(3 * 12 + 4);
});

test("a model without norms has biases folded and its unembedding centred", async () => {
  const { config, weights, processed } = await golden("b");
  expect(expectGolden(centerUnembed(config, weights), processed, "center_unembed.")).toBe(2);
  expect(expectGolden(foldValueBiases(config, weights), processed, "fold_value_biases.")).toBe(4);
  const all = processWeights(config, weights, { centerUnembed: true, foldValueBiases: true });
  // 2 blocks of 8 tensors, and 4 outside; TransformerLens, too, leaves the writing weights alone.
  expect(expectGolden(all, processed, "all.")).toBe(2 * 8 + 4);
  expect(foldLayerNorm(config, weights)).toEqual({ config, weights });
  expect(() => centerWritingWeights(config, weights)).toThrow(
    new InexactProcessingError(
      "centerWritingWeights: without LayerNorm the mean of the stream is read",
    ),
  );
});

async function float64Tiny(change: Partial<ModelConfig> = {}) {
  const { config, weights } = await loadCheckpoint({ config: tinyConfig, weights: tinyWeights() });
  return { config: { ...config, ...change } as ModelConfig, weights: toFloat64(weights) };
}

test("what a matrix reads from a folded norm is what it read before", async () => {
  const { config, weights } = await float64Tiny();
  const { weights: folded } = foldLayerNorm(config, weights);
  const get = (name: string) => weights.get(name) as Tensor<"float64">;
  const raw = sub(get("embed.W_E"), mean(get("embed.W_E"), { axes: [-1], keepDims: true })); // any rows with mean 0
  const read = (norm: string, W: string, b: string) =>
    add(matmul(add(mul(raw, get(`${norm}.w`)), get(`${norm}.b`)), get(W)), get(b));
  for (const [norm, W, b] of [
    ["blocks.1.ln1", "blocks.1.attn.W_Q", "blocks.1.attn.b_Q"],
    ["blocks.0.ln2", "blocks.0.mlp.W_in", "blocks.0.mlp.b_in"],
    ["ln_final", "unembed.W_U", "unembed.b_U"],
  ] as const) {
    const after = add(matmul(raw, folded.get(W) as Tensor), folded.get(b) as Tensor);
    expect(after).toBeAllclose(read(norm, W, b), { rtol: 1e-12, atol: 1e-12 });
  }
});

test("a bias appears where the folded norm had one and the matrix none", async () => {
  const { config, weights } = await float64Tiny();
  const expected = matmul(
    weights.get("ln_final.b") as Tensor,
    weights.get("unembed.W_U") as Tensor,
  );
  weights.delete("unembed.b_U");
  expect(foldLayerNorm(config, weights).weights.get("unembed.b_U")).toBeAllclose(expected);
});

test("RMSNorm folds without centering, its gain being 1 + w where the family says so", async () => {
  const { config, weights } = await float64Tiny({ normalizationType: "RMS", gainPlusOne: true });
  for (const name of [...weights.keys()]) if (/ln.*\.b$/.test(name)) weights.delete(name);
  const folded = foldLayerNorm(config, weights);
  expect(folded.config).toMatchObject({ normalizationType: "RMSPre", gainPlusOne: false });
  const [W, w] = [weights.get("unembed.W_U") as Tensor, weights.get("ln_final.w") as Tensor];
  const after = folded.weights.get("unembed.W_U") as Tensor;
  expect(after.at(2, 3)).toBe(W.at(2, 3) * (1 + w.at(2)));
  // Norms of queries and keys are not folded, so their gain stays 1 + w.
  const normed = { ...config, qkNorm: { type: "RMS", over: "head" } } as const;
  expect(foldLayerNorm(normed, weights).config.gainPlusOne).toBe(true);
});

test("tied embeddings part when either is changed", async () => {
  const { config, weights } = await loadCheckpoint(goldenPath("hf/gpt2"));
  for (const step of [foldLayerNorm, centerWritingWeights, centerUnembed]) {
    const { config: after, weights: changed } = step(config, weights);
    expect(after.tiedEmbeddings).toBe(false);
    expect(changed.has("unembed.W_U")).toBe(true);
  }
  expect(weights.has("unembed.W_U")).toBe(false);
});

test("value biases of grouped heads arrive once per query head", async () => {
  const { config, weights } = await loadCheckpoint({
    config: {
      ...tinyConfig,
      n_layers: 1,
      n_heads: 4,
      d_head: 1,
      n_key_value_heads: 2,
      attn_only: true,
      normalization_type: null,
    },
    weights: {
      "embed.W_E": zeros([7, 4]),
      "pos_embed.W_pos": zeros([6, 4]),
      "unembed.W_U": zeros([4, 7]),
      "blocks.0.attn.W_Q": zeros([4, 4, 1]),
      "blocks.0.attn._W_K": zeros([2, 4, 1]),
      "blocks.0.attn._W_V": zeros([2, 4, 1]),
      "blocks.0.attn._b_V": tensor([[10], [100]]),
      "blocks.0.attn.W_O": tensor([[[1, 0, 0, 0]], [[2, 0, 0, 0]], [[0, 3, 0, 0]], [[0, 0, 4, 0]]]),
    },
  });
  // Query heads 0 and 1 read value head 0, heads 2 and 3 value head 1:
  // 10 * (1 + 2) in dimension 0, 100 * 3 in dimension 1, 100 * 4 in dimension 2.
  const after = new Weights(config, foldValueBiases(config, weights).weights);
  expect(after.b_O(0).toArray()).toEqual([30, 300, 400, 0]);
  expect(after.b_V(0).toArray()).toEqual([[0], [0], [0], [0]]);
});

test("processing leaves the weights that it is given alone", async () => {
  const { config, weights } = await float64Tiny();
  const copy = new Map([...weights].map(([name, { data }]) => [name, [...data]]));
  processWeights(config, weights, {
    foldLayerNorm: true,
    centerWritingWeights: true,
    centerUnembed: true,
    foldValueBiases: true,
  });
  for (const [name, { data }] of weights) expect([...data]).toEqual(copy.get(name));
});

test("nothing is done unless asked for", async () => {
  const { config, weights } = await float64Tiny();
  expect(processWeights(config, weights, {})).toEqual({ config, weights, applied: [] });
  expect(() => processWeights(config, weights, { foldLN: true } as object)).toThrow(
    new TypeError(
      'processWeights: no step "foldLN"; there are foldLayerNorm, centerWritingWeights, centerUnembed, foldValueBiases',
    ),
  );
});

test("what would not be exact is refused with the reason", async () => {
  const refused: [keyof typeof steps, Partial<ModelConfig>, string][] = [
    [
      "foldLayerNorm",
      { normPlacement: "post" },
      "foldLayerNorm: norms after the residual sum write the stream that everything later reads",
    ],
    [
      "foldLayerNorm",
      { normPlacement: "both" },
      "foldLayerNorm: norms after a sublayer write to the stream, where no matrix takes up their gain",
    ],
    [
      "foldLayerNorm",
      { normPlacement: "output" },
      "foldLayerNorm: norms after a sublayer write to the stream, where no matrix takes up their gain",
    ],
    [
      "foldLayerNorm",
      { postEmbeddingNorm: true },
      "foldLayerNorm: the norm after the embedding writes to the stream, where no matrix takes up its gain",
    ],
    [
      "centerWritingWeights",
      { normalizationType: "RMS" },
      "centerWritingWeights: RMSNorm does not remove the mean of what it reads",
    ],
    [
      "centerWritingWeights",
      { normPlacement: "post" },
      "centerWritingWeights: a norm writes to the stream, and its output is not centred",
    ],
    [
      "centerWritingWeights",
      { finalNorm: false },
      "centerWritingWeights: without a final LayerNorm the unembedding reads the mean of the stream",
    ],
    [
      "centerUnembed",
      { outputLogitsSoftCap: 30 },
      "centerUnembed: a constant added to logits does not pass through their soft cap",
    ],
  ];
  const steps = { foldLayerNorm, centerWritingWeights, centerUnembed };
  for (const [step, change, message] of refused) {
    const { config, weights } = await float64Tiny(change);
    expect(() => steps[step](config, weights)).toThrow(new InexactProcessingError(message));
  }
  const { config, weights } = await float64Tiny({ normalizationType: "RMS" });
  expect(() => foldLayerNorm(config, weights, { centerReading: true })).toThrow(
    new InexactProcessingError(
      "foldLayerNorm: matrices that read an RMSNorm cannot be centred; its output has a mean",
    ),
  );
});

function toFloat64(tensors: ReadonlyMap<string, TensorLike>): Map<string, Tensor> {
  return new Map([...tensors].map(([name, tensor]) => [name, cast(tensor, "float64")]));
}
