/** @file What somebody gave by a slip, in the words of a message: a forgotten call, a forgotten await, nothing. */

import { brief, quoted } from "@diopter/graph";

/**
 * A value that is of the wrong kind, with what to do where that is plain.
 *
 * @example
 * given(node); // "the function node; call it: node()"
 */
export function given(value: unknown): string {
  if (typeof value === "function") {
    const name = brief(value.name) || "without a name";
    return `the function ${name}; call it${value.name ? `: ${name}()` : ""}`;
  }
  if (isThenable(value)) return "a Promise; put await before it";
  if (typeof value !== "object" || value === null) return quoted(value);
  if (Array.isArray(value)) return `the list ${quoted(value)}`;
  const names = Object.keys(value);
  return names.length === 0 ? "an empty object" : `an object with ${brief(names.join(", "))}`;
}

function isThenable(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    "then" in value &&
    typeof value.then === "function"
  );
}
