import { expect, test } from "vitest";
import { checkTask } from "../../../src/task/check-task";
import { docstring } from "../../../src/task/generators/docstring";
import { spaced } from "../fake-tokenizers";

/** Cuts as the four-layer model's tokenizer does: indentation with its line breaks, marks with their space. */
const pattern = /\n+ {3}| ?"""|\):| ?:| ?\p{L}+|[^\p{L}\s]|\n/gu;

test("a prompt has forty tokens with the names at the published positions", () => {
  const tokenizer = spaced({ pattern });
  const { prompts } = checkTask(docstring({ tokenizer }, { n: 50 }));
  for (const { clean, positions } of prompts) {
    expect(clean).toHaveLength(40);
    expect(positions).toEqual({
      A_def: 10,
      B_def: 12,
      ",_B": 13,
      C_def: 14,
      A_doc: 26,
      param_2: 32,
      B_doc: 33,
      param_3: 39,
      end: 39,
    });
  }
  const text = tokenizer.decode(prompts[0]!.clean);
  expect(text).toMatch(/^\ndef \w+\(self(, \w+){6}\):\n {4}"""\w+ \w+ \w+\n\n( {4}:param .*\n){2}/);
  expect(text.endsWith("\n    :param")).toBe(true);
});

test("the answer is C, and every other name of prompt and corruptions is wrong", () => {
  const { prompts } = docstring({ tokenizer: spaced({ pattern }) }, { n: 50, seed: 2 });
  for (const { clean, positions, answers, wrong, corrupt } of prompts) {
    const at = (name: string, ids = clean) => ids[positions[name]!]!;
    expect(answers).toEqual([at("C_def")]);
    expect(at("A_doc")).toBe(at("A_def"));
    // 5 other arguments and 5 unused names
    expect(new Set(wrong).size).toBe(10);
    const places = ["A_def", "B_def", "C_def", "A_doc", "B_doc"];
    const changed = (name: string) => places.filter((p) => at(p, corrupt[name]) !== at(p));
    expect(changed("random-random")).toEqual(places);
    expect(changed("random-def")).toEqual(["A_def", "B_def", "C_def"]);
    expect(changed("random-doc")).toEqual(["A_doc", "B_doc"]);
    expect(changed("random-answer")).toEqual(["C_def"]);
    const unused = places.map((p) => at(p, corrupt["random-random"]!));
    expect(new Set(unused).size).toBe(5);
    expect(unused.every((id) => wrong.includes(id) && !clean.includes(id))).toBe(true);
    for (const ids of Object.values(corrupt)) {
      const places = Object.values(positions);
      expect(ids.filter((id, i) => id !== clean[i] && !places.includes(i))).toEqual([]);
    }
  }
});

test("too few names are refused, and the same seed gives the same prompts", () => {
  const tokenizer = spaced({ pattern });
  const few = "size count index color path mode name value node parent".split(" ");
  expect(() => docstring({ tokenizer }, { arguments: few })).toThrow(
    "docstring: 10 of 10 arguments are single tokens, expected at least 11",
  );
  expect(docstring({ tokenizer }, { n: 5, seed: 1 }).prompts).toEqual(
    docstring({ tokenizer }, { n: 9, seed: 1 }).prompts.slice(0, 5),
  );
});
