import {
  activations,
  type Edit,
  type Extension,
  logit,
  logitDifference,
  logitsAt,
  logProbability,
  type Metric,
  Model,
  metric,
  metricRows,
  probability,
  type Runtime,
  together,
} from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { Tensor } from "@diopter/tensor";
import { describe, expect, test } from "vitest";
import { tinyConfig, tinyWeights } from "../helpers/tiny-hooked";

const prompt = [
  [1, 4, 2, 6],
  [3, 3, 0, 5],
];

/** A model, and how many sessions it has opened and closed. */
async function counted(options: { maxPrograms?: number; runtime?: Runtime } = {}) {
  const inner = options.runtime ?? reference();
  const count = { opened: 0, closed: 0 };
  const runtime: Runtime = {
    ...inner,
    session: async (graph, weights) => {
      count.opened++;
      const session = await inner.session(graph, weights);
      let closed = false;
      return {
        run: async (feeds, more) => {
          const outputs = await session.run(feeds, more);
          // A run takes its time, in which a real session must not be closed.
          await new Promise(setImmediate);
          if (closed) throw new Error("this session has been released");
          return outputs;
        },
        release: async () => {
          closed = true;
          count.closed++;
          await session.release();
        },
      };
    },
  };
  const model = await Model.load(
    { config: tinyConfig, weights: tinyWeights(), id: "tiny" },
    { runtime, ...(options.maxPrograms && { maxPrograms: options.maxPrograms }) },
  );
  return { model, count };
}

const times = (factor: number): Metric["build"] => {
  const { build } = logit(1);
  return (e) => e.b.mul(build(e), factor);
};

describe("a program is found by what was built, never by a name", () => {
  test("another build under a known name, or under none, gives another number", async () => {
    const { model } = await counted();
    const once = await model.measure(prompt, logit(2));
    for (const factor of [2, 3]) {
      const same = await model.measure(prompt, { ...logit(2), build: times(factor) });
      const named = await model.measure(prompt, {
        ...logit(2),
        name: "mine",
        build: times(factor),
      });
      expect(same).toBeAllclose(once.map((x) => factor * x));
      expect(named).toEqual(same);
    }
  });

  test("a request that comes again builds nothing and opens no session", async () => {
    const { model, count } = await counted();
    let built = 0;
    const mine = metric({
      name: "first logit",
      build: ({ b, logits }) => {
        built++;
        return b.squeeze(b.slice(logits("last"), { axis: 1, start: 0, end: 1 }), [1]);
      },
    });
    for (let i = 0; i < 3; i++) await model.measure(prompt, mine);
    expect([built, count.opened]).toEqual([1, 1]);
    for (const id of [0, 1, 2]) await model.measure(prompt, logit(id));
    expect(count.opened).toBe(2);
    for (let i = 0; i < 3; i++) {
      await model.gradients(prompt, { of: logit(i), wrt: "blocks.*.hook_resid_pre" });
      await model.compute(prompt, together({ a: logit(i), x: activations(["hook_embed"]) }));
    }
    expect(count.opened).toBe(4);
  });

  test("new functions that build an equal graph share its session", async () => {
    const { model, count } = await counted();
    for (let i = 0; i < 3; i++) await model.measure(prompt, { ...logit(1), build: times(2) });
    expect(count.opened).toBe(1);
    await model.measure(prompt, { ...logit(1), build: times(4) });
    expect(count.opened).toBe(2);
  });

  test("functions written anew at every call do not pile up", async () => {
    const { model, count } = await counted({ maxPrograms: 2 });
    for (let i = 0; i < 40; i++) await model.measure(prompt, { ...logit(1), build: times(i % 3) });
    expect(count.opened - count.closed).toBeLessThanOrEqual(2);
  });
});

describe("an extension's names are its own", () => {
  test("two metrics with feeds of one name run together", async () => {
    const { model } = await counted();
    const { right, wrong } = await model.compute(
      prompt,
      together({ right: metricRows(logit([1, 2]), [0, 1]), wrong: logit([3, 4]) }),
    );
    const difference = await model.measure(prompt, logitDifference([1, 2], [3, 4]));
    expect(right.map((x, i) => x - wrong[i]!)).toBeAllclose(difference);
  });

  test("names of hooks, weights and the model's own inputs may be used", async () => {
    const { model } = await counted();
    const { logits } = await model.run(prompt);
    for (const name of ["logits", "tokens", "hook_embed", "embed.W_E", "value"]) {
      const got = await model.compute(prompt, {
        name,
        build: ({ b, float, logits, feed }) => ({
          [name]: b.add(logits("all"), feed(name, float, [1])),
        }),
        feeds: { [name]: { dtype: "float32", shape: [1], data: Float32Array.of(2) } },
        read: (outputs) => Tensor.from(outputs[name]!),
      } satisfies Extension<Tensor>);
      expect(got.data, name).toBeAllclose(
        Float64Array.from(logits.data as Float64Array, (x) => x + 2),
      );
    }
  });

  test("together nests, and reads each part with its own names", async () => {
    const { model } = await counted();
    const { all, pair } = await model.compute(
      prompt,
      together({ all: logitsAt("all"), pair: together({ a: logit(1), b: logit(2) }) }),
    );
    const at = (row: number, id: number) =>
      (all.data as Float64Array)[(row * 4 + 3) * model.config.dVocabOut + id]!;
    expect(pair.a).toBeAllclose(Float64Array.of(at(0, 1), at(1, 1)));
    expect(pair.b).toBeAllclose(Float64Array.of(at(0, 2), at(1, 2)));
  });

  test("a hook that is handed out is not copied", async () => {
    const { model } = await counted();
    const names = ["blocks.0.hook_resid_post", "blocks.1.attn.hook_z"];
    const { cache } = await model.runWithCache(prompt, { names, logits: "none" });
    const got = await model.compute(prompt, activations(names));
    for (const name of names) expect(got[name]!.data).toEqual(cache.get(name).data);
    const graph = model.graphOf({ logits: "none", extension: activations(names) });
    expect(graph.nodes.length).toBe(model.graphOf({ logits: "none", read: names }).nodes.length);
  });
});

describe("one door", () => {
  test("edits, a view, a signal and a budget reach an extension", async () => {
    const { model } = await counted();
    const edits: Edit[] = [{ at: "blocks.0.attn.hook_z", head: 1, do: "zero" }];
    const plain = await model.compute(prompt, logitsAt("last"));
    const edited = await model.compute(prompt, logitsAt("last"), { edits });
    expect(edited.data).toEqual((await model.run(prompt, { edits, logits: "last" })).logits.data);
    expect(edited.data).not.toEqual(plain.data);
    const other = await model.compute(prompt, logitsAt("last"), { view: "factorized" });
    expect(other.data).toBeAllclose(plain.data);
    await expect(model.compute(prompt, logit(1), { budget: 1000 })).rejects.toThrow(
      /budget is 1 kB/,
    );
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(model.compute(prompt, logit(1), { signal })).rejects.toThrow("enough");
  });

  test("edits with their numbers worked out keep their place among the others", async () => {
    const { model } = await counted();
    const at = "blocks.1.hook_resid_pre";
    const written: Edit[] = [
      { at, do: "add", value: 1, by: 0.3 },
      { at, do: "scale", by: 2 },
    ];
    const scale = {
      structure: { at, operation: "scale", rank: 3, mask: undefined, value: undefined },
      mask: undefined,
      value: undefined,
      by: 2,
    } as const;
    const all = await model.compute(prompt, logitsAt("all"), { edits: written });
    const mixed = await model.compute(prompt, logitsAt("all"), { edits: [written[0]!, scale] });
    const swapped = await model.compute(prompt, logitsAt("all"), { edits: [scale, written[0]!] });
    expect(mixed.data).toEqual(all.data);
    expect(swapped.data).not.toEqual(all.data);
  });
});

test("the row of a metric in JavaScript is its graph's number", async () => {
  const { model } = await counted();
  const { logits } = await model.run(prompt, { logits: "last" });
  const width = model.config.dVocabOut;
  const row = (i: number) => (logits.data as Float64Array).slice(i * width, (i + 1) * width);
  for (const each of [
    logit([1, 5]),
    logit(3),
    probability([2, 0]),
    logProbability([6, 1]),
    logitDifference([4, 2], [1, 1]),
  ]) {
    const values = await model.measure(prompt, each);
    expect(
      [0, 1].map((i) => each.row!(row(i), i)),
      each.name,
    ).toBeAllclose(Array.from(values));
    const second = metricRows(each, [1]);
    expect(second.row!(row(1), 0), each.name).toBeCloseTo(values[1]!, 9);
    expect(await model.measure([prompt[1]!], second)).toBeAllclose(values.slice(1));
  }
});

describe("sessions end when nothing runs on them", () => {
  test("different requests at once with room for one program all finish", async () => {
    const { model, count } = await counted({ maxPrograms: 1 });
    const hooks = ["hook_embed", "blocks.0.hook_resid_post", "blocks.1.hook_resid_mid"];
    const alone: Awaited<ReturnType<typeof model.runWithCache>>[] = [];
    for (const names of hooks) alone.push(await model.runWithCache(prompt, { names }));
    const runs = Array.from({ length: 12 }, (_, i) => hooks[i % hooks.length]!);
    const together = await Promise.all(runs.map((names) => model.runWithCache(prompt, { names })));
    together.forEach(({ cache }, i) => {
      const name = runs[i]!;
      expect(cache.get(name).data).toEqual(alone[hooks.indexOf(name)]!.cache.get(name).data);
    });
    await model.dispose();
    expect(count.closed).toBe(count.opened);
  });

  test("dispose waits for runs that are under way", async () => {
    const { model, count } = await counted();
    const runs = Promise.all([model.run(prompt), model.measure(prompt, logit(1))]);
    await Promise.resolve();
    await model.dispose();
    await runs;
    expect(count.closed).toBe(count.opened);
  });
});
