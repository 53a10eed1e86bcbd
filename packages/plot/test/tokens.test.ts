import { tokens } from "@diopter/plot";
import { expect, test } from "vitest";
import { findAll, parseXml, textsOf, tooltipsOf } from "./xml";

const placesOf = (svg: string) =>
  findAll(parseXml(svg), "rect")
    .slice(65)
    .map(({ attributes }) => [Number(attributes.get("x")), Number(attributes.get("y"))]);

test("each token is written with its whitespace and coloured by its value", () => {
  const svg = tokens({ tokens: ["The", " cat", "\n"], values: [0, 1, 2] });
  expect(textsOf(svg)).toEqual(["0", "1", "2", "The", "·cat", "⏎"]);
  const classes = findAll(parseXml(svg), "g").flatMap(
    ({ attributes }) => attributes.get("class") ?? [],
  );
  expect(classes).toEqual(["s0", "s32", "s64"]);
  expect(tooltipsOf(svg)).toEqual(["0 The: 0", '1 " cat": 1', '2 "\\n": 2']);
});

test("tokens stand one after the other and go on in the next line", () => {
  // 4 columns of 6.71 px are 26.84, rounded up, and 5 px on each side: 37
  const svg = tokens({ tokens: ["aaaa", "bbbb", "cccc"], values: [1, 1, 1] }, { width: 104 });
  expect(placesOf(svg)).toEqual([
    [0.5, 0.5],
    [37.5, 0.5],
    [0.5, 26.5],
  ]);
});

test("a newline ends its line", () => {
  const svg = tokens({ tokens: ["a\n", "b", "\n", "\n", "c"], values: [1, 1, 1, 1, 1] });
  expect(placesOf(svg).map(([, y]) => y)).toEqual([0.5, 26.5, 26.5, 52.5, 78.5]);
});

test("what is not finite is not coloured", () => {
  const svg = tokens({ tokens: ["a", "b"], values: [Number.NaN, 1] });
  expect(
    findAll(parseXml(svg), "g").some(({ attributes }) => attributes.get("class") === "empty"),
  ).toBe(true);
  expect(tooltipsOf(svg)).toContain("0 a: NaN");
});

test("very long tokens are abbreviated and whole in the tooltip", () => {
  const long = "y".repeat(5000);
  const svg = tokens({ tokens: [long], values: [1] });
  expect(textsOf(svg).at(-1)).toMatch(/^y{10,50}…$/);
  expect(tooltipsOf(svg)[0]).toBe(`0 ${long}: 1`);
});

test.each([
  [{ tokens: ["a"], values: [1, 2] }, {}, "tokens: values has 2 entries, expected 1"],
  [
    { tokens: ["a"], values: [1] },
    { width: 10 },
    "tokens: width must be at least 104 pixels, got 10",
  ],
])("wrong values are refused: %#", (data, options, message) => {
  expect(() => tokens(data, options)).toThrow(new RangeError(message));
});

test("wrong kinds are refused", () => {
  expect(() => tokens({ tokens: ["a"], values: ["1"] as never })).toThrow(
    new TypeError("tokens: values[0] must be a number, got string"),
  );
});
