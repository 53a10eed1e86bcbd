import { Model } from "@diopter/model";
import { node } from "@diopter/model/node";
import { sentences, world, worldCausal } from "@diopter/tiny-models";
import { expect, test } from "vitest";
import { mean } from "../../src/ablation/ablation";
import { meanSlots } from "../../src/ablation/mean-slots";
import { shapeOf } from "../../src/graph/shape";
import { replacementsFor } from "../../src/run/replacements/replacements";
import { worldTasks } from "../../src/task/world";

test("a mean by the default slots is a mean for every task of the world, few prompts or many", async () => {
  const model = await Model.load(await worldCausal(), { runtime: node() });
  const tasks = worldTasks({ tokenizer: model.tokenizer! }, { world, sentences });
  expect(Object.keys(tasks).length).toBeGreaterThan(8);
  for (const [name, make] of Object.entries(tasks)) {
    for (const n of [4, 30]) {
      const task = make({ n, seed: 1 });
      const value = mean({ over: "corrupt", ...meanSlots(task) });
      const found = await replacementsFor(value, {
        model,
        shape: shapeOf(model.config),
        task,
        direction: "ablate-clean",
        batchSize: 30,
        signal: undefined,
      });
      const { values } = await found.at(task.prompts.slice(0, 1));
      const [batch, pos] = values["blocks.0.hook_mlp_out"]!.shape;
      expect([batch, pos], `${name} ${n}`).toEqual([1, task.prompts[0]!.clean.length]);
    }
  }
  await model.dispose();
});
