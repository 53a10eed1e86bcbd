/**
 * @file The logit lens: every residual state through the model's own final norm and unembedding.
 *
 * nostalgebraist, "interpreting GPT: the logit lens", 2020. The norm's statistics are recomputed at every layer.
 */

import {
  type Model,
  type Prompt,
  type RunOptions,
  runKeys,
  type TokenBatch,
  tokenText,
} from "@diopter/model";
import { checkOptions, type TensorLike } from "@diopter/tensor";
import { LensGrid } from "./lens-grid";
import { lensStatistics } from "./lens-statistics";
import { residualSites } from "./sites";

export interface LensOptions extends RunOptions {
  /** States to read: 0 is the first block's input, `nLayers` the last block's output; all by default. */
  readonly layers?: readonly number[];
  /** Tokens kept per cell. */
  readonly topK?: number;
  /** Rank and log-probability of this token in every cell, or of the token that comes next in the prompt. */
  readonly target?: number | string | "next";
  /** Keep all logits, [batch, pos, dVocabOut] per layer: for tests and small models. */
  readonly logits?: boolean;
}

/**
 * What each layer would predict at each position: top tokens, entropy and KL to the output (nats), rank of a target.
 *
 * Only statistics leave the runtime; `[layer, batch, pos, dVocab]` never exists in JavaScript unless asked for.
 * Throws `RangeError` for layers out of range and targets that are not one token.
 *
 * @example
 * const grid = await logitLens(model, "The Apple iPhone is made by");
 * await writeFile("lens.svg", grid.toSVG());
 */
export async function logitLens(
  model: Model,
  prompt: Prompt,
  options: LensOptions = {},
): Promise<LensGrid> {
  checkOptions("logitLens", options, {
    ...runKeys,
    layers: "optional",
    topK: "optional",
    target: "optional",
    logits: "optional",
  });
  const { layers, topK = 5, target, logits = false, ...run } = options;
  const { dVocabOut } = model.config;
  if (!Number.isInteger(topK) || topK < 1 || topK > dVocabOut) {
    throw new RangeError(`logitLens: topK is ${topK}, expected an integer in 1..${dVocabOut}`);
  }
  const sites = residualSites(model.config, layers);
  const tokens = model.prepare(prompt, {
    prependBos: run.prependBos,
    paddingSide: run.paddingSide,
  });
  const targets = target === undefined ? undefined : targetIds(model, tokens, target);
  const statistics = await model.compute(
    tokens,
    lensStatistics({ hooks: sites.map((site) => site.hook), topK, target: targets, logits }),
    run,
  );
  return new LensGrid({
    layers: sites.map((site, i) => ({ ...site, ...statistics[i]! })),
    tokens,
    strings: stringsOf(model, tokens),
    tokenOf: (id) => tokenText(model.tokenizer, id),
    target: target === "next" ? "next" : targets && target,
    provenance: await model.provenance({
      kind: "logit lens",
      tokens: { ids: tokens.ids, keep: tokens.keep, batch: tokens.batch, pos: tokens.pos },
      options: { layers, topK, target, edits: options.edits },
    }),
  });
}

/** Target id per position; the last position of each row has no next token and looks for itself. */
function targetIds(
  model: Model,
  { batch, pos, ids, keep }: TokenBatch,
  target: number | string,
): TensorLike {
  const data = new BigInt64Array(batch * pos);
  if (target === "next") {
    data.forEach((_, i) => {
      const next = (i + 1) % pos !== 0 && keep[i + 1] ? i + 1 : i;
      data[i] = BigInt(ids[next]!);
    });
  } else {
    const id = typeof target === "string" ? model.toSingleToken(target) : target;
    if (!Number.isInteger(id) || id < 0 || id >= model.config.dVocabOut) {
      throw new RangeError(`logitLens: target ${id} is not in 0..${model.config.dVocabOut - 1}`);
    }
    data.fill(BigInt(id));
  }
  return { dtype: "int64", shape: [batch, pos], data };
}

function stringsOf(model: Model, { batch, pos, ids }: TokenBatch): string[][] {
  return Array.from({ length: batch }, (_, row) => {
    const rowIds = ids.slice(row * pos, (row + 1) * pos);
    return model.tokenizer ? model.toStringTokens(rowIds) : rowIds.map(String);
  });
}
