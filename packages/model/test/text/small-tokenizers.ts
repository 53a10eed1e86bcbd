/** @file Tokenizers of a few tokens, spelled as Llama's and GPT-2's are. */

const special = (contents: readonly string[]) =>
  contents.map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));

const ids = (tokens: readonly string[]) =>
  Object.fromEntries(tokens.map((token, id) => [token, id]));

/** 62 ids: three special ones, the bytes of 你 and two strays, spaces, letters, words and their merges. */
export function llamaLike() {
  const bytes = ["<0xE4>", "<0xBD>", "<0xA0>", "<0xFF>", "<0x0A>"];
  const letters = [..."abcdefghijklmnopqrstuvwxyz.,"];
  const words = [
    "▁",
    ...letters.slice(0, 20).map((letter) => `▁${letter}`),
    "▁of",
    "of",
    "▁no",
    "no",
  ];
  return {
    version: "1.0",
    added_tokens: special(["<unk>", "<s>", "</s>"]),
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "Prepend", prepend: "▁" },
        { type: "Replace", pattern: { String: " " }, content: "▁" },
      ],
    },
    pre_tokenizer: null,
    post_processor: null,
    decoder: {
      type: "Sequence",
      decoders: [
        { type: "Replace", pattern: { String: "▁" }, content: " " },
        { type: "ByteFallback" },
        { type: "Fuse" },
        { type: "Strip", content: " ", start: 1, stop: 0 },
      ],
    },
    model: {
      type: "BPE",
      unk_token: "<unk>",
      fuse_unk: true,
      byte_fallback: true,
      vocab: ids(["<unk>", "<s>", "</s>", ...bytes, ...letters, ...words]),
      merges: [
        "o f",
        "n o",
        "▁ of",
        "▁ no",
        ...letters.slice(0, 20).map((letter) => `▁ ${letter}`),
      ],
    },
  };
}

/** 8 ids: letters, a space and the bytes of 你 in the spelling of GPT-2. */
export function bytesLikeGpt2() {
  return {
    version: "1.0",
    added_tokens: special(["<|endoftext|>"]),
    normalizer: null,
    pre_tokenizer: {
      type: "ByteLevel",
      add_prefix_space: false,
      trim_offsets: true,
      use_regex: true,
    },
    post_processor: null,
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      vocab: ids(["<|endoftext|>", "n", "Ġn", "Ġ", "ä", "½", "ł", "o"]),
      merges: ["Ġ n"],
    },
  };
}

/** Words between spaces; those that are not known are `[?]`, which no list of special tokens names. */
export function wordLevel(unk: string | null = "[?]") {
  return {
    version: "1.0",
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: "WhitespaceSplit" },
    post_processor: null,
    decoder: null,
    model: {
      type: "WordLevel",
      ...(unk !== null && { unk_token: unk }),
      vocab: ids(["[?]", "Google", "Apple", "of"]),
    },
  };
}
