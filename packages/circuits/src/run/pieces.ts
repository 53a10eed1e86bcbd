/** @file Vectors of many sources in pieces that masks are multiplied with: joining them all would copy them at every layer. */

import type { Builder, Value } from "@diopter/graph";

export interface Piece {
  /** [batch, pos, source, dModel] */
  readonly value: Value;
  readonly sources: number;
}

/** Grows with the layers of one graph under construction. */
export class Pieces {
  readonly #b: Builder;
  #pieces: Piece[];

  constructor(b: Builder, first?: Piece) {
    this.#b = b;
    this.#pieces = first ? [first] : [];
  }

  /** Sources in the pieces so far. */
  get width(): number {
    return this.#pieces.reduce((sum, { sources }) => sum + sources, 0);
  }

  add(piece: Piece): void {
    this.#pieces.push(piece);
  }

  /** mask [.., .., reader, source] times all pieces, [batch, pos, reader, dModel]. */
  mixed(mask: Value, readers: number): Value {
    const b = this.#b;
    this.#join(readers);
    let start = 0;
    const parts = this.#pieces.map(({ value, sources }) => {
      const whole = sources === mask.shape[3];
      const part = whole ? mask : b.slice(mask, { axis: 3, start, end: start + sources });
      start += sources;
      return b.matmul(part, value);
    });
    return parts.reduce((sum, part) => b.add(sum, part));
  }

  /** Joins the latest pieces while copying them costs less than one more product for queries, keys and values. */
  #join(readers: number): void {
    const most = 3 * readers;
    const done = this.#pieces.findLastIndex(({ sources }) => sources >= most) + 1;
    const open = this.#pieces.slice(done);
    if (readers === 1 || open.length < 2) return;
    const value = this.#b.concat(
      open.map((piece) => piece.value),
      2,
    );
    const sources = open.reduce((sum, piece) => sum + piece.sources, 0);
    this.#pieces = [...this.#pieces.slice(0, done), { value, sources }];
  }
}
