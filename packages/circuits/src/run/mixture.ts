/**
 * @file What destinations read of many sources: of each its own value or its replacement.
 *
 * own + mask (replacement - own) leaves a residue of rounding where the larger of the two goes: 1e-3 of a massive
 * activation of 2e4, which a norm makes as large as anything else. So every source starts, at each position, from the
 * smaller of the two and is given the difference where the larger is read:
 *
 *     sum of smaller + (1 where own is larger - mask) (own - replacement)
 *
 * No term is more than twice as long as what is read, and the derivative by the mask is replacement - own either way.
 */

import type { Builder, Value } from "@diopter/graph";
import type { Context, Source } from "@diopter/model";

/** Own value and replacement of some writers, told apart by size. */
interface Contrast {
  /** 1 where the own value is the longer vector, else 0: [batch, pos, writer, 1], or without the writer axis. */
  readonly larger: Value;
  /** The shorter of the two. */
  readonly smaller: Value;
  /** Own minus replacement. */
  readonly difference: Value;
}

/** Of heads by what they write before the output matrix, which is linear. */
function contrast(b: Builder, own: Value, replacement: Value): Contrast {
  const larger = b.greater(b.l2(own, [-1], true), b.l2(replacement, [-1], true));
  return {
    larger: b.cast(larger, own.dtype as "float32"),
    smaller: b.where(larger, replacement, own),
    difference: b.sub(own, replacement),
  };
}

/** Sources in one stack. */
export interface Piece {
  /** Own minus replacement, [batch, pos, source, dModel]. */
  readonly difference: Value;
  /** 1 where the own value is larger, [batch, pos, source]. */
  readonly larger: Value;
  readonly sources: number;
}

/** Grows with the layers of one graph under construction. */
export class Mixture {
  readonly #b: Builder;
  #pieces: Piece[];
  #base: Value | undefined;

  /** Begins with what is there already, such as what is written before the layer where a run starts. */
  constructor(b: Builder, first?: { readonly base: Value; readonly piece: Piece }) {
    this.#b = b;
    this.#base = first?.base;
    this.#pieces = first ? [first.piece] : [];
  }

  /** Sources in the pieces so far. */
  get width(): number {
    return this.#pieces.reduce((sum, { sources }) => sum + sources, 0);
  }

  /** Adds what every destination reads: a bias, or a source that is replaced everywhere. */
  plus(term: Value): void {
    this.#base = this.#base ? this.#b.add(this.#base, term) : term;
  }

  /** Adds a source that is read as it is or as its replacement [batch or 1, pos or 1, ...]. */
  take(source: Pick<Source, "value" | "heads" | "total" | "each">, replacement: Value): void {
    const b = this.#b;
    const { larger, smaller, difference } = contrast(b, source.value, replacement);
    this.plus(source.total(smaller));
    this.#pieces.push({
      difference: source.each(difference),
      larger: source.heads ? b.squeeze(larger, [3]) : larger,
      sources: source.heads?.length ?? 1,
    });
  }

  /** All that has been taken, in one piece. */
  whole(): { readonly base: Value; readonly piece: Piece } {
    return { base: this.#base!, piece: joined(this.#b, this.#pieces) };
  }

  /** What readers with a mask [.., .., reader, source] read, [batch, pos, reader or 1, dModel]; undefined where nothing is there. */
  read(mask: Value | undefined, readers: number): Value | undefined {
    const b = this.#b;
    const isVector = this.#base?.shape.length === 1; // biases alone
    const base = this.#base && !isVector ? b.unsqueeze(this.#base, [2]) : this.#base;
    const terms = mask ? this.#mixed(mask, readers) : [];
    return [...(base ? [base] : []), ...terms].reduce<Value | undefined>(
      (sum, term) => (sum ? b.add(sum, term) : term),
      undefined,
    );
  }

  /** Joining all pieces would copy them at every layer. */
  #mixed(mask: Value, readers: number): Value[] {
    const b = this.#b;
    this.#join(readers);
    let start = 0;
    return this.#pieces.map(({ difference, larger, sources }) => {
      const whole = sources === mask.shape[3];
      const part = whole ? mask : b.slice(mask, { axis: 3, start, end: start + sources });
      start += sources;
      return b.matmul(b.sub(b.unsqueeze(larger, [2]), part), difference);
    });
  }

  /** Joins the latest pieces while copying them costs less than one more product for queries, keys and values. */
  #join(readers: number): void {
    const most = 3 * readers;
    const done = this.#pieces.findLastIndex(({ sources }) => sources >= most) + 1;
    const open = this.#pieces.slice(done);
    if (readers === 1 || open.length < 2) return;
    this.#pieces = [...this.#pieces.slice(0, done), joined(this.#b, open)];
  }
}

/** Several pieces as one. */
function joined(b: Builder, pieces: readonly Piece[]): Piece {
  const [only] = pieces;
  if (only && pieces.length === 1) return only;
  return {
    difference: b.concat(
      pieces.map(({ difference }) => difference),
      2,
    ),
    larger: b.concat(
      pieces.map(({ larger }) => larger),
      2,
    ),
    sources: pieces.reduce((sum, { sources }) => sum + sources, 0),
  };
}

/** What is known of a model where no run is: its sizes and weights. */
interface Writing {
  readonly b: Builder;
  readonly config: { readonly nHeads: number; readonly dHead: number; readonly dModel: number };
  readonly weights: Context["w"];
}

/** z of some heads of a layer as a source that writes through their output matrices; all heads unless told which. */
export function headsSource(
  { b, config, weights }: Writing,
  layer: number,
  z: Value,
  heads: readonly number[],
): Pick<Source, "value" | "heads" | "total" | "each"> {
  const { nHeads, dHead, dModel } = config;
  const matrices = () => {
    const W = b.reshape(weights.get(`blocks.${layer}.attn.W_O`), [nHeads, dHead, dModel]);
    return heads.length < nHeads ? b.gather(W, heads, 0) : W; // [head, dHead, dModel]
  };
  return {
    value: z,
    heads,
    total: (x = z) => {
      const [batch, pos] = x.shape;
      const width = heads.length * dHead;
      const W = b.reshape(matrices(), [width, dModel]);
      return b.matmul(b.reshape(x, [batch!, pos!, width]), W);
    },
    each: (x) => b.squeeze(b.matmul(b.unsqueeze(x, [3]), matrices()), [3]),
  };
}

/** A vector [batch, pos, dModel] as a source. */
export function plainSource(b: Builder, value: Value): Pick<Source, "value" | "total" | "each"> {
  return { value, total: (x = value) => x, each: (x) => b.unsqueeze(x, [2]) };
}
