import { boxPlots } from "@diopter/plot";
import { expect, test } from "vitest";
import { findAll, ownText, parseXml, textsOf, tooltipsOf } from "./xml";

const pathsOf = (svg: string, name: string) =>
  findAll(parseXml(svg), "path").filter(({ attributes }) =>
    attributes.get("class")?.split(" ").includes(name),
  );

const placesOf = (svg: string, name: string) =>
  pathsOf(svg, name).map(({ attributes }) => attributes.get("d"));

/** 216 pixels inside the margins, 8 on each side of the axis: 20 for a unit. */
const small = { domain: [0, 10] as const, width: 240 };

const four = { label: "a", values: [1, 2, 3, 4] };

test("a box goes from quartile to quartile, with the median in it", () => {
  const svg = boxPlots({ cells: [four] }, small);
  const box = findAll(parseXml(svg), "rect").find((r) => r.attributes.get("class") === "box")!;
  // quartiles 1.75 and 3.25, median 2.5: 8 + 35, 1.5 * 20, 8 + 50
  expect([box.attributes.get("x"), box.attributes.get("width")]).toEqual(["43", "30"]);
  expect(placesOf(svg, "median")).toEqual(["M58,49V67"]);
});

test("there is a dot for every value, spread by the golden ratio of its index", () => {
  const svg = boxPlots({ cells: [four] }, small);
  const dots = placesOf(svg, "dot")
    .join("")
    .match(/M[^M]+/g)!;
  // the band is 34 high around 34 + 24: 58 + 34 * (0.618034 - 0.5), 58 + 34 * (0.236068 - 0.5)
  expect(dots.slice(0, 2)).toEqual(["M28,62.013h0", "M48,49.026h0"]);
  expect(dots.length).toBe(4);
});

test("values beyond the axis are counted at its edges and in words, not drawn", () => {
  const cells = [{ label: "a", values: [-5, 1, 2, 3, 40, 50] }];
  const svg = boxPlots({ cells }, small);
  expect(textsOf(svg)).toContain("◂1");
  expect(textsOf(svg)).toContain("2▸");
  expect(tooltipsOf(svg)).toContain("2 values above 10");
  expect(placesOf(svg, "dot").join("").match(/h0/g)!.length).toBe(3);
  expect(textsOf(svg).join(" ")).toContain("clipped at 0 and 10: 1 value below and 2 above");
});

test("without a domain every whisker, line and control is on the axis", () => {
  const cells = [{ ...four, controls: [{ label: "all", value: -3 }] }];
  const svg = boxPlots({ cells }, { references: [{ value: 8 }] });
  expect(textsOf(svg).join(" ")).toMatch(/All values lie on the axis.$/);
  expect(textsOf(svg)).toContain("8");
});

test("outliers that would squeeze the boxes are counted, unless the domain holds them", () => {
  const cells = [{ label: "a", values: [1, 2, 3, 4, 1000] }];
  expect(textsOf(boxPlots({ cells }))).toContain("1▸");
  expect(textsOf(boxPlots({ cells }, { domain: [0, 1000] }))).not.toContain("1▸");
});

test("a box that ends beyond the axis is drawn as far as the axis goes", () => {
  const cells = [{ label: "a", values: [8, 9, 11, 12] }];
  const svg = boxPlots({ cells }, small);
  const box = findAll(parseXml(svg), "rect").find((r) => r.attributes.get("class") === "box")!;
  const [x, width] = ["x", "width"].map((name) => Number(box.attributes.get(name)));
  // 40 pixels for the count to the right: the axis ends at 216 - 40
  expect(x! + width!).toBe(176);
  expect(placesOf(svg, "median").length).toBe(1); // 10 is the end of the axis
});

test("groups have colours in order of appearance, over all cells", () => {
  const cells = [
    { label: "a", values: [1, 2], groups: ["ABBA", "BABA"] },
    { label: "b", values: [3], groups: ["BABA"] },
  ];
  const svg = boxPlots({ cells }, small);
  const classes = pathsOf(svg, "dot").map(({ attributes }) => attributes.get("class"));
  expect(classes).toEqual(["dot c0", "dot c1", "dot c1"]);
  expect(textsOf(svg).slice(0, 2)).toEqual(["ABBA", "BABA"]);
});

test("named values have tooltips", () => {
  const svg = boxPlots({ cells: [{ label: "a", values: [1.5], names: ["When Mary"] }] }, small);
  expect(tooltipsOf(svg)).toContain("When Mary: 1.5");
});

test("controls are markers with their range, alike in all cells", () => {
  const controls = [{ label: "random", value: 5, low: 4, high: 7 }];
  const cells = [
    { ...four, controls },
    { label: "b", values: [1], controls },
  ];
  const svg = boxPlots({ cells }, small);
  expect(tooltipsOf(svg).filter((text) => text === "random: 5, 4 to 7").length).toBe(2);
  const shapes = placesOf(svg, "control").map((d) => d!.replace(/^M[^m]+/, ""));
  expect(new Set(shapes.slice(1)).size).toBe(1);
  // 8 + 20 * 4 to 8 + 20 * 7, under the band
  expect(placesOf(svg, "whisker")).toContain("M88,75H148");
});

test("controls beyond the axis stand at its edge, and the chart says so", () => {
  const cells = [{ ...four, controls: [{ label: "all", value: 99 }] }];
  const svg = boxPlots({ cells }, small);
  expect(textsOf(svg).join(" ")).toContain("1 control beyond it drawn at its edges.");
  expect(placesOf(svg, "control").at(-1)).toMatch(/^M208,/);
});

test("a cell without values says why", () => {
  const svg = boxPlots({ cells: [{ label: "a", values: [], note: "not applicable: one prompt" }] });
  expect(textsOf(svg)).toContain("not applicable: one prompt");
  expect(parseXml(svg).attributes.get("aria-label")).toBe(
    "Box plots. 1 cell; a: not applicable: one prompt",
  );
});

test("the highlighted cell stands out and the key says what that means", () => {
  const svg = boxPlots(
    { cells: [four, { ...four, label: "b", highlighted: true }] },
    { ...small, highlightLabel: "the authors' own cell" },
  );
  const strong = findAll(parseXml(svg), "text").filter((text) =>
    text.attributes.get("class")?.includes("strong"),
  );
  expect(strong.map(ownText)).toEqual(["b"]);
  expect(textsOf(svg)).toContain("the authors' own cell");
});

test("labels stand beside wide boxes and over narrow ones, where no line crosses them", () => {
  const yOf = (svg: string) =>
    Number(
      findAll(parseXml(svg), "text")
        .find((text) => ownText(text) === "a")!
        .attributes.get("y"),
    );
  const box = (svg: string) =>
    Number(
      findAll(parseXml(svg), "rect")
        .find((r) => r.attributes.get("class") === "box")!
        .attributes.get("y"),
    );
  const [wide, narrow] = [boxPlots({ cells: [four] }), boxPlots({ cells: [four] }, small)];
  expect(yOf(wide)).toBeGreaterThan(box(wide));
  expect(yOf(narrow)).toBeLessThan(box(narrow));
  expect(placesOf(narrow, "faint")[0]).toMatch(/^M8,34V82M8,82V86/);
});

test("the statistics are there in words", () => {
  const label = parseXml(boxPlots({ cells: [four] }, { title: "T" })).attributes.get("aria-label");
  expect(label).toBe(
    "T. 1 cell; a: median 2.5, quartiles 1.75 and 3.25, whiskers 1 and 4, 0 outliers, 4 values",
  );
});

test("the same data give the same bytes", () => {
  const draw = () => boxPlots({ cells: [four] }, { references: [{ value: 1 }] });
  expect(draw()).toBe(draw());
});

test.each([
  [
    [{ label: "a", values: [1, Number.NaN] }],
    {},
    "boxPlots: cells[0].values[1] must be finite, got NaN",
  ],
  [
    [{ label: "a", values: [1 / 0] }],
    {},
    "boxPlots: cells[0].values[0] must be finite, got Infinity",
  ],
  [[{ ...four, groups: ["x"] }], {}, "boxPlots: cells[0].groups has 1 entry, expected 4"],
  [[{ ...four, names: [] }], {}, "boxPlots: cells[0].names has 0 entries, expected 4"],
  [[four], { domain: [1, 1] }, "boxPlots: domain [1, 1] is empty"],
  [
    [four],
    { domain: [0, 1], references: [{ value: 2 }] },
    "boxPlots: domain [0, 1] does not hold the line at 2",
  ],
  [[four], { width: 100 }, "boxPlots: width must be at least 240 pixels, got 100"],
  [
    [{ ...four, controls: [..."abcdefg"].map((label) => ({ label, value: 1 })) }],
    {},
    "boxPlots: 7 controls cannot be told apart, at most 6",
  ],
])("wrong values are refused: %#", (cells, options, message) => {
  expect(() => boxPlots({ cells }, options as never)).toThrow(new RangeError(message));
});

test.each([
  [{}, "boxPlots: cells must be an array of cells, got undefined"],
  [{ cells: [3] }, "boxPlots: cells[0] must be an object, got number"],
  [{ cells: [{ values: [] }] }, "boxPlots: cells[0].label must be a string, got undefined"],
  [
    { cells: [{ ...four, controls: [{ label: "x" }] }] },
    "boxPlots: cells[0].controls[0].value must be a number, got undefined",
  ],
])("wrong kinds are refused: %#", (data, message) => {
  expect(() => boxPlots(data as never)).toThrow(new TypeError(message));
});

test("at the default width no label is abbreviated, whatever its length", () => {
  for (const length of [1, 30, 33, 34, 40, 80, 120]) {
    const label = "x".repeat(length);
    expect(
      textsOf(
        boxPlots({
          cells: [
            { label, values: [1, 2, 3, 4] },
            { label: "y", values: [2] },
          ],
        }),
      ),
    ).toContain(label);
  }
});
