/** @file One block of the residual view: the running sum, with its norms where the family puts them. */

import type { Value } from "@diopter/graph";
import { normsOutputs } from "../weights/weight-shapes";
import { attention } from "./attention";
import type { Context } from "./context";
import { embed } from "./embedding";
import { mlp } from "./mlp";
import { norm } from "./norm";

/** Residual stream in, residual stream out, [batch, pos, dModel]. */
export function block(t: Context, l: number, entering: Value): Value {
  const resid = t.h.at(`blocks.${l}.hook_resid_pre`, entering);
  if (t.c.normPlacement === "post") return postNormBlock(t, l, resid);
  return t.c.parallelAttnMlp ? parallelBlock(t, l, resid) : preNormBlock(t, l, resid);
}

function preNormBlock(t: Context, l: number, resid: Value): Value {
  const { b, c, h } = t;
  const reading = (name: string, x: Value) =>
    c.normPlacement === "output" ? x : norm(t, `blocks.${l}.${name}`, x);
  const normed = reading("ln1", resid);
  const mid = b.add(
    resid,
    h.at(`blocks.${l}.hook_attn_out`, after(t, l, 1, attention(t, l, { resid, normed }))),
  );
  if (c.attnOnly) return h.at(`blocks.${l}.hook_resid_post`, mid);
  const residMid = h.at(`blocks.${l}.hook_resid_mid`, mid);
  const input = h.at(`blocks.${l}.hook_mlp_in`, residMid);
  const out = after(t, l, 2, mlp(t, l, reading("ln2", input)));
  return h.at(
    `blocks.${l}.hook_resid_post`,
    b.add(residMid, h.at(`blocks.${l}.hook_mlp_out`, out)),
  );
}

/** Attention and MLP read the same stream (GPT-J, NeoX, Phi). */
function parallelBlock(t: Context, l: number, resid: Value): Value {
  const { b, c, h } = t;
  const normed = norm(t, `blocks.${l}.ln1`, resid);
  const attnOut = h.at(`blocks.${l}.hook_attn_out`, attention(t, l, { resid, normed }));
  const input = h.at(`blocks.${l}.hook_mlp_in`, resid);
  const mlpOut = mlp(t, l, c.sharedNorm ? normed : norm(t, `blocks.${l}.ln2`, input));
  return h.at(
    `blocks.${l}.hook_resid_post`,
    b.add(resid, b.add(attnOut, h.at(`blocks.${l}.hook_mlp_out`, mlpOut))),
  );
}

/** Each sum is normed before it goes on (BERT). */
function postNormBlock(t: Context, l: number, resid: Value): Value {
  const { b, h } = t;
  const attnOut = h.at(`blocks.${l}.hook_attn_out`, attention(t, l, { resid, normed: resid }));
  const mid = norm(t, `blocks.${l}.ln1`, h.at(`blocks.${l}.hook_resid_mid`, b.add(resid, attnOut)));
  const input = h.at(`blocks.${l}.hook_mlp_in`, mid);
  const mlpOut = h.at(`blocks.${l}.hook_mlp_out`, mlp(t, l, input));
  const post = h.at(`blocks.${l}.hook_resid_post`, b.add(mid, mlpOut));
  return h.at(`blocks.${l}.hook_normalized_resid_post`, norm(t, `blocks.${l}.ln2`, post));
}

/** The norm of what a sublayer writes, on its way into the stream (Gemma 2, OLMo 2). */
function after(t: Context, l: number, sublayer: 1 | 2, x: Value): Value {
  return normsOutputs(t.c) ? norm(t, `blocks.${l}.ln${sublayer}_post`, x) : x;
}

/** The last residual state, [batch, pos, dModel]. */
export function residual(t: Context): Value {
  let x = embed(t);
  for (let l = 0; l < t.c.nLayers; l++) x = block(t, l, x);
  return x;
}
