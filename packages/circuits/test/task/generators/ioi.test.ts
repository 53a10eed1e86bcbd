import { expect, test } from "vitest";
import { checkTask } from "../../../src/task/check-task";
import { ioi } from "../../../src/task/generators/ioi";
import { ioiNames, ioiTemplates, ioiVanillaTemplate } from "../../../src/task/generators/ioi-words";
import { spaced, wordLevel } from "../fake-tokenizers";

test("a prompt in BABA order names the subject first and ends before its answer", () => {
  const tokenizer = spaced();
  const { prompts } = ioi(
    { tokenizer },
    {
      n: 2,
      templates: [ioiTemplates[0]!],
      names: ["Mary", "John", "Tom", "Ann", "Sue"],
      places: ["store"],
      objects: ["ring"],
      allow: (io, subject) => io === "Mary" && subject === "John",
    },
  );
  const text = (order: string) =>
    tokenizer.decode(prompts.find(({ groups }) => groups.order === order)!.clean);
  expect(text("BABA")).toBe("Then, John and Mary went to the store. John gave a ring to");
  expect(text("ABBA")).toBe("Then, Mary and John went to the store. John gave a ring to");
  for (const { answers, wrong, groups } of prompts) {
    expect(tokenizer.decode([answers[0]!, wrong[0]!])).toBe(" Mary John");
    expect(groups.template).toBe("0");
  }
  // Then 0 , 1 John 2 and 3 Mary 4 went 5 to 6 the 7 store 8 . 9 John 10 gave 11 a 12 ring 13 to 14
  expect(prompts.find(({ groups }) => groups.order === "BABA")!.positions).toEqual({
    IO: 4,
    "IO-1": 3,
    "IO+1": 5,
    S1: 2,
    "S1-1": 1,
    "S1+1": 3,
    S2: 10,
    end: 14,
    starts: 0,
    punct: 9,
  });
});

test("the fifteen templates have the published numbers of tokens", () => {
  // 16 for number 11 in GPT-2, which has two tokens for "Afterwards" where a text begins; here a word is one.
  const published = [15, 19, 18, 20, 15, 14, 17, 18, 15, 15, 17, 16 - 1, 14, 15, 15];
  const { prompts } = ioi({ tokenizer: spaced() }, { n: 60 });
  expect(prompts.map(({ clean, groups }) => [groups.template, clean.length])).toEqual(
    prompts.map(({ groups }) => [groups.template, published[Number(groups.template)]]),
  );
  expect(new Set(prompts.map(({ groups }) => groups.template)).size).toBe(15);
  const templates = [ioiVanillaTemplate];
  const [vanilla] = ioi({ tokenizer: spaced() }, { n: 1, templates, orders: ["ABBA"] }).prompts;
  expect(vanilla!.clean).toHaveLength(14);
  expect(vanilla!.groups).toEqual({ template: ioiVanillaTemplate, order: "ABBA" });
});

test("a beginning-of-sequence token shifts every position by one, and can be left out", () => {
  const tokenizer = wordLevel();
  const [prompt] = ioi({ tokenizer }, { n: 1 }).prompts;
  const [without] = ioi({ tokenizer }, { n: 1, prependBos: false }).prompts;
  expect(prompt!.clean).toEqual([0, ...without!.clean]);
  expect(prompt!.corrupt.ABC).toEqual([0, ...without!.corrupt.ABC!]);
  for (const [name, at] of Object.entries(without!.positions))
    expect(prompt!.positions[name]).toBe(at + 1);
  expect(() => ioi({ tokenizer: spaced() }, { prependBos: true })).toThrow(
    "ioi: prependBos, but the tokenizer has no beginning-of-sequence token",
  );
});

test("answers are the tokens that stand at the names, with a space or without", () => {
  for (const tokenizer of [spaced(), wordLevel()]) {
    for (const { clean, positions, answers, wrong } of ioi({ tokenizer }, { n: 30 }).prompts) {
      expect(clean[positions.IO!]).toBe(answers[0]);
      expect(clean[positions.S1!]).toBe(wrong[0]);
      expect(clean[positions.S2!]).toBe(wrong[0]);
    }
  }
});

test("no name comes twice in a thousand ABC corruptions, nor one of the clean prompt", () => {
  const task = checkTask(ioi({ tokenizer: spaced() }, { n: 1000, seed: 0 }));
  const collisions = task.prompts.filter(({ clean, corrupt, positions }) => {
    const at = [positions.IO!, positions.S1!, positions.S2!];
    const people = [clean[positions.IO!], clean[positions.S1!], ...at.map((i) => corrupt.ABC![i])];
    return new Set(people).size < 5;
  });
  expect(task.prompts).toHaveLength(1000);
  expect(collisions).toEqual([]);
});

test("every corruption is what it is called", () => {
  const tokenizer = spaced();
  for (const { clean, corrupt, positions } of ioi({ tokenizer }, { n: 60, seed: 1 }).prompts) {
    const at = [positions.IO!, positions.S1!, positions.S2!];
    const [io, s] = at.map((i) => clean[i]!);
    const names = (name: string) => at.map((i) => corrupt[name]![i]);
    expect(names("IO-S1-flip")).toEqual([s, io, s]);
    expect(names("IO-from-S2")).toEqual([io, s, io]);
    const [x, y, z] = names("random-name-flip");
    expect(y).toBe(z);
    expect(new Set([io, s, x, y]).size).toBe(4);
    for (const ids of Object.values(corrupt)) {
      expect(ids.filter((id, i) => !at.includes(i) && id !== clean[i])).toEqual([]);
    }
  }
});

test("the same seed gives the same prompts, another gives others, and both orders hold the same people", () => {
  const make = (seed: number, n: number) => ioi({ tokenizer: wordLevel() }, { n, seed }).prompts;
  const prompts = make(4, 40);
  expect(make(4, 40)).toEqual(prompts);
  expect(make(4, 10)).toEqual(prompts.slice(0, 10));
  expect(make(5, 40).map(({ id }) => id)).not.toEqual(prompts.map(({ id }) => id));
  expect(prompts[0]!.id.replace("ABBA", "BABA")).toBe(prompts[1]!.id);
  expect(prompts[0]!.answers).toEqual(prompts[1]!.answers);
});

test("words of several tokens are left out, and too few names are refused", () => {
  const long = ["Aaron", "Mary"];
  const tokenizer = spaced({ long });
  const { candidates } = ioi({ tokenizer }, { n: 1 });
  expect(candidates).toHaveLength(ioiNames.length - 2);
  expect(() =>
    ioi({ tokenizer }, { names: ["Aaron", "Mary", "John", "Tom", "Ann", "Sue"] }),
  ).toThrow("ioi: 4 of 6 names are single tokens, expected at least 5");
});

test("names that a tokenizer does not know are left out, whether or not it says which token that is", () => {
  const known = wordLevel();
  for (const word of "the Ann Tom Sue".split(" ")) known.encode(word);
  const size = known.tokens.length;
  const encode = (text: string) => known.encode(text).map((id) => Math.min(id, size));
  const names = ["Ann", "Tom", "Sue", "Zed", "Yan", "Xav"];
  const message = "ioi: 3 of 6 names are single tokens, expected at least 5";
  expect(() => ioi({ tokenizer: { encode } }, { names })).toThrow(message);
  expect(() => ioi({ tokenizer: { encode, unk: size } }, { names })).toThrow(message);
});

test("templates without both names twice are refused", () => {
  const templates = ["The {PLACE} is near. {B} went to {A}"];
  expect(() => ioi({ tokenizer: spaced() }, { templates })).toThrow(/template .* has names "BA"/);
});

test("slots without words and more prompts than there are are refused", () => {
  const tokenizer = spaced();
  const templates = ["{B} and {A} saw a {ANIMAL}. {B} gave it to {A}"];
  expect(() => ioi({ tokenizer }, { templates })).toThrow(/no word for slot {ANIMAL}/);
  const few = {
    names: ["Ann", "Tom", "Sue", "Ida", "Max"],
    templates: [ioiTemplates[4]!],
  };
  // 5 indirect objects x 4 subjects x 2 orders = 40
  expect(ioi({ tokenizer }, { ...few, n: 40 }).prompts).toHaveLength(40);
  expect(() => ioi({ tokenizer }, { ...few, n: 41 })).toThrow(
    "ioi: found 40 different prompts, expected 41",
  );
  expect(() => ioi({ tokenizer }, { ...few, n: 0 })).toThrow(
    "ioi: n is 0, expected a whole number from 1",
  );
});

test("a model without a tokenizer is refused", () => {
  expect(() => ioi({})).toThrow(
    new TypeError("ioi: the model has no tokenizer; give { tokenizer } in its place"),
  );
});
