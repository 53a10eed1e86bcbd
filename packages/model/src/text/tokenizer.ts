/** @file Our own interface to text, and its adapter on @huggingface/tokenizers, whose types stay inside this file. */

import { quoted } from "@diopter/graph";
import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";

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

type Json = Readonly<Record<string, unknown>>;

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
  const inner = new HuggingFaceTokenizer(file, config);
  const tokens = tokensById(inner.get_vocab(true), inner.get_added_tokens_decoder());
  const special = specialIds(file.added_tokens as readonly Json[]);
  const role = (name: string) =>
    roleOf(name, config as Json, special, inner.token_to_id.bind(inner));
  const { unk_token: unknown } = file.model as Json;
  const unk = role("unk") ?? (typeof unknown === "string" ? inner.token_to_id(unknown) : undefined);
  return {
    size: tokens.length,
    bos: role("bos"),
    eos: role("eos"),
    pad: role("pad"),
    mask: role("mask"),
    unk,
    special: new Set(special.values()),
    encode: (text, { addSpecialTokens = false } = {}) =>
      // For words that a word-level model lacks, the library gives undefined.
      inner.encode(text, { add_special_tokens: addSpecialTokens }).ids.map((id) => {
        const known = (id as number | undefined) ?? unk;
        if (known !== undefined) return known;
        throw new RangeError(
          `tokenizer: ${JSON.stringify(text)} has unknown words, and there is no token for them`,
        );
      }),
    decode: (ids, { skipSpecialTokens = false } = {}) => {
      for (const id of ids) {
        if (tokens[id] === undefined) {
          throw new RangeError(
            `tokenizer: no token has id ${id}; ids go from 0 to ${tokens.length - 1}`,
          );
        }
      }
      if (ids.length === 0) return "";
      // The library drops spaces before punctuation unless told not to.
      return inner.decode([...ids], {
        skip_special_tokens: skipSpecialTokens,
        clean_up_tokenization_spaces: false,
      });
    },
    tokenOf: (id) => tokens[id],
    idOf: (token) => inner.token_to_id(token),
  };
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

function tokensById(
  vocab: ReadonlyMap<string, number>,
  added: ReadonlyMap<number, { readonly content: string }>,
): (string | undefined)[] {
  const tokens: (string | undefined)[] = [];
  for (const [token, id] of vocab) tokens[id] = token;
  for (const [id, { content }] of added) tokens[id] = content;
  return tokens;
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
