import { scoreMap } from "@diopter/plot";
import { expect, test } from "vitest";
import { findAll, ownText, parseXml, textsOf, tooltipsOf } from "./xml";

const classesOf = (svg: string) =>
  findAll(parseXml(svg), "g").flatMap(({ attributes }) => attributes.get("class") ?? []);

test("0 is the middle of the colours where there are both signs, else their end", () => {
  // 0 -> 32; 2 of [-4, 4] -> (2 + 4) / 8 * 64 = 48
  expect(classesOf(scoreMap({ heads: [[0, 2, 4, -1]] }))).toEqual(["s32", "s48", "s64", "s24"]);
  // 2 of [0, 4] -> 2 / 4 * 64 = 32
  expect(classesOf(scoreMap({ heads: [[0, 2, 4]] }))).toEqual(["s0", "s32", "s64"]);
});

test("the MLP is the last column", () => {
  const svg = scoreMap({ heads: [[1], [2]], mlps: [-2, 0] });
  expect(tooltipsOf(svg)).toEqual(["head 0.0: 1", "MLP 0: −2", "head 1.0: 2", "MLP 1: 0"]);
  expect(textsOf(svg)).toContain("M");
  expect(textsOf(scoreMap({ heads: [[1]] }))).not.toContain("M");
});

test("layers go upwards", () => {
  const svg = scoreMap({
    heads: [
      [1, 1],
      [2, 2],
      [3, 3],
    ],
  });
  const y = (text: string) =>
    Number(
      findAll(parseXml(svg), "text")
        .filter((element) => ownText(element) === text)
        .at(-1)!
        .attributes.get("y"),
    );
  expect(y("2")).toBeLessThan(y("0"));
});

test("what is not finite is a sign without colour", () => {
  const svg = scoreMap({ heads: [[1, Number.NaN]] });
  expect(classesOf(svg)).toEqual(["s64", "empty"]);
  expect(textsOf(svg)).toContain("×");
  expect(tooltipsOf(svg)).toContain("head 0.1: NaN");
});

test("the five strongest scores are there in words", () => {
  const svg = scoreMap(
    {
      heads: [
        [1, -5],
        [0, 2],
      ],
      mlps: [0, 3],
    },
    { title: "T" },
  );
  expect(parseXml(svg).attributes.get("aria-label")).toBe(
    "T. 2 layers by 2 heads and the MLP, values from −5 to 3; strongest head 0.1 −5, MLP 1 3, head 1.1 2, head 0.0 1",
  );
});

test("without layers there is no data", () => {
  expect(textsOf(scoreMap({ heads: [] }))).toEqual(["no data"]);
});

test("wrong input is refused", () => {
  expect(() => scoreMap({ heads: [[1], [2]], mlps: [1] })).toThrow(
    new RangeError("scoreMap: mlps has 1 entry, expected 2"),
  );
  expect(() => scoreMap({ heads: [1] as never })).toThrow(
    new TypeError("scoreMap: heads[0] must be an array of numbers, got number"),
  );
});
