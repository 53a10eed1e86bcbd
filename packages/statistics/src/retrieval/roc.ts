/** @file Receiver operating characteristic of scores against a reference set, with equal scores as one step. */

import { checkOptions } from "@diopter/tensor";
import { trapezoids } from "./trapezoids";

/** Which elements are in the reference [element]. */
export type Truth = ArrayLike<boolean | number>;

export interface RocOptions {
  /**
   * What elements of equal score do to the curve: `pessimistic` (default) takes all their false positives before their
   * true ones, `trapezoid` goes straight, as the mean over their orders does.
   */
  ties?: "pessimistic" | "trapezoid";
  /** How much each element counts; 1 by default. */
  weights?: ArrayLike<number>;
}

export interface RocPoint {
  /** False positive rate: share of the elements outside the reference that are chosen. */
  readonly fpr: number;
  /** True positive rate: share of the reference that is chosen. */
  readonly tpr: number;
  /** Elements with at least this score are chosen; missing at the start and at corners within a tie. */
  readonly threshold?: number;
}

/** Elements of equal score, the highest score first. */
export interface TiedGroup {
  readonly score: number;
  /** Weight of its elements in the reference, and of the others. */
  readonly positive: number;
  readonly negative: number;
}

/**
 * The curve from (0, 0) to (1, 1), highest scores first; scores may be infinite.
 *
 * Throws RangeError over lists of different length, NaN, or a reference of nothing or of everything.
 *
 * @example
 * rocCurve([3, 2, 1], [true, false, false]); // (0, 0), (0, 1), (0.5, 1), (1, 1)
 */
export function rocCurve(
  scores: ArrayLike<number>,
  truth: Truth,
  options: RocOptions = {},
): RocPoint[] {
  checkOptions("rocCurve", options, { ties: "optional", weights: "optional" });
  const { ties = "pessimistic", weights } = options;
  const groups = tiedGroups("rocCurve", scores, truth, weights);
  const [positive, negative] = totals(groups);
  const points: RocPoint[] = [{ fpr: 0, tpr: 0 }];
  let [hits, alarms] = [0, 0];
  for (const [i, group] of groups.entries()) {
    const last = i === groups.length - 1;
    alarms += group.negative;
    const fpr = last ? 1 : alarms / negative;
    const corner = group.positive > 0 && group.negative > 0;
    if (corner && ties === "pessimistic") points.push({ fpr, tpr: hits / positive });
    hits += group.positive;
    points.push({ fpr, tpr: last ? 1 : hits / positive, threshold: group.score });
  }
  return points;
}

/** Area under `rocCurve`: 1 when every element of the reference scores above every other, 0 the other way round. */
export function auroc(scores: ArrayLike<number>, truth: Truth, options: RocOptions = {}): number {
  checkOptions("auroc", options, { ties: "optional", weights: "optional" });
  const points = rocCurve(scores, truth, options);
  return trapezoids(
    points.map(({ fpr }) => fpr),
    points.map(({ tpr }) => tpr),
  );
}

/** The true positive rate that is reached before every false positive is let in, in [0, 1]. */
export function rocPlateau(points: readonly RocPoint[]): number {
  return points.reduce((top, { fpr, tpr }) => (fpr < 1 ? Math.max(top, tpr) : top), 0);
}

/** Elements by score, highest first; throws RangeError as `rocCurve` does. */
export function tiedGroups(
  name: string,
  scores: ArrayLike<number>,
  truth: Truth,
  weights?: ArrayLike<number>,
): TiedGroup[] {
  checkLists(name, scores, truth, weights);
  const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) =>
    scores[a] === scores[b] ? a - b : scores[b]! - scores[a]!,
  );
  const groups: { score: number; positive: number; negative: number }[] = [];
  for (const i of order) {
    const score = scores[i]!;
    if (groups.at(-1)?.score !== score) groups.push({ score, positive: 0, negative: 0 });
    groups.at(-1)![truth[i] ? "positive" : "negative"] += weights ? weights[i]! : 1;
  }
  const [positive, negative] = totals(groups);
  if (!(positive > 0 && negative > 0)) {
    throw new RangeError(
      `${name}: expected elements in and outside the reference, got weights ${positive} and ${negative}`,
    );
  }
  return groups;
}

function totals(groups: readonly TiedGroup[]): [positive: number, negative: number] {
  let [positive, negative] = [0, 0];
  for (const group of groups) {
    positive += group.positive;
    negative += group.negative;
  }
  return [positive, negative];
}

function checkLists(
  name: string,
  scores: ArrayLike<number>,
  truth: Truth,
  weights?: ArrayLike<number>,
): void {
  const n = scores.length;
  if (truth.length !== n || (weights && weights.length !== n)) {
    const extra = weights ? ` and ${weights.length} weights` : "";
    throw new RangeError(`${name}: ${n} scores for ${truth.length} elements${extra}`);
  }
  for (let i = 0; i < n; i++) {
    if (Number.isNaN(scores[i])) throw new RangeError(`${name}: score ${i} is NaN`);
    if (weights && !(weights[i]! >= 0 && weights[i]! < Number.POSITIVE_INFINITY)) {
      throw new RangeError(
        `${name}: weight ${i} is ${weights[i]}, expected a finite number from 0`,
      );
    }
  }
}
