/** @file Several coordinates as the one that they were before they were told apart: heads and their components, a dimension that was cut. */

import { affine, asAffine, type Body, freshVar, type Var } from "./body";
import { op } from "./simplify";
import { productOf } from "./size";

/** `body` in terms of one coordinate for all of `vars` (outer first), or undefined when it does not go together. */
export function joinCoordinates(
  body: Body,
  vars: readonly Var[],
): { body: Body; joined: Var } | undefined {
  if (vars.length < 2) return undefined;
  const joined = freshVar(productOf(vars.map((v) => v.size)));
  const strides = vars.map((_, i) => productOf(vars.slice(i + 1).map((v) => v.size)));
  const replaced = replace(body);
  return replaced && { body: replaced, joined };

  function replace(b: Body): Body | undefined {
    switch (b.k) {
      case "num":
      case "size":
        return b;
      case "at":
        return replaceAffine(b);
      case "input":
      case "const":
      case "act": {
        const index = b.index.map(replace);
        return index.includes(undefined) ? undefined : { ...b, index: index as Body[] };
      }
      case "op": {
        const args = b.args.map(replace);
        return args.includes(undefined) ? undefined : op(b.op, args as Body[]);
      }
      case "pick": {
        const on = replace(b.on);
        const bodies = b.cases.map((piece) => replace(piece.body));
        if (!on || bodies.includes(undefined)) return undefined;
        return {
          k: "pick",
          on,
          cases: b.cases.map((piece, i) => ({ ...piece, body: bodies[i]! })),
        };
      }
    }
  }

  function replaceAffine(b: Body): Body | undefined {
    const { c, terms } = asAffine(b)!;
    const present = vars.filter((v) => terms.has(v));
    if (present.length === 0) return b;
    const unit = terms.get(vars.at(-1)!);
    if (!unit || !vars.every((v, i) => terms.get(v)?.equals(strides[i]!.times(unit))))
      return undefined;
    const rest = new Map([...terms].filter(([v]) => !vars.includes(v)));
    return affine(c, rest.set(joined, unit));
  }
}
