/** @file The dense graph from one stage on: all that is written before is fed. */

import {
  builtOnce,
  type Context,
  type Extension,
  type ExtensionContext,
  type FactorizedView,
  type Source,
  sumOf,
  type Values,
} from "@diopter/model";
import type { TensorLike } from "@diopter/tensor";
import { type Activations, type Form, leadingDims } from "../../ablation/activations";
import type { GraphShape } from "../../graph/shape";
import { groupsBefore, hooksOf, sourceHook, stageOf } from "../../graph/sources";
import { DenseSources } from "../../run/dense";
import { cleanFeed, maskFeed, named, replacementFeed } from "../../run/feeds";
import { headsSource, Mixture, plainSource } from "../../run/mixture";

/** What a run from a stage is fed besides masks and later replacements, of all sources before it. */
export interface Prefix {
  /** The smaller of own value and replacement, summed, and biases: [batch, pos, dModel]. */
  readonly base: TensorLike;
  /** Own value minus replacement, [batch, pos, source, dModel]. */
  readonly difference: TensorLike;
  /** 1 where the own value is larger, [batch, pos, source]. */
  readonly larger: TensorLike;
}

const feeds = { base: "prefix base", difference: "prefix difference", larger: "prefix larger" };

/** A prefix under the names of its feeds. */
export function prefixFeeds({ base, difference, larger }: Prefix): Record<string, TensorLike> {
  return { [feeds.base]: base, [feeds.difference]: difference, [feeds.larger]: larger };
}

/** What is written before a stage, from what sources wrote and are replaced with: computed once for many runs. */
export function prefixExtension(
  shape: GraphShape,
  stage: number,
  { form, values: replacements }: Activations,
  clean: Values,
): Extension<Prefix> {
  const build = builtOnce([prefixExtension], [shape, stage, form], () =>
    prefixBefore(shape, stage, form),
  );
  return {
    name: "what is written before a stage",
    build,
    feeds: { ...named(replacementFeed, replacements), ...named(cleanFeed, clean) },
    read: ({ base, difference, larger }) => ({
      base: base!,
      difference: difference!,
      larger: larger!,
    }),
  };
}

function prefixBefore(shape: GraphShape, stage: number, form: Form): Extension<Prefix>["build"] {
  const groups = groupsBefore(stage, shape);
  return (e: ExtensionContext) => {
    const { b, config, weights, float, feed } = e;
    const { nHeads, dHead, dModel } = config;
    const mixture = new Mixture(b);
    for (const { kind, layer, hook } of groups) {
      const heads =
        kind === "heads" ? Array.from({ length: nHeads }, (_, head) => head) : undefined;
      const rest = heads ? [nHeads, dHead] : [dModel];
      const own = feed(cleanFeed(hook), float, ["batch", "pos", ...rest]);
      const other = feed(replacementFeed(hook), float, [...leadingDims(form), ...rest]);
      mixture.take(heads ? headsSource(e, layer, own, heads) : plainSource(b, own), other);
      const bias = heads && weights.optional(`blocks.${layer}.attn.b_O`);
      if (bias) mixture.plus(bias);
    }
    const { base, piece } = mixture.whole();
    return { base, difference: piece.difference, larger: piece.larger };
  };
}

/** The dense view whose destinations from a stage on read a fed prefix and what is written after it. */
export function restartView(shape: GraphShape, stage: number, form: Form): FactorizedView {
  return builtOnce([restartView], [shape, stage, form], () => viewFrom(shape, stage, form));
}

function viewFrom(shape: GraphShape, stage: number, form: Form): FactorizedView {
  const before = new Set(hooksOf(groupsBefore(stage, shape)));
  const memory = new WeakMap<Context, DenseSources>();
  const isBefore = (source: Source) =>
    source.kind === "bias"
      ? stageOf("heads", source.layer, shape) < stage
      : before.has(sourceHook(source.kind, source.layer));
  return {
    splitEmbedding: shape.embedding === "split",
    mixer(t, { kind, layer, readers }, sources) {
      const { b, c } = t;
      const heads = kind !== "mlp" && kind !== "logits";
      // Nothing asks for what is read earlier.
      if (stageOf(heads ? "heads" : kind, layer, shape) < stage) {
        const dims = ["batch", "pos", ...(heads ? [readers] : []), c.dModel];
        const total = sumOf(b, sources);
        return b.expand(heads ? b.unsqueeze(total, [2]) : total, dims);
      }
      const stack =
        memory.get(t) ?? new DenseSources(t, form, new Mixture(b, fedPrefix(t, shape, stage)));
      memory.set(t, stack);
      stack.take(sources.filter((source) => !isBefore(source)));
      const feed = maskFeed({ layer, kind: heads && shape.inputs === "joint" ? "head" : kind });
      const read = stack.read(feed, [1, 1], readers); // [batch, pos, reader, dModel]
      return heads ? read : b.squeeze(read, [2]);
    },
  };
}

function fedPrefix(t: Context, shape: GraphShape, stage: number) {
  const sources = groupsBefore(stage, shape).reduce((sum, { count }) => sum + count, 0);
  return {
    base: t.feed(feeds.base, ["batch", "pos", t.c.dModel]),
    piece: {
      difference: t.feed(feeds.difference, ["batch", "pos", sources, t.c.dModel]),
      larger: t.feed(feeds.larger, ["batch", "pos", sources]),
      sources,
    },
  };
}
