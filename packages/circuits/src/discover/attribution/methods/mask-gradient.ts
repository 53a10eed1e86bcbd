/** @file Gradients by edge masks, at one value of all masks or integrated over it. Miller et al. 2024. */

import { denseView } from "../../../run/dense";
import { maskFeeds, named, readersOf, replacementFeed } from "../../../run/feeds";
import { maskGradients } from "../../mask-gradient-extension";
import type { AttributionBatch, BatchScores } from "../batch";

/** Every edge's mask stands at the same value, 0 being the clean run; at 0 this is EAP (identity A1). */
export async function maskGradient(batch: AttributionBatch): Promise<BatchScores> {
  const { model, graph, prompts, replacements, metric, detail, points, signal } = batch;
  const positions = detail === "positions";
  const values = await replacements.at(prompts);
  const form = { mask: { batch: true, pos: positions }, values: values.form };
  const view = denseView(graph.shape, form);
  const groups = readersOf(graph);
  const tokens = model.prepare({ tokens: prompts.map(({ clean }) => clean) });
  const pos = positions ? tokens.pos : 1;
  const total = new Float64Array(prompts.length * pos * graph.edgeCount);
  for (const { at, weight } of points) {
    const mask = { batch: prompts.length, pos, values: new Float64Array(total.length).fill(at) };
    const feeds = { ...named(replacementFeed, values.values), ...maskFeeds(groups, mask) };
    const extension = maskGradients(groups, metric, prompts.length * pos);
    const { gradients } = await model.compute(tokens, extension, {
      view: { ...view, feeds },
      signal,
    });
    for (let i = 0; i < total.length; i++) total[i]! += weight * gradients[i]!;
  }
  const read = values.form === "prompt" ? 1 : 0;
  return {
    pos,
    summed: false,
    scores: total,
    forward: read + points.length,
    backward: points.length,
  };
}
