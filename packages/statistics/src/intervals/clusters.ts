/** @file Values grouped by what they have in common, such as the template of their prompts. */

/** The values [n] as groups of indices. */
export interface Clusters {
  /** Indices of each group's values. */
  readonly groups: readonly Uint32Array[];
  /** Whether labels were given; without them every value is a group of its own. */
  readonly labelled: boolean;
  readonly n: number;
}

/** Fewer groups than this deserve a word of warning (Cameron and Miller 2015 on "few" clusters). */
const enough = 10;

/**
 * Groups of n values by equal labels [n]; without labels every value is a group of its own.
 *
 * `name` opens the errors. Throws RangeError unless there is a label for every value, and 2 groups.
 *
 * @example
 * clustersOf(3, ["x", "y", "x"]).groups; // [[0, 2], [1]]
 */
export function clustersOf(
  n: number,
  labels?: ArrayLike<string | number>,
  name = "clustersOf",
): Clusters {
  if (labels && labels.length !== n) {
    throw new RangeError(`${name}: ${labels.length} cluster labels for ${n} values`);
  }
  const byLabel = new Map<string | number, number[]>();
  for (let i = 0; i < n; i++) {
    const label = labels ? labels[i]! : i;
    const members = byLabel.get(label);
    if (members) members.push(i);
    else byLabel.set(label, [i]);
  }
  if (byLabel.size < 2) {
    const unit = labels ? "cluster" : "value";
    throw new RangeError(`${name}: only ${byLabel.size} ${unit}, expected 2 or more`);
  }
  const groups = Array.from(byLabel.values(), (members) => Uint32Array.from(members));
  return { groups, labelled: labels !== undefined, n };
}

/** A sentence about too few groups, or nothing. */
export function clusterNote({ groups, labelled }: Clusters): string | undefined {
  if (groups.length >= enough) return undefined;
  const unit = labelled ? "clusters" : "values";
  const degrees = groups.length === 2 ? "1 degree" : `${groups.length - 1} degrees`;
  return `only ${groups.length} ${unit}: the interval rests on ${degrees} of freedom`;
}
