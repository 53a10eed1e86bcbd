/** @file One batch under a mask, from the logits of a run that starts at a stage. */

import type { TensorLike } from "@diopter/tensor";
import type { EdgeMask } from "../../ablation/replaced-mask";
import { maskFeeds, named, readersOf, replacementFeed } from "../../run/feeds";
import type { BatchRun, Logits } from "../../run/run-batch";
import { type Prefix, prefixFeeds, restartView } from "./restart-view";

/** Logits as of `runDense`; the mask must not replace anything before the stage. */
export async function runFrom(
  { model, graph, prompts, rows, replacements, signal }: BatchRun,
  mask: EdgeMask,
  stage: number,
  prefix: Prefix,
): Promise<Logits> {
  const tokens = model.prepare({ tokens: rows });
  const everywhere = prompts.some(({ sequence }) => sequence);
  const outputs = await model.execute(
    tokens,
    { view: restartView(graph.shape, stage, replacements.form), ...(signal && { signal }) },
    {
      logits: everywhere ? "all" : "last",
      feeds: {
        ...prefixFeeds(prefix),
        ...named(replacementFeed, replacements.values),
        ...maskFeeds(readersOf(graph), mask),
      },
    },
  );
  const { data, shape } = outputs.get("logits")! as TensorLike<"float32" | "float64">;
  const width = shape.at(-1)!;
  const row = (index: number) => data.slice(index * width, (index + 1) * width);
  return prompts.map(({ sequence }, i) => {
    if (!everywhere) return [row(i)];
    const asked = sequence ?? [{ pos: tokens.pos - 1 }];
    return asked.map(({ pos }) => row(i * tokens.pos + pos));
  });
}
