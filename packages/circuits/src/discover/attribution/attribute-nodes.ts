/** @file Scores for every node from gradients: attribution patching. */

import {
  builtOnce,
  type Extension,
  type ExtensionContext,
  type Metric,
  type Model,
  type Outputs,
} from "@diopter/model";
import { checkOptions } from "@diopter/tensor";
import { EdgeGraph } from "../../graph/edge-graph";
import type { GraphShape } from "../../graph/shape";
import { embeddingHooks, sourceGroups, sourceHooks } from "../../graph/sources";
import { batchesOf, batchSizeFor, longestOf } from "../../run/batches";
import { cleanFeed, named, replacementFeed, withFeeds } from "../../run/feeds";
import { Job } from "../../run/job";
import { readSources } from "../../run/read-sources";
import { replacementsFor } from "../../run/replacements/replacements";
import type { Task } from "../../task/task";
import { chosenShape } from "../choices";
import { Scores } from "../scores/scores";
import { metricChoice, nameOf } from "../task-metric";
import {
  type AttributeSettings,
  type AttributionBatch,
  type BatchScores,
  type CommonOptions,
  checkChoices,
  commonKeys,
  type IntegralOptions,
  prepared,
} from "./batch";
import { between } from "./methods";
import { changeOf, gradientsOf, type ScoreForm } from "./score-extension";
import { ScoreTotals } from "./score-totals";

const { inputs: _, ...nodeKeys } = commonKeys;

export type AttributeNodesOptions = Omit<CommonOptions, "inputs"> &
  (
    | { readonly method?: "atp" | "clean-corrupted" }
    | ({ readonly method: "eap-ig-inputs" } & IntegralOptions)
  );

/**
 * Scores every source: the gradient at what it writes times what that would change by, summed over positions.
 *
 * Attribution patching (Nanda 2023; Syed et al. 2023): AtP of a node is the sum of EAP over the edges that leave it.
 * Also along the line between the clean and the corrupt embedding (Hanna et al. 2024). A positive score means that
 * ablating the node raises the metric. With `keep: "positions"` heads by position.
 *
 * @example (await attributeNodes(model, task)).top(10);
 */
export async function attributeNodes(
  model: Model,
  task: Task,
  options: AttributeNodesOptions = {},
): Promise<Scores<"node">> {
  checkOptions("attributeNodes", options, {
    ...nodeKeys,
    method: "optional",
    steps: "optional",
    rule: "optional",
  });
  const { method = "atp", signal } = options;
  const { value = { kind: "resample", from: "paired" } } = options;
  const job = new Job(options);
  const graph = new EdgeGraph(chosenShape(model, options));
  const metric = metricChoice(model, task, options.metric);
  const like: AttributeSettings = { ...options, method: method === "atp" ? "eap" : method };
  checkChoices(like, metric, value);
  const pos = longestOf(task.prompts);
  const batchSize =
    options.batchSize ?? batchSizeFor(pos, graph.sources.length, model.config.dModel);
  const context = {
    model,
    shape: graph.shape,
    task,
    direction: "ablate-clean",
    batchSize,
  } as const;
  const replacements = await replacementsFor(value, { ...context, signal });
  const totals = new ScoreTotals(graph.sources.length, like, task.prompts.length);
  const batches = batchesOf(task.prompts, batchSize, (prompt) => replacements.key(prompt));
  job.expect(batches.length);
  for (const batch of batches) {
    job.proceed();
    const ready = await prepared(model, graph, task, batch, replacements, metric, like);
    totals.add(batch, await (method === "atp" ? atClean(ready) : onTheWay(ready)));
    job.step();
  }
  const record = totals.record({ metric: nameOf(metric), value, milliseconds: job.milliseconds });
  return new Scores(graph, "node", totals.values, { ...record, method }, totals.kept());
}

async function atClean(batch: AttributionBatch): Promise<BatchScores> {
  const { model, graph, prompts, replacements, metric, signal } = batch;
  const { form, values } = await replacements.at(prompts);
  const tokens = model.prepare({ tokens: prompts.map(({ clean }) => clean) });
  const extension = nodeScoreExtension(graph.shape, metric, { values: form, sources: "live" });
  const outputs = await model.compute(
    tokens,
    withFeeds(extension, named(replacementFeed, values)),
    { signal },
  );
  const { pos, scores } = collected(batch, outputs, tokens.pos);
  return { pos, summed: false, scores, forward: form === "prompt" ? 2 : 1, backward: 1 };
}

async function onTheWay(batch: AttributionBatch): Promise<BatchScores> {
  const { model, graph, prompts, replacements, metric, points, signal } = batch;
  const corrupt = await replacements.at(prompts);
  const rows = prompts.map(({ clean }) => clean);
  const clean = await readSources(model, graph.shape, rows, { signal });
  const tokens = model.prepare({ tokens: rows });
  const embeddings = embeddingHooks(graph.shape);
  const extension = nodeScoreExtension(graph.shape, metric, {
    values: corrupt.form,
    sources: "fed",
  });
  const fed = withFeeds(extension, {
    ...named(replacementFeed, corrupt.values),
    ...named(cleanFeed, clean.values),
  });
  let total: BatchScores | undefined;
  for (const { at, weight } of points) {
    const start = Object.fromEntries(
      embeddings.map((hook) => [hook, between(clean.values[hook]!, corrupt.values[hook]!, at)]),
    );
    const outputs = await model.compute(tokens, fed, { start, signal });
    const { pos, scores } = collected(batch, outputs, tokens.pos);
    total ??= {
      pos,
      summed: false,
      scores: new Float64Array(scores.length),
      forward: 2,
      backward: 0,
    };
    for (let i = 0; i < scores.length; i++) total.scores[i]! += weight * scores[i]!;
  }
  return { ...total!, forward: 2 + points.length, backward: points.length };
}

/** Scores [batch, pos or 1, source] from outputs [batch, pos, source of the hook]. */
function collected(
  { graph, prompts, detail }: AttributionBatch,
  outputs: Outputs,
  length: number,
): Pick<BatchScores, "pos" | "scores"> {
  const count = graph.sources.length;
  const positions = detail === "positions";
  const pos = positions ? length : 1;
  const scores = new Float64Array(prompts.length * pos * count);
  for (const { hook, first, count: width } of sourceGroups(graph.shape)) {
    const { data } = outputs[nodeScoreOutput(hook)]!;
    for (let row = 0; row < prompts.length; row++)
      for (let p = 0; p < length; p++)
        for (let i = 0; i < width; i++) {
          const at = (row * pos + (positions ? p : 0)) * count + first + i;
          scores[at]! += Number(data[(row * length + p) * width + i]);
        }
  }
  return { pos, scores };
}

/** Name of the output with the scores of a hook's sources, [batch, pos, source]. */
export function nodeScoreOutput(hook: string): string {
  return `node scores ${hook}`;
}

/** (replacement - source) . d metric / d source for every source; heads by their z, as what they write is linear in it. */
export function nodeScoreExtension(
  shape: GraphShape,
  metric: Metric,
  form: Pick<ScoreForm, "values" | "sources">,
): Extension<Outputs> {
  const hooks = sourceHooks(shape);
  const { build: measure } = metric;
  return {
    name: `node scores by ${metric.name}`,
    leaves: hooks,
    build: builtOnce([nodeScoreExtension, measure], [shape, form], () => (e: ExtensionContext) => {
      const { b } = e;
      const gradient = gradientsOf(e, measure, hooks);
      return Object.fromEntries(
        hooks.map((hook) => {
          const rest = e.hook(hook).shape.slice(2) as number[];
          const change = changeOf(e, hook, rest, form);
          const each = b.sum(b.mul(gradient.get(hook)!, change), [-1], false);
          return [nodeScoreOutput(hook), rest.length > 1 ? each : b.unsqueeze(each, [2])];
        }),
      );
    }),
    feeds: metric.feeds,
    read: (outputs) => outputs,
  };
}
