/** @file Reading and writing at computed places, with the meaning of the ONNX operators of these names. */

import { allocate, checkSameDType, type DType, pack, toNumbers } from "./dtype";
import { formatShape, normalizeAxis, normalizeIndex, sameShape, sizeOf, stridesOf } from "./shape";
import { cells } from "./strided";
import { Tensor, type TensorLike } from "./tensor";

/** What happens to the value that an update meets. */
export type ScatterReduction = "none" | "add";

/** One element per index: `result[i][j] = x[indices[i][j]][j]` for axis 0; shape of `indices`. */
export function gatherElements<D extends DType>(
  x: TensorLike<D>,
  indices: TensorLike,
  axis = 0,
): Tensor<D> {
  const places = elementPlaces(x, indices, axis, "gatherElements");
  const data = allocate(x.dtype, places.length);
  for (let i = 0; i < places.length; i++) cells(data)[i] = cells(x.data)[places[i]!]!;
  return new Tensor(x.dtype, indices.shape, data);
}

/** A copy of `x` in which `result[indices[i][j]][j]` is `updates[i][j]` (axis 0), set or added. */
export function scatterElements<D extends DType>(
  x: TensorLike<D>,
  indices: TensorLike,
  updates: TensorLike,
  axis = 0,
  reduction: ScatterReduction = "none",
): Tensor<D> {
  if (!sameShape(indices.shape, updates.shape)) {
    throw new RangeError(
      `scatterElements: indices ${formatShape(indices.shape)} and updates ${formatShape(updates.shape)} differ`,
    );
  }
  const places = elementPlaces(x, indices, axis, "scatterElements");
  return write(x, places, 1, updates, reduction, "scatterElements");
}

/** Slices of `x` at index tuples: indices `[...batch, ...many, depth]`; the first `batchDims` axes are paired. */
export function gatherND<D extends DType>(
  x: TensorLike<D>,
  indices: TensorLike,
  batchDims = 0,
): Tensor<D> {
  const { places, width, tail } = tuplePlaces(x, indices, batchDims, "gatherND");
  const data = allocate(x.dtype, places.length * width);
  const from = cells(x.data);
  for (let i = 0; i < places.length; i++) {
    cells(data).set(from.subarray(places[i]!, places[i]! + width), i * width);
  }
  return new Tensor(x.dtype, [...indices.shape.slice(0, -1), ...tail], data);
}

/** A copy of `x` with slices set or added at index tuples: indices `[...many, depth]`, updates `[...many, ...rest]`. */
export function scatterND<D extends DType>(
  x: TensorLike<D>,
  indices: TensorLike,
  updates: TensorLike,
  reduction: ScatterReduction = "none",
): Tensor<D> {
  const { places, width, tail } = tuplePlaces(x, indices, 0, "scatterND");
  const expected = [...indices.shape.slice(0, -1), ...tail];
  if (!sameShape(updates.shape, expected)) {
    throw new RangeError(
      `scatterND: expected updates ${formatShape(expected)}, got ${formatShape(updates.shape)}`,
    );
  }
  return write(x, places, width, updates, reduction, "scatterND");
}

function write<D extends DType>(
  x: TensorLike<D>,
  places: ArrayLike<number>,
  width: number,
  updates: TensorLike,
  reduction: ScatterReduction,
  subject: string,
): Tensor<D> {
  checkSameDType(subject, x.dtype, updates.dtype);
  if (reduction === "none") {
    const data = x.data.slice() as typeof x.data;
    const from = cells(updates.data);
    for (let i = 0; i < places.length; i++) {
      for (let j = 0; j < width; j++) cells(data)[places[i]! + j] = from[i * width + j]!;
    }
    return new Tensor(x.dtype, x.shape, data);
  }
  const sums = Float64Array.from(toNumbers(x.dtype, x.data));
  const from = toNumbers(updates.dtype, updates.data);
  for (let i = 0; i < places.length; i++) {
    for (let j = 0; j < width; j++) sums[places[i]! + j]! += from[i * width + j]!;
  }
  return new Tensor(x.dtype, x.shape, pack(sums, x.dtype));
}

/** Offsets into `x` for every element of `indices`, which replace the coordinate along `axis`. */
function elementPlaces(x: TensorLike, indices: TensorLike, axis: number, subject: string) {
  const at = normalizeAxis(axis, x.shape.length, subject);
  const fits = indices.shape.every((dim, i) => i === at || dim <= x.shape[i]!);
  if (indices.shape.length !== x.shape.length || !fits) {
    throw new RangeError(
      `${subject}: indices ${formatShape(indices.shape)} do not fit ${formatShape(x.shape)} beside axis ${at}`,
    );
  }
  const values = toNumbers(indices.dtype, indices.data);
  const strides = stridesOf(x.shape);
  const counts = stridesOf(indices.shape);
  const places = new Float64Array(values.length);
  for (let i = 0; i < places.length; i++) {
    let rest = i;
    for (let k = 0; k < strides.length; k++) {
      const here = Math.floor(rest / counts[k]!);
      rest -= here * counts[k]!;
      const place = k === at ? normalizeIndex(values[i]!, x.shape[at]!, at, subject) : here;
      places[i]! += place * strides[k]!;
    }
  }
  return places;
}

/** Offsets into `x` for every index tuple, and the width and shape of the slice that each names. */
function tuplePlaces(x: TensorLike, indices: TensorLike, batchDims: number, subject: string) {
  const depth = indices.shape.at(-1);
  if (depth === undefined || depth + batchDims > x.shape.length) {
    throw new RangeError(
      `${subject}: indices ${formatShape(indices.shape)} do not fit ${formatShape(x.shape)}`,
    );
  }
  const batch = x.shape.slice(0, batchDims);
  if (!sameShape(batch, indices.shape.slice(0, batchDims))) {
    throw new RangeError(`${subject}: the first ${batchDims} axes differ`);
  }
  const strides = stridesOf(x.shape);
  const tail = x.shape.slice(batchDims + depth);
  const tuples = sizeOf(indices.shape.slice(0, -1));
  const perBatch = sizeOf(indices.shape.slice(batchDims, -1));
  const values = toNumbers(indices.dtype, indices.data);
  const blockSize = sizeOf(x.shape.slice(batchDims));
  const places = new Float64Array(tuples);
  for (let i = 0; i < tuples; i++) {
    places[i] = Math.floor(i / perBatch) * blockSize;
    for (let k = 0; k < depth; k++) {
      const axis = batchDims + k;
      const index = normalizeIndex(values[i * depth + k]!, x.shape[axis]!, axis, subject);
      places[i]! += index * strides[axis]!;
    }
  }
  return { places, width: sizeOf(tail), tail };
}
