/** @file The most likely tokens at a position, from logits. */

import { type Model, type TokenBatch, tokenText } from "@diopter/model";
import { cast, gather, reshape, softmax, type Tensor, topK } from "@diopter/tensor";

export interface Prediction {
  readonly rank: number;
  readonly id: number;
  readonly token: string;
  readonly probability: number;
  readonly logit: number;
}

/** What is predicted at one position. */
export interface PositionPredictions {
  readonly position: number;
  /** Whether the prediction is of the next token, or of the one that a mask stands for. */
  readonly where: "after" | "at";
  /** The token that stands there. */
  readonly token: string;
  readonly top: readonly Prediction[];
}

/** Where a model predicts something: at every mask where there are some, else at the last position. */
export function predictedPositions({ config, tokenizer }: Model, { ids }: TokenBatch): number[] {
  const masks = ids.flatMap((id, position) => (id === tokenizer?.mask ? [position] : []));
  return config.attentionDir === "bidirectional" && masks.length > 0 ? masks : [ids.length - 1];
}

/** The `count` most likely tokens at `positions`, from one prompt's `logits` [1, pos, dVocabOut]. */
export function predictions(
  model: Model,
  { ids, pos }: TokenBatch,
  logits: Tensor,
  { positions, count }: { readonly positions: readonly number[]; readonly count: number },
): PositionPredictions[] {
  const strings = tokenStrings(model, ids);
  const rows = gather(reshape(logits, [pos, -1]), positions, 0); // [position, dVocabOut]
  const best = topK(softmax(cast(rows, "float64"), -1), count, -1);
  return positions.map((position, row) => ({
    position,
    where: ids[position] === model.tokenizer?.mask ? "at" : "after",
    token: strings[position]!,
    top: Array.from({ length: count }, (_, i) => {
      const id = Number(best.indices.at(row, i));
      return {
        rank: i,
        id,
        token: tokenText(model.tokenizer, id),
        probability: best.values.at(row, i),
        logit: rows.at(row, id),
      };
    }),
  }));
}

/** Text of each token of a prompt; models without a tokenizer show ids. */
export function tokenStrings(model: Model, ids: readonly number[]): string[] {
  return model.tokenizer ? model.toStringTokens(ids) : ids.map(String);
}
