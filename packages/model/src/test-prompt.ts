/** @file Does the model know the answer? TransformerLens's `test_prompt`. */

import { argsort, checkOptions, softmax } from "@diopter/tensor";
import type { Model } from "./model";
import { type RunOptions, runKeys } from "./model-options";
import { tokenText } from "./text/string-tokens";

/** A token with how likely it is to come next. */
export interface RankedToken {
  readonly id: number;
  readonly token: string;
  /** 0 is the most likely. */
  readonly rank: number;
  readonly logit: number;
  readonly probability: number;
}

/**
 * Rank and probability of an answer after a prompt, and of the most likely tokens.
 *
 * Throws RangeError when the answer is not one token.
 *
 * @example
 * const { answer, top } = await testPrompt(model, "The capital of France is", " Paris");
 */
export async function testPrompt(
  model: Model,
  prompt: string,
  answer: string | number,
  options: RunOptions & { readonly topK?: number } = {},
): Promise<{ answer: RankedToken; top: RankedToken[] }> {
  checkOptions("testPrompt", options, { ...runKeys, topK: "optional" });
  const { topK = 10, ...run } = options;
  const { logits } = await model.run(prompt, { ...run, logits: "last" });
  const row = logits.slice([0], [1], [0]).reshape([model.config.dVocabOut]);
  const probabilities = softmax(row);
  const order = Array.from(argsort(row, -1, { descending: true }).data as BigInt64Array, Number);
  const describe = (id: number): RankedToken => ({
    id,
    token: tokenText(model.tokenizer, id),
    rank: order.indexOf(id),
    logit: Number(row.data[id]),
    probability: Number(probabilities.data[id]),
  });
  const wanted = typeof answer === "string" ? model.toSingleToken(answer) : answer;
  if (!order.includes(wanted)) {
    throw new RangeError(`testPrompt: token id ${wanted} is not in 0..${order.length - 1}`);
  }
  return { answer: describe(wanted), top: order.slice(0, topK).map(describe) };
}
