/** @file The words of a list that are spelt most like a given one. */

import { editDistance } from "@diopter/graph";

/** Up to `count` words by falling likeness: fewest edits for their length first, upper and lower case alike. */
export function nearestWords(word: string, list: readonly string[], count = 3): string[] {
  const own = word.toLowerCase();
  return list
    .map((candidate) => {
      const other = candidate.toLowerCase();
      const distance = editDistance(own, other) / Math.max(own.length, other.length);
      return { candidate, distance };
    })
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, count)
    .map(({ candidate }) => candidate);
}
