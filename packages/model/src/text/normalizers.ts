/** @file Normalizers of a tokenizer.json, as the Python library computes them. */

import { found, type Json, outerSpace, patternOf, SPACE, spelledBytes, unknownPart } from "./parts";
import { precompiled } from "./precompiled";

export type Normalizer = (text: string) => string;

/** Throws `RangeError` for one that is not known. */
export function createNormalizer(json: unknown): Normalizer {
  if (json === null || json === undefined) return (text) => text;
  const part = json as Json;
  const make = Object.hasOwn(makers, String(part.type)) ? makers[String(part.type)] : undefined;
  if (!make) throw unknownPart("normalizer", part);
  return make(part);
}

const makers: Readonly<Record<string, (part: Json) => Normalizer>> = {
  Sequence: ({ normalizers }) => {
    const steps = (normalizers as readonly unknown[]).map(createNormalizer);
    return (text) => steps.reduce((at, step) => step(at), text);
  },
  BertNormalizer: bert,
  ByteLevel: () => spelledBytes,
  Lowercase: () => lowercase,
  NFC: () => form("NFC"),
  NFD: () => form("NFD"),
  NFKC: () => form("NFKC"),
  NFKD: () => form("NFKD"),
  Nmt: () => (text) => text.replace(nmtRemoved, "").replace(nmtSpace, " "),
  Precompiled: ({ precompiled_charsmap: map }) => precompiled(String(map ?? "")),
  Prepend:
    ({ prepend }) =>
    (text) =>
      text && `${prepend}${text}`,
  Replace: ({ pattern: given, content }) => {
    const pattern = patternOf(given);
    return (text) => {
      let [out, done] = ["", 0];
      for (const [start, end] of found(pattern, text)) {
        out += text.slice(done, start) + content;
        done = end;
      }
      return out + text.slice(done);
    };
  },
  Strip: ({ strip_left: left, strip_right: right }) => {
    return (text) => {
      const cut = left === true ? text.replace(outerSpace.start, "") : text;
      return right === true ? cut.replace(outerSpace.end, "") : cut;
    };
  },
  StripAccents: () => (text) => text.replace(marks, ""),
};

/** Letter by letter: a sigma at the end of a word is none of its own. */
function lowercase(text: string): string {
  return Array.from(text, (c) => c.toLowerCase()).join("");
}

// Marks that are newer than the Unicode version of the Python library's tables; the engine's tables are newer still.
const NEW_MARKS =
  "\\u07fd\\u0897-\\u089f\\u08ca-\\u08d3\\u09fe\\u0afa-\\u0aff\\u0b55\\u0c04\\u0c3c\\u0cf3\\u0d00\\u0d3b\\u0d3c\\u0d81\\u0eba\\u0ece\\u1715\\u180f\\u1abf-\\u1add\\u1ae0-\\u1aeb\\u1cf7\\u1df6-\\u1dfa\\ua82c\\ua8ff";
const NEW_ACCENTS =
  "\\u07fd\\u0897-\\u089f\\u08ca-\\u08e1\\u09fe\\u0afa-\\u0aff\\u0b55\\u0c04\\u0c3c\\u0d00\\u0d3b\\u0d3c\\u0d81\\u0eba\\u0ece\\u180f\\u1885\\u1886\\u1abf-\\u1add\\u1ae0-\\u1aeb\\u1df6-\\u1dfb\\ua82c\\ua8c5\\ua8ff\\ua9bd";
const marks = new RegExp(`[\\u1cf2\\u1cf3]|(?![${NEW_MARKS}])\\p{M}`, "gu");
const accents = new RegExp(`\\u1734|(?![${NEW_ACCENTS}])\\p{Mn}`, "gu");

// Marks without an order of their own to the Python library, and characters that got a decomposition later.
const unordered = new RegExp(`([${NEW_MARKS}])`, "gu");
const undecomposed = new RegExp(`([${NEW_MARKS}\\u32ff\\ua7f1-\\ua7f4\\uab69])`, "gu");

/** A Unicode form; what is newer than the library's tables stays as and where it is. */
function form(name: "NFC" | "NFD" | "NFKC" | "NFKD"): Normalizer {
  const apart = name.includes("K") ? undecomposed : unordered;
  return (text) => {
    if (text.search(apart) < 0) return text.normalize(name);
    return text
      .split(apart)
      .map((piece, i) => (i % 2 === 1 ? piece : piece.normalize(name)))
      .join("");
  };
}

const control = /(?![\t\n\r\u0890\u0891\u08e2])[\p{Cc}\p{Cf}\p{Co}\0\ufffd]/gu;
const NMT_REMOVED = "\\x01-\\x08\\x0b\\x0e-\\x1f\\x7f\\x8f\\x9f";
const nmtRemoved = new RegExp(`[${NMT_REMOVED}]`, "gu");
const nmtSpace = /[\t\n\f\r \u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]/gu;
const space = new RegExp(SPACE, "gu");
const ideograph =
  /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2a6df}\u{2a700}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;

function bert(part: Json): Normalizer {
  const { clean_text: clean, handle_chinese_chars: apart, lowercase: lower } = part;
  const strip = part.strip_accents ?? lower;
  return (text) => {
    let out = text;
    if (clean === true) out = out.replace(control, "").replace(space, " ");
    if (apart === true) out = out.replace(ideograph, " $& ");
    if (strip === true) out = out.normalize("NFD").replace(accents, "");
    return lower === true ? lowercase(out) : out;
  };
}
