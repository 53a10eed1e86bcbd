/** @file All metrics by name, and those of logits, probabilities and values; a metric of one's own is an object of the same type. */

import { didYouMean } from "@diopter/graph";
import {
  accuracy,
  accuracyBeatsCandidates,
  accuracyBeatsWrong,
  accuracyRestricted,
} from "./accuracy-metrics";
import {
  jensenShannon,
  klCircuitModel,
  klModelCircuit,
  topKOverlap,
  totalVariation,
} from "./divergence-metrics";
import { answersOf, type PositionMetric, positionMetric, wrongOf } from "./prompt-metric";
import { logSumExpOf, meanAt, type Row } from "./rows";

/** Mean squared difference of the circuit's outputs from the model's, over the row. */
export const mseToModel = positionMetric("mse-model", "pair", "lower", (r) => {
  let total = 0;
  for (let i = 0; i < r.model.length; i++) total += (r.circuit[i]! - r.model[i]!) ** 2;
  return total / r.model.length;
});

/** Squared difference of the circuit's only output from the number that the task wants. */
export const mseToTarget = positionMetric("mse-target", "circuit", "lower", (r) => {
  if (r.target === undefined) throw new RangeError(`${r.where}: no target value`);
  if (r.circuit.length !== 1) {
    throw new RangeError(
      `${r.where}: expected 1 output to compare with a value, got ${r.circuit.length}`,
    );
  }
  return (r.circuit[0]! - r.target) ** 2;
});

/** Mean probability of the right answers. */
export const probability = positionMetric("probability", "circuit", "higher", (r) => {
  const answers = answersOf(r);
  return mass(r.circuit, answers) / answers.length;
});

/** Mean log-probability of the right answers, in nats. */
export const logProbability = positionMetric(
  "log-probability",
  "circuit",
  "higher",
  (r) => meanAt(r.circuit, answersOf(r)) - logSumExpOf(r.circuit),
);

/** Mean probability of the right answers minus mean probability of the wrong ones. */
export const probabilityDifference = positionMetric(
  "probability-difference",
  "circuit",
  "higher",
  (r) => {
    const [answers, wrong] = [answersOf(r), wrongOf(r)];
    return mass(r.circuit, answers) / answers.length - mass(r.circuit, wrong) / wrong.length;
  },
);

/**
 * Total probability of the right answers minus total probability of the wrong ones.
 *
 * Greater-than's metric (Hanna et al. 2305.00586): sums, since means would weigh each prompt by its number of years.
 */
export const sumProbabilityDifference = positionMetric(
  "sum-probability-difference",
  "circuit",
  "higher",
  (r) => mass(r.circuit, answersOf(r)) - mass(r.circuit, wrongOf(r)),
);

function mass(row: Row, tokens: readonly number[]): number {
  const total = logSumExpOf(row);
  return tokens.reduce((sum, token) => sum + Math.exp(row[token]! - total), 0);
}

/** Mean logit of the right answers minus mean logit of the wrong ones (Wang et al. 2211.00593). */
export const logitDifference = positionMetric(
  "logit-difference",
  "circuit",
  "higher",
  (r) => meanAt(r.circuit, answersOf(r)) - meanAt(r.circuit, wrongOf(r)),
);

/** Mean logit of the right answers; a constant added to all logits moves it, so only its distance from the model's counts. */
export const answerLogit = positionMetric("answer-logit", "circuit", "closer", (r) =>
  meanAt(r.circuit, answersOf(r)),
);

/** Mean logit of the wrong answers; moved by a constant as `answerLogit` is. */
export const wrongLogit = positionMetric("wrong-logit", "circuit", "closer", (r) =>
  meanAt(r.circuit, wrongOf(r)),
);

const all: readonly PositionMetric[] = [
  logitDifference,
  answerLogit,
  wrongLogit,
  probability,
  logProbability,
  probabilityDifference,
  sumProbabilityDifference,
  accuracy,
  accuracyBeatsWrong,
  accuracyBeatsCandidates,
  accuracyRestricted,
  klModelCircuit,
  klCircuitModel,
  jensenShannon,
  totalVariation,
  topKOverlap(10),
  mseToModel,
  mseToTarget,
];

/** Metrics by name, such as `logit-difference` or `kl`. */
export const promptMetrics: ReadonlyMap<string, PositionMetric> = new Map(
  all.map((metric) => [metric.name, metric]),
);

/** The metric of this name; throws RangeError with the nearest name where there is none. */
export function promptMetric(name: string): PositionMetric {
  const metric = promptMetrics.get(name);
  if (metric) return metric;
  throw new RangeError(`metric: no "${name}"${didYouMean(name, promptMetrics.keys())}`);
}
