import { logitDifference } from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { fromData, type Tensor } from "@diopter/tensor";
import { afterAll, describe, expect, test } from "vitest";
import { goldenPath, readTensors, relative } from "../../../../test/golden";
import { runtimes } from "../../../model/test/helpers/runtimes";
import { openModel, pairs } from "../../../model/test/helpers/transformer-lens";
import { patch } from "../../src/patch/patch";
import type { PatchState } from "../../src/patch/record";
import { patchSweeps } from "../../src/patch/sweeps";
import { attnOnly, gqa, ln, randomPrompts } from "../helpers/networks";

describe.each(runtimes)("on $name", ({ runtime, tolerance }) => {
  const executor = runtime();
  afterAll(() => executor.dispose());

  test.each(["a", "b"] as const)("model %s has TransformerLens's sweeps", async (which) => {
    const golden = readTensors(goldenPath(`transformerlens/${which}/patching.f64.safetensors`));
    const model = await openModel(which, executor);
    const { clean, corrupt, right, wrong } = pairs();
    let compared = 0;
    for (const [name, selection] of Object.entries(patchSweeps)) {
      const expected = golden.get(name.replace("get_act_patch_", ""));
      if (!expected) continue;
      const result = await patch(model, {
        clean: clean.slice(0, 2),
        corrupt: corrupt.slice(0, 2),
        metric: logitDifference(right.slice(0, 2), wrong.slice(0, 2)),
        ...selection,
      });
      expect(result.mean(), name).toBeAllclose(expected, relative(expected, tolerance));
      compared++;
    }
    expect(compared).toBe(which === "a" ? 12 : 9);
  });
});

const clean = randomPrompts(3, 6, 1);
const corrupt = randomPrompts(3, 6, 2);
const metric = logitDifference([3, 4, 5], 6);

test("each cell is a run in which a function puts the other run's values there", async () => {
  const model = await gqa.load(reference());
  for (const direction of ["denoise", "noise"] as const) {
    const [into, from] = direction === "denoise" ? [corrupt, clean] : [clean, corrupt];
    const result = await patch(model, {
      clean,
      corrupt,
      metric,
      direction,
      what: "attn_head_k",
      over: ["layer", "head", "pos"],
    });
    expect(result.values.shape).toEqual([2, 2, 6, 3]);
    const { cache } = await model.runWithCache(from);
    for (const [layer, head, pos] of [
      [0, 1, 2],
      [1, 0, 5],
      [1, 1, 0],
    ] as const) {
      const at = `blocks.${layer}.attn.hook_k`;
      const { logits } = await model.runWithHooks(into, {
        logits: "last",
        fwdHooks: [[at, (k) => putHead(k, cache.get(at), head, pos)]],
      });
      const expected = [0, 1, 2].map((i) => logits.at(i, 3 + i) - logits.at(i, 6));
      const values = [0, 1, 2].map((i) => result.values.at(layer, head, pos, i));
      expect(values).toBeAllclose(expected, { rtol: 0, atol: 1e-9 });
    }
  }
});

test("patching the first residual stream everywhere is the other run, 1 on the normalized scale", async () => {
  const model = await ln.load(reference());
  const options = { clean, corrupt, metric, what: "resid_pre", over: ["layer"] } as const;
  const denoised = await patch(model, options);
  const ones = Array.from({ length: 6 }, () => 1);
  expect(denoised.normalized().data).toBeAllclose(ones, { rtol: 0, atol: 1e-9 });
  expect(denoised.mean({ normalized: true }).data).toBeAllclose([1, 1], { rtol: 0, atol: 1e-9 });
  expect(denoised.clean).toBeAllclose(await model.measure(clean, metric), { rtol: 0, atol: 1e-12 });
  expect(denoised.corrupt).toBeAllclose(await model.measure(corrupt, metric), {
    rtol: 0,
    atol: 1e-12,
  });
  const noised = await patch(model, { ...options, direction: "noise" });
  expect(noised.normalized().data).toBeAllclose(
    ones.map(() => 0),
    { rtol: 0, atol: 1e-9 },
  );
  expect(noised.base).toEqual(noised.clean);
});

test("prompts patched in small runs, at named and last positions, give what they give alone", async () => {
  const model = await ln.load(reference());
  // Of different lengths: positions are named or counted from the end.
  const cut = (prompts: number[][]) => prompts.map((ids, i) => ids.slice(0, 4 + i));
  const options = {
    what: ["attn_out", "mlp_out"],
    over: ["layer", "component", "pos"],
    at: { pos: ["S2", -1] },
    tokensPerRun: 12,
  } as const;
  const S2 = [1, 2, 3];
  const all = await patch(model, {
    ...options,
    clean: cut(clean),
    corrupt: cut(corrupt),
    metric,
    positions: { S2 },
  });
  expect(all.coordinates).toEqual([
    [0, 1],
    ["attn_out", "mlp_out"],
    ["S2", -1],
  ]);
  for (const i of [0, 1, 2]) {
    const alone = await patch(model, {
      ...options,
      clean: cut(clean)[i]!,
      corrupt: cut(corrupt)[i]!,
      metric: logitDifference(3 + i, 6),
      positions: { S2: S2[i]! },
    });
    const own = all.values.gather([i], 3);
    expect(own).toBeAllclose(alone.values, { rtol: 0, atol: 1e-12 });
  }
});

test("unseen entries of a pattern have the value of the run itself", async () => {
  const model = await ln.load(reference());
  const result = await patch(model, {
    clean,
    corrupt,
    metric,
    ...patchSweeps.get_act_patch_attn_head_pattern_dest_src_pos,
    at: { layer: [1], head: [0] },
  });
  const values = result.pick("layer", 1).pick("head", 0);
  expect(values.pick("pos", 2).pick("key", 3).values.data).toEqual(result.corrupt);
  expect(values.pick("pos", 5).pick("key", 3).values.data).not.toEqual(result.corrupt);
});

test("an interrupted sweep goes on where it was and gives the same numbers", async () => {
  const model = await ln.load(reference());
  const options = { clean, corrupt, metric, what: "attn_head_q", tokensPerRun: 12 } as const;
  const whole = await patch(model, options);
  const stop = new AbortController();
  let kept: PatchState | undefined;
  const interrupted = patch(model, {
    ...options,
    signal: stop.signal,
    onState: (state) => {
      kept = JSON.parse(JSON.stringify(state));
    },
    onProgress: ({ done }) => {
      if (done >= 16) stop.abort();
    },
  });
  await expect(interrupted).rejects.toThrow();
  expect(kept!.data.flat().filter((value) => value === null).length).toBeGreaterThan(0);
  const reports: [number, number][] = [];
  const resumed = await patch(model, {
    ...options,
    resume: kept!,
    onProgress: ({ done, total }) => reports.push([done, total]),
  });
  expect(resumed.values.data).toEqual(whole.values.data);
  // 6 heads and the run itself, 3 prompts
  expect(reports.at(-1)).toEqual([21, 21]);
  expect(reports[0]![0]).toBeGreaterThan(16);
  const short = { ...kept!, data: kept!.data.slice(1) };
  await expect(patch(model, { ...options, resume: short })).rejects.toThrow("its data is damaged");
});

test("a metric for another number of prompts is an error before anything is run", async () => {
  const model = await ln.load(reference());
  const wrong = { clean, corrupt, metric: logitDifference([1, 2], 3), what: "resid_pre" } as const;
  await expect(patch(model, wrong)).rejects.toThrow(
    "right has 2 tokens, expected 3 (one per prompt)",
  );
});

test("what a model does not have cannot be patched", async () => {
  const model = await attnOnly.load(reference());
  const missing = patch(model, { clean, corrupt, metric, what: "mlp_out" });
  await expect(missing).rejects.toThrow(/no hook "blocks.0.hook_mlp_out"/);
});

test("where a result came from does not depend on how it was batched, but on all that decides its numbers", async () => {
  const model = await ln.load(reference());
  const options = { clean, corrupt, metric, what: "resid_mid", over: ["layer"] } as const;
  const id = async (more: object) =>
    (await patch(model, { ...options, ...more })).provenance.contentId;
  const own = await id({});
  expect(await id({ tokensPerRun: 12, direction: "denoise", onProgress: () => {} })).toBe(own);
  const others = [{ direction: "noise" }, { metric: logitDifference(3, 6) }, { what: "resid_pre" }];
  for (const more of others) expect(await id(more)).not.toBe(own);
});

/** `x` with one head at one position taken from `y`. */
function putHead(x: Tensor, y: Tensor, head: number, pos: number): Tensor {
  const [batch, length, heads, width] = x.shape as [number, number, number, number];
  const out = x.toFloat64().slice();
  for (let row = 0; row < batch; row++) {
    const from = ((row * length + pos) * heads + head) * width;
    out.set(y.toFloat64().subarray(from, from + width), from);
  }
  return fromData(out, x.shape);
}
