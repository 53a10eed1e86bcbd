import { LensGrid, logitLens } from "@diopter/lens";
import { Model } from "@diopter/model";
import { node } from "@diopter/model/node";
import { reference } from "@diopter/model/reference";
import { fromData, slice, type Tensor, type TensorLike } from "@diopter/tensor";
import { worldCausal } from "@diopter/tiny-models";
import { afterAll, expect, test } from "vitest";
import { goldenPath, noTrained, readJson, readTensors, trainedPath } from "../../../test/golden";

const runtime = node();
const exact = reference();
afterAll(() => Promise.all([runtime.dispose(), exact.dispose()]));

const stories = (executor = runtime) =>
  Model.load(trainedPath("stories260K/hf"), { runtime: executor });
const prompt = "Once upon a time, there was a little girl named Lily.";

test.skipIf(noTrained).each([
  ["node", 1e-4],
  ["reference", 1e-9],
] as const)(
  "the grid of a trained model equals the reference, on %s (needs ../shared/models)",
  async (name, tolerance) => {
    const model = await stories(name === "node" ? runtime : exact);
    const golden = readTensors(goldenPath("stories260K/golden.f64.safetensors"));
    const { prompts } = readJson<{ prompts: { ids: number[] }[] }>(
      goldenPath("stories260K/prompts.json"),
    );
    for (const [i, { ids }] of prompts.entries()) {
      const grid = await logitLens(model, ids, { topK: 5, target: "next", logits: true });
      const pos = ids.length;
      const statistics = {
        logits: (l: number) => grid.layers[l]!.logits!,
        top5_probs: (l: number) => grid.layers[l]!.probabilities,
        entropy: (l: number) => grid.layers[l]!.entropy,
        kl_final_layer: (l: number) => grid.layers[l]!.kl,
      };
      expect(grid.layers.length).toBe(6);
      for (const [statistic, of] of Object.entries(statistics)) {
        const expected = golden.get(`prompt${i}.lens.${statistic}`)!;
        const largest = Math.max(...Array.from(expected.data as Float64Array, Math.abs));
        for (let l = 0; l < 6; l++) {
          const row = slice(expected, [l], [l + 1], [0]);
          const got = of(l);
          expect(got.reshape(row.shape), `${statistic} ${l}`).toBeAllclose(row, {
            rtol: 0,
            atol: tolerance * largest,
          });
        }
      }
      const ids5 = golden.get(`prompt${i}.lens.top5_ids`)!;
      const ranks = golden.get(`prompt${i}.lens.next_token_rank`)!;
      grid.layers.forEach((layer, l) => {
        expect(Array.from(layer.ids.data as BigInt64Array)).toEqual(
          Array.from(slice(ids5, [l], [l + 1], [0]).data as BigInt64Array),
        );
        const own = Array.from(layer.rank!.data as Float32Array, Number).slice(0, pos - 1);
        expect(own).toEqual(
          Array.from(slice(ranks, [l], [l + 1], [0]).data as BigInt64Array, Number).slice(
            0,
            pos - 1,
          ),
        );
      });
    }
  },
);

test.skipIf(noTrained)(
  "the last row is the model's own output, bit for bit (needs ../shared/models)",
  async () => {
    const model = await stories();
    const { logits } = await model.run(prompt);
    const grid = await logitLens(model, prompt, { logits: true });
    expect(grid.layers.at(-1)!.logits!.data).toEqual(logits.data);
    expect(Array.from(grid.layers.at(-1)!.kl.data as Float32Array).every((kl) => kl === 0)).toBe(
      true,
    );
  },
);

test.skipIf(noTrained)(
  "a norm skipped or applied twice would be caught: both are far from the logits (needs ../shared/models)",
  async () => {
    const model = await stories();
    const { logits } = await model.run(prompt);
    const variant = (name: string, state: "skipped" | "twice") =>
      model.compute(prompt, {
        name,
        build: (e) => {
          const { b } = e;
          const normed = (x: ReturnType<typeof e.resid>) =>
            b.rmsNorm(x, e.weights.get("ln_final.w"), { epsilon: e.config.eps });
          const raw = (x: ReturnType<typeof e.resid>) =>
            b.matmul(x, b.transpose(e.weights.get("embed.W_E"), [1, 0]));
          return state === "skipped" ? raw(e.resid()) : raw(normed(normed(e.resid())));
        },
        feeds: {},
        read: ({ value }) => value!,
      });
    expect(largestDifference(await variant("no norm", "skipped"), logits)).toBeGreaterThan(1);
    expect(largestDifference(await variant("double norm", "twice"), logits)).toBeGreaterThan(1e-2);
  },
);

test.skipIf(noTrained)(
  "statistics keep to their bounds and are those of the logits (needs ../shared/models)",
  async () => {
    const model = await stories(exact);
    const grid = await logitLens(model, prompt, { logits: true, topK: 3, target: 421 });
    for (const layer of grid.layers) {
      const width = model.config.dVocabOut;
      for (let cell = 0; cell < layer.entropy.data.length; cell++) {
        const own = softmax(
          Array.from(layer.logits!.data.slice(cell * width, (cell + 1) * width) as Float64Array),
        );
        const entropy = -own.reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0);
        expect(Number(layer.entropy.data[cell])).toBeCloseTo(entropy, 10);
        expect(Number(layer.entropy.data[cell])).toBeLessThanOrEqual(Math.log(width));
        expect(Number(layer.kl.data[cell])).toBeGreaterThanOrEqual(-1e-12);
        expect(Number(layer.rank!.data[cell])).toBe(own.filter((p) => p > own[421]!).length);
        expect(Number(layer.targetLogProbability!.data[cell])).toBeCloseTo(Math.log(own[421]!), 10);
        const best = own
          .map((p, id) => [p, id] as const)
          .sort((a, b) => b[0] - a[0])
          .slice(0, 3);
        expect(
          Array.from(layer.ids.data.slice(cell * 3, cell * 3 + 3) as BigInt64Array, Number),
        ).toEqual(best.map(([, id]) => id));
      }
    }
  },
);

test.skipIf(noTrained)(
  "some layers only, edits, padding and several prompts (needs ../shared/models)",
  async () => {
    const model = await stories();
    const whole = await logitLens(model, prompt);
    const some = await logitLens(model, prompt, { layers: [2, -1] });
    expect(some.layers.map((layer) => layer.label)).toEqual(["2_pre", "final_post"]);
    expect(some.layers[0]!.entropy.data).toEqual(whole.layers[2]!.entropy.data);
    const edited = await logitLens(model, prompt, {
      edits: [{ at: "blocks.3.hook_mlp_out", do: "zero" }],
    });
    expect(edited.layers[3]!.entropy.data).toEqual(whole.layers[3]!.entropy.data);
    expect(edited.layers[4]!.entropy.data).not.toEqual(whole.layers[4]!.entropy.data);
    const both = await logitLens(model, ["Tom had", prompt]);
    const rows = both.toRows();
    expect(rows.filter((row) => row.prompt === 0).length).toBe(
      6 * model.toTokens("Tom had").length,
    );
    expect(rows.filter((row) => row.prompt === 1).map((row) => row.top)).toEqual(
      whole.toRows().map((row) => row.top),
    );
  },
);

test.skipIf(noTrained)(
  "rows, JSON and picture tell the same (needs ../shared/models)",
  async () => {
    const model = await stories();
    const grid = await logitLens(model, "Tom had a big red ball.", { target: "next" });
    expect(grid).toBeInstanceOf(LensGrid);
    const [first] = grid.toRows();
    expect(first).toMatchObject({ prompt: 0, layer: "0_pre", position: 0, token: "<s>" });
    const json = JSON.parse(JSON.stringify(grid.toJSON()));
    expect(json).toMatchObject({
      schema: 1,
      kind: "logit lens",
      layers: ["0_pre", "1_pre", "2_pre", "3_pre", "4_pre", "final_post"],
    });
    expect(json.provenance.contentId).toMatch(/^[0-9a-f]{64}$/);
    const again = await logitLens(model, "Tom had a big red ball.", { target: "next" });
    expect(again.provenance.contentId).toBe(grid.provenance.contentId);
    const svg = grid.toSVG({ title: "What stories260K would say" });
    for (const row of grid.toRows()) expect(svg).toContain(row.probability.toFixed(3));
    expect(svg).toMatch(/role="img"/);
    expect(() => grid.toSVG({ prompt: 1 })).toThrow("lens: prompt 1 is not in 0..0");
    expect(() => grid.top(6, 0)).toThrow("lens: layer 6 is not in 0..5");
    expect(() => grid.top(0, 99)).toThrow("lens: position 99 is not in 0..");
  },
);

test.skipIf(noTrained)("what a lens cannot do is refused (needs ../shared/models)", async () => {
  const model = await stories();
  await expect(logitLens(model, prompt, { layers: [6] })).rejects.toThrow(
    "logitLens: layer 6 is not in 0..5",
  );
  await expect(logitLens(model, prompt, { topK: 0 })).rejects.toThrow(
    "logitLens: topK is 0, expected an integer in 1..512",
  );
  await expect(logitLens(model, prompt, { target: 512 })).rejects.toThrow(
    "logitLens: target 512 is not in 0..511",
  );
  const grid = await logitLens(model, prompt);
  expect(() => grid.toSVG({ color: "rank" })).toThrow("lens: colour by rank needs a target");
});

function softmax(values: number[]): number[] {
  const peak = Math.max(...values);
  const weights = values.map((v) => Math.exp(v - peak));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / total);
}

function largestDifference(a: TensorLike, b: Tensor): number {
  const other = fromData(b.data, b.shape);
  return Array.from(a.data as Float32Array).reduce(
    (worst, v, i) => Math.max(worst, Math.abs(v - Number(other.data[i]))),
    0,
  );
}

test("a prompt's cells do not depend on its padding, nor on who runs beside it", async () => {
  const model = await Model.load(await worldCausal(), { runtime });
  const prompts = [
    "The Apple iPhone is made by American company",
    "The maker of the Chromebook is",
    "Tokyo",
  ].map((text) => model.toTokens(text));
  const width = 12;
  const places = (count: number, layout: string) =>
    Array.from({ length: count }, (_, i) =>
      layout === "left" ? width - count + i : layout === "gaps" ? i + (i > 1 ? 2 : 1) : i,
    );
  for (const layout of ["left", "gaps", "right"]) {
    const tokens = prompts.map((ids) => {
      const row = new Array<number>(width).fill(0);
      places(ids.length, layout).forEach((slot, i) => {
        row[slot] = ids[i]!;
      });
      return row;
    });
    const attentionMask = prompts.map((ids) =>
      tokens[0]!.map((_, slot) => (places(ids.length, layout).includes(slot) ? 1 : 0)),
    );
    const options = { topK: 2, target: "next" } as const;
    const grid = await logitLens(model, { tokens, attentionMask }, options);
    for (const [i, ids] of prompts.entries()) {
      const alone = await logitLens(model, ids, options);
      const rows = grid.toRows().filter(({ prompt }) => prompt === i);
      const wanted = alone.toRows();
      expect(rows.length).toBe(wanted.length);
      rows.forEach((row, r) => {
        const { probability, entropy, kl, ...words } = wanted[r]!;
        expect(row, layout).toMatchObject({ ...words, prompt: i });
        expect([row.probability, row.entropy, row.kl]).toBeAllclose([probability, entropy, kl], {
          atol: 1e-4,
          rtol: 1e-4,
        });
      });
      expect(grid.top(-1, -1, i)[0]!.token).toBe(alone.top(-1, -1)[0]!.token);
      expect(grid.top(-1, -1, i)[0]!.probability).toBeCloseTo(alone.top(-1, -1)[0]!.probability, 4);
      expect(words(grid.toSVG({ prompt: i }))).toEqual(words(alone.toSVG()));
    }
    expect(() => grid.top(0, 2, 2)).toThrow("lens: position 2 is not in 0..1");
    expect(grid.layers[0]!.entropy.shape).toEqual([3, Math.max(...prompts.map((p) => p.length))]);
  }
});

/** Texts of a picture that are no numbers. */
function words(svg: string): string[] {
  return Array.from(svg.matchAll(/>([^<>]+)</g), ([, text]) => text!).filter(
    (text) => text.trim() !== "" && !/\d\.\d/.test(text),
  );
}
