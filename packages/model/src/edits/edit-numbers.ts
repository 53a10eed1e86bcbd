/** @file The numbers of an edit: given, from another run, or a mean, in a shape that meets the activation. */

import { fromData, type TensorLike, tensor } from "@diopter/tensor";
import type { ActivationCache } from "../hooks/cache";
import { type Axis, hookAxes } from "../hooks/hook-axes";
import type { Edit, EditValue } from "./edits";

/** What an edit puts, adds or projects on, before it is fitted to the activation. */
export function numbersOf(
  edit: Edit,
  cache: ActivationCache | undefined,
  axes: readonly Axis[],
  sizes: number[],
): TensorLike {
  if (edit.do === "zero") return tensor([0]);
  if (edit.do === "mean") return meanOf(cache!, edit);
  if (cache) return sourceValue(edit, cache, axes, sizes);
  if (edit.value === undefined)
    throw new TypeError(`edit: ${edit.do} at "${edit.at}" needs a value`);
  const value = toTensor(edit.value as EditValue);
  return edit.do === "project" ? unitVector(edit, value) : value;
}

function toTensor(value: EditValue): TensorLike {
  if (typeof value === "number") return tensor([value], { dtype: "float64" });
  return Array.isArray(value)
    ? tensor(value as number[], { dtype: "float64" })
    : (value as TensorLike);
}

function sourceValue(
  edit: Edit,
  cache: ActivationCache,
  axes: readonly Axis[],
  sizes: number[],
): TensorLike {
  const value = cache.get(edit.at);
  value.shape.forEach((size, axis) => {
    if (size === sizes[axis] || (axes[axis] === "batch" && size === 1)) return;
    throw new RangeError(
      `edit: source of "${edit.at}" has shape [${value.shape.join(", ")}], expected [${sizes.join(", ")}]`,
    );
  });
  return value;
}

/** Mean over rows, or rows and positions, of what is not padding. */
function meanOf(cache: ActivationCache, edit: Edit): TensorLike {
  const value = cache.get(edit.at);
  const axes = hookAxes(edit.at);
  const overPos = edit.over === "batch pos";
  const posAxis = axes.findIndex((axis) => axis === "pos" || axis === "query");
  const shape = value.shape.map((size, axis) =>
    axis === 0 || (overPos && axis === posAxis) ? 1 : size,
  );
  const sums = new Float64Array(shape.reduce((a, b) => a * b, 1));
  const counts = new Float64Array(sums.length);
  const positions = value.shape[posAxis]!;
  const index = new Array<number>(axes.length).fill(0);
  const data = value.data as Float32Array;
  for (let i = 0; i < data.length; i++) {
    if (cache.keep[index[0]! * positions + index[posAxis]!]) {
      let j = 0;
      for (let axis = 0; axis < shape.length; axis++)
        j = j * shape[axis]! + (shape[axis] === 1 ? 0 : index[axis]!);
      sums[j]! += data[i]!;
      counts[j]! += 1;
    }
    for (let axis = axes.length - 1; axis >= 0 && ++index[axis]! === value.shape[axis]; axis--)
      index[axis] = 0;
  }
  return fromData(
    sums.map((s, i) => (counts[i] ? s / counts[i]! : 0)),
    shape,
    "float64",
  );
}

function unitVector(edit: Edit, value: TensorLike): TensorLike {
  const data = Float64Array.from(value.data as Float32Array, Number);
  const width = value.shape.at(-1)!;
  for (let start = 0; start < data.length; start += width) {
    const norm = Math.hypot(...data.subarray(start, start + width));
    if (!(norm > 0))
      throw new RangeError(`edit: project at "${edit.at}" needs a direction, got length ${norm}`);
    for (let i = start; i < start + width; i++) data[i]! /= norm;
  }
  return fromData(data, value.shape, "float64");
}

/** `value` with as many axes as the activation. */
export function broadcastable(edit: Edit, value: TensorLike, sizes: readonly number[]): TensorLike {
  const shape = [
    ...new Array(Math.max(0, sizes.length - value.shape.length)).fill(1),
    ...value.shape,
  ] as number[];
  const fits =
    shape.length === sizes.length &&
    shape.every((size, axis) => size === 1 || size === sizes[axis]);
  if (!fits) {
    throw new RangeError(
      `edit: value has shape [${value.shape.join(", ")}], which does not broadcast to "${edit.at}" [${sizes.join(", ")}]`,
    );
  }
  return { ...value, dtype: value.dtype, shape, data: value.data } as TensorLike;
}
