/** @file The one check that every function with options starts with: nothing misspelt, nothing missing, no other thing. */

import { given, isThenable } from "./given";
import { didYouMean } from "./nearest";
import { brief, quoted } from "./quoted";

type KeyOf<T> = T extends unknown ? keyof T : never;

/** Every key of a type of options and whether it must be there: a list that cannot drift from its type. */
export type OptionKeys<T> = {
  readonly [K in KeyOf<T>]-?: [T] extends [Record<K, unknown>] ? "required" : "optional";
};

/**
 * Throws unless `options` is an object with no other keys than `keys`, among them those that are required.
 *
 * An undefined value counts as absent. `noun` is what the object has, where it is no object of options: `"field"`.
 *
 * @throws {TypeError} with the nearest key, the missing one, or what came instead of an object
 * @example
 * checkOptions("argmax", options, { keepDims: "optional" });
 */
export function checkOptions<T>(
  subject: string,
  options: T,
  keys: OptionKeys<NonNullable<T>>,
  noun = "option",
): void {
  const needs: Readonly<Record<string, string>> = keys;
  const required = Object.keys(needs).filter((key) => needs[key] === "required");
  if (options === undefined && required.length === 0) return;
  if (!isRecord(options)) {
    const wanted = required.length > 0 ? `an object with ${required.join(", ")}` : `${noun}s`;
    throw new TypeError(`${subject}: expected ${wanted}, got ${given(options)}`);
  }
  // Inherited keys are read as well, so they count.
  for (const key in options) {
    if (Object.hasOwn(needs, key)) continue;
    const known = Object.keys(needs);
    const advice = didYouMean(key, known) || `; there are ${brief(known.join(", ")) || "none"}`;
    throw new TypeError(`${subject}: no ${noun} ${quoted(key)}${advice}`);
  }
  const missing = required.find((key) => options[key] === undefined);
  if (missing !== undefined) throw new TypeError(`${subject}: ${noun} "${missing}" is missing`);
}

/**
 * The options that are there: what may be spread over defaults.
 *
 * @example
 * ({ by: "position", ...present({ by: undefined }) }); // { by: "position" }
 */
export function present<T extends object>(options: T): T {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as T;
}

/** Whether a value holds what it has under names; a Map, a Date or a list does not. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  if (ArrayBuffer.isView(value) || isThenable(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return true;
  for (const _ in value) return true;
  return false;
}
