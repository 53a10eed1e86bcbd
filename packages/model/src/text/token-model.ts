/** @file Models of a tokenizer.json: from a piece of text to ids. The algorithms are those of @huggingface/tokenizers. */

import { BPE, Unigram, WordPiece } from "@huggingface/tokenizers";
import { type Json, unknownPart } from "./parts";

/** Ids of one piece of text. */
export type TokenModel = (piece: string) => number[];

/** Throws `RangeError` for a model, or a setting of one, that is not known. */
export function createTokenModel(
  json: Json,
  idOf: (token: string) => number | undefined,
): TokenModel {
  const type = typeOf(json);
  const spelled = (token: unknown) => (typeof token === "string" ? idOf(token) : undefined);
  const unk = type === "Unigram" ? (json.unk_id as number | undefined) : spelled(json.unk_token);
  const idsOf = (tokens: readonly string[], missing: (token: string) => readonly number[]) =>
    tokens.flatMap((token) => {
      const id = idOf(token);
      return id === undefined ? missing(token) : [id];
    });
  const unknown = (piece: string) => (): number[] => {
    if (unk !== undefined && unk !== null) return [unk];
    throw new RangeError(
      `tokenizer: ${JSON.stringify(piece).slice(0, 80)} is unknown, and there is no token for unknown words`,
    );
  };
  switch (type) {
    case "WordLevel":
      return (piece) => idsOf([piece], unknown(piece));
    case "WordPiece": {
      const model = new WordPiece(json as never);
      return (piece) => idsOf(model([piece]), unknown(piece));
    }
    case "BPE": {
      refuse(json, "dropout", [null, 0]);
      refuse(json, "continuing_subword_prefix", [null, ""]);
      const model = new BPE(json as never);
      return (piece) => idsOf(model([piece]), unknown(piece));
    }
    case "Unigram": {
      const model = new Unigram(json as never, "");
      const bytes = json.byte_fallback === true ? bytesIn(idOf) : () => undefined;
      return (piece) => idsOf(model([piece]), (token) => bytes(token) ?? unknown(piece)());
    }
  }
  throw unknownPart("model", json);
}

/** Old files do not name it. */
function typeOf({ type, vocab, merges, continuing_subword_prefix: prefix }: Json): unknown {
  if (type !== undefined) return type;
  if (Array.isArray(vocab)) return "Unigram";
  if (merges !== undefined) return "BPE";
  return prefix === undefined ? "WordLevel" : "WordPiece";
}

function refuse(json: Json, name: string, harmless: readonly unknown[]): void {
  const value = json[name];
  if (value === undefined || harmless.includes(value)) return;
  throw new RangeError(
    `tokenizer: ${name} ${JSON.stringify(value).slice(0, 80)} of the model is not supported; give token ids instead of text`,
  );
}

/** The bytes of what has no token, where all of them have one. */
function bytesIn(idOf: (token: string) => number | undefined) {
  return (text: string): number[] | undefined => {
    const ids = Array.from(new TextEncoder().encode(text), (byte) =>
      idOf(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`),
    );
    return ids.includes(undefined) ? undefined : (ids as number[]);
  };
}
