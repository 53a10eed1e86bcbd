/** @file EAP-IG (activations): one layer's outputs at a time move from corrupt to clean, the others stay clean. */

import { sourceHooks } from "../../../graph/sources";
import { cleanFeed, named, replacementFeed } from "../../../run/feeds";
import { readSources } from "../../../run/read-sources";
import type { AttributionBatch, BatchScores } from "../batch";
import { between } from "./eap-ig-inputs";
import { scoreProgram } from "./score-program";

/**
 * Gradients at every destination, averaged over all moved layers and points as in EAP-IG 795f560, so that an edge's
 * score also counts the points at which another layer moved.
 */
export async function eapIgActivations(batch: AttributionBatch): Promise<BatchScores> {
  const { model, graph, prompts, replacements, points, signal } = batch;
  const corrupt = await replacements.at(prompts);
  const rows = prompts.map(({ clean }) => clean);
  const clean = await readSources(model, graph.shape, rows, { signal });
  const program = scoreProgram(batch, corrupt.form, "fed");
  const tokens = model.prepare({ tokens: rows });
  const extension = program.scores({
    ...named(replacementFeed, corrupt.values),
    ...named(cleanFeed, clean.values),
  });
  const hooks = sourceHooks(graph.shape);
  const total = program.zeros();
  for (const hook of hooks) {
    for (const { at, weight } of points) {
      signal?.throwIfAborted();
      const start = { [hook]: between(clean.values[hook]!, corrupt.values[hook]!, at) };
      const scores = await model.compute(tokens, extension, { start, signal });
      for (let i = 0; i < total.length; i++) total[i]! += (weight / hooks.length) * scores[i]!;
    }
  }
  const passes = hooks.length * points.length;
  return {
    pos: program.pos,
    summed: program.summed,
    scores: total,
    forward: 2 + passes,
    backward: passes,
  };
}
