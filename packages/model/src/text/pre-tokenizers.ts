/** @file Pre-tokenizers of a tokenizer.json, as the Python library computes them. */

import { found, type Json, patternOf, SPACE, spelledBytes, unknownPart } from "./parts";

/** Cuts text into pieces that tokens do not cross; `first` for text that nothing stands before. */
export type PreTokenizer = (text: string, first: boolean) => readonly string[];

/** Throws `RangeError` for one that is not known. */
export function createPreTokenizer(json: unknown): PreTokenizer {
  if (json === null || json === undefined) return (text) => [text];
  const part = json as Json;
  const make = Object.hasOwn(makers, String(part.type)) ? makers[String(part.type)] : undefined;
  if (!make) throw unknownPart("pre_tokenizer", part);
  return make(part);
}

// Classes of the Unicode version that the Python library's tables are of; the engine's are newer.
const PUNCTUATION =
  "(?:[!-/:-@\\[-`{-~\\u166d]|(?![\\u061d\\u09fd\\u0a76\\u0c77\\u0c84\\u1b4e\\u1b4f\\u1b7d\\u1b7e\\u1b7f\\u2e43-\\u2e4f\\u2e52-\\u2e5d])\\p{P})";
const WORD = "[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200c\\u200d]";

const makers: Readonly<Record<string, (part: Json) => PreTokenizer>> = {
  Sequence: ({ pretokenizers }) => {
    const steps = (pretokenizers as readonly unknown[]).map(createPreTokenizer);
    return (text, first) =>
      steps.reduce<readonly string[]>(
        (pieces, step) =>
          pieces.flatMap((piece, i) => (piece === "" ? [""] : step(piece, first && i === 0))),
        [text],
      );
  },
  BertPreTokenizer: () => {
    const punctuation = new RegExp(PUNCTUATION, "gu");
    const words = cutter(new RegExp(SPACE, "gu"), "Removed");
    const apart = cutter(punctuation, "Isolated");
    return (text) => words(text).flatMap(apart);
  },
  ByteLevel: ({ add_prefix_space: prefix, use_regex: regex = true }) => {
    const words = regex === true ? cutter(gpt2, "Isolated") : (text: string) => [text];
    return (text) => {
      const spaced = prefix === true && !text.startsWith(" ") ? ` ${text}` : text;
      return words(spaced).map(spelledBytes);
    };
  },
  CharDelimiterSplit: ({ delimiter }) =>
    cutter(patternOf({ String: String(delimiter) }), "Removed"),
  Digits: ({ individual_digits: each }) =>
    cutter(/\p{N}/gu, each === true ? "Isolated" : "Contiguous"),
  FixedLength: ({ length }) => {
    const size = Number(length ?? 5);
    return (text) => {
      const signs = Array.from(text);
      return Array.from({ length: Math.ceil(signs.length / size) }, (_, i) =>
        signs.slice(i * size, (i + 1) * size).join(""),
      );
    };
  },
  Metaspace: metaspace,
  Punctuation: ({ behavior = "Isolated" }) => cutter(new RegExp(PUNCTUATION, "gu"), behavior),
  Split: ({ pattern, behavior, invert }) => cutter(patternOf(pattern), behavior, invert === true),
  Whitespace: () =>
    cutter(new RegExp(`${WORD}+|(?:(?!${WORD})[^${SPACE}])+`, "gu"), "Removed", true),
  WhitespaceSplit: () => cutter(new RegExp(SPACE, "gu"), "Removed"),
};

/** GPT-2's words (Radford et al. 2019). */
const gpt2 = new RegExp(
  `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^${SPACE}\\p{L}\\p{N}]+|${SPACE}+(?!\\P{White_Space})|${SPACE}+`,
  "gu",
);

/** Marks the space before each word, first of all, where `prepend_scheme` says so; words begin with their mark. */
function metaspace(part: Json): PreTokenizer {
  const { prepend_scheme: scheme = "always", split = true, add_prefix_space: legacy } = part;
  if (legacy === false && scheme !== "never") throw unknownPart("add_prefix_space of", part);
  const mark = String(part.replacement ?? "\u2581");
  const words = cutter(patternOf({ String: mark }), "MergedWithNext");
  return (text, first) => {
    const marked = text.replaceAll(" ", mark);
    const prepends = scheme === "always" || (scheme === "first" && first);
    const whole = prepends && !marked.startsWith(mark) ? mark + marked : marked;
    return split === false ? [whole] : words(whole);
  };
}

/** Cuts at what a pattern finds (`invert`: at all else); `behavior` says where the cut-out pieces go. */
function cutter(pattern: RegExp, behavior: unknown, invert = false): (text: string) => string[] {
  const behave = Object.hasOwn(behaviors, String(behavior))
    ? behaviors[String(behavior)]!
    : undefined;
  if (!behave) throw unknownPart("behavior", { type: behavior });
  return (text) => {
    const cuts: Cut[] = [];
    let done = 0;
    for (const [start, end] of found(pattern, text)) {
      if (start > done) cuts.push({ text: text.slice(done, start), found: invert });
      cuts.push({ text: text.slice(start, end), found: !invert });
      done = end;
    }
    if (done < text.length) cuts.push({ text: text.slice(done), found: invert });
    return behave(cuts);
  };
}

interface Cut {
  readonly text: string;
  /** Whether it is what is cut at. */
  readonly found: boolean;
}

const behaviors: Readonly<Record<string, (cuts: readonly Cut[]) => string[]>> = {
  // A beginning that is cut away leaves an empty piece, so that what follows it is not taken for the beginning.
  Removed: (cuts) => cuts.flatMap((cut, i) => (cut.found ? (i === 0 ? [""] : []) : [cut.text])),
  Isolated: (cuts) => cuts.map(({ text }) => text),
  Contiguous: (cuts) => joined(cuts, (cut, before) => cut.found === before.found),
  MergedWithPrevious: (cuts) => joined(cuts, (cut, before) => cut.found && !before.found),
  MergedWithNext: (cuts) =>
    joined([...cuts].reverse(), (cut, after) => cut.found && !after.found, true).reverse(),
};

/** Cuts in order, each put to the one before where `joins` says so. */
function joined(
  cuts: readonly Cut[],
  joins: (cut: Cut, before: Cut) => boolean,
  reversed = false,
): string[] {
  const out: string[] = [];
  cuts.forEach((cut, i) => {
    if (i > 0 && joins(cut, cuts[i - 1]!)) {
      const before = out.pop()!;
      out.push(reversed ? cut.text + before : before + cut.text);
    } else {
      out.push(cut.text);
    }
  });
  return out;
}
