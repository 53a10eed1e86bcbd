/** @file Sizes known in symbols: sums of products such as `2*batch*pos + 3`. */

/** An immutable polynomial in the symbols of a graph's dimensions. */
export class Size {
  /** Coefficient by product of symbols; the empty string is the constant's. */
  readonly #terms: ReadonlyMap<string, number>;
  readonly key: string;

  private constructor(terms: ReadonlyMap<string, number>) {
    this.#terms = new Map(
      [...terms].filter(([, n]) => n !== 0).sort(([a], [b]) => (a < b ? -1 : 1)),
    );
    this.key =
      [...this.#terms]
        .map(([product, n]) => (product === "" ? `${n}` : n === 1 ? product : `${n}*${product}`))
        .join("+") || "0";
  }

  static of(value: number | string): Size {
    return new Size(typeof value === "number" ? new Map([["", value]]) : new Map([[value, 1]]));
  }

  /** The number, when there are no symbols in it. */
  get value(): number | undefined {
    if (this.#terms.size === 0) return 0;
    return this.#terms.size === 1 ? this.#terms.get("") : undefined;
  }

  /** Whether it is more than zero whatever the symbols, which are at least 1. */
  get positive(): boolean {
    return this.#terms.size > 0 && [...this.#terms.values()].every((n) => n > 0);
  }

  equals(other: Size): boolean {
    return this.key === other.key;
  }

  plus(other: Size): Size {
    const terms = new Map(this.#terms);
    for (const [product, n] of other.#terms) terms.set(product, (terms.get(product) ?? 0) + n);
    return new Size(terms);
  }

  minus(other: Size): Size {
    return this.plus(other.times(Size.of(-1)));
  }

  times(other: Size): Size {
    const terms = new Map<string, number>();
    for (const [a, n] of this.#terms) {
      for (const [b, m] of other.#terms) {
        const product = [...symbolsOf(a), ...symbolsOf(b)].sort().join("*");
        terms.set(product, (terms.get(product) ?? 0) + n * m);
      }
    }
    return new Size(terms);
  }

  /** The exact quotient by a single product, or undefined when there is none in whole numbers. */
  over(other: Size): Size | undefined {
    if (other.#terms.size !== 1) return this.equals(other) ? Size.of(1) : undefined;
    const [divisor, m] = [...other.#terms][0] as [string, number];
    const terms = new Map<string, number>();
    for (const [product, n] of this.#terms) {
      const left = symbolsOf(product);
      for (const symbol of symbolsOf(divisor)) {
        const at = left.indexOf(symbol);
        if (at < 0) return undefined;
        left.splice(at, 1);
      }
      if (!Number.isInteger(n / m)) return undefined;
      terms.set(left.join("*"), n / m);
    }
    return new Size(terms);
  }
}

export const ONE: Size = Size.of(1);

/** The product of sizes. */
export function productOf(sizes: readonly Size[]): Size {
  return sizes.reduce((product, size) => product.times(size), ONE);
}

function symbolsOf(product: string): string[] {
  return product === "" ? [] : product.split("*");
}
