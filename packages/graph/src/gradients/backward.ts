/** @file Reverse-mode differentiation of the nodes of a builder. */

import { checkOptions } from "@diopter/tensor";
import type { Builder } from "../builder/builder";
import type { NodeRecord } from "../builder/writer";
import { compatible, sameShape, showShape } from "../graph/dim";
import type { Handle, Value } from "../graph/types";
import { rowOf } from "../ops/index";
import { type Arguments, plain } from "../ops/row";
import { isFloat } from "../ops/rules";
import { gradientRules } from "./index";
import type { GradientNode, GradientRule } from "./rule";

export interface GradientOptions {
  /** Gradient that comes in at the differentiated value, of its shape; ones unless said. */
  readonly cotangent?: Value;
  /** Rules by op that replace those of the table. */
  readonly rules?: Readonly<Record<string, GradientRule>>;
}

/**
 * Appends to a builder the backward pass of a value: its gradient with respect to each of `wrt`, in their shapes.
 *
 * @throws TypeError for a value that is no float or of another builder; RangeError naming op and value where an op on
 * the way has no gradient rule.
 * @example
 * const [dw] = backward(b, b.sum(b.matmul(x, w)), [w]); // dw has the shape of w
 */
export function backward(
  b: Builder,
  of: Value,
  wrt: readonly Value[],
  options: GradientOptions = {},
): Value[] {
  checkOptions("backward", options, { cotangent: "optional", rules: "optional" });
  const { cotangent, rules = {} } = options;
  const [end, ...starts] = [of, ...wrt].map((value) => expectFloat(b.writer.own(value))) as [
    Handle,
    ...Handle[],
  ];
  if (cotangent !== undefined && !sameShape(b.writer.own(cotangent).shape, end.shape)) {
    throw new RangeError(
      `differentiate: cotangent ${cotangent.name} is ${showShape(cotangent.shape)}, expected ${showShape(end.shape)}`,
    );
  }
  const path = nodesBetween(b.writer.nodes, end, new Set(starts));
  const gradients = new Map<Handle, Value>();
  if (path.reached.has(end)) gradients.set(end, cotangent ?? b.fill(end, 1));
  for (const node of path.nodes.reverse()) pullBack(b, node, path.reached, gradients, rules);
  return starts.map((x) => gradients.get(x) ?? b.fill(x, 0));
}

function expectFloat(value: Handle): Handle {
  if (isFloat(value.dtype)) return value;
  throw new TypeError(`differentiate: ${value.name} is ${value.dtype}, not a float`);
}

/** Nodes that lead from one of `wrt` to `of`, and the float values that depend on `wrt`. */
function nodesBetween(
  nodes: readonly NodeRecord[],
  of: Handle,
  wrt: ReadonlySet<Handle>,
): { nodes: NodeRecord[]; reached: ReadonlySet<Handle> } {
  const reached = new Set<Handle>(wrt);
  const forward = nodes.filter((node) => {
    if (!passesTo(node).some((x) => x !== undefined && reached.has(x))) return false;
    for (const y of node.outputs) if (y !== undefined && mayDiffer(y)) reached.add(y);
    return true;
  });
  const needed = new Set<Handle>([of]);
  const between = forward.toReversed().filter((node) => {
    if (!node.outputs.some((y) => y !== undefined && needed.has(y) && reached.has(y))) return false;
    for (const x of passesTo(node)) if (x !== undefined) needed.add(x);
    return true;
  });
  return { nodes: between.reverse(), reached };
}

/** What a node passes its gradient to: its inputs, unless it was told otherwise. */
function passesTo({ through, inputs }: NodeRecord): readonly (Handle | undefined)[] {
  return through ? [through] : inputs;
}

/** Floats have gradients, and what an unknown op makes may be a float. */
function mayDiffer(value: Handle): boolean {
  return isFloat(value.dtype) || value.dtype === "undefined";
}

/** Adds to the gradients of a node's inputs what its outputs pass back. */
function pullBack(
  b: Builder,
  node: NodeRecord,
  reached: ReadonlySet<Handle>,
  gradients: Map<Handle, Value>,
  rules: Readonly<Record<string, GradientRule>>,
): void {
  const dys = node.outputs.map((y) => y && gradients.get(y));
  if (dys.every((dy) => dy === undefined)) return;
  const row = rowOf(node.op, node.domain, b.opset);
  const rule = Object.hasOwn(rules, node.op) ? rules[node.op] : row && ruleOf(node.op);
  if (rule === undefined) {
    const name = node.outputs.find((y) => y !== undefined)?.name;
    throw new RangeError(`differentiate: op "${node.op}" (value "${name}") has no gradient rule`);
  }
  const view = {
    op: node.op,
    inputs: node.inputs,
    outputs: node.outputs,
    attrs: plain(row, node.attrs),
    opset: b.opset,
  };
  const results = rule(b, view as unknown as GradientNode, dys as unknown as Arguments<Value>);
  passesTo(node).forEach((x, i) => {
    if (x === undefined || !reached.has(x)) return;
    const result = results[i];
    const gradient = typeof result === "function" ? result() : result;
    if (gradient === undefined) return;
    checkShape(node, x, gradient);
    const sum = gradients.get(x);
    gradients.set(x, sum === undefined ? gradient : b.add(sum, gradient));
  });
}

function ruleOf(op: string): GradientRule | undefined {
  return Object.hasOwn(gradientRules, op) ? gradientRules[op] : undefined;
}

function checkShape(node: NodeRecord, x: Handle, gradient: Value): void {
  const { dims = gradient.shape } = x;
  const fits =
    (gradient.dtype === x.dtype || x.dtype === "undefined") &&
    gradient.shape.length === dims.length &&
    gradient.shape.every((dim, i) => compatible(dim, dims[i]!));
  if (fits) return;
  throw new RangeError(
    `differentiate: the rule of ${node.op} gave ${gradient.dtype} ${showShape(gradient.shape)} for ${x.name}, ` +
      `expected ${x.dtype} ${showShape(dims)}`,
  );
}
