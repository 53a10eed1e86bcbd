import { Model } from "@diopter/model";
import { node } from "@diopter/model/node";
import { world, worldCausal } from "@diopter/tiny-models";
import { expect, test } from "vitest";
import { agreement } from "../../../src/task/generators/agreement";
import { capitals } from "../../../src/task/generators/capitals";
import { docstring } from "../../../src/task/generators/docstring";
import { greaterThan } from "../../../src/task/generators/greater-than";
import { induction } from "../../../src/task/generators/induction";
import { ioi } from "../../../src/task/generators/ioi";
import { sports } from "../../../src/task/generators/sports";
import type { Task } from "../../../src/task/task";
import { accuracyOf } from "../accuracy";

const loading = worldCausal().then((checkpoint) => Model.load(checkpoint, { runtime: node() }));
const { pools, players } = world();

// The generators know nothing of this model; its tokenizer leaves the words that both know.
test.each([
  ["ioi", 0.95, (tokenizer) => ioi({ tokenizer }, { n: 60 })],
  ["greaterThan", 0.95, (tokenizer) => greaterThan({ tokenizer }, { n: 50, nouns: pools.event })],
  ["capitals", 0.95, (tokenizer) => capitals({ tokenizer })],
  ["agreement", 0.95, (tokenizer) => agreement({ tokenizer }, { n: 50, verbs: [["is", "are"]] })],
  [
    "induction",
    0.9,
    (tokenizer) =>
      induction({ tokenizer }, { n: 30, length: 20, words: [...pools.name!, ...pools.place!] }),
  ],
  [
    "sports",
    0.95,
    (tokenizer) =>
      sports(
        { tokenizer },
        {
          n: 60,
          nameTokens: 2,
          template: "Fact: {NAME} plays the sport of",
          players: players.map(({ first, last, sport }) => ({ name: `${first} ${last}`, sport })),
        },
      ),
  ],
] as [string, number, (tokenizer: NonNullable<Model["tokenizer"]>) => Task][])(
  "world-causal answers generated prompts of %s",
  async (_, least, make) => {
    const model = await loading;
    expect(await accuracyOf(model, make(model.tokenizer!))).toBeGreaterThanOrEqual(least);
  },
);

test("a template with words that the tokenizer does not know is refused", async () => {
  const { tokenizer } = await loading;
  expect(() => docstring({ tokenizer: tokenizer! })).toThrow(RangeError);
  expect(() =>
    capitals({ tokenizer: tokenizer! }, { template: "Behold {COUNTRY}, whose capital is" }),
  ).toThrow(/the tokenizer does not know all words of "Behold France/);
});
