/** @file What a prompt gives does not depend on what it is padded with, on which side, or on who runs beside it. */

import {
  type ActivationCache,
  compareExports,
  type Edit,
  hookNames,
  logProbability,
  type Model,
  metric,
  type TokenBatch,
} from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { Random, type Tensor, type TensorLike } from "@diopter/tensor";
import { afterAll, expect, test } from "vitest";
import { tokenSlots } from "../src/hooks/token-slots";
import {
  type Kind,
  kinds,
  type Layout,
  laidOut,
  openTiny,
  randomEdit,
  randomPrompts,
} from "./helpers/random-edits";
import { tinySae } from "./helpers/tiny-sae";

const runtime = reference();
afterAll(() => runtime.dispose());

const exact = { atol: 1e-10, rtol: 1e-10 };
const layouts: readonly Layout[] = ["right", "left", "holes", "wide"];
const everyKind: Edit["do"][] = [
  "zero",
  "set",
  "add",
  "scale",
  "lerp",
  "patch",
  "freeze",
  "project",
];

/** Values [batch, pos, ...] of one prompt's tokens. */
function tokensOf(value: TensorLike, tokens: TokenBatch, prompt: number): Tensor {
  return (value as Tensor)
    .slice([prompt], [prompt + 1], [0])
    .gather(tokenSlots(tokens)[prompt]!, 1);
}

function sameCaches(got: ActivationCache, wanted: ActivationCache, what: string): void {
  expect(got.names()).toEqual(wanted.names());
  for (const [name, value] of wanted.entries())
    expect(got.get(name), `${what}: ${name}`).toBeAllclose(value, exact);
}

test.each(Object.keys(kinds) as Kind[])(
  "every verb, slice and edit gives for each prompt what it gives alone: %s",
  async (kind) => {
    const model = await openTiny(kind, runtime);
    const names = hookNames(model.config);
    for (let seed = 0; seed < 4; seed++) {
      const random = new Random(seed);
      const prompts = randomPrompts(random, 3, 4);
      const others = prompts.map((ids) => ids.map(() => random.integer(0, 7)));
      const setting = { config: model.config, prompts, others, kinds: everyKind };
      const drawn = Array.from({ length: seed % 4 }, () => randomEdit(random, setting));
      const edits = drawn.map(({ batch }) => batch);
      const prompt = laidOut(random, prompts, layouts[seed % layouts.length]!);
      const slice = [
        random.integer(-3, 3),
        random.integer(0, 2) ? random.integer(-2, 4) : undefined,
      ];
      const posSlice = slice as [number, number?];
      const answers = prompts.map(() => random.integer(0, 7));
      const wrt = ["blocks.*.hook_resid_pre", "blocks.1.attn.hook_pattern"];

      const all = await model.runWithCache(prompt, { edits, names });
      const part = await model.runWithCache(prompt, { edits, names, posSlice });
      const slopes = await model.gradients(prompt, { of: logProbability(answers), wrt, edits });
      const losses = await model.lossPerToken(prompt, { edits });
      const swept = await model.sweep(prompt, { over: edits, metric: logProbability(answers) });

      for (const [i, ids] of prompts.entries()) {
        const own = drawn.map(({ alone }) => alone(i));
        const what = `seed ${seed}, prompt ${i}, ${JSON.stringify(edits)}`;
        const of = logProbability(answers[i]!);
        const alone = await model.runWithCache(ids, { edits: own, names });
        expect(tokensOf(all.logits, all.tokens, i), what).toBeAllclose(alone.logits, exact);
        sameCaches(all.cache.row(i), alone.cache, what);
        sameCaches(part.cache.row(i), alone.cache.positions(...posSlice), `${what}, ${posSlice}`);
        const slope = await model.gradients(ids, { of, wrt, edits: own });
        expect([slopes.values[i]!], what).toBeAllclose([slope.values[0]!], exact);
        sameCaches(slopes.gradients.row(i), slope.gradients, what);
        const loss = await model.lossPerToken(ids, { edits: own });
        expect(losses.slice([i, 0], [i + 1, ids.length - 1]), what).toBeAllclose(loss, exact);
        const sweep = await model.sweep(ids, { over: own, metric: of });
        expect(
          swept.map((row) => row[i]),
          what,
        ).toBeAllclose(
          sweep.map((row) => row[0]!),
          exact,
        );
      }
    }
  },
);

test.each(Object.keys(kinds) as Kind[])(
  "a mean is over the same tokens however they are laid out: %s",
  async (kind) => {
    const model = await openTiny(kind, runtime);
    for (let seed = 0; seed < 4; seed++) {
      const random = new Random(seed).fork("means");
      const prompts = randomPrompts(random, 3, 4);
      const others = randomPrompts(random, 2, 4);
      const longest = Math.max(...prompts.map((ids) => ids.length));
      const setting = { config: model.config, prompts, others: prompts, kinds: ["mean"] as const };
      const { batch: edit } = randomEdit(random, setting);
      // The other prompts have every position that the mean is put at: all of these, one of them the longest.
      const source = [...others, new Array<number>(longest).fill(1)];
      const layout = layouts[seed % layouts.length]!;
      for (const from of [undefined, source]) {
        const run = (as: Layout | undefined) => {
          const value = from && { prompt: as ? laidOut(random, from, as) : from };
          const edits = [value ? { ...edit, value } : edit];
          return model.runWithCache(as ? laidOut(random, prompts, as) : prompts, { edits });
        };
        const [plain, other] = [await run(undefined), await run(layout)];
        for (const i of prompts.keys())
          sameCaches(
            other.cache.row(i),
            plain.cache.row(i),
            `seed ${seed}, prompt ${i}, ${layout}, ${JSON.stringify(edit)}`,
          );
      }
    }
  },
);

test("views, splices, starts and values with rows keep to each prompt's tokens", async () => {
  const model = await openTiny("learned", runtime);
  const hook = "blocks.1.hook_resid_pre";
  const splice = [{ sae: await tinySae("topk", hook), error: false }];
  const feature: Edit = {
    at: `${hook}.hook_sae_acts_post`,
    neuron: 1,
    pos: -1,
    do: "set",
    value: 2,
  };
  for (const layout of layouts) {
    const random = new Random(2);
    const prompts = randomPrompts(random, 3, 4, 2);
    const others = laidOut(
      random,
      prompts.map((ids) => [...ids].reverse()),
      layout,
    );
    const other = (await model.runWithCache(others, { names: hook })).cache;
    const edit = (value: TensorLike): Edit => ({ at: hook, do: "lerp", by: 0.5, value });
    const runs = [
      [{ view: "factorized" }],
      [{ splice, edits: [feature] }],
      [
        { start: { [hook]: other.get(hook) } },
        (i: number) => ({ start: { [hook]: other.row(i).get(hook) } }),
      ],
      [
        { edits: [edit(other.get(hook))] },
        (i: number) => ({ edits: [edit(other.row(i).get(hook))] }),
      ],
    ] as const;
    // The same prompts in the same slots as the others.
    const rows = others.tokens.map((row, i) => {
      const own = prompts[i]!.values();
      return row.map((id) => (id === -100 ? id : own.next().value!));
    });
    const prompt = { tokens: rows, attentionMask: others.attentionMask! };
    for (const [options, aloneOptions = () => options] of runs) {
      const all = await model.run(prompt, options);
      for (const [i, ids] of prompts.entries()) {
        const alone = await model.run(ids, aloneOptions(i));
        const what = `${layout}, ${Object.keys(options)}, prompt ${i}`;
        expect(tokensOf(all.logits, all.tokens, i), what).toBeAllclose(alone.logits, exact);
      }
    }
    // Generation lays prompts out in its own way; values are still those of the prompts as they were given.
    const edits = [{ ...edit(other.get(hook)), step: 0 }];
    const { ids } = await model.generate(prompt, { edits, maxNewTokens: 2 });
    for (const [i, own] of prompts.entries()) {
      const one = [{ ...edit(other.row(i).get(hook)), step: 0 }];
      const alone = await model.generate(own, { edits: one, maxNewTokens: 2 });
      expect(ids[i], layout).toEqual(alone.ids[0]);
    }
  }
});

const mixed = [[1, 4, 2, 6], [3], [5, 2]];
const at = "blocks.0.hook_resid_post";

/** What the prompts give at `at`, each alone: [position][dModel]. */
async function rowsAlone(model: Model, prompts: readonly (readonly number[])[]) {
  const rows = [];
  for (const ids of prompts) {
    const { cache } = await model.runWithCache(ids, { names: at });
    rows.push((cache.get(at).toArray() as number[][][])[0]!);
  }
  return rows;
}

const average = (rows: readonly (readonly number[])[]) =>
  rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length);

test("a mean at the last token is over last tokens, at a position over the prompts that have it", async () => {
  const model = await openTiny("learned", runtime);
  const alone = await rowsAlone(model, mixed);
  const edited = async (edit: Omit<Edit, "at" | "do">, options = {}) => {
    const edits: Edit[] = [{ at, do: "mean", ...edit }];
    const { cache } = await model.runWithCache(mixed, { edits, names: at, ...options });
    return mixed.map((_, i) => (cache.row(i).get(at).toArray() as number[][][])[0]!);
  };
  const lasts = average(alone.map((rows) => rows.at(-1)!));
  for (const paddingSide of ["left", "right"]) {
    const atLast = await edited({ pos: -1, over: "batch" }, { paddingSide });
    for (const rows of atLast) expect(rows.at(-1)).toBeAllclose(lasts, exact);
    const everywhere = await edited({ over: "batch" }, { paddingSide });
    expect(everywhere[2]).toBeAllclose(
      [average(alone.map((rows) => rows[0]!)), average([alone[0]![1]!, alone[2]![1]!])],
      exact,
    );
    const total = await edited({ over: "batch pos" }, { paddingSide });
    expect(total[1]![0]).toBeAllclose(average(alone.flat()), exact);
    const named = await edited(
      { pos: "subject", over: "batch" },
      { paddingSide, positions: { subject: [2, 0, -1] } },
    );
    const subjects = average([alone[0]![2]!, alone[1]![0]!, alone[2]![1]!]);
    expect(named[0]![2]).toBeAllclose(subjects, exact);
  }
});

test("a patch looks its position up in each row of the source, whatever its length", async () => {
  const model = await openTiny("learned", runtime);
  const others = [[6, 0], [1, 2, 3, 4, 5], [4]];
  const source = await rowsAlone(model, others);
  for (const paddingSide of ["left", "right"] as const) {
    const { cache: from } = await model.runWithCache(others, { names: at, paddingSide });
    for (const value of [{ prompt: others }, { cache: from }, { cache: from.positions(-1) }]) {
      const edits: Edit[] = [{ at, do: "patch", pos: -1, value }];
      const { cache } = await model.runWithCache(mixed, { edits, names: at });
      mixed.forEach((_, i) => {
        const last = (cache.row(i).positions(-1).get(at).toArray() as number[][][])[0]![0];
        expect(last).toBeAllclose(source[i]!.at(-1)!, exact);
      });
    }
    const run = (edit: Partial<Edit>, positions = {}) =>
      model.run(mixed, {
        edits: [{ at, do: "patch", value: { cache: from }, ...edit }],
        positions,
      });
    await expect(run({ pos: 0 })).resolves.toBeDefined();
    await expect(run({})).rejects.toThrow(
      `edit: source of "${at}" has 2 tokens for prompt 0, expected 4; where lengths differ, give a pos`,
    );
    await expect(run({ pos: "there" }, { there: [3, 0, 0] })).rejects.toThrow(
      `edit: position 3 at "${at}" is not in the source of prompt 0, which has 2 tokens`,
    );
    await expect(run({ pos: 0, value: { cache: from.positions(1) } })).rejects.toThrow(
      /position 0 at .* is not in the source of prompt 0/,
    );
  }
});

test("a slice of a cache is filled up with NaN where a prompt has no more tokens", async () => {
  const model = await openTiny("learned", runtime);
  const { cache } = await model.runWithCache(mixed, { names: at, posSlice: [1, 3] });
  expect(cache.keep).toEqual([1, 1, 0, 0, 1, 0]);
  const alone = await rowsAlone(model, mixed);
  const nothing = new Array<number>(4).fill(Number.NaN);
  expect(cache.get(at)).toBeAllclose(
    [
      [alone[0]![1]!, alone[0]![2]!],
      [nothing, nothing],
      [alone[2]![1]!, nothing],
    ],
    exact,
  );
  expect(() => cache.row(3)).toThrow("cache: prompt 3 is not in 0..2");
});

test("what stands for padding is never read, and does not count against the context", async () => {
  const model = await openTiny("learned", runtime);
  const prompt = {
    tokens: [[-100, 1, -100, 2, 9, 9, 9, 3]],
    attentionMask: [[0, 1, 0, 1, 0, 0, 0, 1]],
  };
  const { logits } = await model.run(prompt, { logits: "last" });
  const alone = await model.run([1, 2, 3], { logits: "last" });
  expect(logits).toBeAllclose(alone.logits, exact);
  const { ids } = await model.generate(prompt, { maxNewTokens: 3 });
  expect(ids).toEqual((await model.generate([1, 2, 3], { maxNewTokens: 3 })).ids);
  await expect(model.run({ tokens: [[1, 9]], attentionMask: [[1, 1]] })).rejects.toThrow(
    "model: token id 9 of prompt 0 is not in 0..6",
  );
});

test("how far two models are apart is counted over tokens", async () => {
  const model = await openTiny("learned", runtime);
  const other = model.processed({ centerWritingWeights: true, centerUnembed: true });
  const plain = await compareExports(model, other, mixed);
  expect(plain.rows.find(({ name }) => name === "logits")!.maxAbs).toBeGreaterThan(0.01);
  for (const layout of layouts) {
    const { rows } = await compareExports(model, other, laidOut(new Random(0), mixed, layout));
    const numbers = (all: typeof rows) =>
      all.flatMap(({ maxAbs, relative, rmsRelative }) => [maxAbs, relative, rmsRelative]);
    expect(numbers(rows), layout).toBeAllclose(numbers(plain.rows), exact);
  }
});

test("an extension is told which slots are padding", async () => {
  const model = await openTiny("learned", runtime);
  const spread = metric({
    name: "squares of the stream",
    build: ({ b, resid, keep, float }) => {
      const squares = b.sum(b.mul(resid(), resid()), [-1], false); // [batch, pos]
      return b.sum(b.mul(squares, b.cast(keep(), float)), [-1], false);
    },
  });
  const alone = [];
  for (const ids of mixed) alone.push((await model.measure(ids, spread))[0]!);
  for (const layout of layouts) {
    const prompt = laidOut(new Random(1), mixed, layout);
    expect(await model.measure(prompt, spread), layout).toBeAllclose(alone, exact);
  }
});

test("functions at hooks are told which slots are padding", async () => {
  const model = await openTiny("learned", runtime);
  const seen: unknown[] = [];
  await model.runWithHooks(mixed, {
    paddingSide: "left",
    fwdHooks: [["hook_embed", (_, hook) => void seen.push(hook.tokens.keep)]],
  });
  expect(seen).toEqual([[1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 1]]);
});
