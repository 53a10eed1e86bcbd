import { heatmap } from "@diopter/plot";
import fc from "fast-check";
import { expect, test } from "vitest";
import { gallery, hostile } from "./gallery";
import { findAll, parseXml, textsOf, tooltipsOf } from "./xml";

/** Classes of the cells in document order. */
function classesOf(svg: string): string[] {
  return findAll(parseXml(svg), "g").flatMap(({ attributes }) => attributes.get("class") ?? []);
}

test("each cell shows its text and is coloured by its value", () => {
  const svg = heatmap({
    values: [
      [0, 0.25],
      [0.5, 1],
    ],
    text: [
      [" a", "b"],
      ["c", "d"],
    ],
  });
  expect(textsOf(svg)).toEqual(["0", "0.5", "1", "·a", "b", "c", "d"]);
  // 0.25 * 64 = 16, 0.5 * 64 = 32
  expect(classesOf(svg)).toEqual(["s0", "s16", "s32", "s64"]);
});

test("without texts the values are printed", () => {
  expect(textsOf(heatmap({ values: [[0.5, 0.25]] }, { format: ".2f" }))).toEqual([
    "0.00",
    "0.25",
    "0.50",
    "0.50",
    "0.25",
  ]);
});

test("above 400 cells only texts that were given are printed, and the chart says so", () => {
  const values = Array.from({ length: 21 }, () => new Float32Array(20).fill(0.5));
  expect(textsOf(heatmap({ values })).slice(3)).toEqual([
    "too many cells to print their values: colour and tooltips tell them",
  ]);
  const text = Array.from({ length: 21 }, () => Array.from({ length: 20 }, () => "x"));
  expect(textsOf(heatmap({ values, text })).length).toBe(3 + 21 * 20);
});

test("typed arrays are rows", () => {
  expect(textsOf(heatmap({ values: [Float32Array.of(0.5, 1)] })).slice(3)).toEqual(["0.5", "1.0"]);
});

test("a tooltip names row, column, text and value, and adds details", () => {
  const svg = heatmap({
    values: [[0.731]],
    rowLabels: ["layer 3"],
    columnLabels: [" is"],
    text: [[" Paris"]],
    details: [['" Paris" 73.1%\n" Rome" 2%']],
  });
  expect(tooltipsOf(svg)).toContain('layer 3, " is"\n" Paris" 0.731\n" Paris" 73.1%\n" Rome" 2%');
});

test("bottomUp draws the first row last and the column labels under it", () => {
  const svg = heatmap(
    { values: [[1], [2]], rowLabels: ["first", "second"], columnLabels: ["column"] },
    { bottomUp: true },
  );
  const y = (text: string) => {
    const found = findAll(parseXml(svg), "text").find(({ children }) => children.at(-1) === text)!;
    return Number(found.attributes.get("y"));
  };
  expect(y("second")).toBeLessThan(y("first"));
  expect(y("first")).toBeLessThan(y("column"));
});

test("what is not finite is printed and not coloured", () => {
  const svg = heatmap({ values: [[Number.NaN, Number.POSITIVE_INFINITY, -1 / 0, 1]] });
  expect(textsOf(svg).slice(3)).toEqual(["NaN", "∞", "−∞", "1"]);
  expect(classesOf(svg)).toEqual(["empty", "empty", "empty", "s64"]);
});

test("the legend says that values lie outside", () => {
  expect(textsOf(heatmap({ values: [[0, 9]] }, { minValue: 1, maxValue: 5 })).slice(0, 3)).toEqual([
    "≤ 1",
    "3",
    "≥ 5",
  ]);
});

test("the label for screen readers has title, size and range", () => {
  const label = (svg: string) => parseXml(svg).attributes.get("aria-label");
  expect(label(heatmap({ values: [[0.1, Number.NaN, 0.9]] }, { title: "Lens" }))).toBe(
    "Lens. 1 row by 3 columns, values from 0.1 to 0.9, 1 not finite",
  );
  expect(label(heatmap({ values: [] }))).toBe("Heat map. 0 rows by 0 columns, no finite values");
  expect(label(heatmap({ values: [[1]] }, { description: "One cell" }))).toBe("Heat map. One cell");
});

test("hostile texts come back whole in tooltips and never as markup", () => {
  const svg = gallery["heatmap-hostile"]!();
  const tooltips = tooltipsOf(svg).join("\n");
  expect(findAll(parseXml(svg), "script")).toEqual([]);
  expect(svg).not.toMatch(/<script|<b>/);
  expect(tooltips).toContain("</svg><script>alert(1)</script>");
  expect(tooltips).toContain(hostile[9]);
  expect(tooltips).toContain('"\\ud83d lone \\udc00"');
});

test("cells of a forty by eighty map are large enough to see and to label", () => {
  const rects = findAll(parseXml(gallery["heatmap-40x80"]!()), "rect").slice(65);
  expect(rects.length).toBe(3200);
  expect(Math.min(...rects.map(({ attributes }) => Number(attributes.get("width"))))).toBe(15);
});

const one = { values: [[1]] };

test.each([
  [
    { values: [[1], [2], [3], [4]], rowLabels: ["a", "b", "c"] },
    {},
    "heatmap: rowLabels has 3 entries, expected 4",
  ],
  [{ values: [[1, 2]], columnLabels: ["a"] }, {}, "heatmap: columnLabels has 1 entry, expected 2"],
  [{ values: [[1, 2], [3]] }, {}, "heatmap: values[1] has 1 entry, expected 2"],
  [{ values: [[1]], text: [] }, {}, "heatmap: text has 0 rows, expected 1"],
  [{ values: [[1]], text: [["a", "b"]] }, {}, "heatmap: text[0] has 2 entries, expected 1"],
  [{ values: [[1]], details: [[]] }, {}, "heatmap: details[0] has 0 entries, expected 1"],
  [one, { cellWidth: 1 }, "heatmap: cellWidth must be at least 4 pixels, got 1"],
  [one, { cellHeight: Number.NaN }, "heatmap: cellHeight must be finite, got NaN"],
  [
    one,
    { scale: "bright" },
    'heatmap: scale: unknown "bright"; expected one of sequential, diverging, log',
  ],
  [
    { values: [new Float32Array(300_000)] },
    {},
    "heatmap: values: [1, 300000] is too large for one chart, at most 250000 cells",
  ],
])("wrong values are refused: %#", (data, options, message) => {
  expect(() => heatmap(data as never, options as never)).toThrow(new RangeError(message));
});

test.each([
  [undefined, {}, "heatmap: data must be an object, got undefined"],
  [[[1]], {}, "heatmap: data must be an object, got array"],
  [one, "title", 'heatmap: expected options, got "title"'],
  [{ values: "12" }, {}, "heatmap: values must be an array of rows of numbers, got string"],
  [{ values: [1, 2] }, {}, "heatmap: values[0] must be an array of numbers, got number"],
  [{ values: [[1, "2"]] }, {}, "heatmap: values[0][1] must be a number, got string"],
  [{ values: [new BigInt64Array(1)] }, {}, "heatmap: values[0][0] must be a number, got bigint"],
  [{ values: [[1]], rowLabels: [3] }, {}, "heatmap: rowLabels[0] must be a string, got number"],
  [{ values: [[1]], text: [[null]] }, {}, "heatmap: text[0][0] must be a string, got null"],
  [one, { title: 3 }, "heatmap: title must be a string, got number"],
  [one, { legend: 3 }, "heatmap: legend must be a string, got number"],
  [one, { description: 3 }, "heatmap: description must be a string, got number"],
  [one, { maxValue: "1" }, "heatmap: maxValue must be a number, got string"],
])("wrong kinds are refused: %#", (data, options, message) => {
  expect(() => heatmap(data as never, options as never)).toThrow(new TypeError(message));
});

test("every column is there at any width, with its label and its text", () => {
  const sizes = fc.record({
    columns: fc.integer({ min: 1, max: 60 }),
    width: fc.constantFrom(undefined, 344, 860),
  });
  fc.assert(
    fc.property(sizes, ({ columns, width }) => {
      const names = Array.from({ length: columns }, (_, j) => `c${j}`);
      const text = names.map((_, j) => `w${j}`);
      const values = [Array.from(names, () => 0.5)];
      const data = { values, columnLabels: names, rowLabels: ["final_post"], text: [text] };
      const options = {
        width,
        rowTitle: "residual state",
        columnTitle: "position",
        bottomUp: true,
      };
      const svg = heatmap(data, options);
      const shown = textsOf(svg);
      for (const name of [...names, ...text])
        expect(shown.filter((each) => each === name).length).toBe(1);
      expect(Number(parseXml(svg).attributes.get("width"))).toBeLessThanOrEqual(width ?? 860);
    }),
    { seed: 9, numRuns: 40 },
  );
});
