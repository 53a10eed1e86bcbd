/** @file One batch under a mask, from the logits of a run that starts at a stage. */

import type { EdgeMask } from "../../ablation/replaced-mask";
import { maskFeeds, named, readersOf, replacementFeed } from "../../run/feeds";
import { type BatchRun, executed, type Logits } from "../../run/run-batch";
import { type Prefix, prefixFeeds, restartView } from "./restart-view";

/** Logits as of `runDense`; the mask must not replace anything before the stage. */
export async function runFrom(
  run: BatchRun,
  mask: EdgeMask,
  stage: number,
  prefix: Prefix,
): Promise<Logits> {
  const { graph, replacements } = run;
  const view = restartView(graph.shape, stage, replacements.form);
  const feeds = {
    ...prefixFeeds(prefix),
    ...named(replacementFeed, replacements.values),
    ...maskFeeds(readersOf(graph), mask),
  };
  return (await executed(run, { view: { ...view, feeds } })).logits;
}
