/** @file Metrics at one position of one prompt: where a mask is, a model predicts before the end. */

import { type ExtensionContext, type Metric, metric } from "@diopter/model";
import type { TensorLike } from "@diopter/tensor";

/** Log-probability of a token, nats. */
export function logProbabilityAt(position: number, id: number): Metric {
  return metric({
    name: "log-probability",
    feeds: { place: place(position, id) },
    build: (e) => picked(e, e.b.logSoftmax(e.logits("all"), -1), "place"),
  });
}

/** Logit of the right token minus that of the wrong one. */
export function logitDifferenceAt(position: number, right: number, wrong: number): Metric {
  return metric({
    name: "logit difference",
    feeds: { right: place(position, right), wrong: place(position, wrong) },
    build: (e) => e.b.sub(picked(e, e.logits("all"), "right"), picked(e, e.logits("all"), "wrong")),
  });
}

function place(position: number, id: number): TensorLike {
  return { dtype: "int64", shape: [1, 2], data: BigInt64Array.of(BigInt(position), BigInt(id)) };
}

/** values [batch, pos, dVocabOut] at the fed places, [batch]. */
function picked(
  { b, feed }: ExtensionContext,
  values: ReturnType<ExtensionContext["logits"]>,
  name: string,
) {
  return b.gatherND(values, feed(name, "int64", ["batch", 2]), 1);
}
