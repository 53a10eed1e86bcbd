/** @file From the last residual state to logits: final norm, masked-language-model head, vocabulary matrix, bias, scale and soft cap. */

import type { ActivationFunction } from "../../config/config";
import type { Body } from "../read/body";
import { Refusal } from "../refusal";
import { matchActivation } from "./activation";
import { type Linear, matchLinear } from "./linear";
import { matchNorm, type Norm } from "./norm";
import { describe, open, withoutFactor } from "./query";

export interface Unembedding {
  readonly linear: Linear;
  readonly scale: number;
  readonly softCap: number | undefined;
  readonly head:
    | { readonly dense: Linear; readonly actFn: ActivationFunction; readonly norm: Norm }
    | undefined;
  /** What the vocabulary matrix reads. */
  readonly x: Body;
  /** What the head or the vocabulary matrix reads after the final norm, if there is one. */
  readonly state: Body;
}

/** The unembedding that `logits` come from. */
export function matchUnembedding(logits: Body): Unembedding {
  const outer = withoutFactor(logits);
  const tanh = open(outer.body, "Tanh");
  let softCap: number | undefined;
  let scaled = outer;
  if (tanh) {
    scaled = withoutFactor(tanh.args[0]!);
    if (Math.abs(scaled.factor * outer.factor - 1) > 1e-5)
      throw new Refusal("logits pass a Tanh that is no soft cap");
    softCap = outer.factor;
    scaled = { factor: 1, body: scaled.body };
  }
  const linear = matchLinear(scaled.body);
  if (!linear)
    throw new Refusal(`logits are ${describe(scaled.body)}, no product with a vocabulary matrix`);
  const head = matchHead(linear.x);
  return {
    linear,
    scale: scaled.factor,
    softCap,
    head: head && { dense: head.dense, actFn: head.actFn, norm: head.norm },
    x: linear.x,
    state: head ? head.dense.x : linear.x,
  };
}

/** Dense, activation and norm (BERT). */
function matchHead(x: Body): { dense: Linear; actFn: ActivationFunction; norm: Norm } | undefined {
  const norm = matchNorm(x);
  const act = norm && matchActivation(norm.x);
  const dense = act && matchLinear(act.x);
  return norm && act && dense ? { dense, actFn: act.fn, norm } : undefined;
}
