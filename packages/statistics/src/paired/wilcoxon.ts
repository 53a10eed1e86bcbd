/** @file Wilcoxon's signed-rank test of paired differences (1945). */

import { erfOf } from "@diopter/tensor";
import { ranks } from "../describe/correlation";

export interface WilcoxonResult {
  /** Sum of the ranks of the positive differences. */
  readonly positive: number;
  readonly negative: number;
  /** Two-sided probability of ranks at least as uneven when the differences are symmetric about 0. */
  readonly p: number;
  /** Differences that are not 0; zeros are dropped. */
  readonly n: number;
  readonly zeros: number;
  readonly method: "exact" | "normal";
}

/** Up to here every sign pattern is counted. */
const exactUpTo = 50;

/**
 * Tests whether paired differences are as often and as far above 0 as below.
 *
 * Exact up to 50 differences, equal sizes included (all 2^n signs given the ranks); above, the normal approximation with
 * corrections for ties and continuity. Without a difference other than 0, p is 1. Throws RangeError over NaN.
 */
export function wilcoxonSignedRank(differences: ArrayLike<number>): WilcoxonResult {
  const all = Array.from(differences);
  if (all.some(Number.isNaN)) throw new RangeError("wilcoxonSignedRank: a difference is NaN");
  const moved = all.filter((difference) => difference !== 0);
  const places = ranks(moved.map(Math.abs));
  const positive = places.reduce((sum, rank, i) => sum + (moved[i]! > 0 ? rank : 0), 0);
  const n = moved.length;
  const negative = (n * (n + 1)) / 2 - positive;
  const method = n <= exactUpTo ? "exact" : "normal";
  const least = Math.min(positive, negative);
  const p = method === "exact" ? exactP(places, least) : normalP(places, least);
  return { positive, negative, p, n, zeros: all.length - n, method };
}

/** Twice the share of sign patterns whose positive ranks sum to at most `least`. */
function exactP(places: Float64Array, least: number): number {
  // Tied ranks end in a half, so that doubled they are whole.
  const doubled = places.map((rank) => 2 * rank);
  const share = new Float64Array(doubled.reduce((sum, rank) => sum + rank, 0) + 1);
  share[0] = 1;
  for (const rank of doubled) {
    for (let s = share.length - 1; s >= 0; s--) {
      share[s] = (share[s]! + (s >= rank ? share[s - rank]! : 0)) / 2;
    }
  }
  const tail = share.subarray(0, 2 * least + 1).reduce((sum, value) => sum + value, 0);
  return Math.min(1, 2 * tail);
}

function normalP(places: Float64Array, least: number): number {
  const n = places.length;
  // Σ rank² / 4 is n (n + 1) (2n + 1) / 24 less the usual tie correction.
  const spread = Math.sqrt(places.reduce((sum, rank) => sum + rank * rank, 0) / 4);
  const z = Math.min(0, least + 0.5 - (n * (n + 1)) / 4) / spread;
  return 1 + erfOf(z / Math.SQRT2);
}
