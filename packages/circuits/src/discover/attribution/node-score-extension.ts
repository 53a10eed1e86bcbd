/** @file Node attribution inside a graph: gradients of a metric at every source times what it would change by. */

import {
  builtOnce,
  type Extension,
  type ExtensionContext,
  type Metric,
  type Outputs,
} from "@diopter/model";
import type { GraphShape } from "../../graph/shape";
import { sourceHooks } from "../../graph/sources";
import { changeOf, gradientsOf, type ScoreForm } from "./score-extension";

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
