/** @file EAP: one clean run with its gradients, against what every source would change by. Syed et al. 2023. */

import { named, replacementFeed } from "../../../run/feeds";
import type { AttributionBatch, BatchScores } from "../batch";
import { scoreProgram } from "./score-program";

export async function eap(batch: AttributionBatch): Promise<BatchScores> {
  const { model, prompts, replacements, feeds, signal } = batch;
  const values = await replacements.at(prompts);
  const { extension, read, pos, summed } = scoreProgram(batch, values.form, "live");
  const tokens = model.prepare({ tokens: prompts.map(({ clean }) => clean) });
  const outputs = await model.execute(tokens, signal ? { signal } : {}, {
    logits: "none",
    extend: [extension],
    feeds: { ...feeds, ...named(replacementFeed, values.values) },
  });
  const forward = values.form === "prompt" ? 2 : 1;
  return { pos, summed, scores: read(outputs), forward, backward: 1 };
}
