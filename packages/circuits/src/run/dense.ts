/**
 * @file The dense engine: one graph in which the mask of every edge is a number that is fed.
 *
 * Each destination reads of every earlier source its own value, as it is in this same run, or its replacement, as the
 * mask says; so one run computes any set of replaced edges. Miller et al. 2024 (AutoCircuit).
 */

import { builtOnce, type Context, type FactorizedView, type Source } from "@diopter/model";
import { type Form, leadingDims } from "../ablation/activations";
import type { GraphShape } from "../graph/shape";
import { sourceHook } from "../graph/sources";
import { maskFeed, replacementFeed } from "./feeds";
import { Mixture } from "./mixture";

export interface DenseForm {
  /** Axes along which the mask differs. */
  readonly mask: { readonly batch: boolean; readonly pos: boolean };
  /** Axes along which replacement values differ. */
  readonly values: Form;
}

/** The view of a model in which any edge may be replaced. */
export function denseView({ inputs, embedding }: GraphShape, form: DenseForm): FactorizedView {
  return builtOnce([denseView], { inputs, embedding, form }, () => {
    const memory = new WeakMap<Context, DenseSources>();
    return {
      splitEmbedding: embedding === "split",
      mixer(t, { kind, layer, readers }, sources) {
        const stack = memory.get(t) ?? new DenseSources(t, form.values);
        memory.set(t, stack);
        stack.take(sources);
        const heads = kind !== "mlp" && kind !== "logits";
        const feed = maskFeed({ layer, kind: heads && inputs === "joint" ? "head" : kind });
        const dims = [form.mask.batch ? "batch" : 1, form.mask.pos ? "pos" : 1];
        const read = stack.read(feed, dims, readers);
        return heads ? read : t.b.squeeze(read, [2]);
      },
    };
  });
}

/** The sources of a graph under construction, which are replaced with what is fed. */
export class DenseSources {
  readonly #t: Context;
  readonly #form: Form;
  readonly #seen = new Set<Source>();
  readonly #mixture: Mixture;

  constructor(t: Context, form: Form, mixture = new Mixture(t.b)) {
    this.#t = t;
    this.#form = form;
    this.#mixture = mixture;
  }

  /** Takes the sources that are new. */
  take(sources: readonly Source[]): void {
    for (const source of sources) {
      if (this.#seen.has(source)) continue;
      this.#seen.add(source);
      if (source.kind === "bias") this.#mixture.plus(source.total());
      else this.#mixture.take(source, this.#replacementOf(source));
    }
  }

  #replacementOf({ kind, layer, value }: Source) {
    const shape = [...leadingDims(this.#form), ...value.shape.slice(2)];
    return this.#t.feed(replacementFeed(sourceHook(kind as "mlp", layer)), shape);
  }

  /** What readers read by a fed mask whose first dimensions are `dims`, [batch, pos, reader, dModel]. */
  read(feed: string, dims: readonly (string | number)[], readers: number) {
    const mask = this.#t.feed(feed, [...dims, readers, this.#mixture.width]);
    return this.#mixture.read(mask, readers)!;
  }
}
