/** @file The nodes that take the place of one node, under names derived from its output. */

import type { Attribute, Node, Rewriter } from "@diopter/graph";
import { int, ints, nodeOf } from "./attribute";

/** Collects nodes in place of `node`; new values are named after its first output. */
export class Emit {
  readonly nodes: Node[] = [];
  private readonly stem: string;

  constructor(
    readonly rewriter: Rewriter,
    node: Node,
  ) {
    this.stem = node.outputs.find((name) => name !== "") ?? "value";
  }

  /** Appends a node; its output is `output`, or a new name that says what it is. */
  add(
    op: string,
    inputs: readonly string[],
    attrs: Record<string, Attribute> = {},
    output?: string,
  ): string {
    const name = output || this.rewriter.fresh(`${this.stem}/${op.toLowerCase()}`);
    this.nodes.push(nodeOf(op, inputs, [name], attrs));
    return name;
  }

  /** Appends a node of several outputs. */
  several(
    op: string,
    inputs: readonly string[],
    count: number,
    attrs: Record<string, Attribute>,
  ): string[] {
    const names = Array.from({ length: count }, () =>
      this.rewriter.fresh(`${this.stem}/${op.toLowerCase()}`),
    );
    this.nodes.push(nodeOf(op, inputs, names, attrs));
    return names;
  }

  reshape(x: string, ...target: readonly number[]): string {
    return this.add("Reshape", [x, this.rewriter.ints(...target)]);
  }

  transpose(x: string, ...perm: readonly number[]): string {
    return this.add("Transpose", [x], { perm: ints(perm) });
  }

  unsqueeze(x: string, ...axes: readonly number[]): string {
    return this.add("Unsqueeze", [x, this.rewriter.ints(...axes)]);
  }

  /** The size of x along an axis, [1]. */
  size(x: string, axis: number): string {
    const shape = this.add("Shape", [x]);
    return this.add("Gather", [shape, this.rewriter.ints(axis)], { axis: int(0) });
  }

  /** The integers from 0 to the size of x along an axis. */
  positions(x: string, axis: number): string {
    const shape = this.add("Shape", [x]);
    const count = this.add("Gather", [shape, this.rewriter.int(axis)], { axis: int(0) });
    return this.add("Range", [this.rewriter.int(0), count, this.rewriter.int(1)]);
  }

  /** [batch, pos, head*dHead] → [batch, head, pos, dHead] */
  splitHeads(x: string, heads: number): string {
    return this.transpose(this.reshape(x, 0, 0, heads, -1), 0, 2, 1, 3);
  }
}
