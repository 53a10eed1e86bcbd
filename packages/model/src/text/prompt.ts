/** @file From whatever a user calls a prompt to a batch of token ids with explicit padding. */

import { quoted } from "@diopter/graph";
import { checkOptions, given, type OptionKeys } from "@diopter/tensor";
import type { ModelConfig } from "../config/config";
import type { TokenBatch } from "./prompt-values";
import type { Tokenizer } from "./tokenizer";

/** Text, texts, ids, rows of ids, or ids with their masks. */
export type Prompt =
  | string
  | readonly string[]
  | readonly number[]
  | readonly (readonly number[])[]
  | TokenPrompt;

/** Token ids with explicit padding, rows of equal length. */
export interface TokenPrompt {
  readonly tokens: readonly (readonly number[])[];
  /** 1 for real tokens, 0 for padding. */
  readonly attentionMask?: readonly (readonly number[])[];
  readonly tokenTypes?: readonly (readonly number[])[];
}

export interface PromptOptions {
  /** Put the beginning-of-sequence token first (encoders: frame the text by the tokenizer's template); the model's default when absent. Text only. */
  readonly prependBos?: boolean | undefined;
  readonly paddingSide?: "left" | "right" | undefined;
}

export const promptKeys: OptionKeys<PromptOptions> = {
  prependBos: "optional",
  paddingSide: "optional",
};

/** Ids of one text. Throws `TypeError` without a tokenizer, `RangeError` when BOS is asked for and there is none. */
export function tokenize(
  text: string,
  config: ModelConfig,
  found: Tokenizer | undefined,
  prependBos: boolean = config.defaultPrependBos,
): number[] {
  const tokenizer = requireTokenizer(found);
  // Encoders have no beginning of sequence; what frames their text is in the tokenizer's template.
  if (config.attentionDir === "bidirectional")
    return tokenizer.encode(text, { addSpecialTokens: prependBos });
  const ids = tokenizer.encode(text);
  const { bos } = tokenizer;
  if (!prependBos) return ids;
  if (bos === undefined) {
    throw new RangeError(
      "model: the tokenizer has no beginning-of-sequence token; pass prependBos: false",
    );
  }
  return ids[0] === bos ? ids : [bos, ...ids];
}

/** The tokenizer that text needs; throws `TypeError` where a model has none. */
export function requireTokenizer(tokenizer: Tokenizer | undefined): Tokenizer {
  if (tokenizer) return tokenizer;
  throw new TypeError("model: this model has no tokenizer; give token ids instead of text");
}

/** A padded batch. Throws `RangeError` for empty prompts, ids out of range and prompts longer than the context. */
export function prepare(
  prompt: Prompt,
  config: ModelConfig,
  tokenizer: Tokenizer | undefined,
  { prependBos, paddingSide = "right" }: PromptOptions = {},
): TokenBatch {
  if (isTokenPrompt(prompt)) return explicitBatch(prompt, config);
  const rows = toRows(prompt).map((row) =>
    typeof row === "string" ? tokenize(row, config, tokenizer, prependBos) : [...row],
  );
  if (rows.length === 0) throw new RangeError("model: no prompts");
  rows.forEach((row, index) => {
    if (row.length === 0) throw new RangeError(`model: prompt ${index} is empty`);
    checkRow(row, index, config);
  });
  const fillers = [tokenizer?.pad, tokenizer?.eos];
  return pad(rows, fillers.find((id) => id !== undefined && id < config.dVocab) ?? 0, paddingSide);
}

function isTokenPrompt(prompt: Prompt): prompt is TokenPrompt {
  return typeof prompt === "object" && prompt !== null && "tokens" in prompt;
}

function toRows(prompt: Exclude<Prompt, TokenPrompt>): readonly (string | readonly number[])[] {
  if (typeof prompt === "string") return [prompt];
  if (!Array.isArray(prompt)) {
    throw new TypeError(`model: a prompt is text or token ids, got ${given(prompt)}`);
  }
  const flat = prompt.length > 0 && prompt.every((item) => typeof item === "number");
  const rows = (flat ? [prompt] : prompt) as readonly (string | readonly number[])[];
  rows.forEach((row, index) => {
    if (typeof row !== "string" && !Array.isArray(row)) {
      throw new TypeError(`model: prompt ${index} is ${typeof row}, expected text or token ids`);
    }
  });
  return rows;
}

function checkRow(row: readonly number[], index: number, { dVocab, nCtx }: ModelConfig): void {
  if (row.length > nCtx) {
    throw new RangeError(
      `model: prompt ${index} has ${row.length} tokens, the context holds ${nCtx}`,
    );
  }
  requireIds(row, dVocab, (id) => `token id ${id} of prompt ${index}`);
}

function isId(id: number, end: number): boolean {
  return Number.isInteger(id) && id >= 0 && id < end;
}

/** Throws RangeError for what is no integer from 0 up to `end`, holes included. */
function requireIds(row: readonly number[], end: number, subject: (id: string) => string): void {
  for (const id of row) {
    if (isId(id, end)) continue;
    const shown = typeof id === "number" ? String(id) : quoted(id);
    throw new RangeError(`model: ${subject(shown)} is not in 0..${end - 1}`);
  }
}

function pad(
  rows: readonly (readonly number[])[],
  filler: number,
  side: "left" | "right",
): TokenBatch {
  const pos = Math.max(...rows.map((row) => row.length));
  const place = <T>(row: readonly T[], blank: T) => {
    const blanks = new Array<T>(pos - row.length).fill(blank);
    return side === "left" ? [...blanks, ...row] : [...row, ...blanks];
  };
  return {
    batch: rows.length,
    pos,
    ids: rows.flatMap((row) => place(row, filler)),
    keep: rows.flatMap((row) =>
      place<0 | 1>(
        row.map(() => 1),
        0,
      ),
    ),
  };
}

/** The same prompts with all padding in front. */
export function leftPadded(tokens: TokenBatch): TokenBatch {
  const { batch, pos, ids, keep, tokenTypes } = tokens;
  const slots = Array.from({ length: batch }, (_, row) =>
    Array.from({ length: pos }, (_, i) => row * pos + i).filter((slot) => keep[slot]),
  );
  const rows = <T>(list: readonly T[]) => slots.map((row) => row.map((slot) => list[slot]!));
  const filler = ids[slots[0]![0]!]!;
  return {
    ...pad(rows(ids), filler, "left"),
    ...(tokenTypes && { tokenTypes: pad(rows(tokenTypes), 0, "left").ids }),
  };
}

function explicitBatch(prompt: TokenPrompt, config: ModelConfig): TokenBatch {
  checkOptions(
    "model: the prompt",
    prompt,
    { tokens: "required", attentionMask: "optional", tokenTypes: "optional" },
    "field",
  );
  const { tokens, attentionMask, tokenTypes } = prompt;
  requireRows("tokens", tokens);
  if (attentionMask) requireRows("attentionMask", attentionMask);
  if (tokenTypes) requireRows("tokenTypes", tokenTypes);
  const pos = tokens[0]?.length ?? 0;
  if (pos === 0) throw new RangeError("model: prompt 0 is empty");
  const rectangular = (what: string, rows: readonly (readonly number[])[]) => {
    if (rows.length !== tokens.length) {
      throw new RangeError(`model: ${what} has ${rows.length} rows, expected ${tokens.length}`);
    }
    rows.forEach((row, i) => {
      if (row.length !== pos)
        throw new RangeError(
          `model: row ${i} of ${what} has ${row.length} entries, expected ${pos}`,
        );
    });
  };
  rectangular("tokens", tokens);
  if (attentionMask) {
    rectangular("attentionMask", attentionMask);
    attentionMask.forEach((row, i) => {
      requireIds(row, 2, (k) => `entry ${k} in row ${i} of attentionMask`);
    });
  }
  const real = (row: number) =>
    attentionMask ? (_: number, i: number) => attentionMask[row]![i] : () => 1;
  tokens.forEach((row, index) => {
    checkRow(row.filter(real(index)), index, config);
  });
  if (tokenTypes) {
    rectangular("tokenTypes", tokenTypes);
    // A model without token types says so when it prepares the run.
    const end = config.tokenTypes || Number.MAX_SAFE_INTEGER;
    tokenTypes.forEach((row, i) => {
      requireIds(row, end, (id) => `token type ${id} in row ${i}`);
    });
  }
  const keep = (attentionMask?.flat() ?? tokens.flat().map(() => 1)).map((k): 0 | 1 => (k ? 1 : 0));
  tokens.forEach((_, row) => {
    if (!keep.slice(row * pos, (row + 1) * pos).includes(1))
      throw new RangeError(`model: prompt ${row} is empty`);
  });
  return {
    batch: tokens.length,
    pos,
    // Whatever stands for padding elsewhere, -100 or an id of its own, is never read.
    ids: tokens.flat().map((id, i) => (keep[i] ? id : isId(id, config.dVocab) ? id : 0)),
    keep,
    ...(tokenTypes && { tokenTypes: tokenTypes.flat() }),
  };
}

function requireRows(what: string, rows: unknown): void {
  if (Array.isArray(rows) && rows.every(Array.isArray)) return;
  throw new TypeError(`model: ${what} is ${given(rows)}, expected rows of numbers`);
}
