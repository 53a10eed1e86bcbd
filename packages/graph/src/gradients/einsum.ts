/** @file Gradient of Einstein summation: an einsum again. */

import type { Builder } from "../builder/builder";
import type { Value } from "../graph/types";
import type * as rows from "../ops/einsum";
import { type Equation, parseEquation } from "../ops/einsum";
import type { RuleOf } from "./rule";

export const Einsum: RuleOf<typeof rows.Einsum> = (b, { inputs, attrs: { equation } }, [dy]) => {
  const parsed = parseEquation(equation, inputs.length);
  return inputs.map((_, i) => () => operandGradient(b, parsed, inputs, i, dy));
};

/** The gradient of operand i is the einsum of dy with the other operands, repeated along letters of its own. */
function operandGradient(
  b: Builder,
  { inputs, output }: Equation,
  xs: readonly Value[],
  i: number,
  dy: Value,
): Value {
  const mine = [...inputs[i]!];
  if (new Set(mine).size !== mine.length) {
    throw new RangeError(
      `differentiate: Einsum with a letter twice in one operand ("${inputs[i]}") has no rule`,
    );
  }
  const others = inputs.filter((_, at) => at !== i);
  const reach = output + others.join("");
  const shared = mine.filter((letter) => reach.includes(letter)).join("");
  const equation = `${[output, ...others].join(",")}->${shared}`;
  const g = b.einsum(equation, dy, ...xs.filter((_, at) => at !== i));
  const alone = mine.flatMap((letter, axis) => (shared.includes(letter) ? [] : [axis]));
  return alone.length === 0 ? g : b.expand(b.unsqueeze(g, alone), xs[i]!);
}
