/** @file Node attribution inside a graph: gradients of a metric at every source times what it would change by. */

import { backward } from "@diopter/graph";
import type { Extension, Metric } from "@diopter/model";
import { leadingDims } from "../../ablation/activations";
import type { GraphShape } from "../../graph/shape";
import { sourceHooks } from "../../graph/sources";
import { cleanFeed, replacementFeed } from "../../run/feeds";
import type { ScoreForm } from "./score-extension";

/** Name of the output with the scores of a hook's sources, [batch, pos, source]. */
export function nodeScoreOutput(hook: string): string {
  return `node scores ${hook}`;
}

/** (replacement - source) . d metric / d source for every source; heads by their z, as what they write is linear in it. */
export function nodeScoreExtension(
  shape: GraphShape,
  metric: Metric,
  form: Pick<ScoreForm, "values" | "sources">,
): Extension {
  const hooks = sourceHooks(shape);
  return {
    key: `node scores ${JSON.stringify([shape, metric.key, form])}`,
    leaves: hooks,
    build(e) {
      const { b, float } = e;
      const measured = metric.build(e); // [batch]
      const sources = hooks.map((hook) => e.hook(hook));
      const gradients = backward(b, b.sum(measured, [0], false), sources);
      const [batch, pos] = leadingDims(form.values);
      const scores = hooks.map((hook, i) => {
        const rest = sources[i]!.shape.slice(2);
        const other = b.input(replacementFeed(hook), float, [batch, pos, ...rest]);
        const own =
          form.sources === "live"
            ? sources[i]!
            : b.input(cleanFeed(hook), float, ["batch", "pos", ...rest]);
        const each = b.sum(b.mul(gradients[i]!, b.sub(other, own)), [-1], false);
        return [nodeScoreOutput(hook), rest.length > 1 ? each : b.unsqueeze(each, [2])] as const;
      });
      return { metric: measured, ...Object.fromEntries(scores) };
    },
  };
}
