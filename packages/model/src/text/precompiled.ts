/** @file SentencePiece's precompiled map of characters: a double-array trie from text to what it becomes. */

import { asKnown } from "./parts";

/** Normalizes by a map in base64; an empty one changes nothing. */
export function precompiled(base64: string): (text: string) => string {
  if (base64 === "") return (text) => text;
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const trieBytes = view.getUint32(0, true);
  const trie = Uint32Array.from({ length: trieBytes / 4 }, (_, i) =>
    view.getUint32(4 + 4 * i, true),
  );
  const blob = bytes.subarray(4 + trieBytes);
  const encoder = new TextEncoder();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

  /** What the shortest prefix in the map becomes, as the library has it. */
  const mapped = (key: Uint8Array): string | undefined => {
    const start = firstPrefix(trie, key);
    if (start === undefined) return undefined;
    return decoder.decode(blob.subarray(start, blob.indexOf(0, start)));
  };
  return (text) => {
    let out = "";
    for (const { segment: known, index } of graphemes.segment(asKnown(text))) {
      const segment = text.slice(index, index + known.length);
      const whole = encoder.encode(segment);
      const replaced = whole.length < 6 ? mapped(whole) : undefined;
      if (replaced !== undefined) out += replaced;
      else for (const c of segment) out += mapped(encoder.encode(c)) ?? c;
    }
    return out;
  };
}

/** Value of the shortest key that `bytes` begin with (Darts-clone's layout of units). */
function firstPrefix(trie: Uint32Array, bytes: Uint8Array): number | undefined {
  const offset = (unit: number) => (unit >>> 10) << ((unit & 0x200) >>> 6);
  let at = offset(trie[0]!);
  for (const byte of bytes) {
    if (byte === 0) return undefined;
    at ^= byte;
    const unit = trie[at];
    if (unit === undefined || (unit & 0x800000ff) >>> 0 !== byte) return undefined;
    at ^= offset(unit);
    if ((unit >>> 8) & 1) return trie[at]! & 0x7fffffff;
  }
  return undefined;
}
