import { expect, test } from "vitest";
import { checkTask } from "../../../src/task/check-task";
import { type SportsPlayer, sports } from "../../../src/task/generators/sports";
import { spaced } from "../fake-tokenizers";

const letters = "ABCDEFGHIJ";
/** Players whose names are three words, such as "AA BA CA". */
const team = (sport: string, count: number): SportsPlayer[] =>
  Array.from({ length: count }, (_, i) => {
    const code = letters[Math.floor(i / 10)]! + letters[i % 10]!;
    return { name: `${sport} ${code} Player`, sport };
  });
const players = [...team("football", 90), ...team("baseball", 83), ...team("basketball", 100)];

test("sports are balanced: as many of each as the smallest has", () => {
  const { prompts } = checkTask(sports({ tokenizer: spaced() }, { players }));
  expect(prompts).toHaveLength(249); // 83 x 3
  for (const sport of ["football", "baseball", "basketball"])
    expect(prompts.filter(({ groups }) => groups.sport === sport)).toHaveLength(83);
  const some = sports({ tokenizer: spaced() }, { players, n: 10 }).prompts;
  expect(some.filter(({ groups }) => groups.sport === "football")).toHaveLength(4);
});

test("the prompt follows an example, with the name at the published positions", () => {
  const tokenizer = spaced();
  const babe = { name: "George Herman Ruth", sport: "baseball" };
  const michael = { name: "Michael Jeffrey Jordan", sport: "basketball" };
  const { prompts } = sports({ tokenizer }, { players: [babe, michael] });
  const ruth = prompts.find(({ id }) => id === "sports/George Herman Ruth")!;
  expect(tokenizer.decode(ruth.clean)).toBe(
    "Fact: Tiger Woods plays the sport of golf\nFact: George Herman Ruth plays the sport of",
  );
  expect(tokenizer.decode(ruth.corrupt["other-player"]!)).toContain("Michael Jeffrey Jordan");
  expect(ruth.clean).toHaveLength(19);
  expect(ruth.positions).toEqual({ first_name_tok: 12, final_name_tok: 14, end: 18 });
  expect(tokenizer.decode([...ruth.answers, ...ruth.wrong])).toBe(" baseball basketball");
});

test("the other player plays another sport", () => {
  const tokenizer = spaced();
  for (const { corrupt, groups } of sports({ tokenizer }, { players, seed: 3 }).prompts) {
    const sport = /Fact: (\w+) \w+ Player/.exec(tokenizer.decode(corrupt["other-player"]!))![1];
    expect(["football", "baseball", "basketball"]).toContain(sport);
    expect(sport).not.toBe(groups.sport);
  }
});

test("names of another length are left out, and one sport alone is refused", () => {
  const tokenizer = spaced();
  const short = { name: "Babe Ruth", sport: "baseball" };
  const task = sports({ tokenizer }, { players: [...players, short] });
  expect(task.prompts.some(({ id }) => id.includes("Babe"))).toBe(false);
  expect(() => sports({ tokenizer }, { players: [short] })).toThrow(
    "sports: 0 of 1 players have names of 3 tokens, in 0 sports; expected at least 2 sports",
  );
  const sport = "golf club";
  const odd = [...team("football", 2), { name: "One Two Three", sport }];
  expect(() => sports({ tokenizer }, { players: odd })).toThrow(
    /answer " golf club" .* is 2 tokens/s,
  );
  expect(() => sports({ tokenizer }, { players, template: "Who" })).toThrow(/has no {NAME}/);
  expect(() => sports({ tokenizer }, { players, n: 250 })).toThrow("found 249 different prompts");
});
