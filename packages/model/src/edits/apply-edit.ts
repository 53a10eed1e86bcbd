/** @file The graph of an edit: its numbers are inputs, so one session serves every edit of the same structure. */

import type { Builder, Value } from "@diopter/graph";
import type { TensorLike } from "@diopter/tensor";
import type { EditStructure, ResolvedEdit } from "./edits";

/** `x` after the edit; the graph inputs are named by `index`, the edit's place in its program. */
export function applyEdit(b: Builder, x: Value, edit: EditStructure, index: number): Value {
  const float = x.dtype;
  const along = (axes: readonly boolean[]) => x.shape.map((dim, axis) => (axes[axis] ? dim : 1));
  const value = edit.value && b.input(`edit.${index}.value`, float, along(edit.value));
  const mask = edit.mask && b.input(`edit.${index}.mask`, "bool", along(edit.mask));
  const changed = operate(b, x, edit, value, () =>
    b.input(`edit.${index}.by`, float, along(x.shape.map((_, axis) => axis === 0))),
  );
  return mask ? b.where(mask, changed, x) : changed;
}

function operate(
  b: Builder,
  x: Value,
  edit: EditStructure,
  value: Value | undefined,
  by: () => Value,
): Value {
  switch (edit.operation) {
    case "set":
      // With a mask, Where broadcasts; without one the value has to take the activation's shape itself.
      return edit.mask ? value! : b.expand(value!, x.shape);
    case "add":
      return b.add(x, b.mul(by(), value!));
    case "scale":
      return b.mul(x, by());
    case "lerp":
      return b.add(x, b.mul(by(), b.sub(value!, x)));
    case "remove":
      return b.sub(x, b.mul(by(), along(b, x, value!)));
    case "keep":
      return b.add(x, b.mul(by(), b.sub(along(b, x, value!), x)));
    default:
      throw new Error(`internal: unknown edit operation "${edit.operation satisfies never}"`);
  }
}

/** The component of `x` along unit vectors on the last axis. */
function along(b: Builder, x: Value, unit: Value): Value {
  return b.mul(b.sum(b.mul(x, unit), [-1], true), unit);
}

/** The numbers of edits as feeds; `rows` is the batch size. */
export function editFeeds(
  edits: readonly ResolvedEdit[],
  rows: number,
): Record<string, TensorLike> {
  const feeds: Record<string, TensorLike> = {};
  edits.forEach(({ structure, value, mask, by }, index) => {
    if (value) feeds[`edit.${index}.value`] = value;
    if (mask) feeds[`edit.${index}.mask`] = mask;
    if (structure.operation === "set") return;
    feeds[`edit.${index}.by`] = {
      dtype: "float64",
      shape: [rows, ...new Array(structure.rank - 1).fill(1)],
      data: typeof by === "number" ? new Float64Array(rows).fill(by) : Float64Array.from(by),
    };
  });
  return feeds;
}
