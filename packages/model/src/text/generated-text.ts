/** @file What is generated, as ids and as the text that they add to their prompts. */

import type { TokenBatch } from "./prompt-values";
import { PieceReader } from "./string-tokens";
import type { Tokenizer } from "./tokenizer";

/** A new token of a row, and the text that it adds. */
export interface GeneratedToken {
  readonly row: number;
  readonly id: number;
  /** Texts of a row join to its whole text; `""` for all but the last byte of a character, and without a tokenizer. */
  readonly text: string;
}

/** Collects generated ids and hands each on as soon as its text is known: the bytes of a character come together. */
export class GeneratedText {
  readonly #ids: number[][];
  readonly #texts: string[];
  readonly #readers: readonly PieceReader[] | undefined;
  readonly #waiting: number[][];
  readonly #onToken: ((token: GeneratedToken) => void) | undefined;

  constructor(
    tokenizer: Tokenizer | undefined,
    prompts: TokenBatch,
    onToken: ((token: GeneratedToken) => void) | undefined,
  ) {
    const rows = rowsOf(prompts);
    this.#ids = rows.map(() => []);
    this.#texts = rows.map(() => "");
    this.#waiting = rows.map(() => []);
    this.#readers = tokenizer && rows.map((row) => new PieceReader(tokenizer, row));
    this.#onToken = onToken;
  }

  /** One id per row, undefined for rows that have stopped. */
  push(step: readonly (number | undefined)[]): void {
    step.forEach((id, row) => {
      if (id === undefined) return;
      this.#ids[row]!.push(id);
      this.#waiting[row]!.push(id);
      this.#tell(row, this.#readers ? this.#readers[row]!.push(id) : [""]);
    });
  }

  end(): { ids: number[][]; texts: string[] } {
    this.#readers?.forEach((reader, row) => {
      this.#tell(row, reader.end());
    });
    return { ids: this.#ids, texts: this.#readers ? this.#texts : [] };
  }

  #tell(row: number, pieces: readonly string[]): void {
    for (const text of pieces) {
      this.#texts[row] += text;
      this.#onToken?.({ row, id: this.#waiting[row]!.shift()!, text });
    }
  }
}

function rowsOf({ batch, pos, ids, keep }: TokenBatch): number[][] {
  return Array.from({ length: batch }, (_, row) =>
    ids.slice(row * pos, (row + 1) * pos).filter((_, p) => keep[row * pos + p]),
  );
}
