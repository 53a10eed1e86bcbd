/** @file What an edit means does not depend on the step of generation, nor on what is cached. */

import { type Edit, type GenerateOptions, hookNames, Model, type Prompt } from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { Random } from "@diopter/tensor";
import { worldCausal } from "@diopter/tiny-models";
import { afterAll, expect, test } from "vitest";
import {
  type Kind,
  kinds,
  laidOut,
  openTiny,
  randomEdit,
  randomPrompts,
} from "./helpers/random-edits";

const runtime = reference();
afterAll(() => runtime.dispose());

const exact = { atol: 1e-10, rtol: 1e-10 };
const decoders = (Object.keys(kinds) as Kind[]).filter((kind) => kind !== "encoder");
const everyKind: Edit["do"][] = [
  ...(["zero", "set", "add", "scale", "lerp", "mean", "patch", "freeze", "project"] as const),
];

/** The same by running everything again at every step: functions must see all positions. */
const whole = { fwdHooks: [["hook_embed", () => undefined]] } as const;

async function outcome(model: Model, prompt: Prompt, options: GenerateOptions) {
  try {
    return await model.generate(prompt, options);
  } catch (error) {
    return (error as Error).message;
  }
}

test.each(decoders)(
  "edits give the same ids or the same error, cached or not: %s",
  async (kind) => {
    const model = await openTiny(kind, runtime, 9);
    let generated = 0;
    for (let seed = 0; seed < 8; seed++) {
      const random = new Random(seed).fork("generation");
      const prompts = randomPrompts(random, 2, 4);
      const others = prompts.map((ids) => ids.map(() => random.integer(0, 7)));
      const setting = { config: model.config, prompts, others, kinds: everyKind };
      const edits = Array.from({ length: 1 + (seed % 2) }, () => {
        const { batch } = randomEdit(random, setting);
        const { pos: _, ...rest } = batch;
        const steps = [0, [0, 2], [1], [1, 2, 3]][random.integer(0, 4)]!;
        return random.uniform() < 0.3 ? { ...rest, step: steps } : batch;
      });
      const options = { edits, maxNewTokens: 4, names: hookNames(model.config) };
      const cached = await outcome(model, prompts, options);
      const again = await outcome(model, prompts, { ...options, ...whole });
      const what = `seed ${seed}: ${JSON.stringify(edits)}`;
      if (typeof cached === "string" || typeof again === "string") {
        expect(cached, what).toEqual(again);
        continue;
      }
      generated++;
      expect(cached.ids, what).toEqual(again.ids);
      for (const i of prompts.keys())
        for (const [name, value] of again.cache.row(i).entries())
          expect(cached.cache.row(i).get(name), `${what}, ${name}`).toBeAllclose(value, exact);
    }
    expect(generated).toBeGreaterThan(2);
  },
);

test.each(decoders)(
  "a prompt goes on as it does alone, whatever runs beside it: %s",
  async (kind) => {
    const model = await openTiny(kind, runtime, 9);
    for (let seed = 0; seed < 8; seed++) {
      const random = new Random(seed).fork("beside");
      // A list of one row would serve all positions.
      const prompts = randomPrompts(random, 3, 4, 2);
      const others = prompts.map((ids) => ids.map(() => random.integer(0, 7)));
      const chosen = everyKind.filter((what) => what !== "mean");
      const setting = { config: model.config, prompts, others, kinds: chosen };
      const drawn = randomEdit(random, setting);
      const together = await outcome(
        model,
        laidOut(random, prompts, seed % 2 ? "holes" : "right"),
        {
          edits: [drawn.batch],
          maxNewTokens: 3,
        },
      );
      for (const [i, ids] of prompts.entries()) {
        const alone = await outcome(model, ids, { edits: [drawn.alone(i)], maxNewTokens: 3 });
        const own = typeof together === "string" ? together : [together.ids[i]!];
        expect(own, `seed ${seed}: ${JSON.stringify(drawn.batch)}`).toEqual(
          typeof alone === "string" ? alone : alone.ids,
        );
      }
    }
  },
);

test("an edit of a key holds for queries to come: running again and again gives the same", async () => {
  const model = await Model.load(await worldCausal(), { runtime });
  const prompt = "The capital of Sweden is the city of";
  const edits: Edit[] = [{ at: "blocks.*.attn.hook_pattern", key: 0, do: "zero" }];
  const { ids } = await model.generate(prompt, { edits, maxNewTokens: 8 });
  expect(ids[0]).toEqual([319, 9, 188, 5, 916, 9, 188, 5]);
});

test("an edit at a step acts on the token that the step reads, and on nothing else", async () => {
  const model = await openTiny("learned", runtime, 9);
  const prompts = [[1, 4, 2], [3]];
  const at = "blocks.0.hook_resid_post";
  const add = (step: number | number[]): Edit => ({ at, do: "add", value: [1, -2, 3, 0], step });
  const run = (edits: Edit[]) => model.generate(prompts, { maxNewTokens: 3, names: at, edits });
  const plain = await run([]);
  const { ids, cache } = await run([add(1)]);
  for (const [i, prompt] of prompts.entries()) {
    expect(ids[i]![0]).toBe(plain.ids[i]![0]);
    // The same from a run of prompt and new tokens in which that position is edited.
    const text = [...prompt, ...ids[i]!.slice(0, -1)];
    const edits: Edit[] = [{ ...add([]), pos: prompt.length }].map(({ step: _, ...edit }) => edit);
    const again = await model.runWithCache(text, { names: at, edits, logits: "last" });
    expect(cache.row(i).get(at)).toBeAllclose(again.cache.get(at), exact);
    expect(again.logits.at(0, ids[i]!.at(-1)!)).toBe(Math.max(...again.logits.toFloat64()));
  }
  const steps = await Promise.all([0, 1, [0, 1]].map((step) => run([add(step)])));
  const both = await run([add(0), add(1)]);
  expect(steps[2]!.ids).toEqual(both.ids);
  const refused: [Edit, string][] = [
    [add(3), `edit: step 3 at "${at}" is not in 0..2, the steps of 3 new tokens`],
    [add(-1), `edit: step -1 at "${at}" is no integer of 0 or more`],
    [{ ...add(1), pos: 0 }, `edit: "${at}" has pos and step; step 0 is the whole prompt`],
    [
      { at, do: "set", value: [[1], [2], [3]] },
      `generate: the edit at "${at}" has no value for new positions; give it a pos, or step: 0`,
    ],
    [
      { at: "blocks.0.attn.hook_pattern", do: "mean", over: "batch pos" },
      'generate: the edit at "blocks.0.attn.hook_pattern" has no value for new keys; give it a key',
    ],
    [
      { at, do: "zero", pos: 1 },
      `position 1 at "${at}" is out of range for prompt 1 with 1 tokens`,
    ],
  ];
  for (const [edit, message] of refused) await expect(run([edit])).rejects.toThrow(message);
});

test("activations of generated tokens are those of a run of all tokens but the last", async () => {
  const model = await openTiny("learned", runtime, 9);
  const prompts = [[1, 4, 2], [3], [6, 6, 0, 2]];
  const edits: Edit[] = [{ at: "blocks.*.attn.hook_z", head: 1, do: "scale", by: 2 }];
  const names = hookNames(model.config);
  const plain = await model.generate(prompts, { maxNewTokens: 4, edits });
  // One row stops early, at its second token.
  const stopAt = plain.ids[0]![1]!;
  const { ids, cache } = await model.generate(prompts, { maxNewTokens: 4, edits, names, stopAt });
  expect(ids[0]!.at(-1)).toBe(stopAt);
  expect(ids[0]!.length).toBeLessThan(4);
  for (const [i, prompt] of prompts.entries()) {
    const text = [...prompt, ...ids[i]!.slice(0, -1)];
    const alone = await model.runWithCache(text, { names, edits });
    for (const [name, value] of alone.cache.entries())
      expect(cache.row(i).get(name), `prompt ${i}, ${name}`).toBeAllclose(value, exact);
  }
  expect((await model.generate([1], { maxNewTokens: 1 })).cache.names()).toEqual([]);
  await expect(model.generate([1], { maxNewTokens: 0, names })).rejects.toThrow(
    "generate: names are given, but no token is to be generated",
  );
});

test("text ends at the tokens that the model's files name, and at those that are given", async () => {
  const world = await worldCausal();
  const prompt = "The capital of Sweden is the city of";
  const open = (more: object) => Model.load({ ...world, ...more }, { runtime });
  const generated = async (more: object, options: GenerateOptions = {}) => {
    const model = await open(more);
    const { ids } = await model.generate(prompt, { maxNewTokens: 4, ...options });
    await model.dispose();
    return ids[0];
  };
  const [first, second, third] = (await generated({})) as [number, number, number];
  expect(await generated({ generationConfig: { eos_token_id: second } })).toEqual([first, second]);
  expect(await generated({ generationConfig: { eos_token_id: [third, first] } })).toEqual([first]);
  const config = { ...world.config, eos_token_id: second };
  expect(await generated({ config })).toEqual([first, second]);
  expect(await generated({ config, generationConfig: { eos_token_id: third } })).toEqual([
    first,
    second,
    third,
  ]);
  expect((await generated({ config }, { stopAtEos: false }))!.length).toBe(4);
  expect(await generated({}, { stopAt: second })).toEqual([first, second]);
  expect(await generated({}, { stopAt: ["Stockholm"] })).toEqual([first]);
  await expect(generated({}, { stopAt: 921 })).rejects.toThrow(
    "generate: stopAt 921 is not in 0..920",
  );
  await expect(generated({ generationConfig: { eos_token_id: "x" } })).rejects.toThrow(
    'model: eos_token_id of generation_config.json is "x", expected a token id or a list of them',
  );
});
