/** @file What stays as it was in the base run: sources, norm scales, attention patterns. */

import type { Value } from "@diopter/graph";
import {
  activations,
  type Context,
  type FactorizedView,
  type Model,
  type ResolvedEdit,
} from "@diopter/model";
import type { TensorLike } from "@diopter/tensor";
import type { GraphShape } from "../graph/shape";
import { sourceHooks } from "../graph/sources";
import { pickHooks } from "./feeds";

type Values = Readonly<Record<string, TensorLike>>;

export interface Frozen {
  /** By source hook: nothing is recomputed under the replacement. */
  readonly sources?: Values;
  /** Norm divisors by hook, [batch, pos, 1]. */
  readonly norms?: Values;
  /** Attention patterns by hook. */
  readonly patterns?: Values;
}

export interface FreezeChoices {
  readonly sources: boolean;
  readonly norms: boolean;
  readonly patterns: boolean;
}

/** Reads from the base run what shall be frozen. */
export async function readFrozen(
  model: Model,
  shape: GraphShape,
  rows: readonly (readonly number[])[],
  choices: FreezeChoices,
): Promise<Frozen> {
  const names = {
    sources: choices.sources ? sourceHooks(shape) : [],
    norms: choices.norms ? scaleHooks(model, shape) : [],
    patterns: choices.patterns ? patternHooks(shape) : [],
  };
  const read = Object.values(names).flat();
  if (read.length === 0) return {};
  const values = await model.compute({ tokens: rows }, activations(read));
  const pick = (hooks: readonly string[]) => pickHooks(values, hooks);
  return {
    ...(choices.sources && { sources: pick(names.sources) }),
    ...(choices.norms && names.norms.length > 0 && { norms: pick(names.norms) }),
    ...(choices.patterns && { patterns: pick(names.patterns) }),
  };
}

/** The norm of a destination with a divisor that is fed: x less its mean (LayerNorm), over the base run's scale. */
export const frozenNorm: NonNullable<FactorizedView["norm"]> = (t, name, x) => {
  const { b, c, w } = t;
  if (c.normalizationType === "none") return x;
  const centered = c.normalizationType.startsWith("RMS") ? x : b.sub(x, b.mean(x, [-1], true));
  const scale = t.feed(frozenFeed(`${name}.hook_scale`), ["batch", "pos", 1]);
  const divided = b.div(centered, x.shape.length === 4 ? b.unsqueeze(scale, [2]) : scale);
  return withGain(t, name, divided, w);
};

function withGain({ b, c }: Context, name: string, x: Value, w: Context["w"]): Value {
  if (c.normalizationType.endsWith("Pre")) return x;
  const gain = w.get(`${name}.w`);
  const scaled = b.mul(x, c.gainPlusOne ? b.add(gain, 1) : gain);
  const bias = w.optional(`${name}.b`);
  return bias ? b.add(scaled, bias) : scaled;
}

function frozenFeed(hook: string): string {
  return `frozen ${hook}`;
}

/** Feeds of the norms inside the blocks. */
export function frozenFeeds({ norms = {} }: Frozen): Record<string, TensorLike> {
  return Object.fromEntries(
    Object.entries(norms)
      .filter(([hook]) => hook.startsWith("blocks."))
      .map(([hook, value]) => [frozenFeed(hook), value]),
  );
}

/** Edits that put patterns and the final norm's scale back. */
export function frozenEdits({ norms = {}, patterns = {} }: Frozen): ResolvedEdit[] {
  const final = Object.entries(norms).filter(([hook]) => !hook.startsWith("blocks."));
  return [...final, ...Object.entries(patterns)].map(([at, value]) => ({
    structure: {
      at,
      operation: "set" as const,
      rank: value.shape.length,
      mask: undefined,
      value: value.shape.map(() => true),
    },
    mask: undefined,
    value,
    by: 1,
  }));
}

function scaleHooks({ config }: Model, { nLayers, attnOnly }: GraphShape): string[] {
  if (config.normalizationType === "none") return [];
  const layers = Array.from({ length: nLayers }, (_, l) => l);
  const perLayer = attnOnly || config.sharedNorm ? ["ln1"] : ["ln1", "ln2"];
  const blocks = layers.flatMap((l) => perLayer.map((ln) => `blocks.${l}.${ln}.hook_scale`));
  return config.finalNorm ? [...blocks, "ln_final.hook_scale"] : blocks;
}

function patternHooks({ nLayers }: GraphShape): string[] {
  return Array.from({ length: nLayers }, (_, l) => `blocks.${l}.attn.hook_pattern`);
}
