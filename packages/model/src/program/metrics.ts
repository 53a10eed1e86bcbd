/** @file Metrics: logits -> one number per prompt, as pieces of graph that are evaluated, differentiated and swept. */

import { backward, type Value } from "@diopter/graph";
import { checkOptions, concat, Tensor, type TensorLike } from "@diopter/tensor";
import type { Values } from "../runtime/runtime";
import { builtOnce } from "./built-once";
import type { Extension, ExtensionContext, Outputs } from "./extension";
import { logSumExp } from "./losses";

/**
 * One number per prompt. Wherever a metric is taken, it is this object.
 *
 * Numbers in `feeds` have the prompt as their first axis; one row stands for every prompt.
 */
export interface Metric extends Extension<Float64Array> {
  /** Appends the metric, [batch]. */
  readonly build: (e: ExtensionContext) => Value;
  /** The same number in JavaScript, from a row of logits [dVocabOut] of the i-th prompt. */
  readonly row?: (logits: ArrayLike<number>, prompt: number) => number;
}

export interface MetricOptions extends Pick<Metric, "name" | "build" | "row" | "needs"> {
  /** Numbers that `build` reads by `e.feed`, the prompt first; none by default. */
  readonly feeds?: Values;
}

/**
 * A metric of one's own.
 *
 * @example
 * const surprise = metric({
 *   name: "entropy",
 *   build: ({ b, logits }) => {
 *     const p = b.logSoftmax(logits("last"), -1);
 *     return b.neg(b.sum(b.mul(b.exp(p), p), [-1], false)); // nats [batch]
 *   },
 * });
 */
export function metric(options: MetricOptions): Metric {
  checkOptions("metric", options, {
    name: "required",
    build: "required",
    feeds: "optional",
    row: "optional",
    needs: "optional",
  });
  const { feeds = {}, ...rest } = options;
  return { ...rest, feeds, read: valuesOf };
}

function valuesOf({ value }: Outputs): Float64Array {
  return Float64Array.from(value!.data as Float32Array);
}

/** Token ids per prompt; one id stands for every prompt. */
export type Answers = number | readonly number[];

/** Logit of the right token minus logit of the wrong one. @example logitDifference(right, wrong) */
export function logitDifference(right: Answers, wrong: Answers): Metric {
  return metric({
    name: "logit difference",
    feeds: { right: column(right), wrong: column(wrong) },
    build: differenceOfLogits,
    row: (logits, prompt) => logits[at(right, prompt)]! - logits[at(wrong, prompt)]!,
  });
}

/** Logit of a token. */
export function logit(answer: Answers): Metric {
  return metric({
    name: "logit",
    feeds: { answer: column(answer) },
    build: ownLogit,
    row: (logits, prompt) => logits[at(answer, prompt)]!,
  });
}

/** Log-probability of a token, nats. */
export function logProbability(answer: Answers): Metric {
  return metric({
    name: "log probability",
    feeds: { answer: column(answer) },
    build: ownLogProbability,
    row: (logits, prompt) => logits[at(answer, prompt)]! - logSumExp(logits),
  });
}

/** Probability of a token. */
export function probability(answer: Answers): Metric {
  return metric({
    name: "probability",
    feeds: { answer: column(answer) },
    build: ownProbability,
    row: (logits, prompt) => Math.exp(logits[at(answer, prompt)]! - logSumExp(logits)),
  });
}

// One function per metric, whatever the tokens: programs are found by it.
const differenceOfLogits = (e: ExtensionContext) =>
  e.b.sub(picked(e, e.logits("last"), "right"), picked(e, e.logits("last"), "wrong"));
const ownLogit = (e: ExtensionContext) => picked(e, e.logits("last"), "answer");
const ownLogProbability = (e: ExtensionContext) =>
  picked(e, e.b.logSoftmax(e.logits("last"), -1), "answer");
const ownProbability = (e: ExtensionContext) =>
  picked(e, e.b.softmax(e.logits("last"), -1), "answer");

/** values [batch, dVocabOut] at the fed ids, [batch]. */
function picked({ b, feed }: ExtensionContext, values: Value, name: string): Value {
  return b.squeeze(b.gatherElements(values, feed(name, "int64", ["batch", 1]), 1), [1]);
}

function at(answers: Answers, prompt: number): number {
  return typeof answers === "number" ? answers : answers[answers.length === 1 ? 0 : prompt]!;
}

function column(ids: Answers): TensorLike {
  const list = typeof ids === "number" ? [ids] : ids;
  return { dtype: "int64", shape: [list.length, 1], data: BigInt64Array.from(list, BigInt) };
}

/** Values and derivatives of a metric; of the sum over prompts, so that each prompt has its own. */
export interface Derivatives {
  readonly values: Float64Array;
  /** By name of the hook, weight or feed, in its shape. */
  readonly gradients: Readonly<Record<string, TensorLike>>;
}

/** What derivatives are taken by: hooks and weights of the model, or feeds of the view. */
export type Leaves = "model" | "view";

/** A metric and its derivatives with respect to hooks or weights, or to what a view is fed, such as edge masks. */
export function derivatives(
  of: Metric,
  wrt: readonly string[],
  among: Leaves = "model",
): Extension<Derivatives> {
  const { build: measure, needs, leaves = [], name } = of;
  const leaf = ({ weights, hook, viewFeed }: ExtensionContext, leafName: string) =>
    among === "view" ? viewFeed(leafName) : (weights.optional(leafName) ?? hook(leafName));
  return {
    name: `gradients of ${name}`,
    ...(needs && { needs }),
    leaves: among === "view" ? leaves : [...new Set([...leaves, ...wrt])],
    build: builtOnce([derivatives, measure], [wrt, among], () => (e: ExtensionContext) => {
      const { b } = e;
      const value = measure(e);
      const total = b.sum(
        value,
        value.shape.map((_, axis) => axis),
        false,
      );
      const gradients = backward(
        b,
        total,
        wrt.map((each) => leaf(e, each)),
      );
      return { value, ...Object.fromEntries(wrt.map((each, i) => [`d ${each}`, gradients[i]!])) };
    }),
    feeds: of.feeds,
    read: (outputs) => ({
      values: of.read(outputs),
      gradients: Object.fromEntries(wrt.map((each) => [each, outputs[`d ${each}`]!])),
    }),
  };
}

/** A metric that fits a batch. Throws `RangeError` when its prompts are not as many, or an id is no token. */
export function checkedMetric(metric: Metric, batch: number, dVocab: number): Metric {
  for (const [name, value] of Object.entries(metric.feeds)) {
    checkIds(metric, value, dVocab);
    const rows = value.shape[0]!;
    if (rows !== batch && rows !== 1) {
      throw new RangeError(
        `metric "${metric.name}": ${name} has ${rows} tokens, expected ${batch} (one per prompt)`,
      );
    }
  }
  return metric;
}

function checkIds(metric: Metric, value: TensorLike, dVocab: number): void {
  if (value.dtype !== "int64") return;
  for (const id of value.data as BigInt64Array) {
    if (id < 0n || id >= BigInt(dVocab)) {
      throw new RangeError(`metric "${metric.name}": token id ${id} is not in 0..${dVocab - 1}`);
    }
  }
}

/** A metric of some of its prompts, by index; a metric with one row for all prompts stays as it is. */
export function metricRows(metric: Metric, prompts: readonly number[]): Metric {
  const feeds = Object.entries(metric.feeds).map(([name, value]) => [
    name,
    value.shape[0] === 1 ? value : concat(prompts.map((i) => Tensor.from(value).rows(i, i + 1))),
  ]);
  const { row } = metric;
  return {
    ...metric,
    feeds: Object.fromEntries(feeds),
    ...(row && { row: (logits, prompt) => row(logits, prompts[prompt]!) }),
  };
}
