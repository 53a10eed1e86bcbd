/** @file No text of a generation is lost: pieces join to the whole, spaces and incomplete characters included. */

import { createTokenizer, Model, stringTokens, tokenText } from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { afterAll, expect, test } from "vitest";
import { goldenPath, readBytes, readJson } from "../../../../test/golden";
import { bytesLikeGpt2, llamaLike } from "./small-tokenizers";

// 97 ids, of which the tokenizer has 61: as where a vocabulary was padded.
const model = await Model.load(
  {
    config: readJson(goldenPath("hf/llama/config.json")),
    weights: readBytes(goldenPath("hf/llama/model.safetensors")),
    tokenizer: llamaLike(),
  },
  { runtime: reference() },
);
afterAll(() => model.dispose());
const tokenizer = model.tokenizer!;

test.each([0, 1, 2, 3, 4, 5, 6, 7])(
  "texts of tokens join to the text, and the prompt and the text to the whole (seed %i)",
  async (seed) => {
    const prompts = ["no of", "a n 你"];
    const pieces = ["", ""];
    const heard: number[][] = [[], []];
    const { ids, texts } = await model.generate(prompts, {
      maxNewTokens: 12,
      temperature: 1.5,
      seed,
      stopAtEos: false,
      onToken: ({ row, id, text }) => {
        pieces[row] += text;
        heard[row]!.push(id);
      },
    });
    expect(ids.flat().some((id) => id >= tokenizer.size)).toBe(true);
    expect(pieces).toEqual(texts);
    expect(heard).toEqual(ids);
    prompts.forEach((prompt, row) => {
      const before = model.toTokens(prompt);
      const whole = model.toString([...before, ...ids[row]!]);
      expect(model.toString(before) + texts[row]).toBe(whole);
    });
  },
);

test("ids past the tokenizer are their numbers, and the spaces around them stay", () => {
  const [of, no] = [tokenizer.idOf("▁of")!, tokenizer.idOf("▁no")!];
  expect(model.toString([of, 90, no, no])).toBe("of90 no no");
  expect(model.toStringTokens([of, 90, no])).toEqual(["of", "90", " no"]);
  expect(tokenText(tokenizer, 90)).toBe("90");
});

test("the bytes of one character are its text, and of half a one one sign", () => {
  const bytes = ["<0xE4>", "<0xBD>", "<0xA0>"].map((token) => tokenizer.idOf(token)!);
  const no = tokenizer.idOf("▁no")!;
  expect(stringTokens(tokenizer, [no, ...bytes])).toEqual(["no", "", "", "你"]);
  expect(stringTokens(tokenizer, [no, ...bytes.slice(0, 2)])).toEqual(["no", "", "\u{fffd}"]);
  expect(stringTokens(tokenizer, [no, bytes[0]!, no])).toEqual(["no", "", "\u{fffd} no"]);
  const gpt2 = createTokenizer(bytesLikeGpt2());
  expect(stringTokens(gpt2, gpt2.encode("n你"))).toEqual(["n", "", "", "你"]);
});

test("a token alone shows its space, and part of a character its spelling", () => {
  const text = (token: string) => tokenText(tokenizer, tokenizer.idOf(token)!);
  expect(["▁n", "n", "▁", "<0xE4>", "<0x0A>", "</s>"].map(text)).toEqual([
    " n",
    "n",
    " ",
    "<0xE4>",
    "\n",
    "</s>",
  ]);
  const gpt2 = createTokenizer(bytesLikeGpt2());
  expect([1, 2, 4].map((id) => tokenText(gpt2, id))).toEqual(["n", " n", "ä"]);
  expect(tokenText(undefined, 3)).toBe("3");
});
