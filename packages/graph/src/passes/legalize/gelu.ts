/** @file Gelu in elementary ops (Hendrycks and Gimpel 2016), for runtimes that compute it wrongly. */

import type { Node } from "../../graph/types";
import type { Fragment } from "./fragment";

/** `"Gelu.tanh"` or `"Gelu.none"`, as the node's attribute says. */
export function geluForm(node: Node): string {
  const attribute = node.attrs.approximate;
  return `Gelu.${attribute?.type === "string" ? attribute.value : "none"}`;
}

/** Appends x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), or x/2 (1 + erf(x / sqrt 2)). */
export function spellGelu(fragment: Fragment, node: Node): void {
  const [x = ""] = node.inputs;
  const [output = ""] = node.outputs;
  const dtype = fragment.float(x, `Gelu "${output}"`);
  const number = (value: number) => fragment.scalar(value, dtype);
  const op = (name: string, ...inputs: string[]) => fragment.one(name, inputs);
  const tanh = () => {
    // x x x, not Pow: that is slow everywhere and wrong for negative x in some shaders.
    const cube = op("Mul", op("Mul", x, x), x);
    const inner = op("Add", x, op("Mul", cube, number(0.044715)));
    return op("Tanh", op("Mul", inner, number(Math.sqrt(2 / Math.PI))));
  };
  const erf = () => op("Erf", op("Mul", x, number(Math.SQRT1_2)));
  const gate = geluForm(node) === "Gelu.tanh" ? tanh() : erf();
  const half = op("Mul", x, number(0.5));
  fragment.one("Mul", [half, op("Add", gate, number(1))], output);
}
