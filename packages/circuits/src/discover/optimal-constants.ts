/** @file Optimal ablation: the constants that hurt a circuit least, fitted by gradient. Li and Janson 2024. */

import { derivatives, type Model } from "@diopter/model";
import {
  type AdamState,
  adam,
  adamState,
  checkOptions,
  type ParameterSet,
  Random,
} from "@diopter/tensor";
import { type Ablation, type AblationValue, ablationOf } from "../ablation/ablation";
import { edgesOfSources, replacedMask } from "../ablation/replaced-mask";
import type { Circuit } from "../graph/circuit";
import { sourceHooks } from "../graph/sources";
import { batchesOf, batchSizeFor, longestOf } from "../run/batches";
import { circuitFor } from "../run/cell";
import { type DenseForm, denseView } from "../run/dense";
import { maskFeeds, readersOf, replacementFeed } from "../run/feeds";
import { replacementsFor } from "../run/replacements/replacements";
import { runPlain } from "../run/run-batch";
import type { Task } from "../task/task";
import { taskMetric } from "./task-metric";

export interface OptimalConstantsOptions {
  /** The cell that the constants are for; its value is what they start from, the mean of the clean side when absent. */
  readonly ablation?: Partial<Ablation>;
  /** Passes over the prompts; default 30. */
  readonly epochs?: number;
  readonly learningRate?: number;
  readonly batchSize?: number;
  /** Order of the batches. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { epoch: number; epochs: number; loss: number }) => void;
}

export interface OptimalConstants {
  /** For `evaluate`: one vector per source, the same for all prompts (and positions, unless it started from a mean by position). */
  readonly value: AblationValue;
  /** Mean KL(model || circuit), nats, over each epoch; the last ones are a lower bound for constants that do not look at the prompt. */
  readonly losses: readonly number[];
}

/**
 * Fits what ablated sources are replaced with so that KL(model || circuit) on the task is least.
 *
 * Heads are fitted before their output matrix. Throws `RangeError` where the starting value differs by prompt.
 *
 * @example evaluate(model, test, circuit, { ablation: { value: (await optimalConstants(model, train, circuit)).value } });
 */
export async function optimalConstants(
  model: Model,
  task: Task,
  circuit: Circuit,
  options: OptimalConstantsOptions = {},
): Promise<OptimalConstants> {
  checkOptions("optimalConstants", options, {
    ablation: "optional",
    epochs: "optional",
    learningRate: "optional",
    batchSize: "optional",
    seed: "optional",
    signal: "optional",
    onProgress: "optional",
  });
  const { epochs = 30, learningRate = 0.01, seed = 0, signal, onProgress } = options;
  const start = { value: { kind: "mean", over: "clean", by: "all" } as const, ...options.ablation };
  const ablation = ablationOf(start);
  const own = circuitFor(circuit, ablation);
  const pos = longestOf(task.prompts);
  const size =
    options.batchSize ?? batchSizeFor(pos, 2 * own.graph.sources.length, model.config.dModel);
  const batches = batchesOf(task.prompts, size);
  const context = { model, shape: own.shape, task, direction: ablation.direction, batchSize: size };
  const replacements = await replacementsFor(ablation.value, { ...context, signal });
  const { form, values } = await replacements.at(batches[0]!.prompts);
  if (form === "prompt") {
    throw new RangeError(
      "optimal constants: the value they start from differs by prompt; give a mean or zero",
    );
  }
  const hooks = sourceHooks(own.shape);
  const parameters: ParameterSet = Object.fromEntries(
    hooks.map((hook) => [hook, Float64Array.from(values[hook]!.data as Float32Array)]),
  );
  const state: AdamState = adamState(parameters);
  const random = new Random(seed);
  const losses: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    let total = 0;
    for (const { prompts } of random.shuffle(batches)) {
      signal?.throwIfAborted();
      const step = await gradients(prompts);
      total += step.loss;
      adam(parameters, step.gradients, state, { learningRate });
    }
    losses.push(total / task.prompts.length);
    onProgress?.({ epoch: epoch + 1, epochs, loss: losses.at(-1)! });
  }
  const name = `optimal for ${circuit.name}, ${epochs} epochs, seed ${seed}`;
  return { value: { kind: "given", name, activations: { form, values: tensors() } }, losses };

  function tensors() {
    return Object.fromEntries(
      hooks.map((hook) => [
        hook,
        {
          dtype: "float64" as const,
          shape: values[hook]!.shape,
          data: Float64Array.from(parameters[hook] as Float64Array),
        },
      ]),
    );
  }

  async function gradients(prompts: Task["prompts"]) {
    const rows = prompts.map(({ clean }) => clean);
    const { dVocabOut } = model.config;
    const metric = taskMetric("kl", prompts, {
      dVocabOut,
      pos: rows[0]!.length,
      model: await runPlain({ model, prompts, rows, signal }),
    });
    const replaced = replacedMask(own, ablation, prompts);
    const mask = ablation.component === "node" ? edgesOfSources(replaced, own.graph) : replaced;
    const dense: DenseForm = {
      mask: { batch: mask.batch > 1, pos: mask.pos > 1 },
      values: form,
    };
    const view = denseView(own.shape, dense);
    const feeds = Object.fromEntries(
      Object.entries(tensors()).map(([hook, value]) => [replacementFeed(hook), value]),
    );
    const wrt = hooks.map(replacementFeed);
    const found = await model.compute({ tokens: rows }, derivatives(metric, wrt, "view"), {
      view: { ...view, feeds: { ...feeds, ...maskFeeds(readersOf(own.graph), mask) } },
      signal,
    });
    const means = hooks.map((hook) => {
      const { data } = found.gradients[replacementFeed(hook)]!;
      return [hook, Float64Array.from(data as Float32Array, (x) => x / rows.length)];
    });
    return { loss: sum(found.values), gradients: Object.fromEntries(means) as ParameterSet };
  }
}

function sum(values: ArrayLike<number>): number {
  return Array.from(values).reduce((total, x) => total + x, 0);
}
