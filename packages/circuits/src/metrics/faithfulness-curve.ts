/** @file Faithfulness against circuit size: area under the curve and the smallest sizes that reach a target. */

import { trapezoids } from "@diopter/statistics";

/** One circuit on the curve. */
export interface CurvePoint {
  /** Elements that really are in the circuit, after pruning. */
  readonly size: number;
  /** Elements that were asked for, where that differs. */
  readonly requested?: number;
  /** Normalized faithfulness, 1 for the model. */
  readonly f: number;
}

export interface CurveArea {
  /** Trapezoids over the sizes or over their decimal logarithms. */
  readonly area: number;
  /** Area over the axis' length: the mean height. */
  readonly mean: number;
  readonly from: number;
  readonly to: number;
  /** Points of size 0, which a logarithmic axis has no place for. */
  readonly skipped: number;
}

export interface CurveTarget {
  readonly target: number;
  /** First point, going up in size, with f of at least the target; missing where none reaches it. */
  readonly reached?: CurvePoint;
  /** Whether f falls below the target again at a larger size. */
  readonly lostAgain: boolean;
}

export interface CurveTargets {
  readonly targets: readonly CurveTarget[];
  /** Whether f never falls as the circuit grows. */
  readonly monotone: boolean;
  /** The falls of f from one size to the next. */
  readonly falls: readonly { readonly from: CurvePoint; readonly to: CurvePoint }[];
}

/** Area under f over size; throws RangeError unless 2 different sizes are left, or where a number is not finite. */
export function curveArea(
  points: readonly CurvePoint[],
  { axis = "linear" }: { axis?: "linear" | "log" } = {},
): CurveArea {
  const sorted = bySize("curveArea", points);
  const kept = axis === "log" ? sorted.filter(({ size }) => size > 0) : sorted;
  const [first, last] = [kept[0], kept.at(-1)];
  if (!first || !last || first.size === last.size) {
    throw new RangeError("curveArea: expected points of 2 different sizes");
  }
  const place = ({ size }: CurvePoint) => (axis === "log" ? Math.log10(size) : size);
  const area = trapezoids(
    kept.map(place),
    kept.map(({ f }) => f),
  );
  const mean = area / (place(last) - place(first));
  return { area, mean, from: first.size, to: last.size, skipped: sorted.length - kept.length };
}

/**
 * The smallest circuits that reach each target, scanning upwards since recovery need not rise with size.
 *
 * @example
 * smallestSizes([{ size: 10, f: 0.7 }, { size: 20, f: 0.96 }]).targets[0]?.reached; // { size: 20, f: 0.96 }
 */
export function smallestSizes(
  points: readonly CurvePoint[],
  targets: readonly number[] = [0.85, 0.9, 0.95],
): CurveTargets {
  const sorted = bySize("smallestSizes", points);
  const falls = sorted
    .slice(1)
    .flatMap((to, i) => (to.f < sorted[i]!.f ? [{ from: sorted[i]!, to }] : []));
  const scan = (target: number): CurveTarget => {
    const at = sorted.findIndex(({ f }) => f >= target);
    if (at < 0) return { target, lostAgain: false };
    return {
      target,
      reached: sorted[at]!,
      lostAgain: sorted.slice(at).some(({ f }) => f < target),
    };
  };
  return { targets: targets.map(scan), monotone: falls.length === 0, falls };
}

function bySize(name: string, points: readonly CurvePoint[]): CurvePoint[] {
  if (points.length === 0) throw new RangeError(`${name}: no points`);
  for (const { size, f } of points) {
    if (!(size >= 0 && Number.isFinite(size) && Number.isFinite(f))) {
      throw new RangeError(`${name}: expected finite f at sizes from 0, got ${f} at ${size}`);
    }
  }
  return [...points].sort((a, b) => a.size - b.size);
}
