/** @file Our own interface to text: a tokenizer.json, read as the Python library reads it. */

import { checkOptions, quoted } from "@diopter/tensor";
import { createSplitter } from "./added-tokens";
import { createDecoder } from "./decoders";
import { createNormalizer } from "./normalizers";
import { type Json, unknownPart } from "./parts";
import { createPreTokenizer } from "./pre-tokenizers";
import { createTokenModel } from "./token-model";

export interface EncodeOptions {
  /** Let the tokenizer's template add its tokens, such as `[CLS]` and `[SEP]`. Off by default. */
  readonly addSpecialTokens?: boolean | undefined;
}

export interface DecodeOptions {
  /** Leave special tokens out. Off by default. */
  readonly skipSpecialTokens?: boolean | undefined;
}

/** Text to token ids and back. */
export interface Tokenizer {
  /** Number of ids: the largest plus one. */
  readonly size: number;
  /** Ids of special tokens, undefined where the tokenizer has none. */
  readonly bos: number | undefined;
  readonly eos: number | undefined;
  readonly pad: number | undefined;
  readonly mask: number | undefined;
  readonly unk: number | undefined;
  /** Ids of all special tokens. */
  readonly special: ReadonlySet<number>;
  encode(text: string, options?: EncodeOptions): number[];
  /** @throws {RangeError} for an id that there is no token for. */
  decode(ids: readonly number[], options?: DecodeOptions): string;
  /** The vocabulary's spelling of a token, such as `"Ġthe"`; undefined when there is none. */
  tokenOf(id: number): string | undefined;
  idOf(token: string): number | undefined;
}

/**
 * A tokenizer from what `tokenizer.json` and `tokenizer_config.json` hold.
 *
 * Special tokens come from the second; without it they are recognized by their customary spelling.
 *
 * @throws {RangeError} naming the parts that the file lacks.
 *
 * @example
 * const tokenizer = createTokenizer(tokenizerJson, tokenizerConfigJson);
 * tokenizer.encode("Hello"); // [15496]
 */
export function createTokenizer(json: object, config: object = {}): Tokenizer {
  const file = json as Json;
  checkParts(file);
  const { byId, ids } = vocabularyOf(file);
  const added = file.added_tokens as readonly Json[];
  const special = specialIds(added);
  const idOf = (token: string) => ids.get(token);
  const role = (name: string) => roleOf(name, config as Json, special, idOf);
  // Parts are made when text needs them: whoever gives ids needs none, and may have a file with parts that nobody knows.
  const encoder = once(() => createEncoder(file, idOf));
  const decoder = once(() => createDecoder(file.decoder));
  const size = 1 + [...byId.keys()].reduce((a, b) => Math.max(a, b), -1);
  const { unk_token: unknown, unk_id: unknownId, end_of_word_suffix: suffix } = file.model as Json;
  const { type: decoderType } = (file.decoder ?? {}) as Json;
  const marked = decoderType === "ByteLevel" && typeof suffix === "string" && suffix !== "";
  const unk = typeof unknown === "string" ? idOf(unknown) : (unknownId ?? undefined);
  return {
    size,
    bos: role("bos"),
    eos: role("eos"),
    pad: role("pad"),
    mask: role("mask"),
    unk: role("unk") ?? (unk as number | undefined),
    special: new Set(special.values()),
    encode: (text, options = {}) => {
      checkOptions("tokenizer.encode", options, { addSpecialTokens: "optional" });
      return encoder()(text, options.addSpecialTokens ?? false);
    },
    decode: (given, options = {}) => {
      checkOptions("tokenizer.decode", options, { skipSpecialTokens: "optional" });
      const { skipSpecialTokens = false } = options;
      const tokens = given.map((id) => {
        const token = byId.get(id);
        if (token !== undefined) return token;
        throw new RangeError(`tokenizer: no token has id ${id}; ids go from 0 to ${size - 1}`);
      });
      const shown = skipSpecialTokens ? tokens.filter((token) => !special.has(token)) : tokens;
      const text = decoder()(shown).join("");
      // CLIP's words end in a mark that its decoder leaves, and transformers makes spaces of.
      return marked ? text.replaceAll(String(suffix), " ") : text;
    },
    tokenOf: (id) => byId.get(id),
    idOf,
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Tokens of the model and added ones, both ways; the latter have the last word. */
function vocabularyOf({ model, added_tokens: added }: Json) {
  const { vocab } = model as Json;
  const entries = Array.isArray(vocab)
    ? (vocab as readonly (readonly [string, number])[]).map(([token], id) => [token, id] as const)
    : Object.entries(vocab as Readonly<Record<string, number>>);
  const ids = new Map(entries);
  const byId = new Map(entries.map(([token, id]) => [id, token]));
  for (const { content, id } of added as readonly Json[]) {
    ids.set(String(content), Number(id));
    byId.set(Number(id), String(content));
  }
  return { ids, byId };
}

/** Text to ids: added tokens, normalizer, added tokens again, pre-tokenizer, model, template. */
function createEncoder(
  file: Json,
  idOf: (token: string) => number | undefined,
): (text: string, template: boolean) => number[] {
  const normalize = createNormalizer(file.normalizer);
  const pretokenize = createPreTokenizer(file.pre_tokenizer);
  const model = createTokenModel(file.model as Json, idOf);
  const frame = createTemplate(file.post_processor);
  const added = file.added_tokens as readonly Json[];
  const isNormalized = ({ normalized, special }: Json) => normalized ?? special !== true;
  const asWritten = createSplitter(added.filter((token) => !isNormalized(token)));
  const asNormalized = createSplitter(added.filter(isNormalized), normalize);
  return (text, template) => {
    const ids = asWritten(text).flatMap((section, i) => {
      if (typeof section !== "string") return [section.id];
      return asNormalized(normalize(section)).flatMap((part, j) =>
        typeof part === "string"
          ? pretokenize(part, i + j === 0).flatMap((piece) => (piece === "" ? [] : model(piece)))
          : [part.id],
      );
    });
    return template ? frame(ids) : ids;
  };
}

/** What a post-processor puts around a text. Throws `RangeError` for one that is not known. */
function createTemplate(json: unknown): (ids: number[]) => number[] {
  if (json === null || json === undefined) return (ids) => ids;
  const part = json as Json;
  const idIn = (token: unknown) => (token as readonly [string, number])[1];
  switch (part.type) {
    case "ByteLevel":
      return (ids) => ids;
    case "BertProcessing":
    case "RobertaProcessing":
      return (ids) => [idIn(part.cls), ...ids, idIn(part.sep)];
    case "Sequence": {
      const steps = (part.processors as readonly unknown[]).map(createTemplate);
      return (ids) => steps.reduce((at, step) => step(at), ids);
    }
    case "TemplateProcessing": {
      const special = part.special_tokens as Readonly<Record<string, { ids: readonly number[] }>>;
      const items = part.single as readonly { readonly SpecialToken?: { readonly id: string } }[];
      return (ids) =>
        items.flatMap(({ SpecialToken: token }) => (token ? special[token.id]!.ids : ids));
    }
  }
  throw unknownPart("post_processor", part);
}

const parts = ["model", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder"];

/** What the library would otherwise fail on with a message about its own internals. */
function checkParts(file: Json): void {
  const missing = parts.filter((part) => file[part] === undefined);
  if (missing.length > 0) {
    throw new RangeError(
      `tokenizer: tokenizer.json has no ${missing.join(", ")}; expected ${parts.join(", ")} (null where there is none)`,
    );
  }
  const { model, added_tokens: added } = file;
  if (typeof model !== "object" || model === null) {
    throw new RangeError(`tokenizer: model is ${quoted(model)}, expected an object`);
  }
  const { type, vocab, merges } = model as Json;
  if (typeof vocab !== "object" || vocab === null) {
    throw new RangeError("tokenizer: model has no vocab");
  }
  if (type === "BPE" && !Array.isArray(merges)) {
    throw new RangeError("tokenizer: BPE model has no merges");
  }
  if (!Array.isArray(added)) {
    throw new RangeError(`tokenizer: added_tokens is ${quoted(added)}, expected a list`);
  }
  const ids = Array.isArray(vocab) ? [] : Object.entries(vocab);
  for (const token of added) ids.push([String((token as Json)?.content), (token as Json)?.id]);
  requireIds(ids);
}

/** Ids that no token has, beyond as many as there are tokens: lists are made as long as the largest id. */
const mostGaps = 1_000_000;

function requireIds(ids: readonly (readonly [token: string, id: unknown])[]): void {
  const end = ids.length + mostGaps;
  for (const [token, id] of ids) {
    if (Number.isInteger(id) && (id as number) >= 0 && (id as number) < end) continue;
    throw new RangeError(
      `tokenizer: token ${quoted(token)} has id ${quoted(id)}, expected an integer in 0..${end - 1}`,
    );
  }
}

function specialIds(added: readonly Json[]): Map<string, number> {
  const special = added.filter((token) => token.special === true);
  return new Map(special.map(({ content, id }) => [String(content), Number(id)]));
}

/** How the common tokenizers spell each role. */
const spellings: Readonly<Record<string, readonly string[]>> = {
  bos: ["<s>", "<bos>", "<|begin_of_text|>", "[BOS]", "<|endoftext|>"],
  eos: ["</s>", "<eos>", "<|end_of_text|>", "[EOS]", "<|endoftext|>"],
  pad: ["<pad>", "[PAD]"],
  mask: ["<mask>", "[MASK]"],
  unk: ["<unk>", "[UNK]"],
};

function roleOf(
  role: string,
  config: Json,
  special: ReadonlyMap<string, number>,
  idOf: (token: string) => number | undefined,
): number | undefined {
  const said = config[`${role}_token`];
  const token = typeof said === "object" && said !== null ? (said as Json).content : said;
  if (typeof token === "string") {
    const id = idOf(token);
    if (id === undefined)
      throw new RangeError(`tokenizer: ${role}_token "${token}" is not in the vocabulary`);
    return id;
  }
  if (said === null || `${role}_token` in config) return undefined;
  const spelling = spellings[role]?.find((each) => special.has(each));
  return spelling === undefined ? undefined : special.get(spelling);
}
