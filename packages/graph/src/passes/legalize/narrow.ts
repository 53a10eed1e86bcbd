/** @file Wide ops as trees of smaller ones; a Split whose sizes are only known at run time as slices. */

import type { Node } from "../../graph/types";
import { type Fragment, int, intOf } from "./fragment";

/** Ops whose result does not depend on how their inputs are grouped. */
const ASSOCIATIVE = ["Concat", "Sum", "Max", "Min"];

/** Ops of any number of inputs, which have to be narrowed or refused. */
export const VARIADIC: readonly string[] = [...ASSOCIATIVE, "Mean", "Einsum", "SequenceConstruct"];

/** Appends `node` such that no op reads more than `most` values; their order is kept. */
export function narrow(fragment: Fragment, node: Node, most: number): void {
  if (ASSOCIATIVE.includes(node.op)) {
    joinTree(fragment, node, node.op, most, node.outputs[0]!);
  } else if (node.op === "Mean") {
    const total = joinTree(fragment, node, "Sum", most);
    const dtype = fragment.float(node.inputs[0]!, `Mean "${node.outputs[0]}"`);
    fragment.one("Div", [total, fragment.scalar(node.inputs.length, dtype)], node.outputs[0]);
  } else {
    throw new RangeError(
      `legalize: ${node.op} "${node.outputs[0]}" has ${node.inputs.length} inputs, the runtime takes ${most}`,
    );
  }
}

function joinTree(
  fragment: Fragment,
  node: Node,
  op: string,
  most: number,
  output?: string,
): string {
  const attrs = op === node.op ? node.attrs : {};
  let level: readonly string[] = node.inputs;
  while (level.length > most) {
    // As even as the limit allows, so that no level holds a group of one beside full ones.
    const groups = Math.ceil(level.length / most);
    const next: string[] = [];
    for (let i = 0; i < groups; i++) {
      const from = Math.floor((i * level.length) / groups);
      const group = level.slice(from, Math.floor(((i + 1) * level.length) / groups));
      next.push(group.length === 1 ? group[0]! : fragment.node(op, group, attrs)[0]!);
    }
    level = next;
  }
  return fragment.node(op, level, attrs, [output])[0]!;
}

/** Since this opset the sizes of a Split are an input. */
const SIZES_ARE_INPUT = 13;

/** Appends `node` such that no Split makes more than `most` values. */
export function narrowSplit(fragment: Fragment, node: Node, most: number): void {
  const axis = intOf(node, "axis", 0);
  const sizes = sizesOf(fragment, node, axis);
  if (sizes === undefined) slices(fragment, node, axis);
  else splitTree(fragment, node.inputs[0]!, { outputs: node.outputs, sizes }, axis, most);
}

function sizesOf(fragment: Fragment, node: Node, axis: number): readonly number[] | undefined {
  const attribute = node.attrs.split;
  if (attribute?.type === "ints") return attribute.value.map(Number);
  const given = node.inputs[1];
  if (given !== undefined && given !== "") return fragment.integers(given);
  const dim = fragment.size(node.inputs[0]!, axis);
  if (typeof dim !== "number") return undefined;
  // Equal parts, the last one smaller where they do not divide (ONNX Split-18).
  const part = Math.ceil(dim / node.outputs.length);
  return node.outputs.map((_, i) => Math.max(0, Math.min(part, dim - i * part)));
}

interface Parts {
  readonly outputs: readonly string[];
  readonly sizes: readonly number[];
}

function splitTree(
  fragment: Fragment,
  input: string,
  parts: Parts,
  axis: number,
  most: number,
): void {
  const count = parts.outputs.length;
  if (count <= most) {
    split(fragment, input, parts, axis);
    return;
  }
  // Full groups below, so that the number of Splits is least: each group is a power of the limit.
  let width = most;
  while (width * most < count) width *= most;
  const groups: Parts[] = [];
  for (let from = 0; from < count; from += width) {
    const to = Math.min(count, from + width);
    groups.push({ outputs: parts.outputs.slice(from, to), sizes: parts.sizes.slice(from, to) });
  }
  const totals = groups.map(({ sizes }) => sizes.reduce((a, b) => a + b, 0));
  const names = groups.map(({ outputs }) => (outputs.length === 1 ? outputs[0]! : ""));
  const made = split(fragment, input, { outputs: names, sizes: totals }, axis);
  groups.forEach((group, i) => {
    if (group.outputs.length > 1) splitTree(fragment, made[i]!, group, axis, most);
  });
}

function split(fragment: Fragment, input: string, parts: Parts, axis: number): string[] {
  const { outputs, sizes } = parts;
  if (fragment.opset >= SIZES_ARE_INPUT) {
    return fragment.node("Split", [input, fragment.ints(...sizes)], { axis: int(axis) }, outputs);
  }
  const attrs = { axis: int(axis), split: { type: "ints", value: sizes } } as const;
  return fragment.node("Split", [input], attrs, outputs);
}

/** One Slice per output; its bounds are computed from the size of the axis or from the given sizes. */
function slices(fragment: Fragment, node: Node, axis: number): void {
  const [input = "", given] = node.inputs;
  const count = node.outputs.length;
  const axes = fragment.ints(axis);
  const bound =
    given === undefined || given === ""
      ? equalBounds(fragment, input, axis, count)
      : givenBounds(fragment, given);
  node.outputs.forEach((output, i) => {
    if (output !== "") fragment.one("Slice", [input, bound(i), bound(i + 1), axes], output);
  });
}

/** Bounds i * ceil(n / count); Slice stops at the end of the axis by itself. */
function equalBounds(fragment: Fragment, input: string, axis: number, count: number) {
  const shape = fragment.one("Shape", [input]);
  const rank = fragment.info(input)?.shape?.length;
  const size =
    axis >= 0 || rank !== undefined
      ? fragment.node("Gather", [shape, fragment.ints(axis >= 0 ? axis : axis + rank!)])[0]!
      : fragment.node("Slice", [
          shape,
          fragment.ints(axis),
          endOf(fragment, axis),
          fragment.ints(0),
        ])[0]!;
  const padded = fragment.one("Add", [size, fragment.ints(count - 1)]);
  const part = fragment.one("Div", [padded, fragment.ints(count)]);
  return cached((i) =>
    i === 0 ? fragment.ints(0) : fragment.one("Mul", [part, fragment.ints(i)]),
  );
}

/** The end of the slice that holds a negative axis alone. */
function endOf(fragment: Fragment, axis: number): string {
  return fragment.ints(axis === -1 ? Number.MAX_SAFE_INTEGER : axis + 1);
}

/** Bounds that are running sums of the sizes. */
function givenBounds(fragment: Fragment, sizes: string) {
  const ends = fragment.one("CumSum", [sizes, fragment.ints(0)]);
  return cached((i) =>
    i === 0 ? fragment.ints(0) : fragment.one("Gather", [ends, fragment.ints(i - 1)]),
  );
}

function cached(make: (i: number) => string): (i: number) => string {
  const made = new Map<number, string>();
  return (i) => {
    const name = made.get(i) ?? make(i);
    made.set(i, name);
    return name;
  };
}
