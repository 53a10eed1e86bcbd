/** @file EAP-IG (inputs): gradients along the line between the clean and the corrupt embedding. Hanna et al. 2024. */

import { cast, expand, type TensorLike, zip } from "@diopter/tensor";
import { embeddingHooks } from "../../../graph/sources";
import { cleanFeed, named, replacementFeed } from "../../../run/feeds";
import { readSources } from "../../../run/read-sources";
import type { AttributionBatch, BatchScores } from "../batch";
import { scoreProgram } from "./score-program";

/** Only the embedding moves; everything after it follows. Sources differ by their clean and corrupt runs. */
export async function eapIgInputs(batch: AttributionBatch): Promise<BatchScores> {
  const { model, graph, prompts, replacements, points, signal } = batch;
  const corrupt = await replacements.at(prompts);
  const rows = prompts.map(({ clean }) => clean);
  const clean = await readSources(model, graph.shape, rows, { signal });
  const program = scoreProgram(batch, corrupt.form, "fed");
  const tokens = model.prepare({ tokens: rows });
  const embeddings = embeddingHooks(graph.shape);
  const extension = program.scores({
    ...named(replacementFeed, corrupt.values),
    ...named(cleanFeed, clean.values),
  });
  const total = program.zeros();
  for (const { at, weight } of points) {
    const start = Object.fromEntries(
      embeddings.map((hook) => [hook, between(clean.values[hook]!, corrupt.values[hook]!, at)]),
    );
    const scores = await model.compute(tokens, extension, { start, signal });
    for (let i = 0; i < total.length; i++) total[i]! += weight * scores[i]!;
  }
  return {
    pos: program.pos,
    summed: program.summed,
    scores: total,
    forward: 2 + points.length,
    backward: points.length,
  };
}

/** `at` of the way from `a` to `b`, which may be the same for every prompt or position. */
export function between(a: TensorLike, b: TensorLike, at: number): TensorLike {
  const other = expand(b, a.shape);
  return zip(a, cast(other, a.dtype), (x, y) => x + at * (y - x));
}
