/** @file One prompt through a model: predictions, activations and a continuation, as asked. */

import type { ActivationCache, Edit, Model, Provenance } from "@diopter/model";
import {
  type PositionPredictions,
  predictedPositions,
  predictions,
  tokenStrings,
} from "./predictions";
import type { Progress } from "./progress";

export interface RunRequest {
  readonly prompt: string | readonly number[];
  readonly count: number;
  readonly edits: readonly Edit[];
  /** Hooks to keep. */
  readonly names: readonly string[];
  readonly generation: Generation | undefined;
  readonly signal: AbortSignal;
}

export interface Generation {
  readonly maxNewTokens: number;
  readonly temperature: number;
  readonly seed: number;
}

export interface RunResult extends RunRequest {
  readonly tokens: readonly {
    readonly position: number;
    readonly id: number;
    readonly token: string;
  }[];
  readonly predictions: readonly PositionPredictions[];
  readonly generated: { readonly ids: readonly number[]; readonly text: string } | undefined;
  readonly cache: ActivationCache | undefined;
  readonly provenance: Provenance;
}

/** Runs a request. Throws `RangeError` when it asks for more predictions than there are tokens. */
export async function runModel(
  model: Model,
  request: RunRequest,
  progress: Progress,
): Promise<RunResult> {
  const { prompt, count, edits, names, generation, signal } = request;
  const { dVocabOut } = model.config;
  if (count > dVocabOut) {
    throw new RangeError(`run: --top-k is ${count}, the model has ${dVocabOut} tokens`);
  }
  const { logits, tokens, cache } = await model.runWithCache(prompt, {
    names,
    edits: generation ? atPrompt(edits) : edits,
    signal,
  });
  const strings = tokenStrings(model, tokens.ids);
  const positions = predictedPositions(model, tokens);
  const generated = generation && (await generate(model, request, generation, progress));
  return {
    ...request,
    tokens: tokens.ids.map((id, position) => ({ position, id, token: strings[position]! })),
    predictions: predictions(model, tokens, logits, { positions, count }),
    generated,
    cache: names.length > 0 ? cache : undefined,
    provenance: await model.provenance({ kind: "run", prompt, edits, names, generation }),
  };
}

/** What edits of a generation do to the run on the prompt, which is its step 0. */
function atPrompt(edits: readonly Edit[]): Edit[] {
  return edits.flatMap(({ step, ...edit }) =>
    step === undefined || [step].flat().includes(0) ? [edit] : [],
  );
}

async function generate(
  model: Model,
  { prompt, edits, signal }: RunRequest,
  generation: Generation,
  progress: Progress,
): Promise<NonNullable<RunResult["generated"]>> {
  let made = 0;
  const { ids, texts } = await model.generate(prompt, {
    ...generation,
    edits,
    signal,
    onToken: () => progress.step("generating", ++made, generation.maxNewTokens),
  });
  return { ids: ids[0]!, text: texts[0] ?? ids[0]!.join(" ") };
}
