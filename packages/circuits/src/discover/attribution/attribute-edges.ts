/** @file Scores for every edge from gradients: EAP and its integrated forms. */

import type { Model } from "@diopter/model";
import { checkOptions } from "@diopter/tensor";
import { EdgeGraph } from "../../graph/edge-graph";
import { batchesOf, batchSizeFor, longestOf } from "../../run/batches";
import { Job } from "../../run/job";
import { replacementsFor } from "../../run/replacements/replacements";
import type { Task } from "../../task/task";
import { chosenShape } from "../choices";
import { Scores } from "../scores/scores";
import { metricChoice, nameOf } from "../task-metric";
import {
  type AttributeOptions,
  type AttributionBatch,
  type AttributionMethod,
  type BatchScores,
  checkChoices,
  commonKeys,
  prepared,
} from "./batch";
import { eap, eapIgActivations, eapIgInputs, maskGradient } from "./methods";
import { ScoreTotals } from "./score-totals";

const methods: Record<AttributionMethod, (batch: AttributionBatch) => Promise<BatchScores>> = {
  eap,
  "eap-ig-inputs": eapIgInputs,
  "eap-ig-activations": eapIgActivations,
  "clean-corrupted": eapIgInputs,
  "mask-gradient": maskGradient,
  "mask-ig": maskGradient,
};

/**
 * Scores every edge: a positive score means that ablating the edge raises the metric.
 *
 * EAP (Syed et al. 2023), EAP-IG inputs and activations, clean-corrupted (Hanna et al. 2024), mask gradients at a
 * point or integrated over all masks together (Miller et al. 2024). Throws `RangeError` for metrics that are
 * stationary at the clean run (`kl`, `mse`), where every score would be 0.
 *
 * @example const scores = await attributeEdges(model, task, { method: "eap-ig-inputs" }); scores.top(400).pruned();
 */
export async function attributeEdges(
  model: Model,
  task: Task,
  options: AttributeOptions,
): Promise<Scores<"edge">> {
  checkOptions("attributeEdges", options, {
    ...commonKeys,
    method: "required",
    steps: "optional",
    rule: "optional",
    at: "optional",
  });
  const { method, value = { kind: "resample", from: "paired" }, signal } = options;
  const job = new Job(options);
  const graph = new EdgeGraph(chosenShape(model, options));
  const metric = metricChoice(model, task, options.metric);
  checkChoices(options, metric, value);
  const pos = longestOf(task.prompts);
  const batchSize =
    options.batchSize ??
    Math.max(1, batchSizeFor(pos, graph.sources.length, model.config.dModel) >> 1);
  const replacements = await replacementsFor(value, {
    model,
    shape: graph.shape,
    task,
    direction: "ablate-clean",
    batchSize,
    signal,
  });
  const totals = new ScoreTotals(graph.edgeCount, options, task.prompts.length);
  const batches = batchesOf(task.prompts, batchSize, (prompt) => replacements.key(prompt));
  job.expect(batches.length);
  for (const batch of batches) {
    job.proceed();
    const ready = await prepared(model, graph, task, batch, replacements, metric, options);
    totals.add(batch, await methods[method](ready));
    job.step();
  }
  const record = totals.record({ metric: nameOf(metric), value, milliseconds: job.milliseconds });
  return new Scores(graph, "edge", totals.values, record, totals.kept());
}
