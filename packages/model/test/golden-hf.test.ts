import {
  ActivationCache,
  defaultCacheNames,
  logitsAt,
  Model,
  type Outputs,
  type TokenPrompt,
  together,
} from "@diopter/model";
import { fromData, type TensorLike } from "@diopter/tensor";
import { afterAll, describe, expect, test } from "vitest";
import { goldenPath, readJson, readTensors, relative } from "../../../test/golden";
import { runtimes } from "./helpers/runtimes";

const families = readJson<{ family: string }[]>(goldenPath("hf/summary.json")).map(
  ({ family }) => family,
);

/** What the goldens call what TransformerLens has no name for: the input of the vocabulary matrix. */
const aliases: Readonly<Record<string, string>> = {
  final_norm_out: "unembed.hook_in",
  mlm_head_out: "unembed.hook_in",
};
const hookOf = (name: string) => aliases[name] ?? name;

/** DistilBERT's block returned its attention weights first, and they were kept under the stream's name. */
const mistaken = (family: string, name: string) =>
  family === "distilbert" && name.endsWith(".hook_normalized_resid_post");

/** Both ways to the logits. */
const bothLogits = together({
  model: logitsAt("all"),
  quiet: {
    name: "final norm and unembedding without hooks",
    build: (e) => e.unembed(e.resid()),
    feeds: {},
    read: ({ value }: Outputs) => value!,
  },
});

describe.each(runtimes)("on $name", ({ runtime, dtype, tolerance }) => {
  const executor = runtime();
  afterAll(() => executor.dispose());

  test.each(families)("%s equals Hugging Face at every hook", async (family) => {
    const { model, golden } = await open(family);
    const { logits, cache } = await model.runWithCache(promptOf(golden, ""));
    let compared = 0;
    for (const [name, expected] of golden) {
      if (!cache.has(hookOf(name)) || mistaken(family, name)) continue;
      expect(cache.get(hookOf(name)), name).toBeAllclose(expected, relative(expected, tolerance));
      compared++;
    }
    // Besides the logits, the two inputs and what is padded.
    const skipped = [...golden.keys()].filter(
      (name) => name.startsWith("padded.") || mistaken(family, name),
    );
    expect(compared).toBe(golden.size - skipped.length - 3);
    const expected = golden.get("logits")!;
    expect(logits).toBeAllclose(expected, relative(expected, tolerance));
  });

  test.each(families)("%s equals Hugging Face where prompts are padded", async (family) => {
    const { model, golden } = await open(family);
    const prompt = promptOf(golden, "padded.");
    const { logits, cache } = await model.runWithCache(prompt);
    const all = new ActivationCache([...cache.entries(), ["logits", logits]], {
      keep: cache.keep,
      nLayers: model.config.nLayers,
    });
    let compared = 0;
    for (const [name, expected] of golden) {
      const own = hookOf(name.replace("padded.", ""));
      if (!name.startsWith("padded.") || mistaken(family, name)) continue;
      if (!(own === "logits" || cache.has(own))) continue;
      const got = onlyReal(own, own === "logits" ? logits : all.get(own), cache.keep);
      const wanted = onlyReal(own, expected, cache.keep);
      expect(got, name).toBeAllclose(wanted, relative(expected, tolerance));
      compared++;
    }
    // At least a pattern and a residual state per layer, the logits and what they are made of.
    expect(compared).toBeGreaterThanOrEqual(2 * model.config.nLayers + 2);
  });

  test.each(families)("%s unembeds quietly to the same logits", async (family) => {
    const { model, golden } = await open(family);
    const tokens = model.prepare(promptOf(golden, ""));
    const logits = await model.compute(tokens, bothLogits);
    expect(logits.quiet.data).toEqual(logits.model.data);
  });

  async function open(family: string) {
    const model = await Model.load(goldenPath(`hf/${family}`), { runtime: executor });
    return {
      model,
      golden: readTensors(goldenPath(`hf/${family}/golden.${dtype}.safetensors`)),
    };
  }
});

test("the default cache holds what TransformerLens keeps by default", async () => {
  const executor = runtimes[1].runtime();
  const model = await Model.load(goldenPath("hf/gpt2"), { runtime: executor });
  const { cache } = await model.runWithCache([1, 2, 3]);
  expect(cache.names()).toEqual(defaultCacheNames(model.config));
  expect(cache.names()).not.toContain("blocks.0.attn.hook_result");
});

function promptOf(golden: ReadonlyMap<string, TensorLike>, prefix: string): TokenPrompt {
  const types = golden.get(`${prefix}token_type_ids`);
  return {
    tokens: rows(golden.get(`${prefix}input_ids`)!),
    attentionMask: rows(golden.get(`${prefix}attention_mask`)!),
    ...(types && { tokenTypes: rows(types) }),
  };
}

function rows({ shape, data }: TensorLike): number[][] {
  const width = shape[1]!;
  return Array.from({ length: shape[0]! }, (_, i) =>
    Array.from(data.slice(i * width, (i + 1) * width) as Float32Array, Number),
  );
}

/** Zeros where a padded token asks or is looked at: libraries differ there. */
function onlyReal(name: string, value: TensorLike, keep: readonly number[]): TensorLike {
  const data = Float64Array.from(value.data as Float32Array, Number);
  const [batch, second] = value.shape as [number, number];
  const pos = keep.length / batch;
  const inner = data.length / (batch * pos);
  const isPattern = name.endsWith("hook_pattern");
  for (let i = 0; i < data.length; i++) {
    const row = isPattern ? Math.floor(i / (second * pos * pos)) : Math.floor(i / inner / pos);
    const [query, key] = isPattern
      ? [Math.floor(i / pos) % pos, i % pos]
      : [Math.floor(i / inner) % pos, -1];
    const real = keep[row * pos + query] && (key < 0 || keep[row * pos + key]);
    if (!real) data[i] = 0;
  }
  return fromData(data, value.shape, "float64");
}
