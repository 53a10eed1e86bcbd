import { bars } from "@diopter/plot";
import fc from "fast-check";
import { expect, test } from "vitest";
import { measure } from "../src/measure";
import { findAll, ownText, parseXml, textsOf, tooltipsOf } from "./xml";

function rectsOf(svg: string): { name: string; x: number; width: number }[] {
  return findAll(parseXml(svg), "rect").map(({ attributes: a }) => ({
    name: a.get("class")!,
    x: Number(a.get("x")),
    width: Number(a.get("width")),
  }));
}

test("bars are as long as their values, 320 pixels in all", () => {
  const rects = rectsOf(bars({ labels: ["a", "b"], values: [4, 1] }));
  // 320 * 4/4, 320 * 1/4
  expect(rects.map(({ width }) => width)).toEqual([320, 80]);
});

test("negative bars point left from the same zero", () => {
  const [up, down] = rectsOf(bars({ labels: ["a", "b"], values: [3, -1] }));
  // 4 units share 320 pixels
  expect([up!.width, down!.width]).toEqual([240, 80]);
  expect(down!.x + down!.width).toBe(up!.x);
  expect([up!.name, down!.name]).toEqual(["positive", "negative"]);
});

test("label and value are written for each bar", () => {
  const svg = bars({ labels: [" Paris", "\n"], values: [0.5, 0.25] }, { format: ".0%" });
  expect(textsOf(svg)).toEqual(["·Paris", "50%", "⏎", "25%"]);
  expect(tooltipsOf(svg)).toContain('" Paris": 50%');
});

test("long labels are abbreviated and whole in the tooltip", () => {
  const long = "x".repeat(200);
  const svg = bars({ labels: [long], values: [1] });
  expect(textsOf(svg)[0]).toMatch(/^x{5,40}…$/);
  expect(tooltipsOf(svg)).toContain(long);
});

test("what is not finite is printed and has no bar", () => {
  const svg = bars({ labels: ["a", "b", "c", "d"], values: [1, Number.NaN, 1 / 0, -1 / 0] });
  expect(rectsOf(svg).map(({ width }) => width)).toEqual([320, 0, 0, 0]);
  expect(textsOf(svg)).toEqual(["a", "1", "b", "NaN", "c", "∞", "d", "−∞"]);
});

test("a domain makes charts comparable", () => {
  expect(rectsOf(bars({ labels: ["a"], values: [0.25] }, { domain: [0, 1] }))[0]!.width).toBe(80);
});

test("the largest numbers there are have bars too", () => {
  const largest = Number.MAX_VALUE;
  const svg = bars({ labels: ["a", "b"], values: [largest, -largest] });
  expect(rectsOf(svg).map(({ width }) => width)).toEqual([160, 160]);
});

test("all zeros are bars without length", () => {
  expect(rectsOf(bars({ labels: ["a", "b"], values: [0, -0] })).map(({ width }) => width)).toEqual([
    0, 0,
  ]);
});

test("nothing lies outside the picture", () => {
  const svg = bars({ labels: ["a", "b"], values: [1e-7, -123456.789] }, { format: ".10f" });
  const width = Number(parseXml(svg).attributes.get("width"));
  for (const rect of rectsOf(svg)) {
    expect(rect.x).toBeGreaterThanOrEqual(0);
    expect(rect.x + rect.width).toBeLessThan(width);
  }
});

test("own colours are used in both schemes", () => {
  expect(bars({ labels: ["a"], values: [1] }, { positiveColor: "seagreen" })).toContain(
    ".positive{fill:#2e8b57;fill:light-dark(#2e8b57,#2e8b57)}",
  );
});

test.each([
  [{ labels: ["a"], values: [1, 2] }, {}, "bars: values has 2 entries, expected 1"],
  [{ labels: ["a"], values: [2] }, { domain: [0, 1] }, "bars: domain [0, 1] does not hold [0, 2]"],
  [{ labels: ["a"], values: [2] }, { domain: [1, 3] }, "bars: domain [1, 3] does not hold [0, 2]"],
  [{ labels: ["a"], values: [2] }, { domain: [0] }, "bars: domain has 1 entry, expected 2"],
  [
    { labels: ["a"], values: [2] },
    { domain: [0, 1 / 0] },
    "bars: domain [0, Infinity] does not hold [0, 2]",
  ],
])("wrong values are refused: %#", (data, options, message) => {
  expect(() => bars(data, options as never)).toThrow(new RangeError(message));
});

test("wrong kinds are refused", () => {
  expect(() => bars({ labels: "ab" as never, values: [1, 2] })).toThrow(
    new TypeError("bars: labels must be an array of strings, got string"),
  );
});

test("bars fill the width, names give way before numbers, and every number is inside", () => {
  const item = fc.record({
    label: fc.string({ maxLength: 40 }),
    value: fc.double({ min: -1e4, max: 1e4, noNaN: true }),
  });
  fc.assert(
    fc.property(
      fc.array(item, { minLength: 1, maxLength: 6 }),
      fc.constantFrom(344, 500, 860),
      (items, width) => {
        const labels = items.map((each) => each.label);
        const svg = bars({ labels, values: items.map((each) => each.value) }, { width });
        const drawn = Number(parseXml(svg).attributes.get("width"));
        expect(Math.abs(drawn - width)).toBeLessThanOrEqual(2);
        for (const text of findAll(parseXml(svg), "text")) {
          const [x, length] = [Number(text.attributes.get("x")), measure(ownText(text), 11)];
          const end = text.attributes.get("class")!.includes("end");
          expect(end ? x - length : x).toBeGreaterThanOrEqual(-1);
          expect(end ? x : x + length).toBeLessThanOrEqual(drawn - 2 * 12 + 1);
        }
      },
    ),
    { seed: 8, numRuns: 60 },
  );
});
