/** @file Layer and root-mean-square normalization. */

import * as t from "@diopter/tensor";
import { float, type Inferred, int, type Operand, op } from "./row";
import { axisOf, broadcast, expectFloat, sameDtype, show } from "./rules";

function inferNorm(
  name: string,
  [x, scale, bias]: readonly (Operand | undefined)[],
  axis: number,
): Inferred[] {
  expectFloat(name, x!);
  sameDtype(name, x, scale, bias);
  const at = axisOf(name, axis, x!.shape.length);
  for (const affine of [scale, bias]) {
    if (affine === undefined) continue;
    if (broadcast(name, x!, affine).some((dim, i) => dim !== x!.shape[i] && x!.shape[i] === 1)) {
      throw new RangeError(`${name}: ${show(affine)} does not broadcast to ${show(x!)}`);
    }
  }
  const statistic = { dtype: x!.dtype, shape: x!.shape.map((dim, i) => (i < at ? dim : 1)) };
  return [{ dtype: x!.dtype, shape: x!.shape }, statistic, statistic];
}

/** The axes from `axis` on. */
export function axesFrom(axis: number, rank: number): number[] {
  const at = axisOf("normalize", axis, rank);
  return Array.from({ length: rank - at }, (_, i) => at + i);
}

/**
 * (x − mean) / sqrt(variance + epsilon) scale + bias, and on request the mean and the inverse deviation.
 *
 * Source: ONNX LayerNormalization-17.
 */
export const LayerNormalization = op({
  since: 17,
  arity: [2, 3],
  attrs: { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) },
  infer: (inputs, { axis }, context) =>
    inferNorm(context.op, inputs, axis).slice(0, context.outputs),
  evaluate: ([x, scale, bias], { axis, epsilon }) => {
    const axes = axesFrom(axis, x.rank);
    const mean = t.mean(x, { axes, keepDims: true });
    const centred = t.sub(x, mean);
    const variance = t.mean(t.mul(centred, centred), { axes, keepDims: true });
    const inverse = t.map(variance, (v) => 1 / Math.sqrt(v + epsilon));
    const scaled = t.mul(t.mul(centred, inverse), scale);
    return [bias === undefined ? scaled : t.add(scaled, bias), mean, inverse];
  },
});

/** x / sqrt(mean(x²) + epsilon) scale. Source: ONNX RMSNormalization-23; Zhang and Sennrich 2019. */
export const RMSNormalization = op({
  since: 23,
  arity: [2, 2],
  attrs: { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) },
  infer: (inputs, { axis }, context) => inferNorm(context.op, inputs, axis).slice(0, 1),
  evaluate: ([x, scale], { axis, epsilon }) => {
    const square = t.mean(t.mul(x, x), { axes: axesFrom(axis, x.rank), keepDims: true });
    return [
      t.mul(
        t.zip(x, square, (v, s) => v / Math.sqrt(s + epsilon)),
        scale,
      ),
    ];
  },
});
