/**
 * @file The compiled engine: the graph of one circuit only.
 *
 * Each destination reads a base in which everything is replaced, plus source minus replacement of the kept
 * edges. Components that no kept edge needs are not in the graph; those that only read replacements are constants.
 */

import type { Value } from "@diopter/graph";
import { builtOnce, type Context, type FactorizedView, type Source } from "@diopter/model";
import type { TensorLike } from "@diopter/tensor";
import { type Form, leadingDims } from "../ablation/activations";
import type { EdgeMask } from "../ablation/replaced-mask";
import type { EdgeGraph } from "../graph/edge-graph";
import { groupsBefore, type SourceGroup, sourceHook, stageOf, streamAt } from "../graph/sources";
import type { CompiledPlan } from "./compiled-plan";
import { replacementFeed } from "./feeds";
import { Pieces } from "./pieces";

export interface CompiledForm {
  readonly mask: { readonly batch: boolean; readonly pos: boolean };
  readonly values: Form;
  /** Whether the sums of replacements are fed (a run's own residual stream) or added up in the graph. */
  readonly sums: boolean;
}

/** Name of the feed with what a source writes that only reads replacements. */
export function constantFeed(hook: string): string {
  return `constant ${hook}`;
}

/** Name of the feed with the sum of all replacements up to a hook of the residual stream. */
export function sumFeed(hook: string): string {
  return `sum ${hook}`;
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
      const feed = `kept.${layer}.${heads && shape.inputs === "joint" ? "head" : kind}`;
      const stage = stageOf(heads ? "heads" : kind, layer, shape);
      const base = b.unsqueeze(state.base(stage), [2]); // [.., .., 1, dModel]
      const alive = state.alive(sources, feed, readers);
      const constant = state.constant(stage, feed, readers);
      const read = [alive, constant]
        .filter((part) => part !== undefined)
        .reduce<Value>((sum, part) => b.add(sum, part), base); // [.., .., reader or 1, dModel]
      // What a computed source writes has every dimension already; an expansion would copy it.
      const whole = alive
        ? read
        : b.expand(read, ["batch", "pos", heads ? readers : 1, t.c.dModel]);
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
  readonly #sums = new Map<number, Value>();
  readonly #pieces: Pieces;
  #seen = 0;

  constructor(t: Context, graph: EdgeGraph, plan: CompiledPlan, form: CompiledForm) {
    this.#t = t;
    this.#graph = graph;
    this.#plan = plan;
    this.#form = form;
    this.#pieces = new Pieces(t.b);
  }

  #mask(name: string, readers: number, columns: number): Value {
    const { batch, pos } = this.#form.mask;
    return this.#t.feed(name, [batch ? "batch" : 1, pos ? "pos" : 1, readers, columns]);
  }

  /** Everything replaced, [batch or 1, pos or 1, dModel]. */
  base(stage: number): Value {
    return this.#form.sums ? this.#fedSum(stage) : this.#addedSum(stage);
  }

  /** Source minus replacement of the kept edges, where anything computed comes before. */
  alive(sources: readonly Source[], feed: string, readers: number): Value | undefined {
    const { b } = this.#t;
    for (const source of sources.slice(this.#seen)) {
      if (source.kind === "bias" || (source.layer < 0 && !this.#isAlive(source))) continue;
      const replacement = this.#fed(
        replacementFeed,
        sourceHook(source.kind, source.layer),
        source.heads,
      );
      this.#pieces.add({
        value: source.each(b.sub(source.value, replacement)),
        sources: source.heads?.length ?? 1,
      });
    }
    this.#seen = Math.max(this.#seen, sources.length);
    const { width } = this.#pieces;
    return width > 0 ? this.#pieces.mixed(this.#mask(feed, readers, width), readers) : undefined;
  }

  #isAlive({ kind, layer }: Source): boolean {
    return this.#plan.alive.some((index) => {
      const node = this.#graph.sources[index]!;
      return node.kind === kind && node.layer === layer;
    });
  }

  /** Constant minus replacement of the kept edges from constant sources, where there are any. */
  constant(stage: number, feed: string, readers: number): Value | undefined {
    const { b } = this.#t;
    const { constant } = this.#plan;
    let columns = 0;
    const pieces = groupsBefore(stage, this.#graph.shape).flatMap((group) => {
      const { kind, layer, hook, first, count } = group;
      const own = constant.filter((source) => source >= first && source < first + count);
      if (own.length === 0) return [];
      columns += own.length;
      const heads = kind === "heads" ? own.map((source) => source - first) : undefined;
      const moved = b.sub(
        this.#fed(constantFeed, hook, heads),
        this.#fed(replacementFeed, hook, heads),
      );
      return [heads ? this.#results(layer, moved, heads) : b.unsqueeze(moved, [2])];
    });
    if (pieces.length === 0) return undefined;
    const stack = pieces.length > 1 ? b.concat(pieces, 2) : pieces[0]!;
    return b.matmul(this.#mask(`${feed}.constant`, readers, columns), stack);
  }

  /** A fed value of a source hook, of some heads only where told. */
  #fed(name: (hook: string) => string, hook: string, heads?: readonly number[]): Value {
    const { b, c, feed } = this.#t;
    const rest = hook.endsWith("hook_z") ? [c.nHeads, c.dHead] : [c.dModel];
    // Constants come from a run, which has positions even where replacements do not differ by them.
    const { values } = this.#form;
    const form = name === constantFeed && values === "constant" ? "position" : values;
    const value = feed(name(hook), [...leadingDims(form), ...rest]);
    return heads && heads.length < c.nHeads ? b.gather(value, heads, 2) : value;
  }

  /** z [.., .., head, dHead] of some heads as what they write, [.., .., head, dModel]. */
  #results(layer: number, z: Value, heads: readonly number[]): Value {
    const { b, c, w } = this.#t;
    const W = b.reshape(w.get(`blocks.${layer}.attn.W_O`), [c.nHeads, c.dHead, c.dModel]);
    const own = heads.length < c.nHeads ? b.gather(W, heads, 0) : W; // [head, dHead, dModel]
    return b.squeeze(b.matmul(b.unsqueeze(z, [3]), own), [3]);
  }

  #fedSum(stage: number): Value {
    const { c, feed } = this.#t;
    const name = sumFeed(streamAt(stage, this.#graph.shape));
    return feed(name, [...leadingDims(this.#form.values), c.dModel]);
  }

  #addedSum(stage: number): Value {
    const known = this.#sums.get(stage);
    if (known) return known;
    const groups = groupsBefore(stage, this.#graph.shape);
    const last = groups.at(-1)!.stage;
    const before = last < 0 ? [] : [this.#addedSum(last)];
    const fresh = groups.filter((group) => group.stage === last);
    const sum = [...before, ...fresh.flatMap((group) => this.#written(group))].reduce((x, y) =>
      this.#t.b.add(x, y),
    );
    this.#sums.set(stage, sum);
    return sum;
  }

  #written({ kind, layer, hook }: SourceGroup): Value[] {
    return kind === "heads" ? this.#attention(layer) : [this.#fed(replacementFeed, hook)];
  }

  /** What a layer's heads write when all are replaced, output bias included. */
  #attention(layer: number): Value[] {
    const { b, c, w } = this.#t;
    const z = this.#fed(replacementFeed, `blocks.${layer}.attn.hook_z`);
    const [batch, pos] = z.shape;
    const joined = b.reshape(z, [batch!, pos!, c.nHeads * c.dHead]);
    const bias = w.optional(`blocks.${layer}.attn.b_O`);
    return [b.matmul(joined, w.get(`blocks.${layer}.attn.W_O`)), ...(bias ? [bias] : [])];
  }
}

/** Which edges are kept, as the feeds of a compiled view: 1 minus the mask. */
export function keptFeeds(
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
    const name = `kept.${layer}.${kind}`;
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
            data[i++] = 1 - values[row * edgeCount + destinations[d]!.firstEdge + source]!;
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
