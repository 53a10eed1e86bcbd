/** @file Every job that can be resumed: broken off anywhere it ends as the whole one, and no other job takes its state. */

import { type JobState, logitDifference, type Model } from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { Random, stateFromJSON, stateToJSON } from "@diopter/tensor";
import { describe, expect, test } from "vitest";
import { acdc } from "../../src/discover/acdc/acdc";
import { learnMasks } from "../../src/discover/masks/learn-masks";
import { patch } from "../../src/patch/patch";
import { patchPaths } from "../../src/patch/paths";
import { memoryStore } from "../../src/run/store";
import { twoPrompts } from "../discover/subject";
import { ln, rms } from "../helpers/networks";
import { someReport } from "../report/planted-report";

interface Hooks {
  readonly resume?: never;
  readonly signal: AbortSignal;
  readonly onState: (state: JobState<unknown>) => void;
}

/** A kind of job: options drawn at random, each with another value, and what comes of it but for what it cost. */
interface Kind {
  readonly name: string;
  readonly draw: (random: Random) => Record<string, unknown>;
  readonly others: Readonly<Record<string, unknown>>;
  readonly run: (
    model: Model,
    options: Record<string, unknown> & Partial<Hooks>,
  ) => Promise<unknown>;
}

const pick = <T>(random: Random, ...from: readonly T[]): T => from[random.integer(0, from.length)]!;
const pairs = {
  clean: twoPrompts.prompts.map(({ clean }) => clean),
  corrupt: twoPrompts.prompts.map(({ corrupt }) => corrupt.other!),
  metric: logitDifference(1, 2),
};

const kinds: readonly Kind[] = [
  {
    name: "sweep",
    draw: (random) => ({
      over: Array.from({ length: 6 }, () => ({
        at: pick(random, "blocks.0.attn.hook_z", "blocks.1.attn.hook_z", "blocks.1.hook_mlp_out"),
        pos: random.integer(0, 4),
        do: "scale",
        by: random.integer(0, 3),
      })),
      metric: logitDifference(random.integer(0, 3), 4),
      tokensPerRun: pick(random, 8, 16),
    }),
    others: {
      metric: logitDifference(5, 4),
      tokensPerRun: 24,
      over: [{ at: "hook_embed", do: "zero" }],
    },
    run: (model, options) => model.sweep({ tokens: pairs.clean }, options as never),
  },
  {
    name: "patch",
    draw: (random) => ({
      what: pick(random, "resid_pre", "attn_head_out", "mlp_out"),
      direction: pick(random, "noise", "denoise"),
      tokensPerRun: pick(random, 4, 8, 16),
    }),
    others: {
      what: "attn_head_q",
      metric: logitDifference(3, 2),
      tokensPerRun: 12,
      clean: pairs.corrupt,
    },
    run: async (model, options) =>
      (await patch(model, { ...pairs, ...options } as never)).values.data,
  },
  {
    name: "patchPaths",
    draw: (random) => ({
      receivers: pick(random, ["logits"], ["a1.h0<k>", "logits"], [["a1.h0<q>", "a1.h1<q>"]]),
      through: pick(random, "direct", "mlps"),
      tokensPerRun: pick(random, 8, 16),
    }),
    others: { receivers: ["m1"], norm: "frozen", tokensPerRun: 12 },
    run: async (model, options) =>
      (await patchPaths(model, { ...pairs, ...options } as never)).values.data,
  },
  {
    name: "acdc",
    draw: (random) => ({
      thresholds: pick(random, [0.02, 0.2, 0.3], [0.01, 0.05, 0.1]),
      order: pick<unknown>(random, "default", { seed: random.integer(0, 9) }),
      value: pick(random, { kind: "zero" }, { kind: "resample", from: "paired" }),
      batchSize: pick(random, 1, 2),
    }),
    others: { thresholds: [0.5], metric: "mse", order: { seed: 11 }, restart: false, batchSize: 3 },
    run: async (model, options) => {
      const { runs, order, scores } = await acdc(model, twoPrompts, options as never);
      return [runs.map(({ steps }) => steps), order, scores.values];
    },
  },
  {
    name: "learnMasks",
    draw: (random) => ({
      component: pick(random, "edge", "node"),
      size: pick(random, { hold: 6 }, { penalty: 0.3 }),
      steps: 24,
      batchSize: 1,
      seed: random.integer(0, 9),
      samples: pick(random, "prompt", "batch"),
    }),
    others: {
      size: { target: 5 },
      steps: 25,
      seed: 11,
      learningRate: 0.2,
      keep: 0.8,
      test: twoPrompts,
    },
    run: async (model, options) => {
      const { scores, history, circuit } = await learnMasks(model, twoPrompts, options as never);
      return [scores.values, history, circuit.toJSON()];
    },
  },
];

describe.each(kinds)("$name", ({ draw, others, run }) => {
  test.each([1, 2])("broken off anywhere, it ends as if it had not been (%i)", async (seed) => {
    const model = await ln.load(reference());
    const random = new Random(seed);
    const options = draw(random);
    const states: string[] = [];
    const whole = await run(model, {
      ...options,
      onState: (state) => states.push(stateToJSON(state)),
    });
    expect(states.length).toBeGreaterThan(1);
    for (const state of [pick(random, ...states.slice(0, -1)), states.at(-1)!])
      expect(await run(model, { ...options, resume: stateFromJSON(state) as never })).toEqual(
        whole,
      );
  });

  test("the state of any other job is refused with what differs", async () => {
    const model = await ln.load(reference());
    const random = new Random(3);
    const options = draw(random);
    let last = "";
    await run(model, {
      ...options,
      onState: (state) => {
        last = stateToJSON(state);
      },
    });
    const resume = stateFromJSON(last) as never;
    for (const [name, value] of Object.entries(others)) {
      const refused = run(model, { ...options, [name]: value, resume });
      await expect(refused, name).rejects.toThrow(
        /^[a-z ]+: the state to resume is not of this job: its (\w+) is .+, here .+; give the same options, or leave resume out$/,
      );
    }
    const other = await rms.load(reference());
    await expect(run(other, { ...options, resume })).rejects.toThrow(/its model is .+, here /);
  });
});

const report = { preset: "quick", randomCircuits: 2 } as const;

test("what is kept of a report but is no whole run of it counts as none", async () => {
  const kept = new Map<string, unknown>();
  const store = {
    get: async (key: string) => structuredClone(kept.get(key)),
    set: async (key: string, value: unknown) => void kept.set(key, structuredClone(value)),
  };
  const contentOf = async () => {
    const { run: _, ...content } = (await someReport({ ...report, resume: store })).toJSON();
    return JSON.stringify(content);
  };
  const whole = await contentOf();
  const states = new Map(kept) as Map<
    string,
    JobState<{ run: Record<string, unknown>; milliseconds: number }>
  >;
  const random = new Random(5);
  const damages: ((state: JobState<{ run: Record<string, unknown> }>) => unknown)[] = [
    () => ({ run: {} }),
    () => null,
    () => [],
    () => "x",
    (state) => ({ ...state, version: "0.0.1" }),
    (state) => ({ ...state, data: { run: {}, milliseconds: 1 } }),
    (state) => ({ ...state, data: { ...state.data, run: { ...state.data.run, circuit: {} } } }),
    (state) => ({ ...state, job: { ...state.job, circuit: "another" } }),
  ];
  for (const damage of damages) {
    for (const [key, state] of states)
      kept.set(key, random.uniform() < 0.5 ? damage(state) : state);
    expect(await contentOf()).toBe(whole);
  }
});

test("runs of one report are none of another's", async () => {
  const store = memoryStore();
  await someReport({ ...report, resume: store });
  let found = 0;
  const resume = {
    ...store,
    get: async (key: string) => {
      const state = await store.get(key);
      if (state !== undefined) found++;
      return state;
    },
  };
  await someReport({ ...report, resume, batchSize: 2 });
  expect(found).toBe(0);
});
