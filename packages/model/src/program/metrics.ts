/** @file Metrics: logits at the last real position -> one number per prompt, as pieces of graph. */

import type { Value } from "@diopter/graph";
import type { TensorLike } from "@diopter/tensor";
import type { ExtensionContext } from "./request";

/** One number per prompt; the same object is evaluated, differentiated and reported. */
export interface Metric {
  readonly name: string;
  /** Equal for metrics that build equal graphs. */
  readonly key: string;
  /** Appends the metric, [batch]. */
  build(e: ExtensionContext): Value;
  /** Numbers that it reads; the first axis is the prompt. */
  readonly feeds: Readonly<Record<string, TensorLike>>;
}

/** Token ids per prompt; one id stands for every prompt. */
export type Answers = number | readonly number[];

/** Logit of the right token minus logit of the wrong one. @example logitDifference(right, wrong) */
export function logitDifference(right: Answers, wrong: Answers): Metric {
  return tokenMetric("logit difference", { right, wrong }, ({ b }, logits, pick) =>
    b.sub(pick(logits, "right"), pick(logits, "wrong")),
  );
}

/** Logit of a token. */
export function logit(answer: Answers): Metric {
  return tokenMetric("logit", { answer }, (_, logits, pick) => pick(logits, "answer"));
}

/** Log-probability of a token, nats. */
export function logProbability(answer: Answers): Metric {
  return tokenMetric("log probability", { answer }, ({ b }, logits, pick) =>
    pick(b.logSoftmax(logits, -1), "answer"),
  );
}

/** Probability of a token. */
export function probability(answer: Answers): Metric {
  return tokenMetric("probability", { answer }, ({ b }, logits, pick) =>
    pick(b.softmax(logits, -1), "answer"),
  );
}

type Pick = (values: Value, name: string) => Value;

function tokenMetric(
  name: string,
  answers: Record<string, Answers>,
  build: (e: ExtensionContext, logits: Value, pick: Pick) => Value,
): Metric {
  return {
    name,
    key: name,
    feeds: Object.fromEntries(
      Object.entries(answers).map(([key, ids]) => [`metric.${key}`, column(ids)]),
    ),
    build(e) {
      const pick: Pick = (values, key) =>
        e.b.squeeze(
          e.b.gatherElements(values, e.feed(`metric.${key}`, "int64", ["batch", 1]), 1),
          [1],
        );
      return build(e, e.logits("last"), pick);
    },
  };
}

function column(ids: Answers): TensorLike {
  const list = typeof ids === "number" ? [ids] : ids;
  return { dtype: "int64", shape: [list.length, 1], data: BigInt64Array.from(list, BigInt) };
}

/** A metric's feeds for a batch: given once they stand for every prompt. Throws `RangeError` when the counts differ. */
export function metricFeeds(
  metric: Metric,
  batch: number,
  dVocab: number,
): Record<string, TensorLike> {
  return Object.fromEntries(
    Object.entries(metric.feeds).map(([name, value]) => {
      checkIds(metric, value, dVocab);
      const rows = value.shape[0]!;
      if (rows === batch) return [name, value];
      if (rows !== 1) {
        throw new RangeError(
          `metric "${metric.name}": ${name.slice(7)} has ${rows} tokens, expected ${batch} (one per prompt)`,
        );
      }
      return [name, repeatRows(value, batch)];
    }),
  );
}

function checkIds(metric: Metric, value: TensorLike, dVocab: number): void {
  if (value.dtype !== "int64") return;
  for (const id of value.data as BigInt64Array) {
    if (id < 0n || id >= BigInt(dVocab)) {
      throw new RangeError(`metric "${metric.name}": token id ${id} is not in 0..${dVocab - 1}`);
    }
  }
}

/** The rows of `value` again and again: row i of the result is row i mod n. */
export function repeatRows(value: TensorLike, times: number): TensorLike {
  const { data } = value;
  const out = new (data.constructor as new (length: number) => typeof data)(data.length * times);
  for (let i = 0; i < times; i++) (out as Float32Array).set(data as Float32Array, i * data.length);
  return {
    dtype: value.dtype,
    shape: [value.shape[0]! * times, ...value.shape.slice(1)],
    data: out,
  } as TensorLike;
}
