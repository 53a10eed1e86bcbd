/** @file The nearest valid name to a misspelt one, by edit distance (Levenshtein, with swapped neighbours as one edit). */

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
    const distance = editDistance(name, candidate, Math.min(limit, bestDistance - 1));
    if (distance < bestDistance && distance <= limit) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `; did you mean "hook_z"?`, or nothing when no candidate is near. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const found = nearest(name, candidates);
  return found === undefined ? "" : `; did you mean "${found}"?`;
}

/** Edits that turn `a` into `b`; gives up with Infinity once there are more than `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, before[j - 2]! + 1);
      row.push(cost);
      least = Math.min(least, cost);
    }
    if (least > limit) return Number.POSITIVE_INFINITY;
    before = previous;
    previous = row;
  }
  return previous[b.length]!;
}
