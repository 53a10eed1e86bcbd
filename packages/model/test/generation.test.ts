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
    for (let seed = 0; seed < 16; seed++) {
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
    expect(generated).toBeGreaterThan(5);
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
