/** @file The reductions of a lens as a piece of graph: logits of every layer stay inside, only statistics come out. */

import type { Builder, Value } from "@diopter/graph";
import { builtOnce, type Extension, type ExtensionContext } from "@diopter/model";
import { checkOptions, Tensor, type TensorLike } from "@diopter/tensor";

export interface StatisticsOptions {
  /** Residual states to read, the hooks' names. */
  readonly hooks: readonly string[];
  readonly topK: number;
  /** Target id per position, int64 [batch, pos]; no rank and log-probability without it. */
  readonly target?: TensorLike | undefined;
  /** Also give the logits themselves, [batch, pos, dVocabOut]: for tests and small models. */
  readonly logits: boolean;
}

/** What is known of one residual state at every position; as the graph gives it, in slots. */
export interface LayerStatistics {
  /** Most likely tokens and their probabilities, [batch, pos, topK]. */
  readonly ids: Tensor;
  readonly probabilities: Tensor;
  /** Nats, [batch, pos]. */
  readonly entropy: Tensor;
  /** KL(model's output || this layer) in nats: what is lost by stopping here, [batch, pos]. */
  readonly kl: Tensor;
  /** Tokens strictly more likely than the target, [batch, pos]. */
  readonly rank: Tensor | undefined;
  /** Log-probability of the target in nats, [batch, pos]. */
  readonly targetLogProbability: Tensor | undefined;
  /** [batch, pos, dVocabOut] */
  readonly logits: Tensor | undefined;
}

/** Statistics of every layer and position: top tokens, entropy, divergence from the model's output, rank of a target. */
export function lensStatistics(options: StatisticsOptions): Extension<LayerStatistics[]> {
  checkOptions("lensStatistics", options, {
    hooks: "required",
    topK: "required",
    target: "optional",
    logits: "required",
  });
  const { hooks, topK, target, logits } = options;
  const wanted = { hooks, topK, logits, target: target !== undefined };
  return {
    name: "lens",
    needs: hooks,
    build: builtOnce([lensStatistics], wanted, () => (e: ExtensionContext) => append(e, wanted)),
    feeds: target ? { target } : {},
    read: (outputs) =>
      hooks.map((_, i) => {
        const optional = (name: string) => {
          const value = outputs[`${i}.${name}`];
          return value && Tensor.from(value);
        };
        const get = (name: string) => Tensor.from(outputs[`${i}.${name}`]!);
        return {
          ids: get("ids"),
          probabilities: get("top"),
          entropy: get("entropy"),
          kl: get("kl"),
          rank: optional("rank"),
          targetLogProbability: optional("target"),
          logits: optional("logits"),
        };
      }),
  };
}

interface Wanted extends Omit<StatisticsOptions, "target"> {
  readonly target: boolean;
}

function append(e: ExtensionContext, { hooks, topK, logits, target }: Wanted) {
  const { b } = e;
  const final = b.logSoftmax(e.unembed(e.resid()), -1);
  const reference = { logProbabilities: final, probabilities: b.exp(final) };
  const wanted = target ? b.unsqueeze(e.feed("target", "int64", ["batch", "pos"]), [2]) : undefined;
  return Object.fromEntries(
    hooks.flatMap((hook, i) => {
      const state = e.unembed(e.hook(hook)); // [batch, pos, dVocabOut]
      const found = statistics(b, state, topK, reference, wanted);
      const all = logits ? { ...found, logits: state } : found;
      return Object.entries(all).map(([name, value]) => [`${i}.${name}`, value]);
    }),
  );
}

interface Reference {
  readonly logProbabilities: Value;
  readonly probabilities: Value;
}

function statistics(
  b: Builder,
  logits: Value,
  topK: number,
  reference: Reference,
  target: Value | undefined,
): Record<string, Value> {
  const logProbabilities = b.logSoftmax(logits, -1);
  const probabilities = b.exp(logProbabilities);
  const [top, ids] = b.topK(logProbabilities, topK, -1, { largest: true });
  return {
    top: b.exp(top!),
    ids: ids!,
    entropy: b.neg(dot(b, probabilities, logProbabilities)),
    // KL(p_final || p_layer): what is lost by stopping here.
    kl: dot(b, reference.probabilities, b.sub(reference.logProbabilities, logProbabilities)),
    ...(target && {
      rank: rankOf(b, logProbabilities, target),
      target: b.squeeze(b.gatherElements(logProbabilities, target, 2), [2]),
    }),
  };
}

/** Σ x y over the last axis. */
function dot(b: Builder, x: Value, y: Value): Value {
  return b.sum(b.mul(x, y), [-1], false);
}

/** How many tokens are strictly more likely: 0 is the top. */
function rankOf(b: Builder, logProbabilities: Value, target: Value): Value {
  const own = b.gatherElements(logProbabilities, target, 2);
  return b.sum(
    b.cast(b.greater(logProbabilities, own), logProbabilities.dtype as "float32"),
    [-1],
    false,
  );
}
