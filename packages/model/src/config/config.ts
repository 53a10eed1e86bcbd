/** @file The one configuration that drives the canonical transformer; TransformerLens's field names in camelCase. */

export type NormalizationType = "LN" | "LNPre" | "RMS" | "RMSPre" | "none";
export type PositionalEmbeddingType = "standard" | "rotary" | "alibi" | "none";
export type ActivationFunction =
  | "relu"
  | "gelu"
  | "gelu_new"
  | "gelu_fast"
  | "quick_gelu"
  | "silu"
  | "tanh"
  | "identity";

/** How rotary frequencies are stretched for longer contexts. */
export type RotaryScaling =
  | { readonly type: "linear"; readonly factor: number }
  | {
      readonly type: "llama3";
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalContext: number;
    }
  | {
      readonly type: "longrope";
      readonly shortFactor: readonly number[];
      readonly longFactor: readonly number[];
      readonly originalContext: number;
      readonly attentionFactor: number;
    };

/** How queries and keys are normed before rotation. */
export interface QueryKeyNorm {
  readonly type: "LN" | "RMS";
  /** Each head by itself under one gain (Qwen 3, Gemma 3, Phi), or all heads of the layer together (OLMo 2). */
  readonly over: "head" | "layer";
}

export interface ModelConfig {
  /** Family that described the checkpoint, such as `"gpt2"`. */
  readonly family: string;
  readonly nLayers: number;
  readonly dModel: number;
  readonly nHeads: number;
  /** Heads of keys and values; fewer than `nHeads` under grouped-query attention. */
  readonly nKeyValueHeads: number;
  readonly dHead: number;
  /** 0 when `attnOnly`. */
  readonly dMlp: number;
  readonly dVocab: number;
  readonly dVocabOut: number;
  readonly nCtx: number;
  readonly actFn: ActivationFunction;
  readonly attnOnly: boolean;
  readonly gatedMlp: boolean;
  /** `LNPre`/`RMSPre`: gains and biases are folded into the next matrices. */
  readonly normalizationType: NormalizationType;
  readonly eps: number;
  /** Gain is `1 + w` (Gemma). */
  readonly gainPlusOne: boolean;
  /**
   * Where a block's norms sit: on what each sublayer reads (`pre`), on each residual sum (`post`, BERT), on what
   * each sublayer writes (`output`, OLMo 2), or on what it reads and on what it writes (`both`, Gemma 2).
   */
  readonly normPlacement: "pre" | "post" | "output" | "both";
  /** Whether a final norm precedes the unembedding. */
  readonly finalNorm: boolean;
  /** Attention and MLP read the same residual stream and are added together. */
  readonly parallelAttnMlp: boolean;
  /** Parallel blocks only: attention and MLP share one norm (GPT-J, Phi). */
  readonly sharedNorm: boolean;
  readonly positionalEmbeddingType: PositionalEmbeddingType;
  readonly attentionDir: "causal" | "bidirectional";
  /** Divisor of attention scores; 1 when scores are not scaled. */
  readonly attnScale: number;
  readonly rotaryDim: number;
  readonly rotaryBase: number;
  readonly rotaryBaseLocal?: number;
  /** Rotary pairs are neighbours (GPT-J) instead of halves (NeoX, Llama). */
  readonly rotaryAdjacentPairs: boolean;
  readonly rotaryScaling?: RotaryScaling;
  /** Layers whose queries and keys are not rotated (SmolLM 3); absent means none. */
  readonly layersWithoutRotary?: readonly number[];
  /** Norm of queries and keys before rotation; absent means none. */
  readonly qkNorm?: QueryKeyNorm;
  /** Keys that a query may see in a local layer, itself included. */
  readonly windowSize?: number;
  /** Which layers are local; absent means none, or all when `windowSize` is set. */
  readonly attnTypes?: readonly ("global" | "local")[];
  readonly attnScoresSoftCap?: number;
  readonly outputLogitsSoftCap?: number;
  /** Factor on token embeddings (Gemma: sqrt(dModel)). */
  readonly embeddingScale?: number;
  readonly logitScale?: number;
  /** Norm after the sum of embeddings (BERT, Bloom). */
  readonly postEmbeddingNorm: boolean;
  /** Rows of the token-type embedding; 0 when there is none. */
  readonly tokenTypes: number;
  /** Added to a position before it indexes `W_pos` (OPT: 2; RoBERTa: padding id + 1). */
  readonly positionOffset: number;
  /** Masked-language-model head: dense, activation and norm before the vocabulary matrix. */
  readonly mlmHead: boolean;
  /** The unembedding is the transposed token embedding. */
  readonly tiedEmbeddings: boolean;
  /**
   * Whether `toTokens` puts BOS first unless told otherwise, as TransformerLens; for an encoder,
   * whether the tokenizer's template (`[CLS]`, `[SEP]`) frames the text.
   */
  readonly defaultPrependBos: boolean;
  readonly initializerRange?: number;
  /** Weights whose inputs are rounded to 8 bits, one scale for all of a run (dynamic int8 exports); absent means none. */
  readonly dynamicQuantization?: readonly string[];
}
