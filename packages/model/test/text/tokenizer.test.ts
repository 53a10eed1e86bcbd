/** @file The tokenizer adapter against 315 recorded texts, and what it says about broken files. */

import { createTokenizer, stringTokens, type Tokenizer } from "@diopter/model";
import { expect, test } from "vitest";
import { goldenPath, noTrained, readJson, trainedPath } from "../../../../test/golden";
import { llamaLike, wordLevel } from "./small-tokenizers";

/** Words, and pieces that begin with ##, as BERT splits them. */
const wordPieces = {
  version: "1.0",
  truncation: null,
  padding: null,
  added_tokens: ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })),
  normalizer: {
    type: "BertNormalizer",
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: "BertPreTokenizer" },
  post_processor: {
    type: "TemplateProcessing",
    single: [
      { SpecialToken: { id: "[CLS]", type_id: 0 } },
      { Sequence: { id: "A", type_id: 0 } },
      { SpecialToken: { id: "[SEP]", type_id: 0 } },
    ],
    pair: [],
    special_tokens: {
      "[CLS]": { id: "[CLS]", ids: [2], tokens: ["[CLS]"] },
      "[SEP]": { id: "[SEP]", ids: [3], tokens: ["[SEP]"] },
    },
  },
  decoder: { type: "WordPiece", prefix: "##", cleanup: false },
  model: {
    type: "WordPiece",
    unk_token: "[UNK]",
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(
      ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "play", "##ing", "the", "game", ","].map(
        (token, id) => [token, id],
      ),
    ),
  },
};

function llama(): Tokenizer {
  const folder = trainedPath("stories260K/hf");
  return createTokenizer(
    readJson(`${folder}/tokenizer.json`),
    readJson(`${folder}/tokenizer_config.json`),
  );
}

const cases = readJson<{ text: string; ids: number[]; decoded: string }[]>(
  goldenPath("stories260K/tokenizer_cases.json"),
);

test.skipIf(noTrained)(
  "all recorded texts encode and decode as recorded (needs ../shared/models)",
  () => {
    const tokenizer = llama();
    expect(cases).toHaveLength(315);
    for (const { text, ids, decoded } of cases) {
      expect([text, tokenizer.encode(text)]).toEqual([text, ids]);
      expect(tokenizer.decode(ids)).toBe(decoded);
    }
  },
);

test.skipIf(noTrained)("pieces of every recorded text join to it (needs ../shared/models)", () => {
  const tokenizer = llama();
  for (const { ids, decoded } of cases) expect(stringTokens(tokenizer, ids).join("")).toBe(decoded);
});

test.skipIf(noTrained)(
  "special tokens are known, and bytes belong to the last of a character (needs ../shared/models)",
  () => {
    const tokenizer = llama();
    expect(tokenizer).toMatchObject({ size: 512, bos: 1, eos: 2, pad: undefined, unk: 0 });
    expect([...tokenizer.special]).toEqual([0, 1, 2]);
    expect(tokenizer.encode("Hi", { addSpecialTokens: true })).toEqual([
      1,
      ...tokenizer.encode("Hi"),
    ]);
    const ids = [1, ...tokenizer.encode("Once 你")];
    expect(stringTokens(tokenizer, ids)).toEqual(["<s>", "Once", " ", "", "", "你"]);
    expect(stringTokens(tokenizer, ids.slice(0, -1)).at(-1)).toBe("\u{fffd}");
    expect(tokenizer.decode([1, 403], { skipSpecialTokens: true })).toBe("Once");
  },
);

test("word pieces, templates and roles without a tokenizer_config.json", () => {
  const tokenizer = createTokenizer(wordPieces);
  expect(tokenizer).toMatchObject({ size: 10, bos: undefined, pad: 0, unk: 1, mask: 4 });
  expect(tokenizer.encode("Playing the [MASK]")).toEqual([5, 6, 7, 4]);
  expect(tokenizer.encode("the", { addSpecialTokens: true })).toEqual([2, 7, 3]);
  expect(tokenizer.encode("")).toEqual([]);
  expect(tokenizer.decode([])).toBe("");
  // The library by itself would write "game,".
  expect(tokenizer.decode([8, 9])).toBe("game ,");
  expect(stringTokens(tokenizer, [2, 7, 5, 6, 8, 3])).toEqual([
    "[CLS]",
    "the",
    " play",
    "ing",
    " game",
    "[SEP]",
  ]);
  expect([tokenizer.tokenOf(6), tokenizer.idOf("##ing"), tokenizer.idOf("xyz")]).toEqual([
    "##ing",
    6,
    undefined,
  ]);
});

test("tokenizer_config.json has the last word on roles", () => {
  const tokenizer = createTokenizer(wordPieces, {
    bos_token: { content: "[CLS]" },
    eos_token: "[SEP]",
    pad_token: null,
  });
  expect(tokenizer).toMatchObject({ bos: 2, eos: 3, pad: undefined, mask: 4 });
  expect(() => createTokenizer(wordPieces, { bos_token: "<s>" })).toThrow(
    new RangeError('tokenizer: bos_token "<s>" is not in the vocabulary'),
  );
});

test("an id without a token is named", () => {
  expect(() => createTokenizer(wordPieces).decode([5, 10])).toThrow(
    new RangeError("tokenizer: no token has id 10; ids go from 0 to 9"),
  );
});

test("a file that lacks parts says which", () => {
  const { decoder: _, pre_tokenizer: __, ...half } = wordPieces;
  expect(() => createTokenizer(half)).toThrow(
    new RangeError(
      "tokenizer: tokenizer.json has no pre_tokenizer, decoder; expected model, added_tokens, normalizer, pre_tokenizer, post_processor, decoder (null where there is none)",
    ),
  );
  const withModel = (model: unknown) => createTokenizer({ ...wordPieces, model });
  expect(() => withModel(null)).toThrow(
    new RangeError("tokenizer: model is null, expected an object"),
  );
  expect(() => withModel({ type: "WordPiece" })).toThrow(
    new RangeError("tokenizer: model has no vocab"),
  );
  expect(() => withModel({ type: "BPE", vocab: {} })).toThrow(
    new RangeError("tokenizer: BPE model has no merges"),
  );
  expect(() => createTokenizer({ ...wordPieces, added_tokens: {} })).toThrow(
    new RangeError("tokenizer: added_tokens is {}, expected a list"),
  );
});

test("a word-level model gives its unknown token, or refuses the word", () => {
  const words = createTokenizer(wordLevel());
  expect(words.unk).toBe(0);
  expect(words.encode("Apple pie of Google")).toEqual([2, 0, 3, 1]);
  expect(() => createTokenizer(wordLevel(null)).encode("Apple pie")).toThrow(
    new RangeError('tokenizer: "pie" is unknown, and there is no token for unknown words'),
  );
});

test("parts that nobody knows are refused by name when text needs them, never when ids are given", () => {
  const odd = (part: string, value: unknown) => createTokenizer({ ...wordPieces, [part]: value });
  for (const part of ["normalizer", "pre_tokenizer", "post_processor"]) {
    const tokenizer = odd(part, { type: "Quantum" });
    expect(tokenizer.decode([5, 6])).toBe("playing");
    expect(() => tokenizer.encode("playing")).toThrow(
      new RangeError(
        `tokenizer: ${part} "Quantum" is not supported; give token ids instead of text`,
      ),
    );
  }
  const decoder = odd("decoder", { type: "Quantum" });
  expect(decoder.encode("playing")).toEqual([5, 6]);
  expect(() => decoder.decode([5])).toThrow('decoder "Quantum" is not supported');
  const model = odd("model", { ...wordPieces.model, type: "Quantum" });
  expect([model.size, model.decode([5])]).toEqual([10, "play"]);
  expect(() => model.encode("play")).toThrow('model "Quantum" is not supported');
  expect(() => odd("pre_tokenizer", { type: "toString" }).encode("a")).toThrow('"toString" is not');
});

test("bytes that are no text are as many replacement signs, and a byte order mark stays", () => {
  const tokenizer = createTokenizer(llamaLike());
  const ids = ["<0xE4>", "<0xBD>", "▁n"].map((token) => tokenizer.idOf(token)!);
  expect(tokenizer.decode(ids)).toBe("\u{fffd}\u{fffd} n");
});
