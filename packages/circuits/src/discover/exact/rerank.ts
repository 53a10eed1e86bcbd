/** @file The best edges of an estimate, scored again exactly. */

import type { Model } from "@diopter/model";
import { checkOptions } from "@diopter/tensor";
import { Job } from "../../run/job";
import type { Task } from "../../task/task";
import type { Ranking } from "../scores/ranking";
import { Scores } from "../scores/scores";
import { exactRecord } from "./exact";
import { effectKeys, type SingleEffectOptions, singleEffects } from "./single-effects";

const { tokens: _, ...rerankedKeys } = effectKeys;

export interface RerankOptions extends Omit<SingleEffectOptions, "tokens"> {
  /** What "best" means. */
  readonly by?: Ranking;
}

/**
 * Scores whose `n` best edges have their exact effects and rank among themselves by these; all others follow in their old order.
 *
 * Attribution is rough where it is large: on docstring R² = 0.27 against exact effects (Syed et al. 2023).
 *
 * @example const scores = await rerank(model, task, await attributeEdges(model, task, { method: "eap" }), 200);
 */
export async function rerank(
  model: Model,
  task: Task,
  scores: Scores<"edge">,
  n: number,
  options: RerankOptions = {},
): Promise<Scores<"edge">> {
  checkOptions("rerank", options, { ...rerankedKeys, by: "optional" });
  const { graph, record } = scores;
  const { by = "absolute" } = options;
  if (!Number.isInteger(n) || n < 1 || n > graph.edgeCount)
    throw new RangeError(`rerank: ${n} edges of ${graph.edgeCount}`);
  const job = new Job();
  const best = [...scores.ranked(by).subarray(0, n)];
  const effects = await singleEffects(
    model,
    graph,
    task,
    best.map((edge) => [edge]),
    options,
  );
  const values = scores.values.slice();
  best.forEach((edge, i) => {
    values[edge] = effects.mean[i]!;
  });
  const again = exactRecord(task, options, effects, job.milliseconds);
  return new Scores(
    graph,
    "edge",
    values,
    {
      ...record,
      method: `${record.method}, top ${n} exact`,
      options: { ...record.options, rerank: { n, by, ...again.options } },
      passes: {
        forward: record.passes.forward + again.passes.forward,
        backward: record.passes.backward,
      },
      milliseconds: record.milliseconds + again.milliseconds,
    },
    { first: best },
  );
}
