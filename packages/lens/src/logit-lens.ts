/**
 * @file The logit lens: every residual state through the model's own final norm and unembedding.
 *
 * nostalgebraist, "interpreting GPT: the logit lens", 2020. The norm's statistics are recomputed at every layer.
 */

import {
  type Model,
  type Prompt,
  padPlaces,
  type RunOptions,
  runKeys,
  type TokenBatch,
  takeSlots,
  tokenSlots,
  tokenText,
} from "@diopter/model";
import { checkOptions, type TensorLike } from "@diopter/tensor";
import { LensGrid } from "./lens-grid";
import { type LayerStatistics, lensStatistics } from "./lens-statistics";
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
    layers: sites.map((site, i) => ({ ...site, ...byPosition(statistics[i]!, tokens) })),
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

/** Statistics of slots as those of positions, whatever lies between them; nothing behind the end of shorter prompts. */
function byPosition(statistics: LayerStatistics, tokens: TokenBatch): LayerStatistics {
  const places = padPlaces(tokenSlots(tokens));
  const taken = Object.entries(statistics).map(([name, value]) => [
    name,
    value && takeSlots(value, 1, places),
  ]);
  return Object.fromEntries(taken) as LayerStatistics;
}

/** Target id per slot; the last token of each row has no next one and looks for itself. */
function targetIds(model: Model, tokens: TokenBatch, target: number | string): TensorLike {
  const { batch, pos, ids } = tokens;
  const data = new BigInt64Array(batch * pos);
  if (target === "next") {
    tokenSlots(tokens).forEach((row, r) => {
      row.forEach((slot, position) => {
        data[r * pos + slot] = BigInt(ids[r * pos + (row[position + 1] ?? slot)]!);
      });
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

/** Text of each token of each prompt. */
function stringsOf(model: Model, tokens: TokenBatch): string[][] {
  return tokenSlots(tokens).map((slots, row) => {
    const ids = slots.map((slot) => tokens.ids[row * tokens.pos + slot]!);
    return model.tokenizer ? model.toStringTokens(ids) : ids.map(String);
  });
}
