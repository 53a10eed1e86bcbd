/** @file Arithmetic on dimensions: numbers, symbols, and polynomials of symbols such as `past+pos` or `batch*pos`. */

import type { Dim } from "./types";

/** Coefficient per monomial; a monomial is its sorted symbols joined by `*`, the constant is `""`. */
type Polynomial = Map<string, number>;

const ARITHMETIC = /^\s*[\w.]+(\s*[+*-]\s*[\w.]+)*\s*$/;

function parse(dim: number | string): Polynomial {
  if (typeof dim === "number") return new Map(dim === 0 ? [] : [["", dim]]);
  // An imported symbol such as "floor(n/2)" stays one opaque symbol.
  if (!ARITHMETIC.test(dim)) return new Map([[dim, 1]]);
  const terms: Polynomial = new Map();
  for (const term of dim.replace(/\s+/g, "").replace(/-/g, "+-").split("+")) {
    let coefficient = term.startsWith("-") ? -1 : 1;
    const symbols: string[] = [];
    for (const factor of term.replace("-", "").split("*")) {
      if (/^\d+$/.test(factor)) coefficient *= Number(factor);
      else symbols.push(factor);
    }
    accumulate(terms, symbols.sort().join("*"), coefficient);
  }
  return terms;
}

function accumulate(terms: Polynomial, monomial: string, coefficient: number): void {
  const total = (terms.get(monomial) ?? 0) + coefficient;
  if (total === 0) terms.delete(monomial);
  else terms.set(monomial, total);
}

function print(terms: Polynomial): number | string {
  if (terms.size === 0) return 0;
  const constant = terms.get("");
  if (terms.size === 1 && constant !== undefined) return constant;
  const names = [...terms.keys()].filter((name) => name !== "").sort();
  let text = "";
  for (const name of names) {
    const coefficient = terms.get(name)!;
    const size = Math.abs(coefficient) === 1 ? name : `${Math.abs(coefficient)}*${name}`;
    text += `${coefficient < 0 ? "-" : text === "" ? "" : "+"}${size}`;
  }
  if (constant === undefined) return text;
  return `${text}${constant < 0 ? "-" : "+"}${Math.abs(constant)}`;
}

/** The monomials of a dimension as `[coefficient, symbols]`, for code that computes it at run time. */
export function termsOf(dim: number | string): { coefficient: number; symbols: string[] }[] {
  return [...parse(dim)].map(([monomial, coefficient]) => ({
    coefficient,
    symbols: monomial === "" ? [] : monomial.split("*"),
  }));
}

/** Whether two dimensions are known to be equal; nothing is known of `null`. */
export function sameDim(a: Dim, b: Dim): boolean {
  if (a === null || b === null) return false;
  if (a === b) return true;
  if (typeof a === "number" && typeof b === "number") return false;
  return print(parse(a)) === print(parse(b));
}

/** Whether two dimensions may be equal: the same, or one of them unknown. */
export function compatible(a: Dim, b: Dim): boolean {
  return a === null || b === null || sameDim(a, b);
}

export function sameShape(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((dim, i) => sameDim(dim, b[i]!));
}

export function addDims(a: Dim, b: Dim, sign: 1 | -1 = 1): Dim {
  if (a === null || b === null) return null;
  if (b === 0) return a;
  if (typeof a === "number" && typeof b === "number") return a + sign * b;
  const terms = parse(a);
  for (const [monomial, coefficient] of parse(b)) accumulate(terms, monomial, sign * coefficient);
  return print(terms);
}

export function mulDims(a: Dim, b: Dim): Dim {
  if (a === 0 || b === 0) return 0;
  if (a === null || b === null) return null;
  if (a === 1) return b;
  if (b === 1) return a;
  if (typeof a === "number" && typeof b === "number") return a * b;
  const terms: Polynomial = new Map();
  const right = parse(b);
  for (const [left, p] of parse(a)) {
    for (const [name, q] of right) {
      const symbols = [...split(left), ...split(name)].sort();
      accumulate(terms, symbols.join("*"), p * q);
    }
  }
  return print(terms);
}

/** a / b when that is exact and b is a single term, else null. */
export function divDims(a: Dim, b: Dim): Dim {
  if (a === null || b === null || b === 0) return null;
  if (sameDim(a, b)) return 1;
  const divisor = [...parse(b)];
  if (divisor.length !== 1) return null;
  const [name, q] = divisor[0]!;
  const terms: Polynomial = new Map();
  for (const [monomial, p] of parse(a)) {
    const symbols = split(monomial);
    for (const symbol of split(name)) {
      const at = symbols.indexOf(symbol);
      if (at < 0) return null;
      symbols.splice(at, 1);
    }
    if (p % q !== 0) return null;
    accumulate(terms, symbols.join("*"), p / q);
  }
  return print(terms);
}

export function productOf(dims: readonly Dim[]): Dim {
  return dims.reduce<Dim>(mulDims, 1);
}

/** `[batch, 3, ?]`, as errors print a shape. */
export function showShape(shape: readonly Dim[]): string {
  return `[${shape.map((dim) => dim ?? "?").join(", ")}]`;
}

function split(monomial: string): string[] {
  return monomial === "" ? [] : monomial.split("*");
}
