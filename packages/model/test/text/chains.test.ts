/** @file Seventeen chains of normalizer and pre-tokenizer, over every character of the Basic Multilingual Plane, as the Python library has them. */

import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { goldenPath, readJson } from "../../../../test/golden";
import { createNormalizer } from "../../src/text/normalizers";
import { createPreTokenizer } from "../../src/text/pre-tokenizers";

interface Chains {
  readonly map: string;
  readonly chains: Readonly<
    Record<string, { normalizer: unknown; pre_tokenizer: unknown; hashes: string }>
  >;
}

const { map, chains } = readJson<Chains>(goldenPath("tokenizers/chains.json"));

const withMap = (part: unknown) =>
  JSON.parse(JSON.stringify(part).replaceAll('"MAP"', JSON.stringify(map))) as unknown;

const starts = Array.from({ length: 256 }, (_, i) => 256 * i).filter(
  (start) => start < 0xd800 || start >= 0xe000,
);

describe.each(Object.keys(chains))("%s", (name) => {
  test("cuts every character as recorded", () => {
    const chain = chains[name]!;
    const normalize = createNormalizer(withMap(chain.normalizer));
    const pretokenize = createPreTokenizer(withMap(chain.pre_tokenizer));
    // Nothing is cut where a normalizer leaves nothing, as in `Tokenizer.encode`.
    const piecesOf = (text: string) => {
      const normalized = normalize(text);
      return normalized === "" ? [] : pretokenize(normalized, true).filter(Boolean);
    };
    const wrong = starts.filter((start, i) => {
      const found = Array.from({ length: 256 }, (_, j) => String.fromCharCode(start + j)).flatMap(
        (c) => [`${c}a${c}b`, ` ${c}${c} 1${c} A.${c}'s e\u0301${c}`].map(piecesOf),
      );
      const hash = crc32(JSON.stringify(found)).toString(16).padStart(8, "0");
      return hash !== chain.hashes.slice(8 * i, 8 * i + 8);
    });
    expect(wrong.map((start) => `U+${start.toString(16)}`)).toEqual([]);
  });
});
