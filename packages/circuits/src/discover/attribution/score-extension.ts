/** @file Edge attribution inside a graph: gradients of a metric at every destination times what every source would change by. */

import { backward, type Value } from "@diopter/graph";
import {
  builtOnce,
  type Extension,
  type ExtensionContext,
  type Metric,
  type ModelConfig,
  type Outputs,
} from "@diopter/model";
import { type Form, leadingDims } from "../../ablation/activations";
import type { EdgeGraph } from "../../graph/edge-graph";
import type { GraphShape } from "../../graph/shape";
import { type SourceGroup, sourceGroups, sourceHooks, stageOf } from "../../graph/sources";
import { cleanFeed, replacementFeed } from "../../run/feeds";

/** What a score program is made for. */
export interface ScoreForm {
  readonly values: Form;
  /** Where the sources' own values come from: this run, or numbers that are fed (the clean run of EAP-IG). */
  readonly sources: "live" | "fed";
  /** What is summed over: positions, or nothing. */
  readonly positions: "sum" | "each";
}

/** What of a model decides where an MLP's input is found: under a shared norm it has none of its own. */
export type MlpInput = Pick<ModelConfig, "sharedNorm" | "gatedMlp">;

/** Name of the output with the scores of the edges into one layer's heads (queries, then keys, then values), its MLP, or the logits. */
export function scoreOutput(layer: number, kind: "attn" | "mlp" | "logits"): string {
  return `scores.${layer}.${kind}`;
}

/**
 * (replacement - source) . d metric / d destination input for every edge, [batch, pos or none, reader, source].
 *
 * Appended to an ordinary run in the residual view: all heads of a layer read the same norm there, so the norm's
 * derivative is applied to the scores, as two more columns, and not to a copy of the stream per head.
 * Syed et al. 2023 (EAP), eq. 2; the caller decides what run this is appended to.
 */
export function scoreExtension(
  graph: EdgeGraph,
  metric: Metric,
  form: ScoreForm,
  { sharedNorm, gatedMlp }: MlpInput,
): Extension<Outputs> {
  const { shape } = graph;
  const config = { sharedNorm, gatedMlp };
  const { build: measure } = metric;
  return {
    name: `edge scores by ${metric.name}`,
    leaves: leavesOf(shape, config),
    needs: neededHooks(shape, form),
    build: builtOnce([scoreExtension, measure], [shape, form, config], () =>
      scored(shape, measure, form, config),
    ),
    feeds: metric.feeds,
    read: (outputs) => outputs,
  };
}

/** What the scores read besides what the metric is differentiated by. */
export function neededHooks(shape: GraphShape, { sources }: Pick<ScoreForm, "sources">): string[] {
  return [
    ...(sources === "live" ? sourceHooks(shape) : []),
    ...Array.from({ length: shape.nLayers }, (_, l) => normHooks(l)).flat(),
  ];
}

/** Derivatives of a metric by hooks, by name. */
export function gradientsOf(
  e: ExtensionContext,
  measure: Metric["build"],
  names: readonly string[],
): ReadonlyMap<string, Value> {
  const { b } = e;
  const derivatives = backward(
    b,
    b.sum(measure(e), [0], false),
    names.map((name) => e.hook(name)),
  );
  return new Map(names.map((name, i) => [name, derivatives[i]!]));
}

/** What a source would change by, [batch, pos, ...rest]. */
export function changeOf(
  e: ExtensionContext,
  hook: string,
  rest: readonly number[],
  { values, sources }: Pick<ScoreForm, "values" | "sources">,
): Value {
  const { b, float, feed } = e;
  const replacement = feed(replacementFeed(hook), float, [...leadingDims(values), ...rest]);
  const own =
    sources === "live" ? e.hook(hook) : feed(cleanFeed(hook), float, ["batch", "pos", ...rest]);
  return b.sub(replacement, own);
}

function scored(
  shape: GraphShape,
  measure: Metric["build"],
  form: ScoreForm,
  config: MlpInput,
): Extension<Outputs>["build"] {
  return (e) => {
    const { b } = e;
    const names = leavesOf(shape, config);
    const gradient = gradientsOf(e, measure, names);
    const changes = new Changes(e, shape, form);
    const outputs: Record<string, Value> = {};
    const finished = (scores: Value) =>
      form.positions === "each" ? scores : b.sum(scores, [1], false);
    for (let l = 0; l < shape.nLayers; l++) {
      outputs[scoreOutput(l, "attn")] = finished(
        headScores(e, l, gradient, changes.before(stageOf("heads", l, shape))),
      );
      if (shape.attnOnly) continue;
      outputs[scoreOutput(l, "mlp")] = finished(
        mlpScores(e, l, gradient, changes.before(stageOf("mlp", l, shape))),
      );
    }
    const last = b.unsqueeze(gradient.get(names.at(-1)!)!, [2]);
    outputs[scoreOutput(shape.nLayers, "logits")] = finished(
      b.matmul(last, changes.before(stageOf("logits", shape.nLayers, shape))),
    );
    return outputs;
  };
}

/** Hooks that the metric is differentiated by. */
export function leavesOf(
  { nLayers, attnOnly }: GraphShape,
  config: MlpInput = { sharedNorm: false, gatedMlp: false },
): string[] {
  const leaves: string[] = [];
  for (let l = 0; l < nLayers; l++) {
    for (const kind of ["q", "k", "v"]) leaves.push(`blocks.${l}.attn.hook_${kind}`);
    if (!attnOnly) leaves.push(...mlpLeaves(l, config).map(({ hook }) => hook));
  }
  return [...leaves, `blocks.${nLayers - 1}.hook_resid_post`];
}

/** Where the metric is differentiated for an MLP: at its input, or after its first matrices where it shares its input's norm. */
function mlpLeaves(l: number, { sharedNorm, gatedMlp }: MlpInput) {
  const at = `blocks.${l}`;
  if (!sharedNorm) return [{ hook: `${at}.hook_mlp_in`, matrix: undefined }];
  const pre = { hook: `${at}.mlp.hook_pre`, matrix: `${at}.mlp.W_${gatedMlp ? "gate" : "in"}` };
  const linear = { hook: `${at}.mlp.hook_pre_linear`, matrix: `${at}.mlp.W_in` };
  return gatedMlp ? [pre, linear] : [pre];
}

/** The attention's norm as the scores need it. */
export function normHooks(layer: number): string[] {
  return [`blocks.${layer}.ln1.hook_normalized`, `blocks.${layer}.ln1.hook_scale`];
}

/** Scores into the heads of a layer, [batch, pos, reader, source]; `before` is [batch, pos, dModel, source]. */
function headScores(
  e: ExtensionContext,
  l: number,
  gradient: ReadonlyMap<string, Value>,
  before: Value,
): Value {
  return throughNorm(e, l, throughProjections(e, l, gradient), before);
}

/** Scores into the MLP of a layer, [batch, pos, 1, source]. */
function mlpScores(
  e: ExtensionContext,
  l: number,
  gradient: ReadonlyMap<string, Value>,
  before: Value,
): Value {
  const { b, config, weights } = e;
  const own = mlpLeaves(l, config).map(({ hook, matrix }) => {
    const into = b.unsqueeze(gradient.get(hook)!, [2]);
    if (!matrix) return into;
    return b.matmul(into, b.transpose(gained(e, l, weights.get(matrix), 0), [1, 0]));
  }); // [batch, pos, 1, dModel] each
  const into = own.reduce((sum, part) => b.add(sum, part));
  return config.sharedNorm ? throughNorm(e, l, into, before) : b.matmul(into, before);
}

/** Scores of gradients by the normed stream before its gain, [batch, pos, reader, dModel], back through the norm. */
function throughNorm(e: ExtensionContext, l: number, into: Value, before: Value): Value {
  const { b, config: c } = e;
  if (c.normalizationType === "none") return b.matmul(into, before);
  const [normalized, scale] = normHooks(l).map((hook) => e.hook(hook)) as [Value, Value];
  // d norm / d x = (1 - 1 1^T / d - y y^T / d) / scale, without the middle term for RMSNorm; it is symmetric.
  const centered = !c.normalizationType.startsWith("RMS");
  const column = b.unsqueeze(normalized, [3]); // [batch, pos, dModel, 1]
  const plain = b.matmul(into, before);
  const along = b.mul(
    b.matmul(into, column), // [batch, pos, reader, 1]
    b.div(b.matmul(b.unsqueeze(normalized, [2]), before), c.dModel), // [batch, pos, 1, source]
  );
  const moved = b.sub(plain, along);
  const both = centered
    ? b.sub(moved, b.mul(b.sum(into, [3], true), b.div(b.sum(before, [2], true), c.dModel)))
    : moved;
  return b.div(both, b.unsqueeze(scale, [3]));
}

/** Gradients by queries, keys and values as gradients by the normed stream, [batch, pos, reader, dModel]. */
function throughProjections(
  e: ExtensionContext,
  l: number,
  gradient: ReadonlyMap<string, Value>,
): Value {
  const { b, config: c, weights } = e;
  const kinds = ["q", "k", "v"] as const;
  const own = b.concat(
    kinds.map((kind) => gradient.get(`blocks.${l}.attn.hook_${kind}`)!),
    2,
  ); // [batch, pos, reader, dHead]
  const matrices = kinds.map((kind) => {
    const W = weights.get(`blocks.${l}.attn.W_${kind.toUpperCase()}`); // [dModel, head * dHead]
    return b.reshape(W, [c.dModel, (W.shape[1] as number) / c.dHead, c.dHead]);
  });
  const W = b.transpose(b.concat(matrices, 1), [1, 2, 0]); // [reader, dHead, dModel]
  const matrix = gained(e, l, W, 2);
  const [batch, pos, readers] = own.shape;
  const rows = b.reshape(b.transpose(own, [2, 0, 1, 3]), [readers!, `${batch}*${pos}`, c.dHead]);
  const into = b.reshape(b.matmul(rows, matrix), [readers!, batch!, pos!, c.dModel]);
  return b.transpose(into, [1, 2, 0, 3]);
}

/** A matrix that reads the normed stream along an axis, times the gain of the attention's norm. */
function gained(
  { b, config: c, weights }: ExtensionContext,
  l: number,
  matrix: Value,
  axis: 0 | 2,
): Value {
  if (c.normalizationType === "none" || c.normalizationType.endsWith("Pre")) return matrix;
  const gain = weights.get(`blocks.${l}.ln1.w`);
  const whole = c.gainPlusOne ? b.add(gain, 1) : gain;
  return b.mul(matrix, axis === 0 ? b.unsqueeze(whole, [1]) : whole);
}

/** Replacement minus source of all sources before a destination, transposed so that gradients multiply it as they are. */
class Changes {
  readonly #e: ExtensionContext;
  readonly #form: ScoreForm;
  readonly #groups: readonly SourceGroup[];
  readonly #pieces: Value[] = [];
  #joined: { readonly pieces: number; readonly value: Value } | undefined;

  constructor(e: ExtensionContext, shape: GraphShape, form: ScoreForm) {
    this.#e = e;
    this.#form = form;
    this.#groups = sourceGroups(shape);
  }

  /** All that is written before a stage, [batch, pos, dModel, source]. */
  before(stage: number): Value {
    const count = this.#groups.filter((group) => group.stage < stage).length;
    for (const group of this.#groups.slice(this.#pieces.length, count))
      this.#pieces.push(this.#piece(group));
    if (this.#joined?.pieces === count) return this.#joined.value;
    const fresh = this.#pieces.slice(this.#joined?.pieces ?? 0, count);
    const parts = this.#joined ? [this.#joined.value, ...fresh] : fresh;
    const value = parts.length > 1 ? this.#e.b.concat(parts, 3) : parts[0]!;
    this.#joined = { pieces: count, value };
    return value;
  }

  /** [batch, pos, dModel, source] */
  #piece({ kind, layer, hook }: SourceGroup): Value {
    return kind === "heads" ? this.#byHead(layer, hook) : this.#plain(hook);
  }

  #difference(hook: string, rest: readonly number[]): Value {
    return changeOf(this.#e, hook, rest, this.#form);
  }

  /** [batch, pos, dModel, 1] */
  #plain(hook: string): Value {
    return this.#e.b.unsqueeze(this.#difference(hook, [this.#e.config.dModel]), [3]);
  }

  /** [batch, pos, dModel, head]: W_O of each head times its z. */
  #byHead(layer: number, hook: string): Value {
    const { b, config, weights } = this.#e;
    const { nHeads, dHead, dModel } = config;
    const z = this.#difference(hook, [nHeads, dHead]);
    const [batch, pos] = z.shape;
    const W = b.reshape(weights.get(`blocks.${layer}.attn.W_O`), [nHeads, dHead, dModel]);
    const rows = b.reshape(b.transpose(z, [2, 0, 1, 3]), [nHeads, `${batch}*${pos}`, dHead]);
    const written = b.reshape(b.matmul(rows, W), [nHeads, batch!, pos!, dModel]);
    return b.transpose(written, [1, 2, 3, 0]);
  }
}
