import { Model } from "@diopter/model";
import { node } from "@diopter/model/node";
import { reference } from "@diopter/model/reference";
import { fromData, type TensorLike } from "@diopter/tensor";
import { afterAll, expect, test } from "vitest";
import {
  goldenPath,
  noTrained,
  readJson,
  readTensors,
  relative,
  trainedPath,
} from "../../../test/golden";

const runtime = node();
afterAll(() => runtime.dispose());

test.skipIf(noTrained)(
  "stories260K continues its prompts as the reference does (needs ../shared/models)",
  async () => {
    const model = await Model.load(trainedPath("stories260K/hf"), { runtime });
    const { prompts } = readJson<{
      prompts: { prompt: string; ids: number[]; greedy_ids: number[]; greedy_text: string }[];
    }>(goldenPath("stories260K/prompts.json"));
    for (const { prompt, ids, greedy_ids } of prompts) {
      expect(model.toTokens(prompt)).toEqual(ids);
      const { ids: generated } = await model.generate(prompt, {
        maxNewTokens: 50,
        stopAtEos: false,
      });
      expect(generated[0]).toEqual(greedy_ids);
    }
  },
);

test.skipIf(noTrained)(
  "stories260K has the reference's activations, in single and in double precision (needs ../shared/models)",
  async () => {
    const exact = reference();
    const golden = readTensors(goldenPath("stories260K/golden.f64.safetensors"));
    const { prompts } = readJson<{ prompts: { ids: number[] }[] }>(
      goldenPath("stories260K/prompts.json"),
    );
    for (const [executor, tolerance] of [
      [runtime, 1e-4],
      [exact, 1e-9],
    ] as const) {
      const model = await Model.load(trainedPath("stories260K/hf"), { runtime: executor });
      for (const [i, { ids }] of prompts.entries()) {
        const { cache, logits } = await model.runWithCache(ids);
        let compared = 0;
        for (const [name, expected] of golden) {
          const own = name.replace(`prompt${i}.`, "");
          if (own === name || !(own === "logits" || cache.has(own))) continue;
          const got = own === "logits" ? logits : cache.get(own);
          expect(got, name).toBeAllclose(expected, relative(expected, tolerance));
          compared++;
        }
        expect(compared).toBeGreaterThan(60);
      }
    }
  },
);

test.skipIf(noTrained)(
  "gpt-nano-sort sorts all 729 inputs and has its recorded activations (needs ../shared/models)",
  async () => {
    const model = await openSort();
    const recorded = partials();
    const idx = rowsOf(recorded.get("idx")!);
    const { logits, cache } = await model.runWithCache(idx);
    expect(logits).toBeAllclose(recorded.get("lm_head")!, relative(recorded.get("lm_head")!, 1e-4));
    for (const [block, hook] of [
      ["block0", 0],
      ["block1", 1],
      ["block2", 2],
    ] as const) {
      const expected = recorded.get(block)!;
      expect(cache.get(`blocks.${hook}.hook_resid_post`)).toBeAllclose(
        expected,
        relative(expected, 1e-4),
      );
    }
    const inputs = Array.from({ length: 729 }, (_, i) =>
      [0, 1, 2, 3, 4, 5].map((d) => Math.floor(i / 3 ** d) % 3),
    );
    const { ids } = await model.generate(inputs, { maxNewTokens: 5 });
    // The context holds 11: the sixth letter is predicted but has no place to be written to.
    const sixth = await firstTokens(
      model,
      inputs.map((input, i) => [...input, ...ids[i]!]),
    );
    const right = inputs.filter(
      (input, i) => [...ids[i]!, sixth[i]!].join() === [...input].sort().join(),
    );
    expect(right.length).toBe(729);
  },
);

test.skipIf(noTrained)(
  "mingpt-adder adds two-digit numbers without a mistake (needs ../shared/models)",
  async () => {
    const model = await Model.load(
      {
        config: readJson(trainedPath("mingpt-adder/config.json")),
        weights: readTensors(trainedPath("mingpt-adder/model.safetensors")),
        id: "adder",
      },
      { runtime },
    );
    // Every 7th sum: 1,429 of 10,000, with 7 coprime to 100 so that all digits occur.
    const sums = Array.from({ length: 1429 }, (_, i) => i * 7).map(
      (i) => [Math.floor(i / 100), i % 100] as const,
    );
    const prompts = sums.map(([a, b]) => [Math.floor(a / 10), a % 10, Math.floor(b / 10), b % 10]);
    const { ids } = await model.generate(prompts, { maxNewTokens: 2 });
    const third = await firstTokens(
      model,
      prompts.map((prompt, i) => [...prompt, ...ids[i]!]),
    );
    const wrong = sums.filter(([a, b], i) => {
      const digits = [...ids[i]!, third[i]!];
      return digits[0]! + 10 * digits[1]! + 100 * digits[2]! !== a + b;
    });
    expect(wrong).toEqual([]);
  },
);

test.skipIf(noTrained).each([
  ["l_2_2_model", 0.921],
  ["finetuned_model_0", 0.98],
] as const)(
  "the induction model %s is right as often as its notes say (needs ../shared/models)",
  async (file, accuracy) => {
    const folder = trainedPath("gbmi-induction-2l-attn-only");
    const model = await Model.load(
      {
        config: readJson(`${folder}/${file}.config.json`),
        weights: readTensors(`${folder}/${file}.safetensors`),
        id: file,
      },
      { runtime },
    );
    const golden = readTensors(goldenPath("transformerlens/induction/golden.f64.safetensors"));
    if (file === "l_2_2_model") {
      const { logits, cache } = await model.runWithCache(rowsOf(golden.get("tokens")!));
      expect(logits).toBeAllclose(golden.get("logits")!, relative(golden.get("logits")!, 1e-4));
      for (const name of cache.names().filter((hook) => golden.has(hook))) {
        expect(cache.get(name), name).toBeAllclose(
          golden.get(name)!,
          relative(golden.get(name)!, 1e-4),
        );
      }
    }
    const { Random } = await import("@diopter/tensor");
    const random = new Random(0);
    const prompts = Array.from({ length: 2000 }, () => {
      const seven = random.permutation(26).slice(0, 7);
      return [...seven, seven[random.integer(0, 6)]!];
    });
    const predicted = await firstTokens(model, prompts);
    const right = prompts.filter(
      (prompt, i) => predicted[i] === prompt[prompt.indexOf(prompt[7]!) + 1],
    ).length;
    // 2,000 draws: three standard errors are under 0.02.
    expect(Math.abs(right / prompts.length - accuracy)).toBeLessThan(0.02);
  },
);

test.each(["reverse", "xproportion"])(
  "the compiled program %s computes what Tracr's interpreter does",
  async (name) => {
    const facts = readJson(goldenPath(`tracr/${name}.json`));
    const golden = readTensors(goldenPath(`tracr/${name}.golden.safetensors`));
    const model = await Model.load(
      {
        config: {
          ...facts,
          attn_only: false,
          gated_mlp: false,
          positional_embedding_type: "standard",
          default_prepend_bos: false,
        },
        weights: readTensors(goldenPath(`tracr/${name}.safetensors`)),
        id: name,
      },
      { runtime },
    );
    const expected = golden.get("resid_final")!;
    const { logits } = await model.run(rowsOf(golden.get("input_ids")!));
    expect(logits).toBeAllclose(expected, { rtol: 0, atol: 1e-5 });
  },
);

async function openSort(): Promise<Model> {
  const file = readJson<{ config: Record<string, unknown> } & Record<string, unknown>>(
    trainedPath("gpt-nano-sort/gpt-nano-sort-model.json"),
  );
  const tensors = decodeTensors(file);
  return Model.load(
    {
      config: { model_type: "gpt-nano", vocab_size: 3, block_size: 11 },
      weights: tensors,
      id: "sort",
    },
    { runtime },
  );
}

function partials(): Map<string, TensorLike> {
  return decodeTensors(readJson(trainedPath("gpt-nano-sort/gpt-nano-sort-t0-partials.json")));
}

/** `{ name: { shape, dtype, data } }` with base64 data, at any depth. */
function decodeTensors(json: Record<string, unknown>): Map<string, TensorLike> {
  const found = new Map<string, TensorLike>();
  for (const [name, value] of Object.entries(json)) {
    if (typeof value !== "object" || value === null) continue;
    const { shape, dtype, data } = value as { shape?: number[]; dtype?: string; data?: string };
    if (!shape || typeof data !== "string") {
      for (const [inner, tensor] of decodeTensors(value as Record<string, unknown>))
        found.set(inner, tensor);
      continue;
    }
    const bytes = new Uint8Array(Buffer.from(data, "base64"));
    const wide = dtype?.includes("int64")
      ? new BigInt64Array(bytes.buffer)
      : new Float32Array(bytes.buffer);
    found.set(name, fromData(wide, shape));
  }
  return found;
}

async function firstTokens(model: Model, prompts: number[][]): Promise<number[]> {
  const { logits } = await model.run(prompts, { logits: "last" });
  const width = logits.shape[1]!;
  return prompts.map((_, i) => {
    const row = Array.from(logits.data.slice(i * width, (i + 1) * width) as Float32Array);
    return row.indexOf(Math.max(...row));
  });
}

function rowsOf({ shape, data }: TensorLike): number[][] {
  const width = shape[1]!;
  return Array.from({ length: shape[0]! }, (_, i) =>
    Array.from(data.slice(i * width, (i + 1) * width) as Float32Array, Number),
  );
}
