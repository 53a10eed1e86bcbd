/** @file How a family's relative tensor names and a checkpoint's full names find each other. */

import type { Family, TensorNames } from "./family";

/** Tensor names with and without the prefix that a checkpoint happens to use. */
export class TensorNaming implements TensorNames {
  readonly #family: Family;
  readonly #shapes: ReadonlyMap<string, readonly number[]>;
  /** Prefix of most tensors. */
  readonly #prefix: string;

  constructor(family: Family, shapes: ReadonlyMap<string, readonly number[]>) {
    this.#family = family;
    this.#shapes = shapes;
    const names = [...shapes.keys()];
    this.#prefix =
      family.prefixes.find((prefix) => names.some((name) => name.startsWith(prefix))) ?? "";
  }

  shape(name: string): readonly number[] | undefined {
    return this.#shapes.get(this.expectedName(name));
  }

  layers(name: string): number {
    let count = 0;
    while (this.shape(name.replace("{l}", String(count)))) count++;
    return count;
  }

  /** Full name of a tensor that is there. */
  nameOf(name: string): string | undefined {
    const full = this.expectedName(name);
    return this.#shapes.has(full) ? full : undefined;
  }

  /** Full name that a tensor has, or would have. */
  expectedName(name: string): string {
    return this.#family.unprefixed?.test(name) ? name : this.#prefix + name;
  }

  /** All tensors, with the family's own names for them. */
  relativeNames(): { readonly full: string; readonly name: string }[] {
    return [...this.#shapes.keys()].map((full) => ({
      full,
      name: full.startsWith(this.#prefix) ? full.slice(this.#prefix.length) : full,
    }));
  }
}
