/** @file From token ids to the residual stream, and from its last state to logits. */

import type { Value } from "@diopter/graph";
import type { Context, Quiet } from "./context";
import { linear, operand } from "./linear";
import { activate } from "./mlp";
import { norm, normQuietly } from "./norm";

/** The stream that enters the first block, [batch, pos, dModel]. */
export function embed(t: Context): Value {
  const { b, c, h, w, prompt } = t;
  const tokens = h.at("hook_embed", b.gather(w.get("embed.W_E"), prompt.tokens(), 0));
  let x = c.embeddingScale ? b.mul(tokens, c.embeddingScale) : tokens;
  if (c.positionalEmbeddingType === "standard") {
    x = b.add(x, h.at("hook_pos_embed", b.gather(w.get("pos_embed.W_pos"), prompt.positions(), 0)));
  }
  if (c.tokenTypes > 0) {
    x = b.add(
      x,
      h.at("hook_token_type_embed", b.gather(w.get("embed.W_token_type"), prompt.tokenTypes(), 0)),
    );
  }
  if (c.postEmbeddingNorm) x = norm(t, "embed.ln", x);
  return c.normPlacement === "post" ? h.at("hook_full_embed", x) : x;
}

/** Token and position embeddings apart, each [batch, pos, dModel]; their sum is what `embed` gives. */
export function embedSeparately({ b, c, h, w, prompt }: Context): [token: Value, position: Value] {
  if (c.positionalEmbeddingType !== "standard" || c.tokenTypes > 0 || c.postEmbeddingNorm)
    throw new RangeError(
      `model: the embedding of ${c.family} is not a sum of a token's and a position's`,
    );
  const tokens = h.at("hook_embed", b.gather(w.get("embed.W_E"), prompt.tokens(), 0));
  const token = c.embeddingScale ? b.mul(tokens, c.embeddingScale) : tokens;
  return [token, h.at("hook_pos_embed", b.gather(w.get("pos_embed.W_pos"), prompt.positions(), 0))];
}

/** What the vocabulary matrix reads, under the model's hooks, [batch, pos, dModel]. */
export function beforeUnembedding(t: Context, resid: Value): Value {
  const normed = t.c.finalNorm ? norm(t, "ln_final", resid) : resid;
  return t.h.at("unembed.hook_in", t.c.mlmHead ? mlmHead(t, normed) : normed);
}

/** Logits of any residual state without hooks: what the logit lens does, [..., dVocabOut]. */
export function unembedQuietly(t: Quiet, resid: Value): Value {
  const normed = t.c.finalNorm ? normQuietly(t, "ln_final", resid) : resid;
  return toVocabulary(t, t.c.mlmHead ? mlmHead(t, normed) : normed);
}

/** Dense, activation and norm before the vocabulary matrix. Devlin et al. 2019. */
function mlmHead(t: Quiet, x: Value): Value {
  const { b, c, w } = t;
  return normQuietly(
    t,
    "mlm_head.ln",
    activate(
      b,
      c.actFn,
      linear(b, operand(t, "mlm_head.W", x), w.get("mlm_head.W"), w.optional("mlm_head.b")),
    ),
  );
}

/** Logits of what the vocabulary matrix reads, [..., dVocabOut]. */
export function toVocabulary({ b, c, w }: Quiet, x: Value): Value {
  const bias = w.optional("unembed.b_U");
  let logits = c.tiedEmbeddings
    ? timesTransposed(x, w.get("embed.W_E"))
    : b.matmul(operand({ b, c }, "unembed.W_U", x), w.get("unembed.W_U"));
  if (bias) logits = b.add(logits, bias);
  if (c.logitScale) logits = b.mul(logits, c.logitScale);
  return c.outputLogitsSoftCap ? b.softCap(logits, c.outputLogitsSoftCap) : logits;

  /** x W^T by Gemm, which reads the embedding where it lies: a transposed copy would cost more than the product. */
  function timesTransposed(y: Value, W: Value): Value {
    if (y.shape.length === 2) return b.gemm(y, W, undefined, { transB: true });
    const rows = b.reshape(y, [y.shape.slice(0, -1).join("*"), c.dModel]);
    return b.reshape(b.gemm(rows, W, undefined, { transB: true }), [
      ...y.shape.slice(0, -1),
      W.shape[0]!,
    ]);
  }
}
