/** @file Decoders of a tokenizer.json, as the Python library computes them. */

import { byteLetters, type Json, patternOf, unknownPart } from "./parts";

/** From tokens as the vocabulary spells them to pieces of text that join to the whole. */
export type Decoder = (tokens: readonly string[]) => readonly string[];

/** Throws `RangeError` for one that is not known. */
export function createDecoder(json: unknown): Decoder {
  if (json === null || json === undefined) return (tokens) => [tokens.join(" ")];
  const part = json as Json;
  const make = Object.hasOwn(makers, String(part.type)) ? makers[String(part.type)] : undefined;
  if (!make) throw unknownPart("decoder", part);
  return make(part);
}

const makers: Readonly<Record<string, (part: Json) => Decoder>> = {
  Sequence: ({ decoders }) => {
    const steps = (decoders as readonly unknown[]).map(createDecoder);
    return (tokens) => steps.reduce<readonly string[]>((at, step) => step(at), tokens);
  },
  BPEDecoder:
    ({ suffix = "</w>" }) =>
    (tokens) =>
      tokens.map((token, i) =>
        token.replaceAll(String(suffix), i === tokens.length - 1 ? "" : " "),
      ),
  ByteFallback: () => byteFallback,
  ByteLevel: () => byteLevel,
  Fuse: () => (tokens) => [tokens.join("")],
  Metaspace: ({ replacement = "\u2581", prepend_scheme: scheme = "always" }) => {
    const mark = String(replacement);
    return (tokens) =>
      tokens.map((token, i) => token.replaceAll(mark, i === 0 && scheme !== "never" ? "" : " "));
  },
  Replace: ({ pattern, content }) => {
    const found = patternOf(pattern);
    return (tokens) => tokens.map((token) => token.replace(found, () => String(content)));
  },
  Strip: ({ content = " ", start = 0, stop = 0 }) => {
    const strip = (signs: string[], most: number) => {
      let count = 0;
      while (count < most && signs[count] === content) count++;
      return signs.slice(count);
    };
    return (tokens) =>
      tokens.map((token) => {
        const cut = strip(Array.from(token), Number(start));
        return strip(cut.reverse(), Number(stop)).reverse().join("");
      });
  },
  WordPiece: ({ prefix = "##", cleanup = true }) => {
    const begin = String(prefix);
    return (tokens) =>
      tokens.map((token, i) => {
        const goesOn = token.startsWith(begin);
        const text = i === 0 ? token : goesOn ? token.slice(begin.length) : ` ${token}`;
        return cleanup === true ? cleaned(text) : text;
      });
  },
};

/** English contractions and punctuation without the space that stands before them. */
function cleaned(text: string): string {
  return text
    .replaceAll(/ ([.?!,])/g, "$1")
    .replaceAll(" ' ", "'")
    .replaceAll(" n't", "n't")
    .replaceAll(" 'm", "'m")
    .replaceAll(" do not", " don't")
    .replaceAll(/ ('s|'ve|'re)/g, "$1");
}

/** `<0xE4>` and its like as bytes; where a run of them is no text, each is a replacement sign. */
function byteFallback(tokens: readonly string[]): string[] {
  const out: string[] = [];
  let bytes: number[] = [];
  const flush = () => {
    if (bytes.length > 0) out.push(...textOfBytes(bytes));
    bytes = [];
  };
  for (const token of tokens) {
    const hex = /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1];
    if (hex !== undefined) {
      bytes.push(Number.parseInt(hex, 16));
    } else {
      flush();
      out.push(token);
    }
  }
  flush();
  return out;
}

function textOfBytes(bytes: readonly number[]): string[] {
  try {
    const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return [strict.decode(Uint8Array.from(bytes))];
  } catch {
    return bytes.map(() => "\u{fffd}");
  }
}

const bytesOf: ReadonlyMap<string, number> = new Map(byteLetters.map((c, byte) => [c, byte]));

/** Bytes in GPT-2's spelling; a token with any other character is its own text. */
function byteLevel(tokens: readonly string[]): string[] {
  const encoder = new TextEncoder();
  const bytes = tokens.flatMap((token) => {
    const own = Array.from(token, (c) => bytesOf.get(c));
    return own.includes(undefined) ? [...encoder.encode(token)] : (own as number[]);
  });
  return [new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes))];
}
