/** @file EAP: one clean run with its gradients, against what every source would change by. Syed et al. 2023. */

import { named, replacementFeed } from "../../../run/feeds";
import type { AttributionBatch, BatchScores } from "../batch";
import { scoreProgram } from "./score-program";

export async function eap(batch: AttributionBatch): Promise<BatchScores> {
  const { model, prompts, replacements, signal } = batch;
  const values = await replacements.at(prompts);
  const { scores, pos, summed } = scoreProgram(batch, values.form, "live");
  const found = await model.compute(
    { tokens: prompts.map(({ clean }) => clean) },
    scores(named(replacementFeed, values.values)),
    { signal },
  );
  const forward = values.form === "prompt" ? 2 : 1;
  return { pos, summed, scores: found, forward, backward: 1 };
}
