/** @file The values of a graph under construction by name, and where their symbols can be read. */

import { didYouMean } from "../graph/nearest";
import type { Handle } from "../graph/value";

/** Values by name; a name is taken once. */
export class ValueTable {
  readonly #values = new Map<string, Handle>();
  readonly #counters = new Map<string, number>();
  readonly #carriers = new Map<string, { readonly value: Handle; readonly axis: number }>();

  add(handle: Handle): Handle {
    this.#values.set(handle.name, handle);
    this.carry(handle);
    return handle;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  get(name: string): Handle | undefined {
    return this.#values.get(name);
  }

  /** The value of a name; throws a RangeError with the nearest name when there is none. */
  named(name: string): Handle {
    const found = this.#values.get(name);
    if (found !== undefined) return found;
    throw new RangeError(`builder: no value "${name}"${didYouMean(name, this.#values.keys())}`);
  }

  rename(handle: Handle, name: string): Handle {
    this.#values.delete(handle.name);
    handle.name = name;
    handle.automatic = false;
    return this.add(handle);
  }

  expectFree(name: string): void {
    if (name === "") throw new RangeError("builder: a value needs a name");
    if (this.#values.has(name)) throw new RangeError(`builder: value "${name}" already exists`);
  }

  /** `stem_0`, `stem_1`, ... */
  freshName(stem: string): string {
    let count = this.#counters.get(stem) ?? 0;
    while (this.#values.has(`${stem}_${count}`)) count++;
    this.#counters.set(stem, count + 1);
    return `${stem}_${count}`;
  }

  /** Remembers a value as the place of symbols that no earlier one has: inputs come before what is computed. */
  carry(handle: Handle): void {
    handle.dims?.forEach((dim, axis) => {
      if (typeof dim === "string" && !this.#carriers.has(dim)) {
        this.#carriers.set(dim, { value: handle, axis });
      }
    });
  }

  /** Where a symbol can be read from at run time. */
  carrier(symbol: string): { readonly value: Handle; readonly axis: number } {
    const found = this.#carriers.get(symbol);
    if (found !== undefined) return found;
    throw new RangeError(`builder: no value carries the dimension "${symbol}"`);
  }
}
