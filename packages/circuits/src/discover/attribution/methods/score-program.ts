/** @file The extension that scores edges, in the form that a batch needs: the fast one where only sums are wanted. */

import type { Extension, Values } from "@diopter/model";
import type { Form } from "../../../ablation/activations";
import type { AttributionBatch } from "../batch";
import { type ScoreForm, scoreExtension } from "../score-extension";
import { summedScoreExtension } from "../summed-scores";
import { gathered } from "./gathered-scores";

export interface ScoreProgram {
  /** Scores [batch or 1, pos or 1, edge] when run; `feeds` come on top of those of the metric. */
  scores(feeds: Values): Extension<Float64Array>;
  /** Whether prompts are summed up already. */
  readonly summed: boolean;
  /** Positions in the scores: those of the prompts, or 1. */
  readonly pos: number;
  /** Room for all scores. */
  zeros(): Float64Array;
}

export function scoreProgram(
  { model, graph, metric, prompts, detail }: AttributionBatch,
  values: Form,
  sources: ScoreForm["sources"],
): ScoreProgram {
  // An MLP under a shared norm has no input of its own, whose gradient the fast form would need.
  const summed = detail === "sum" && !model.config.sharedNorm;
  const pos = detail === "positions" ? prompts[0]!.clean.length : 1;
  const positions = detail === "positions" ? "each" : "sum";
  const rows = summed ? 1 : prompts.length;
  const extension = summed
    ? summedScoreExtension(graph, metric, { values, sources })
    : scoreExtension(graph, metric, { values, sources, positions }, model.config);
  return {
    scores: (feeds) => ({
      ...extension,
      feeds: { ...extension.feeds, ...feeds },
      read: (outputs) => gathered(graph, outputs, rows, pos).scores,
    }),
    summed,
    pos,
    zeros: () => new Float64Array(rows * pos * graph.edgeCount),
  };
}
