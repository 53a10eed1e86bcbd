/** @file Replacement minus source of all sources so far, and their sum. */

import type { Value } from "@diopter/graph";
import type { Context, Source } from "@diopter/model";
import { type Form, leadingDims } from "../ablation/activations";
import { sourceHook } from "../graph/sources";
import { replacementFeed } from "./feeds";
import { type Piece, Pieces } from "./pieces";

/** Grows with the layers of one graph under construction. */
export class DifferenceStack {
  readonly #t: Context;
  readonly #form: Form;
  readonly #seen = new Set<Source>();
  readonly #pieces: Pieces;
  #sum: { readonly sources: number; readonly value: Value } | undefined;

  /** Begins with differences that are there already, such as those before the layer where a run starts. */
  constructor(t: Context, form: Form, first?: Piece) {
    this.#t = t;
    this.#form = form;
    this.#pieces = new Pieces(t.b, first);
  }

  /** All that sources write, [batch, pos, dModel], by adding to the last sum; they are earlier ones and more. */
  total(sources: readonly Source[]): Value {
    const { b } = this.#t;
    const known = this.#sum;
    const fresh = sources.slice(known?.sources ?? 0).map((source) => source.total());
    const terms = known ? [known.value, ...fresh] : fresh;
    const value = terms.reduce((sum, term) => b.add(sum, term));
    this.#sum = { sources: sources.length, value };
    return value;
  }

  /** Sources in the pieces so far. */
  get width(): number {
    return this.#pieces.width;
  }

  /** Takes the sources that are new. */
  take(sources: readonly Source[]): void {
    const { b } = this.#t;
    const [batch, pos] = leadingDims(this.#form);
    for (const source of sources) {
      if (source.kind === "bias" || this.#seen.has(source)) continue;
      this.#seen.add(source);
      const shape = [batch, pos, ...source.value.shape.slice(2)];
      const other = this.#t.feed(replacementFeed(sourceHook(source.kind, source.layer)), shape);
      this.#pieces.add({
        value: source.each(b.sub(other, source.value)),
        sources: source.heads?.length ?? 1,
      });
    }
  }

  /** mask [.., .., reader, source] times everything taken, [batch, pos, reader, dModel]. */
  mixed(mask: Value, readers: number): Value {
    return this.#pieces.mixed(mask, readers);
  }
}
