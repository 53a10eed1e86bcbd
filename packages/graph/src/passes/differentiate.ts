/** @file The gradient of a graph, as a graph. */

import { checkOptions } from "@diopter/tensor";
import { Builder } from "../builder/builder";
import { backward } from "../gradients/backward";
import type { GradientRule } from "../gradients/rule";
import type { Graph } from "../graph/types";

export interface DifferentiateOptions {
  /** Name of the value to differentiate; one that is not a scalar is summed, unless there is a cotangent. */
  readonly of: string;
  /** Names of the values to differentiate with respect to: inputs, initializers or intermediate ones. */
  readonly wrt: readonly string[];
  /** Name of a value that is the gradient coming in at `of`, of its shape. */
  readonly cotangent?: string;
  /** Rules by op that replace those of the table. */
  readonly rules?: Readonly<Record<string, GradientRule>>;
}

/**
 * The graph with further outputs, `d ${of} / d ${wrt}` for each of `wrt`.
 *
 * A value that does not reach `of` gets zeros. Throws a RangeError naming op and value where an op on the way has no
 * gradient rule.
 */
export function differentiate(graph: Graph, options: DifferentiateOptions): Graph {
  checkOptions("differentiate", options, {
    of: "required",
    wrt: "required",
    cotangent: "optional",
    rules: "optional",
  });
  const { of, wrt, cotangent, rules } = options;
  const b = Builder.from(graph);
  const gradients = backward(
    b,
    b.value(of),
    wrt.map((name) => b.value(name)),
    { ...(cotangent !== undefined && { cotangent: b.value(cotangent) }), ...(rules && { rules }) },
  );
  // Two names may share one gradient value: b.named copies where it must.
  const outputs = gradients.map((gradient, i) => b.named(`d ${of} / d ${wrt[i]}`, gradient));
  return b.build([...graph.outputs.map((output) => output.name), ...outputs]);
}
