/** @file Sizes known in symbols: sums of products such as `2*batch*pos+3`, and their arithmetic. */

/** Coefficient per product; a product is its sorted symbols joined by `*`, the constant's is `""`. */
type Terms = ReadonlyMap<string, number>;

const ARITHMETIC = /^\s*[\w.]+(\s*[+*-]\s*[\w.]+)*\s*$/;

/** An immutable polynomial in the symbols of a graph's dimensions. */
export class Size {
  static readonly one: Size = new Size(new Map([["", 1]]));

  readonly #terms: Terms;
  #dim: number | string | undefined;

  private constructor(terms: Terms) {
    this.#terms = terms;
  }

  /** A number, a symbol, or a sum of products of both; anything else, such as `floor(n/2)`, is one symbol. */
  static of(dim: number | string): Size {
    if (typeof dim === "number") return new Size(new Map(dim === 0 ? [] : [["", dim]]));
    if (!ARITHMETIC.test(dim)) return new Size(new Map([[dim, 1]]));
    const terms = new Map<string, number>();
    for (const term of dim.replace(/\s+/g, "").replace(/-/g, "+-").split("+")) {
      let coefficient = term.startsWith("-") ? -1 : 1;
      const symbols: string[] = [];
      for (const factor of term.replace("-", "").split("*")) {
        if (/^\d+$/.test(factor)) coefficient *= Number(factor);
        else symbols.push(factor);
      }
      accumulate(terms, symbols, coefficient);
    }
    return new Size(terms);
  }

  static product(sizes: readonly Size[]): Size {
    return sizes.reduce((product, size) => product.times(size), Size.one);
  }

  /** As a dimension is written: a number, or text with its symbols in order and the constant last. */
  get dim(): number | string {
    this.#dim ??= written(this.#terms);
    return this.#dim;
  }

  /** One text for equal sizes. */
  get key(): string {
    return String(this.dim);
  }

  /** The number, when there are no symbols in it. */
  get value(): number | undefined {
    return typeof this.dim === "number" ? this.dim : undefined;
  }

  /** Whether it is more than zero whatever the symbols, which are at least 1. */
  get positive(): boolean {
    return this.#terms.size > 0 && [...this.#terms.values()].every((n) => n > 0);
  }

  /** What is added up, for code that computes it at run time. */
  get terms(): { readonly coefficient: number; readonly symbols: string[] }[] {
    return [...this.#terms].map(([product, coefficient]) => ({
      coefficient,
      symbols: symbolsOf(product),
    }));
  }

  equals(other: Size): boolean {
    return this.dim === other.dim;
  }

  plus(other: Size): Size {
    return this.#added(other, 1);
  }

  minus(other: Size): Size {
    return this.#added(other, -1);
  }

  #added(other: Size, sign: 1 | -1): Size {
    const terms = new Map(this.#terms);
    for (const { coefficient, symbols } of other.terms)
      accumulate(terms, symbols, sign * coefficient);
    return new Size(terms);
  }

  times(other: Size): Size {
    const terms = new Map<string, number>();
    for (const a of this.terms)
      for (const b of other.terms)
        accumulate(terms, [...a.symbols, ...b.symbols], a.coefficient * b.coefficient);
    return new Size(terms);
  }

  /** The exact quotient by a single product, or undefined when there is none in whole numbers. */
  over(other: Size): Size | undefined {
    if (other.#terms.size === 0) return undefined;
    if (this.equals(other)) return Size.one;
    if (other.#terms.size !== 1) return undefined;
    const [divisor] = other.terms;
    const terms = new Map<string, number>();
    for (const { coefficient, symbols } of this.terms) {
      const left = [...symbols];
      for (const symbol of divisor!.symbols) {
        const at = left.indexOf(symbol);
        if (at < 0) return undefined;
        left.splice(at, 1);
      }
      const quotient = coefficient / divisor!.coefficient;
      if (!Number.isInteger(quotient)) return undefined;
      accumulate(terms, left, quotient);
    }
    return new Size(terms);
  }
}

function accumulate(terms: Map<string, number>, symbols: readonly string[], n: number): void {
  const product = [...symbols].sort().join("*");
  const total = (terms.get(product) ?? 0) + n;
  if (total === 0) terms.delete(product);
  else terms.set(product, total);
}

function symbolsOf(product: string): string[] {
  return product === "" ? [] : product.split("*");
}

function written(terms: Terms): number | string {
  if (terms.size === 0) return 0;
  const constant = terms.get("");
  if (terms.size === 1 && constant !== undefined) return constant;
  let text = "";
  for (const name of [...terms.keys()].filter((product) => product !== "").sort()) {
    const coefficient = terms.get(name)!;
    const size = Math.abs(coefficient) === 1 ? name : `${Math.abs(coefficient)}*${name}`;
    text += `${coefficient < 0 ? "-" : text === "" ? "" : "+"}${size}`;
  }
  if (constant === undefined) return text;
  return `${text}${constant < 0 ? "-" : "+"}${Math.abs(constant)}`;
}
