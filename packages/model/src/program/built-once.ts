/** @file What is built from the same ingredients is the same object, so that a program made with it is found again. */

/** Variants kept of one set of ingredients; the oldest is dropped. */
const LIMIT = 256;

interface Shelf {
  readonly next: WeakMap<object, Shelf>;
  readonly made: Map<string, unknown>;
}

const shelf = (): Shelf => ({ next: new WeakMap(), made: new Map() });
const root = /* @__PURE__ */ shelf();

/**
 * What `make` gives, made once for the same `of` (by identity) and `options` (by value).
 *
 * Programs are kept by the functions that built them; a verb that writes its functions anew at every call would look
 * for its program by building the graph again. Nothing is kept longer than the objects in `of`.
 *
 * @example const build = builtOnce([statistics], { topK }, () => (e) => statistics(e, topK));
 */
export function builtOnce<T>(of: readonly object[], options: unknown, make: () => T): T {
  let place = root;
  for (const part of of) {
    const next = place.next.get(part) ?? shelf();
    place.next.set(part, next);
    place = next;
  }
  const key = JSON.stringify(options) ?? "";
  if (place.made.has(key)) return place.made.get(key) as T;
  const value = make();
  if (place.made.size >= LIMIT) place.made.delete(place.made.keys().next().value!);
  place.made.set(key, value);
  return value;
}
