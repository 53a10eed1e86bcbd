/** @file What somebody gave by a slip, in the words of a message: a forgotten call, a forgotten await, nothing. */

import { brief, quoted } from "./quoted";

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
  const kind = kindOf(value);
  if (kind !== "object") return `a ${kind}`;
  const names = Object.keys(value);
  return names.length === 0 ? "an empty object" : `an object with ${brief(names.join(", "))}`;
}

/** Whether a value is to be awaited. */
export function isThenable(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    "then" in value &&
    typeof value.then === "function"
  );
}

/** The name of a built-in kind: `Map`, `Float32Array`; `object` for records and instances of classes. */
function kindOf(value: object): string {
  const tag = Object.prototype.toString.call(value).slice("[object ".length, -1);
  return tag === "Object" ? "object" : tag;
}
