/** @file What a thing is, on one line: for `String(x)`, and for `console.log(x)` in Node. */

import { brief } from "./quoted";

/** Name of the method by which Node's `console.log` asks an object for its text; nothing of Node is imported. */
export const inspected: unique symbol = /* @__PURE__ */ Symbol.for("nodejs.util.inspect.custom");

/**
 * Lets Node's `console.log` show an object as `String(x)` does; for constructors.
 *
 * A method of a computed name would do too, but bundlers then keep the class where nobody uses it.
 */
export function inspectable(x: object): void {
  Object.defineProperty(x, inspected, { value: () => String(x) });
}

/** A text with spaces for line breaks and control characters, of at most 120 characters; a longer one loses its end. */
export function oneLine(text: string): string {
  return brief(text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, " "), 120);
}

/** `1 layer`, `2 layers`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The first three values, fractions to six digits, such as ` (0.1, -2, 3.5, ...)`; nothing where there are none. */
export function firstOf(values: ArrayLike<number | bigint>): string {
  const shown = Array.from({ length: Math.min(values.length, 3) }, (_, i) => {
    const value = values[i]!;
    const exact = typeof value === "bigint" || Number.isInteger(value);
    return String(exact ? value : Number(value.toPrecision(6)));
  });
  if (values.length > shown.length) shown.push("...");
  return shown.length ? ` (${shown.join(", ")})` : "";
}
