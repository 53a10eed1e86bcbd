/** @file The dense graph from one stage on: all that is written before is fed, as a sum and as differences. */

import type { Value } from "@diopter/graph";
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
import { DifferenceStack } from "../../run/difference-stack";
import { cleanFeed, maskFeed, named, replacementFeed } from "../../run/feeds";

/** What a run from a stage is fed besides masks and later replacements. */
export interface Prefix {
  /** The residual stream at the stage, [batch, pos, dModel]. */
  readonly total: TensorLike;
  /** Replacement minus source of every source before it, [batch, pos, source, dModel]. */
  readonly differences: TensorLike;
}

const feeds = { total: "prefix total", differences: "prefix differences" } as const;

/** A prefix under the names of its feeds. */
export function prefixFeeds({ total, differences }: Prefix): Record<string, TensorLike> {
  return { [feeds.total]: total, [feeds.differences]: differences };
}

/** The differences of all sources before a stage, from what they wrote and are replaced with: computed once for many runs. */
export function prefixExtension(
  shape: GraphShape,
  stage: number,
  { form, values: replacements }: Activations,
  clean: Values,
): Extension<TensorLike> {
  const build = builtOnce([prefixExtension], [shape, stage, form], () =>
    differencesBefore(shape, stage, form),
  );
  return {
    name: "differences of sources",
    build,
    feeds: { ...named(replacementFeed, replacements), ...named(cleanFeed, clean) },
    read: ({ value }) => value!,
  };
}

function differencesBefore(
  shape: GraphShape,
  stage: number,
  form: Form,
): Extension<TensorLike>["build"] {
  const groups = groupsBefore(stage, shape);
  return ({ b, config, weights, float, feed }: ExtensionContext) => {
    const { nHeads, dHead, dModel } = config;
    const [batch, pos] = leadingDims(form);
    const pieces = groups.map(({ kind, layer, hook }) => {
      const heads = kind === "heads";
      const rest = heads ? [nHeads, dHead] : [dModel];
      const own = feed(cleanFeed(hook), float, ["batch", "pos", ...rest]);
      const moved = b.sub(feed(replacementFeed(hook), float, [batch, pos, ...rest]), own);
      if (!heads) return b.unsqueeze(moved, [2]);
      const W = b.reshape(weights.get(`blocks.${layer}.attn.W_O`), [nHeads, dHead, dModel]);
      return b.squeeze(b.matmul(b.unsqueeze(moved, [3]), W), [3]); // [batch, pos, head, dModel]
    });
    return pieces.length > 1 ? b.concat(pieces, 2) : pieces[0]!;
  };
}

/** The dense view whose destinations from a stage on read a fed prefix and what is written after it. */
export function restartView(shape: GraphShape, stage: number, form: Form): FactorizedView {
  return builtOnce([restartView], [shape, stage, form], () => viewFrom(shape, stage, form));
}

function viewFrom(shape: GraphShape, stage: number, form: Form): FactorizedView {
  const before = new Set(hooksOf(groupsBefore(stage, shape)));
  const memory = new WeakMap<Context, DifferenceStack>();
  const isBefore = (source: Source) =>
    source.kind === "bias"
      ? stageOf("heads", source.layer, shape) < stage
      : before.has(sourceHook(source.kind, source.layer));
  return {
    splitEmbedding: shape.embedding === "split",
    mixer(t, { kind, layer, readers }, sources) {
      const { b, c } = t;
      const heads = kind !== "mlp" && kind !== "logits";
      const wide = (x: Value) => (heads ? b.unsqueeze(x, [2]) : x);
      // Nothing asks for what is read earlier.
      if (stageOf(heads ? "heads" : kind, layer, shape) < stage) {
        const dims = ["batch", "pos", ...(heads ? [readers] : []), c.dModel];
        return b.expand(wide(sumOf(b, sources)), dims);
      }
      const later = sources.filter((source) => !isBefore(source));
      const stack = memory.get(t) ?? new DifferenceStack(t, form, fedDifferences(t, shape, stage));
      memory.set(t, stack);
      stack.take(later);
      const fed = t.feed(feeds.total, ["batch", "pos", c.dModel]);
      const total = later.length > 0 ? b.add(fed, stack.total(later)) : fed;
      const feed = maskFeed({
        layer,
        kind: heads && shape.inputs === "joint" ? "head" : kind,
      });
      const mask = t.feed(feed, [1, 1, readers, stack.width]);
      const mixed = stack.mixed(mask, readers); // [batch, pos, reader, dModel]
      return b.add(wide(total), heads ? mixed : b.squeeze(mixed, [2]));
    },
  };
}

function fedDifferences(t: Context, shape: GraphShape, stage: number) {
  const sources = groupsBefore(stage, shape).reduce((sum, { count }) => sum + count, 0);
  const value = t.feed(feeds.differences, ["batch", "pos", sources, t.c.dModel]);
  return { value, sources };
}
