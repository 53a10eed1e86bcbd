import { attention } from "@diopter/plot";
import fc from "fast-check";
import { expect, test } from "vitest";
import { findAll, parseXml, textsOf, tooltipsOf } from "./xml";

const causal = [
  [1, 0],
  [0.3, 0.7],
];
const both = [
  [0.6, 0.4],
  [0.3, 0.7],
];
const tokens = ["The", " cat"];

const cells = (svg: string) => tooltipsOf(svg).filter((text) => text.includes("attends to"));

test("a row is a query, a column is a key", () => {
  expect(cells(attention({ attention: both, tokens }))).toEqual([
    "0 The attends to 0 The: 0.6",
    '0 The attends to 1 " cat": 0.4',
    '1 " cat" attends to 0 The: 0.3',
    '1 " cat" attends to 1 " cat": 0.7',
  ]);
});

test("what a query cannot see is left out where only zeros and masked scores are", () => {
  expect(cells(attention({ attention: causal, tokens })).length).toBe(3);
  const scores = [
    [1, Number.NEGATIVE_INFINITY],
    [0.3, 0.7],
  ];
  expect(cells(attention({ attention: scores, tokens })).length).toBe(3);
});

test("maskUpperTri hides or shows the upper triangle whatever is there", () => {
  expect(cells(attention({ attention: both, tokens }, { maskUpperTri: true })).length).toBe(3);
  expect(cells(attention({ attention: causal, tokens }, { maskUpperTri: false })).length).toBe(4);
});

test("hidden values do not stretch the scale", () => {
  const large = [
    [1, 50],
    [0.3, 0.7],
  ];
  const ticks = textsOf(attention({ attention: large, tokens }, { maskUpperTri: true }));
  expect(ticks.slice(0, 3)).toEqual(["0", "0.5", "1"]);
});

test("minValue and maxValue set the ends of the scale", () => {
  const svg = attention({ attention: both, tokens }, { minValue: -2, maxValue: 2 });
  expect(textsOf(svg).slice(0, 3)).toEqual(["−2", "0", "2"]);
});

test("positiveColor and negativeColor are the ends of the ramp in both schemes", () => {
  const svg = attention(
    { attention: [[-1]], tokens: ["a"] },
    { positiveColor: "seagreen", negativeColor: "#c2571a", minValue: -1, maxValue: 1 },
  );
  expect(svg).toContain(".s0{fill:#c2571a;fill:light-dark(#c2571a,#c2571a)}");
  expect(svg).toContain(".s64{fill:#2e8b57;fill:light-dark(#2e8b57,#2e8b57)}");
});

test("showAxisLabels writes the tokens once per axis", () => {
  const count = (showAxisLabels: boolean) =>
    textsOf(attention({ attention: both, tokens }, { showAxisLabels })).filter((t) => t === "·cat")
      .length;
  expect([count(true), count(false)]).toEqual([2, 0]);
});

test("heads share one scale, have names and labels where there is room", () => {
  const data = {
    attention: [
      causal,
      [
        [2, 0],
        [1, 1],
      ],
    ],
    tokens,
  };
  const texts = textsOf(attention(data));
  expect(texts.slice(0, 3)).toEqual(["0", "1", "2"]);
  expect(texts.filter((text) => text.startsWith("head"))).toEqual(["head 0", "head 1"]);
  expect(texts.filter((text) => text === "·cat").length).toBe(4);
  expect(textsOf(attention({ ...data, attentionHeadNames: ["9.6", "9.9"] }))).toContain("9.9");
});

test("every token is named twice in each map, or the picture says which are", () => {
  const sizes = fc.record({
    heads: fc.integer({ min: 1, max: 9 }),
    count: fc.integer({ min: 1, max: 70 }),
    width: fc.constantFrom(undefined, 344, 600, 860),
  });
  fc.assert(
    fc.property(sizes, ({ heads, count, width }) => {
      const head = Array.from({ length: count }, () => new Float32Array(count));
      const tokens = Array.from({ length: count }, (_, i) => `t${i}`);
      const several = Array.from({ length: heads }, () => head);
      const svg = attention({ attention: heads === 1 ? head : several, tokens }, { width });
      const texts = textsOf(svg);
      const said = /every (\d+)\w\w token is named, counted from the last/.exec(texts.join(" "));
      const stride = said ? Number(said[1]) : 1;
      const named = tokens.filter((_, i) => (count - 1 - i) % stride === 0);
      for (const token of tokens)
        expect(texts.filter((text) => text === token).length).toBe(
          named.includes(token) ? 2 * heads : 0,
        );
      // 16 tokens and fewer are all named, in any number of heads, on a phone too
      if (count <= 16) expect(stride).toBe(1);
    }),
    { seed: 5, numRuns: 40 },
  );
});

test("no map of up to 64 positions is wider than asked for", () => {
  for (const width of [344, 600, 860])
    for (const count of [1, 9, 40, 64]) {
      const head = Array.from({ length: count }, () => new Float32Array(count));
      const tokens = Array.from({ length: count }, (_, i) => ` a long token ${i}`);
      for (const data of [head, [head, head, head]]) {
        const svg = attention({ attention: data, tokens }, { width });
        expect(Number(parseXml(svg).attributes.get("width"))).toBeLessThanOrEqual(width);
      }
    }
});

test("typed arrays are rows, for one head and for several", () => {
  const head = [Float32Array.of(1, 0), Float32Array.of(0.5, 0.5)];
  expect(cells(attention({ attention: head, tokens })).length).toBe(3);
  expect(cells(attention({ attention: [head, head], tokens })).length).toBe(6);
});

test("what is not finite is a sign even in small cells", () => {
  const zeros = Array.from({ length: 60 }, (_, i) =>
    Array.from({ length: 60 }, (_, j) => (i === j ? Number.NaN : 0)),
  );
  const data = { attention: zeros, tokens: Array.from({ length: 60 }, () => "x") };
  const svg = attention(data, { showAxisLabels: false });
  expect(textsOf(svg).filter((text) => text === "×").length).toBe(60);
});

test("without tokens there is no data", () => {
  expect(textsOf(attention({ attention: [], tokens: [] }))).toEqual(["no data"]);
});

test("the label for screen readers counts heads, queries and keys", () => {
  const label = parseXml(
    attention({ attention: [both, both], tokens }, { title: "Layer 9" }),
  ).attributes.get("aria-label");
  expect(label).toBe("Layer 9. 2 heads, 2 queries by 2 keys, values from 0.3 to 0.7");
});

test("maps are drawn beside each other, not on top", () => {
  const svg = attention({ attention: Array.from({ length: 12 }, () => both), tokens });
  const places = findAll(parseXml(svg), "g").flatMap(
    ({ attributes }) => attributes.get("transform") ?? [],
  );
  const panels = places.filter(
    (place) => !/^translate\((12|0),/.test(place) || place === "translate(0,0)",
  );
  expect(new Set(panels).size).toBe(panels.length);
  expect(panels.length).toBeGreaterThan(5);
});

test.each([
  [{ attention: both, tokens: ["a", "b", "c"] }, {}, "attention: tokens has 3 entries, expected 2"],
  [{ attention: [[1, 0]], tokens: ["a"] }, {}, "attention: attention has 2 keys, expected 1"],
  [{ attention: [both, [[1]]], tokens }, {}, "attention: attention[1] has 1 query, expected 2"],
  [
    { attention: [both], tokens, attentionHeadNames: [] },
    {},
    "attention: attentionHeadNames has 0 entries, expected 1",
  ],
  [
    { attention: both, tokens },
    { minValue: 1, maxValue: 0 },
    "attention: minValue 1 is not below maxValue 0",
  ],
])("wrong values are refused: %#", (data, options, message) => {
  expect(() => attention(data as never, options)).toThrow(new RangeError(message));
});

test.each([
  [
    { attention: "x", tokens },
    {},
    "attention: attention must be an array of rows of numbers, got string",
  ],
  [{ attention: both }, {}, "attention: tokens must be an array of strings, got undefined"],
  [
    { attention: [both, [["1"]]], tokens },
    {},
    "attention: attention[1][0][0] must be a number, got string",
  ],
])("wrong kinds are refused: %#", (data, options, message) => {
  expect(() => attention(data as never, options)).toThrow(new TypeError(message));
});
