import fc from "fast-check";
import { expect, test } from "vitest";
import { colorScale } from "../src/scale";

test("without signs the scale goes from 0 to the largest value", () => {
  const scale = colorScale("x", [0.2, 0.8], {});
  expect(scale.ticks).toEqual([0, 0.4, 0.8]);
  // 0.2 / 0.8 * 64 = 16
  expect([0, 0.2, 0.8].map(scale.classOf)).toEqual(["s0", "s16", "s64"]);
});

test("negative values alone go up to 0", () => {
  const scale = colorScale("x", [-8, -2], {});
  expect(scale.ticks).toEqual([-8, -4, 0]);
  // (-2 + 8) / 8 * 64 = 48
  expect(scale.classOf(-2)).toBe("s48");
});

test("both signs make it diverge symmetrically around 0", () => {
  const scale = colorScale("x", [-1, 4], {});
  expect(scale.ticks).toEqual([-4, 0, 4]);
  // (-1 + 4) / 8 * 64 = 24
  expect([-1, 0, 4].map(scale.classOf)).toEqual(["s24", "s32", "s64"]);
});

test("a map of one sign has a scale of that side alone, from 0 in pale to its colour", () => {
  const number = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
  const color = (scale: ReturnType<typeof colorScale>, value: number) =>
    scale.rules.find(({ selectors }) => selectors[0] === `.${scale.classOf(value)}`)!.declarations;
  fc.assert(
    fc.property(
      fc.array(number, { minLength: 1, maxLength: 5 }),
      fc.constantFrom(undefined, "diverging" as const),
      (values, asked) => {
        const negative = values.map((value) => -value);
        const both = colorScale("x", [...values, ...negative], { scale: "diverging" });
        const up = colorScale("x", values, { scale: asked });
        const down = colorScale("x", negative, { scale: asked });
        const largest = Math.max(...values);
        expect(up.ticks).toEqual([0, largest / 2, largest]);
        expect(down.ticks).toEqual([-largest, -largest / 2, 0]);
        // red below 0 and blue above, as where there are both signs
        expect(color(down, -largest)).toBe(color(both, -largest));
        if (asked) expect(color(up, largest)).toBe(color(both, largest));
        expect(color(down, 0)).toBe(color(both, 0));
      },
    ),
    { seed: 7, numRuns: 20 },
  );
});

test("a side without a step of colour is no side, and the legend says that values lie there", () => {
  // 0.05 / 6.83 is below half of a 64th
  const scale = colorScale("x", [-6.83, 0.05], {});
  expect([scale.ticks[0], scale.ticks[2], scale.outside]).toEqual([-6.83, 0, [false, true]]);
  expect(scale.classOf(0.05)).toBe(scale.classOf(0));
  expect(colorScale("x", [-6.83, 0.06], {}).ticks[2]).toBe(6.83);
});

test("one end given, the other mirrors it", () => {
  expect(colorScale("x", [-1, 4], { maxValue: 10 }).ticks).toEqual([-10, 0, 10]);
  expect(colorScale("x", [-1, 4], { minValue: -2 }).ticks).toEqual([-2, 0, 2]);
  expect(colorScale("x", [0, 1], { minValue: -2, maxValue: 6 }).ticks).toEqual([-2, 0, 6]);
});

test("each side of an uneven diverging scale has half of the steps", () => {
  const scale = colorScale("x", [], { minValue: -2, maxValue: 6 });
  // -1 is halfway down to -2, 3 halfway up to 6
  expect([-1, 3].map(scale.classOf)).toEqual(["s16", "s48"]);
});

test("a log scale has equal ratios at equal distances", () => {
  const scale = colorScale("x", [1, 100, 10000], { scale: "log" });
  expect(scale.ticks).toEqual([1, 100, 10000]);
  expect([1, 10, 100, 10000].map(scale.classOf)).toEqual(["s0", "s16", "s32", "s64"]);
});

test("values outside share the last colour and are reported", () => {
  const scale = colorScale("x", [0.1, 0.9], { minValue: 0.2, maxValue: 0.8 });
  expect([0.1, 0.9].map(scale.classOf)).toEqual(["s0", "s64"]);
  expect(scale.outside).toEqual([true, true]);
  expect(colorScale("x", [0.2, 0.8], { minValue: 0.2, maxValue: 0.8 }).outside).toEqual([
    false,
    false,
  ]);
});

test("what is not finite has no colour and does not stretch the scale", () => {
  const scale = colorScale("x", [1, Number.NaN, Number.POSITIVE_INFINITY], {});
  expect(scale.ticks).toEqual([0, 0.5, 1]);
  expect(
    [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(scale.classOf),
  ).toEqual([undefined, undefined, undefined]);
});

test("the largest and the smallest numbers there are have colours", () => {
  const [largest, smallest] = [Number.MAX_VALUE, Number.MIN_VALUE];
  expect([-largest, 0, largest].map(colorScale("x", [-largest, largest], {}).classOf)).toEqual([
    "s0",
    "s32",
    "s64",
  ]);
  expect([0, smallest].map(colorScale("x", [0, smallest], {}).classOf)).toEqual(["s0", "s64"]);
  expect(colorScale("x", [largest / 4, largest], { scale: "log" }).ticks[1]).toBeCloseTo(
    largest / 2,
    -300,
  );
});

test("no values, one value and all zeros still have a scale", () => {
  expect(colorScale("x", [], {}).ticks).toEqual([0, 0.5, 1]);
  expect(colorScale("x", [], { scale: "log" }).ticks[2]).toBe(10);
  expect(colorScale("x", [0, 0], {}).classOf(0)).toBe("s0");
  expect(colorScale("x", [0, 0], { scale: "diverging" }).classOf(0)).toBe("s32");
  expect(colorScale("x", [3], {}).classOf(3)).toBe("s64");
});

test.each([
  [[1], { minValue: 2, maxValue: 1 }, "x: minValue 2 is not below maxValue 1"],
  [[1], { minValue: Number.NaN }, "x: minValue must be finite, got NaN"],
  [
    [1],
    { scale: "diverging", minValue: 1 },
    "x: a diverging scale must contain 0 inside, got [1, -1]",
  ],
  [[0, 1], { scale: "log" }, "x: a log scale needs values above 0, got 0"],
  [
    [1],
    { scale: "linear" },
    'x: scale: unknown "linear"; expected one of sequential, diverging, log',
  ],
  [
    [1],
    { positiveColor: "blurple" },
    'x: positiveColor: unknown colour "blurple"; expected an opaque CSS colour such as "#2166ac"',
  ],
])("%j with %j is refused", (values, options, message) => {
  expect(() => colorScale("x", values, options as object)).toThrow(new RangeError(message));
});
