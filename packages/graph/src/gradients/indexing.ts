/** @file Gradients of reading at indices: writing there; and the other way. */

import type { Builder } from "../builder/builder";
import { productOf } from "../graph/dim";
import type { Value } from "../graph/types";
import type * as rows from "../ops/indexing";
import { noneOrAdd } from "../ops/indexing";
import { axisOf } from "../ops/rules";
import { unslice } from "./movement";
import type { RuleOf } from "./rule";

type Rows = typeof rows;

export const Gather: RuleOf<Rows["Gather"]> = (
  b,
  { inputs: [data, indices], attrs: { axis } },
  [dy],
) => [gatherGradient(b, data, indices, axisOf("Gather", axis, data.shape.length), dy)];

/**
 * Adds every entry of dy to the one that it was read from.
 *
 * By ScatterElements: onnxruntime 1.30 adds with ScatterND on several threads at once and loses some of the sums when
 * indices repeat.
 */
function gatherGradient(b: Builder, data: Value, indices: Value, axis: number, dy: Value): Value {
  const known = b.known(indices);
  const [before, after] = [data.shape.slice(0, axis), data.shape.slice(axis + 1)];
  if (known?.data.length === 1 && data.shape[axis] !== null) {
    // One position: padding with zeros is cheaper than scattering.
    const one = b.reshape(dy, [...before, 1, ...after]);
    return unslice(b, one, { x: data, axis, start: Number(known.data[0]) });
  }
  const updates = b.reshape(dy, [...before, productOf(indices.shape), ...after]);
  return addAlong(b, data, b.reshape(indices, [-1]), axis, updates);
}

/** Zeros like `data` to which entry i of `updates` along the axis is added at `indices[i]`. */
function addAlong(b: Builder, data: Value, indices: Value, axis: number, updates: Value): Value {
  const others = data.shape.map((_, i) => i).filter((i) => i !== axis);
  const places = b.expand(b.unsqueeze(indices, others), updates);
  return b.scatterElements(b.fill(data, 0), places, updates, axis, "add");
}

export const GatherElements: RuleOf<Rows["GatherElements"]> = (
  b,
  { inputs: [data, indices], attrs: { axis } },
  [dy],
) => [b.scatterElements(b.fill(data, 0), indices, dy, axis, "add")];

export const GatherND: RuleOf<Rows["GatherND"]> = (
  b,
  { inputs: [data, indices], attrs: { batch_dims } },
  [dy],
) => [gatherNDGradient(b, data, indices, batch_dims, dy)];

/** Adds each slice of dy to the slice of `data` that it was read from, over the axes that indices name as one. */
function gatherNDGradient(
  b: Builder,
  data: Value,
  indices: Value,
  batch: number,
  dy: Value,
): Value {
  const depth = indices.shape.at(-1) as number;
  const inner = data.shape.slice(batch + depth);
  let row: Value | undefined;
  for (let axis = 0; axis < batch + depth; axis++) {
    const size = b.dim(data.shape[axis] ?? b.shapeOf(data, axis));
    const position =
      axis < batch ? batchPosition(b, indices, axis) : column(b, indices, axis - batch, size);
    row = row === undefined ? position : b.add(b.mul(row, size), position);
  }
  const rows = b.reshape(data, [productOf(data.shape.slice(0, batch + depth)), productOf(inner)]);
  const updates = b.reshape(dy, [-1, productOf(inner)]);
  return b.reshape(addAlong(b, rows, b.reshape(row!, [-1]), 0, updates), data);
}

/** Column i of indices [..., depth], negative ones counted from the front: [...]. */
function column(b: Builder, indices: Value, i: number, size: Value): Value {
  const given = b.gather(indices, i, -1);
  return b.where(b.less(given, 0), b.add(given, size), given);
}

/** The position of each index [...] along a batch axis. */
function batchPosition(b: Builder, indices: Value, axis: number): Value {
  const count = b.range(0, b.shapeOf(indices, axis));
  const like = b.gather(indices, 0, -1);
  const alone = b.reshape(
    count,
    like.shape.map((_, i) => (i === axis ? -1 : 1)),
  );
  return b.expand(alone, like);
}

export const ScatterElements: RuleOf<Rows["ScatterElements"]> = (
  b,
  { inputs: [, indices, updates], attrs: { axis, reduction } },
  [dy],
) => [
  () =>
    noneOrAdd("differentiate: ScatterElements", reduction) === "add"
      ? dy
      : b.scatterElements(dy, indices, b.fill(updates, 0), axis),
  undefined,
  () => b.gatherElements(dy, indices, axis),
];

export const ScatterND: RuleOf<Rows["ScatterND"]> = (
  b,
  { inputs: [, indices, updates], attrs: { reduction } },
  [dy],
) => [
  () =>
    noneOrAdd("differentiate: ScatterND", reduction) === "add"
      ? dy
      : b.scatterND(dy, indices, b.fill(updates, 0)),
  undefined,
  () => b.gatherND(dy, indices),
];

export const Trilu: RuleOf<Rows["Trilu"]> = (b, { inputs: [, k], attrs: { upper } }, [dy]) => [
  b.node("Trilu", [dy, k], { upper })[0],
];
