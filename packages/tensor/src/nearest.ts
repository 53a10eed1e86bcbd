/** @file The nearest valid name to a misspelt one, by edit distance. */

import { distance } from "fastest-levenshtein";

/**
 * The candidate nearest to `name`, or undefined when none is near.
 *
 * Near means that at most a third of the longer name has to change, or one letter of several; of
 * equally near candidates the first wins.
 *
 * @example
 * nearest("hook_zz", ["hook_q", "hook_z"]); // "hook_z"
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const longer = Math.max(name.length, candidate.length);
    const limit = longer < 2 ? 0 : Math.max(1, Math.floor(longer / 3));
    if (Math.abs(name.length - candidate.length) > limit) continue;
    const edits = editDistance(name, candidate);
    if (edits < bestDistance && edits <= limit) {
      best = candidate;
      bestDistance = edits;
    }
  }
  return best;
}

/** `; did you mean "hook_z"?`, or nothing when no candidate is near. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const found = nearest(name, candidates);
  return found === undefined ? "" : `; did you mean "${found}"?`;
}

/** Letters to insert, drop or change to turn `a` into `b` (Levenshtein 1966); two swapped neighbours alone are one edit. */
export function editDistance(a: string, b: string): number {
  return isSwap(a, b) ? 1 : distance(a, b);
}

function isSwap(a: string, b: string): boolean {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  // Where b ends or a is b there is no such pair.
  return at + 1 < a.length && a.slice(0, at) + a[at + 1] + a[at] + a.slice(at + 2) === b;
}
