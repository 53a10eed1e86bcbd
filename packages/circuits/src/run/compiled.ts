/**
 * @file The compiled engine: the graph of one circuit only.
 *
 * Each destination reads of every source that is there its own value or its replacement, as in the dense engine, and
 * the replacements of all others. Components that no kept edge needs are not in the graph; those that only read
 * replacements are constants.
 */

import type { Value } from "@diopter/graph";
import { builtOnce, type Context, type FactorizedView, type Source } from "@diopter/model";
import { fromData, type TensorLike } from "@diopter/tensor";
import { type Form, leadingDims } from "../ablation/activations";
import type { EdgeMask } from "../ablation/replaced-mask";
import type { EdgeGraph } from "../graph/edge-graph";
import { groupsBefore, sourceHook, stageOf } from "../graph/sources";
import type { CompiledPlan } from "./compiled-plan";
import { maskFeed, replacementFeed } from "./feeds";
import { headsSource, Mixture, plainSource } from "./mixture";

export interface CompiledForm {
  readonly mask: { readonly batch: boolean; readonly pos: boolean };
  readonly values: Form;
}

/** Name of the feed with what a source writes that only reads replacements. */
export function constantFeed(hook: string): string {
  return `constant ${hook}`;
}

/** The view of a model in which only what `plan` names exists. */
export function compiledView(
  graph: EdgeGraph,
  plan: CompiledPlan,
  form: CompiledForm,
): FactorizedView {
  return builtOnce([compiledView], [graph.shape, form, plan], () => viewOf(graph, plan, form));
}

function viewOf(graph: EdgeGraph, plan: CompiledPlan, form: CompiledForm): FactorizedView {
  const memory = new WeakMap<Context, CircuitState>();
  const { shape } = graph;
  return {
    splitEmbedding: shape.embedding === "split",
    heads: (layer) => plan.heads[layer]!,
    mlp: (layer) => plan.mlps[layer]!,
    mixer(t, { kind, layer, readers }, sources) {
      const { b } = t;
      const state = memory.get(t) ?? new CircuitState(t, graph, plan, form);
      memory.set(t, state);
      const heads = kind !== "mlp" && kind !== "logits";
      const feed = maskFeed({ layer, kind: heads && shape.inputs === "joint" ? "head" : kind });
      const stage = stageOf(heads ? "heads" : kind, layer, shape);
      const read = state.read(sources, stage, feed, readers); // [.., .., reader or 1, dModel]
      // What a computed source writes has every dimension already; an expansion would copy it.
      const dims = ["batch", "pos", heads ? readers : 1, t.c.dModel];
      const whole = state.isWhole ? read : b.expand(read, dims);
      return heads ? whole : b.squeeze(whole, [2]);
    },
  };
}

/** What a graph under construction has made so far. */
class CircuitState {
  readonly #t: Context;
  readonly #graph: EdgeGraph;
  readonly #plan: CompiledPlan;
  readonly #form: CompiledForm;
  /** Sources that are computed. */
  readonly #alive: Mixture;
  /** Those that are constants, and the replacements of the rest: the same for all prompts where replacements are. */
  readonly #fixed: Mixture;
  #seen = 0;
  #groups = 0;

  constructor(t: Context, graph: EdgeGraph, plan: CompiledPlan, form: CompiledForm) {
    this.#t = t;
    this.#graph = graph;
    this.#plan = plan;
    this.#form = form;
    this.#alive = new Mixture(t.b);
    this.#fixed = new Mixture(t.b);
  }

  /** Whether anything computed has been read. */
  get isWhole(): boolean {
    return this.#alive.width > 0;
  }

  /** What readers of a stage read by the masks that are fed under a name. */
  read(sources: readonly Source[], stage: number, feed: string, readers: number): Value {
    this.#takeAlive(sources);
    this.#takeFixed(stage);
    const parts = [
      this.#alive.read(this.#mask(feed, readers, this.#alive.width), readers),
      this.#fixed.read(this.#mask(`${feed}.constant`, readers, this.#fixed.width), readers),
    ];
    return parts
      .filter((part) => part !== undefined)
      .reduce((sum, part) => this.#t.b.add(sum, part));
  }

  #mask(name: string, readers: number, columns: number): Value | undefined {
    const { batch, pos } = this.#form.mask;
    if (columns === 0) return undefined;
    return this.#t.feed(name, [batch ? "batch" : 1, pos ? "pos" : 1, readers, columns]);
  }

  #takeAlive(sources: readonly Source[]): void {
    for (const source of sources.slice(this.#seen)) {
      if (source.kind === "bias" || (source.layer < 0 && !this.#isAlive(source))) continue;
      const hook = sourceHook(source.kind, source.layer);
      this.#alive.take(source, this.#fed(replacementFeed, hook, source.heads));
    }
    this.#seen = Math.max(this.#seen, sources.length);
  }

  #isAlive({ kind, layer }: Source): boolean {
    return this.#plan.alive.some((index) => {
      const node = this.#graph.sources[index]!;
      return node.kind === kind && node.layer === layer;
    });
  }

  /** Takes all that is written before a stage and not computed, output biases included. */
  #takeFixed(stage: number): void {
    const { b, c, w } = this.#t;
    const groups = groupsBefore(stage, this.#graph.shape);
    for (const { kind, layer, hook, first, count } of groups.slice(this.#groups)) {
      const of = (indices: readonly number[]) =>
        indices.filter((s) => s >= first && s < first + count).map((s) => s - first);
      const constant = of(this.#plan.constant);
      const there = new Set([...of(this.#plan.alive), ...constant]);
      const all = Array.from({ length: count }, (_, i) => i);
      const gone = all.filter((i) => !there.has(i));
      const source = (value: Value, own: readonly number[]) =>
        kind === "heads"
          ? headsSource({ b, config: c, weights: w }, layer, value, own)
          : plainSource(b, value);
      if (constant.length > 0) {
        const value = this.#fed(constantFeed, hook, constant);
        this.#fixed.take(source(value, constant), this.#fed(replacementFeed, hook, constant));
      }
      if (gone.length > 0) {
        const value = this.#fed(replacementFeed, hook);
        if (kind !== "heads") this.#fixed.plus(value);
        else {
          // Zeros in the place of the others cost less than picking rows of the output matrix.
          const isGone = Float32Array.from({ length: count }, (_, i) => Number(!there.has(i)));
          const zeroed = b.cast(b.constant(fromData(isGone, [count, 1])), value.dtype as "float32");
          const own = b.mul(value, zeroed);
          this.#fixed.plus(source(own, all).total());
        }
      }
      const bias = kind === "heads" ? w.optional(`blocks.${layer}.attn.b_O`) : undefined;
      if (bias) this.#fixed.plus(bias);
    }
    this.#groups = Math.max(this.#groups, groups.length);
  }

  /** A fed value of a source hook, of some heads only where told. */
  #fed(name: (hook: string) => string, hook: string, heads?: readonly number[]): Value {
    const { b, c, feed } = this.#t;
    const isHeads = hook.endsWith("hook_z");
    const rest = isHeads ? [c.nHeads, c.dHead] : [c.dModel];
    // Constants come from a run, which has positions even where replacements do not differ by them.
    const { values } = this.#form;
    const form = name === constantFeed && values === "constant" ? "position" : values;
    const value = feed(name(hook), [...leadingDims(form), ...rest]);
    return isHeads && heads && heads.length < c.nHeads ? b.gather(value, heads, 2) : value;
  }
}

/** A mask as the feeds of a compiled view. */
export function compiledMaskFeeds(
  graph: EdgeGraph,
  plan: CompiledPlan,
  { batch, pos, values }: EdgeMask,
): Record<string, TensorLike> {
  const { destinations, edgeCount, sources } = graph;
  const feeds: Record<string, TensorLike> = {};
  const rows = batch * pos;
  const groups = new Map<string, number[]>();
  destinations.forEach(({ kind, layer, index }, d) => {
    const exists =
      kind === "logits" || (kind === "mlp" ? plan.mlps[layer] : plan.heads[layer]!.includes(index));
    if (!exists && !isGrouped(graph, kind, plan, layer)) return;
    const name = maskFeed({ layer, kind });
    groups.set(name, [...(groups.get(name) ?? []), d]);
  });
  for (const [name, members] of groups) {
    const { reads } = destinations[members[0]!]!;
    for (const [suffix, chosen] of [
      ["", plan.alive],
      [".constant", plan.constant],
    ] as const) {
      const columns = chosen.filter((source) => source < reads && sources[source] !== undefined);
      if (columns.length === 0) continue;
      const data = new Float32Array(rows * members.length * columns.length);
      let i = 0;
      for (let row = 0; row < rows; row++)
        for (const d of members)
          for (const source of columns)
            data[i++] = values[row * edgeCount + destinations[d]!.firstEdge + source]!;
      feeds[name + suffix] = {
        dtype: "float32",
        shape: [batch, pos, members.length, columns.length],
        data,
      };
    }
  }
  return feeds;
}

/** Heads that share keys and values all exist or none does. */
function isGrouped({ shape }: EdgeGraph, kind: string, plan: CompiledPlan, layer: number): boolean {
  const shared = shape.nKeyValueHeads !== shape.nHeads && kind !== "mlp";
  return shared && plan.heads[layer]!.length > 0;
}
