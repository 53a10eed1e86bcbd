/** @file MLPs: two matrices with an activation between (gpt2, gpt_neox, bert), or three with a gate (llama, qwen2). */

import type { ActivationFunction } from "../../config/config";
import type { Body } from "../read/body";
import { matchActivation } from "./activation";
import { type Linear, matchLinear } from "./linear";
import { either, open } from "./query";

export interface Mlp {
  readonly kind: "mlp";
  readonly actFn: ActivationFunction;
  /** What the first matrices read. */
  readonly x: Body;
  readonly in: Linear;
  readonly gate: Linear | undefined;
  readonly out: Linear;
  /** Values under the hooks, in the coordinates of `out`'s operand. */
  readonly pre: Body;
  readonly preLinear: Body | undefined;
  readonly post: Body;
}

/** The MLP whose last matrix is `out`. */
export function matchMlp(out: Linear): Mlp | undefined {
  const post = out.x;
  const plain = matchActivation(post);
  const into = plain && matchLinear(plain.x);
  if (plain && into) {
    return {
      kind: "mlp",
      actFn: plain.fn,
      x: into.x,
      in: into,
      gate: undefined,
      out,
      pre: plain.x,
      preLinear: undefined,
      post,
    };
  }
  const product = open(post, "Product");
  for (const [gated, linear] of product ? either(product.args) : []) {
    const act = matchActivation(gated);
    const gate = act && matchLinear(act.x);
    const up = matchLinear(linear);
    if (act && gate && up) {
      return {
        kind: "mlp",
        actFn: act.fn,
        x: up.x,
        in: up,
        gate,
        out,
        pre: act.x,
        preLinear: linear,
        post,
      };
    }
  }
  return undefined;
}
