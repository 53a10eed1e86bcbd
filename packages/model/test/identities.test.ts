import { type Edit, hookAxes, hookNames, logitDifference, Model } from "@diopter/model";
import { argmax, mul, Random, slice, sum, type Tensor } from "@diopter/tensor";
import { afterAll, describe, expect, test } from "vitest";
import { runtimes } from "./helpers/runtimes";
import { tinyConfig, tinyWeights } from "./helpers/tiny-hooked";

const prompt = [
  [1, 4, 2, 6],
  [3, 3, 0, 5],
];

describe.each(runtimes)("on $name", ({ name: runtimeName, runtime }) => {
  const executor = runtime();
  afterAll(() => executor.dispose());
  const open = () =>
    Model.load(
      { config: tinyConfig, weights: scaled(tinyWeights()), id: "tiny" },
      { runtime: executor },
    );

  test("patching a run with its own cache, zero-strength edits and functions that do nothing change no bit", async () => {
    const model = await open();
    const names = hookNames(model.config);
    const { logits, cache } = await model.runWithCache(prompt, { names: () => true });
    const idle: Record<string, (at: string) => Edit> = {
      patch: (at) => ({ at, do: "patch", value: { cache } }),
      freeze: (at) => ({ at, do: "freeze" }),
      add: (at) => ({ at, do: "add", by: 0, value: 1 }),
      scale: (at) => ({ at, do: "scale", by: 1 }),
      project: (at) => ({ at, do: "project", by: 0, value: ones(cache.get(at)) }),
    };
    for (const [kind, edit] of Object.entries(idle)) {
      // 0 times the scores of keys that may not be seen, -infinity, is not a number.
      const sites = names.filter((at) => kind !== "project" || !at.endsWith("scores"));
      const all = await model.run(prompt, { edits: sites.map(edit) });
      expect(all.logits.data, `${kind} at every hook`).toEqual(logits.data);
      for (const at of sites.filter((name) => name.startsWith("blocks.1.attn"))) {
        const one = await model.run(prompt, { edits: [edit(at)] });
        expect(one.logits.data, `${kind} at ${at}`).toEqual(logits.data);
      }
    }
    for (const at of [
      names,
      ...names.filter((name) => name.startsWith("blocks.1.hook")).map((name) => [name]),
    ]) {
      const hooked = await model.runWithHooks(prompt, {
        names: [],
        fwdHooks: [[at, () => undefined]],
      });
      expect(hooked.logits.data, `function at ${at}`).toEqual(logits.data);
    }
  });

  test("a function and the same declarative edit agree at every hook", async () => {
    const model = await open();
    const last = hookNames(model.config).filter((name) => !name.startsWith("blocks.0."));
    for (const at of last.filter((name) => !name.endsWith("scores"))) {
      const half = await model.runWithHooks(prompt, {
        names: [],
        fwdHooks: [[at, (x) => mul(x, 0.5)]],
      });
      const { logits } = await model.run(prompt, { edits: [{ at, do: "scale", by: 0.5 }] });
      expect(logits, at).toBeAllclose(half.logits, { atol: 1e-6, rtol: 1e-6 });
    }
  });

  test("several functions, in several layers, see what earlier ones changed", async () => {
    const model = await open();
    const edits: Edit[] = [
      { at: "hook_embed", do: "scale", by: 0.9 },
      { at: "blocks.0.attn.hook_v", do: "scale", by: 0.8 },
      { at: "blocks.0.hook_mlp_out", do: "scale", by: 0.7 },
      { at: "blocks.1.attn.hook_result", do: "scale", by: 0.6 },
      { at: "ln_final.hook_normalized", do: "scale", by: 0.5 },
    ];
    const fwdHooks = edits.map(({ at, by }) => [at, (x: Tensor) => mul(x, by!)] as const);
    const names = ["blocks.*.hook_resid_post", "blocks.0.hook_mlp_out", "blocks.0.attn.hook_v"];
    const declared = await model.runWithCache(prompt, { names, edits });
    const hooked = await model.runWithHooks(prompt, { names, fwdHooks });
    expect(hooked.logits).toBeAllclose(declared.logits, { atol: 1e-6, rtol: 1e-6 });
    for (const [name, value] of declared.cache.entries()) {
      expect(hooked.cache.get(name), name).toBeAllclose(value, { atol: 1e-6, rtol: 1e-6 });
    }
  });

  test("the factorized view has the logits of the residual one", async () => {
    const model = await open();
    const { logits } = await model.run(prompt);
    const other = await model.run(prompt, { view: "factorized" });
    const tolerance = runtimeName === "node" ? 1e-5 : 1e-12;
    expect(other.logits).toBeAllclose(logits, { atol: tolerance, rtol: tolerance });
  });

  test("a batch of unequal prompts equals each prompt alone, padded on either side", async () => {
    const model = await open();
    const rows = [[1, 4, 2, 6, 0], [3], [5, 2]];
    for (const paddingSide of ["left", "right"] as const) {
      const batch = await model.run(rows, { logits: "last", paddingSide });
      for (const [i, row] of rows.entries()) {
        const alone = await model.run(row, { logits: "last" });
        const own = slice(batch.logits, [i], [i + 1], [0]);
        expect(own, `prompt ${i} padded ${paddingSide}`).toBeAllclose(alone.logits, {
          atol: 1e-5,
          rtol: 1e-5,
        });
      }
    }
  });

  test("logits at the last position are the last of all logits", async () => {
    const model = await open();
    const { logits: all } = await model.run([1, 2, 3]);
    const { logits: last } = await model.run([1, 2, 3], { logits: "last" });
    expect(last).toBeAllclose(slice(all, [2], [3], [1]).reshape([1, 7]), {
      atol: 1e-6,
      rtol: 1e-6,
    });
  });

  test("generation with cached keys equals generation that runs everything again", async () => {
    const model = await open();
    const rows = [[1, 4], [3], [6, 6]];
    const edits: Edit[] = [
      { at: "blocks.0.attn.hook_z", head: 1, do: "zero" },
      { at: "blocks.1.hook_resid_pre", pos: -1, do: "scale", by: 0.5 },
    ];
    const cached = await model.generate(rows, { maxNewTokens: 4, edits });
    const again = await model.generate(rows, {
      maxNewTokens: 4,
      edits,
      fwdHooks: [["hook_embed", () => undefined]],
    });
    expect(cached.ids).toEqual(again.ids);
    const plain = await model.generate(rows, { maxNewTokens: 4 });
    const step = await model.run(rows, { logits: "last" });
    const first = Array.from(argmax(step.logits, 1).data as BigInt64Array, Number);
    expect(plain.ids.map((ids) => ids[0])).toEqual(first);
  });
});

test("gradients agree with central differences at every hook", async () => {
  const executor = runtimes[1].runtime();
  const model = await Model.load(
    { config: tinyConfig, weights: scaled(tinyWeights()), id: "tiny" },
    { runtime: executor },
  );
  const metric = logitDifference([1, 2], [3, 4]);
  const names = hookNames(model.config).filter((name) => !name.endsWith("scores"));
  const { gradients } = await model.gradients(prompt, { of: metric, wrt: names });
  const random = new Random(0);
  for (const at of names) {
    const direction = random.normal(gradients.get(at).shape, { dtype: "float64" });
    const along = async (by: number) => {
      const values = await model.measure(prompt, metric, {
        edits: [{ at, do: "add", by, value: direction }],
      });
      return values[0]! + values[1]!;
    };
    const step = 1e-5;
    const slope = ((await along(step)) - (await along(-step))) / (2 * step);
    const predicted = Number(sum(mul(gradients.get(at), direction)).item());
    expect(Math.abs(slope - predicted), `${at} [${hookAxes(at)}]`).toBeLessThan(
      1e-6 * Math.max(1, Math.abs(slope)),
    );
  }
});

/** Weights small enough that no softmax saturates. */
function scaled(weights: Record<string, Tensor<"float32">>) {
  return Object.fromEntries(
    Object.entries(weights).map(([name, w]) => [name, /ln.*\.w$/.test(name) ? w : mul(w, 0.15)]),
  );
}

function ones(like: Tensor): number[] {
  return new Array(like.shape.at(-1)!).fill(1);
}
