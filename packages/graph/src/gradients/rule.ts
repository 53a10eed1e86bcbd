/** @file What a gradient rule is given, and what it gives back. */

import type { Builder } from "../builder/builder";
import type { Value } from "../graph/types";
import type { Arguments, Attrs, Op } from "../ops/row";

/** A node as a gradient rule sees it. */
export interface GradientNode<A = Readonly<Record<string, unknown>>> {
  readonly op: string;
  readonly inputs: Arguments<Value>;
  readonly outputs: Arguments<Value>;
  readonly attrs: A;
  /** Version of the standard operator set of the graph. */
  readonly opset: number;
}

/** The gradient of one input; a function is only called when that input needs its gradient. */
export type Gradient = Value | undefined | (() => Value | undefined);

/**
 * Appends to `b` the gradients of a node's inputs, given those of its outputs.
 *
 * `dys[i]` is undefined where output i does not reach the differentiated value; at least one is there.
 * A missing or undefined result is a gradient of zero.
 */
export type GradientRule<A = Readonly<Record<string, unknown>>> = (
  b: Builder,
  node: GradientNode<A>,
  dys: Arguments<Value>,
) => readonly Gradient[];

/** The rule of a row of the op table, which gives the attributes that the row declares. */
export type RuleOf<R extends Op> = GradientRule<Attrs<R["attrs"]>>;
