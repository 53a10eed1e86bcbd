/** @file Ops of any number of inputs as trees of smaller ones. */

import type { Node } from "../../graph/types";
import type { Fragment } from "./fragment";

/** Ops whose result does not depend on how their inputs are grouped. */
const ASSOCIATIVE = ["Concat", "Sum", "Max", "Min"];

/** Ops of any number of inputs, which have to be narrowed or refused. */
export const VARIADIC: readonly string[] = [...ASSOCIATIVE, "Mean", "Einsum", "SequenceConstruct"];

/** Appends `node` such that no op reads more than `most` values; their order is kept. */
export function narrow(fragment: Fragment, node: Node, most: number): void {
  if (ASSOCIATIVE.includes(node.op)) {
    tree(fragment, node, node.op, most, node.outputs[0]!);
  } else if (node.op === "Mean") {
    const total = tree(fragment, node, "Sum", most);
    const dtype = fragment.float(node.inputs[0]!, `Mean "${node.outputs[0]}"`);
    fragment.one("Div", [total, fragment.scalar(node.inputs.length, dtype)], node.outputs[0]);
  } else {
    throw new RangeError(
      `legalize: ${node.op} "${node.outputs[0]}" has ${node.inputs.length} inputs, the runtime takes ${most}`,
    );
  }
}

function tree(fragment: Fragment, node: Node, op: string, most: number, output?: string): string {
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
