/** @file Whether two graphs are one and the same. */

import type { Graph } from "./types";

/**
 * Whether two graphs compute the same under the same names: equal nodes in equal order, inputs, outputs, constants.
 *
 * Names of the graphs themselves and of their nodes do not count, nor what is known of values between.
 *
 * @example sameGraph(decode(encode(graph)), graph) // true
 */
export function sameGraph(a: Graph, b: Graph): boolean {
  return (
    a === b ||
    (a.nodes.length === b.nodes.length &&
      a.initializers.size === b.initializers.size &&
      equal(a.outputs, b.outputs) &&
      equal(a.inputs, b.inputs) &&
      equal(a.opsets, b.opsets) &&
      a.nodes.every((node, i) => {
        const other = b.nodes[i]!;
        return (
          node.op === other.op &&
          node.domain === other.domain &&
          equal(node.inputs, other.inputs) &&
          equal(node.outputs, other.outputs) &&
          equal(node.attrs, other.attrs)
        );
      }) &&
      [...a.initializers].every(([name, value]) => equal(value, b.initializers.get(name))))
  );
}

function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (ArrayBuffer.isView(a)) return sameBytes(a, b as ArrayBufferView);
  if (Array.isArray(a)) {
    const other = b as unknown[];
    return a.length === other.length && a.every((item, i) => equal(item, other[i]));
  }
  if (a instanceof Map) {
    const other = b as Map<unknown, unknown>;
    return (
      a.size === other.size && [...a].every(([k, v]) => other.has(k) && equal(v, other.get(k)))
    );
  }
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every(
      (key) =>
        Object.hasOwn(b, key) &&
        equal((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
    )
  );
}

function sameBytes(a: ArrayBufferView, b: ArrayBufferView): boolean {
  if (a.byteLength !== b.byteLength) return false;
  const [x, y] = [a, b].map((v) => new Uint8Array(v.buffer, v.byteOffset, v.byteLength));
  return x!.every((byte, i) => byte === y![i]);
}
