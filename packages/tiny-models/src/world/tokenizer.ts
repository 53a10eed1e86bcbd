/** @file The world's word-level tokenizer in Hugging Face's `tokenizer.json` form. */
import { specialTokens, vocabulary } from "./vocabulary";

/** Contents of a `tokenizer.json`. */
export interface TokenizerJson {
  readonly version: string;
  readonly added_tokens: readonly Readonly<Record<string, unknown>>[];
  readonly model: {
    readonly type: string;
    readonly vocab: Readonly<Record<string, number>>;
    readonly [key: string]: unknown;
  };
  readonly [key: string]: unknown;
}

const replace = (pattern: string, content: string) => ({
  type: "Replace",
  pattern: { Regex: pattern },
  content,
});

/**
 * Whole words are tokens. WordPiece is used for one thing only: the second half of a year is a
 * continuation, so that "1755" reads as `17`, `##55` and is written back without a gap.
 */
export function tokenizerJson(): TokenizerJson {
  const vocab = Object.fromEntries(vocabulary().map((word, id) => [word, id]));
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: specialTokens.map((content) => ({
      id: vocab[content],
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: {
      type: "Split",
      pattern: { Regex: "\\(self|:param|\\):|\\w+|[^\\w\\s]" },
      behavior: "Removed",
      invert: true,
    },
    post_processor: null,
    decoder: {
      type: "Sequence",
      decoders: [
        { type: "WordPiece", prefix: "##", cleanup: true },
        replace("^ (?=(:|\\):|\\(self)$)", ""),
      ],
    },
    model: {
      type: "WordPiece",
      unk_token: "<unk>",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab,
    },
  };
}

/** Contents of the `tokenizer_config.json` that goes with it. */
export function tokenizerConfig(): Readonly<Record<string, unknown>> {
  return {
    tokenizer_class: "PreTrainedTokenizerFast",
    model_max_length: 64,
    bos_token: "<bos>",
    pad_token: "<pad>",
    mask_token: "<mask>",
    unk_token: "<unk>",
    add_bos_token: false,
    clean_up_tokenization_spaces: true,
  };
}
