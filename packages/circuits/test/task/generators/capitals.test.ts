import { expect, test } from "vitest";
import { checkTask } from "../../../src/task/check-task";
import { capitalCities, capitals } from "../../../src/task/generators/capitals";
import { spaced } from "../fake-tokenizers";

test("every country is asked once, the corruption is a country with another capital", () => {
  const tokenizer = spaced();
  const { prompts } = checkTask(capitals({ tokenizer }));
  expect(prompts).toHaveLength(capitalCities.length);
  for (const { clean, corrupt, answers, wrong, positions } of prompts) {
    const country = tokenizer.decode([clean[positions.country!]!]).trim();
    const { city } = capitalCities.find((fact) => fact.country === country)!;
    expect(tokenizer.decode(answers)).toBe(` ${city}`);
    expect(wrong).toHaveLength(capitalCities.length - 1);
    expect(corrupt["other-country"]![positions.country!]).not.toBe(clean[positions.country!]);
    // The 0 capital 1 of 2 France 3 is 4 the 5 city 6 of 7
    expect(positions).toEqual({ country: 3, end: 7 });
  }
});

test("capitals of several tokens and countries that make prompts longer are left out", () => {
  const tokenizer = spaced({ long: ["Paris", "Spain"] });
  const facts = [
    { country: "France", city: "Paris" },
    { country: "Spain", city: "Madrid" },
    { country: "Italy", city: "Rome" },
    { country: "Peru", city: "Lima" },
  ];
  const task = capitals({ tokenizer }, { capitals: facts });
  expect(task.prompts.map(({ id }) => id).sort()).toEqual(["capitals/Italy", "capitals/Peru"]);
  expect(() => capitals({ tokenizer }, { capitals: facts.slice(0, 3) })).toThrow(
    "capitals: 1 of 3 countries have the shortest prompt, expected at least 2",
  );
  expect(() => capitals({ tokenizer }, { template: "The capital is" })).toThrow(/has no {COUNTRY}/);
});
