/** @file Activation functions, and one MLP, plain or gated, under TransformerLens's hooks. */

import type { Builder, Value } from "@diopter/graph";
import type { ActivationFunction } from "../config/config";
import type { Context } from "./context";
import { linear, operand } from "./linear";

export function activate(b: Builder, name: ActivationFunction, x: Value): Value {
  switch (name) {
    case "relu":
      return b.relu(x);
    case "gelu":
      return b.gelu(x, "none");
    case "gelu_new":
    case "gelu_fast":
      return b.gelu(x, "tanh");
    case "quick_gelu":
      return b.quickGelu(x);
    case "silu":
      return b.silu(x);
    case "tanh":
      return b.tanh(x);
    case "identity":
      return x;
    default:
      throw new RangeError(`model: unknown activation function "${name satisfies never}"`);
  }
}

/** The layer's output before any post-norm, bias included; x is already normed, [batch, pos, dModel]. */
export function mlp({ b, c, h, w }: Context, l: number, x: Value): Value {
  const at = (name: string, value: Value) => h.at(`blocks.${l}.mlp.${name}`, value);
  const map = (name: string, y: Value) =>
    linear(
      b,
      operand({ b, c }, `blocks.${l}.mlp.W_${name}`, y),
      w.get(`blocks.${l}.mlp.W_${name}`),
      w.optional(`blocks.${l}.mlp.b_${name}`),
    );
  const hidden = () => {
    if (!c.gatedMlp) return activate(b, c.actFn, at("hook_pre", map("in", x))); // [batch, pos, dMlp]
    const gate = at("hook_pre", map("gate", x));
    return b.mul(activate(b, c.actFn, gate), at("hook_pre_linear", map("in", x)));
  };
  return map("out", at("hook_post", hidden()));
}
