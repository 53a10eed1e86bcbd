import { expect, test } from "vitest";
import { sensitivity } from "../../src/metrics/sensitivity";

const cell = (value: string, tokens: string, median: number) => ({
  options: { value, tokens },
  values: [median - 5, median, median + 100],
});

const square = [
  cell("zero", "all", 10),
  cell("zero", "specific", 20),
  cell("resample", "all", 50),
  cell("resample", "specific", 80),
];

test("changes compare cells that differ in one axis only", () => {
  const { axes, range, medians } = sensitivity(square);
  expect([...medians]).toEqual([10, 20, 50, 80]);
  const [value, tokens] = axes;
  // Value: 10 -> 50 and 20 -> 80; tokens: 10 -> 20 and 50 -> 80.
  expect(value).toMatchObject({ axis: "value", levels: ["zero", "resample"], pairs: 2 });
  expect(value!.change).toEqual({ max: 60, median: 50, between: [1, 3] });
  expect(tokens!.change).toEqual({ max: 30, median: 20, between: [2, 3] });
  expect(range).toEqual({ low: 10, high: 80, lowCell: 0, highCell: 3 });
});

test("in a balanced design the shares are those of the analysis of variance", () => {
  const { axes, interactions } = sensitivity(square);
  // Mean 40, total 900 + 400 + 100 + 1600 = 3000; value means 15 and 65: 4 * 25²; tokens 30 and 50: 4 * 10².
  expect(axes[0]!.varianceShare).toBeCloseTo(2500 / 3000, 12);
  expect(axes[1]!.varianceShare).toBeCloseTo(400 / 3000, 12);
  expect(interactions).toBeCloseTo(100 / 3000, 12);
});

test("in an unbalanced design joint effects are split evenly", () => {
  const { axes, interactions } = sensitivity(square.slice(0, 3));
  // 10 20 50: total 2600 / 3; value alone 2450 / 3, tokens alone 200 / 3, both everything.
  // Value: (2450 + 2600 - 200) / 2 of 2600; tokens: (200 + 2600 - 2450) / 2 of 2600.
  expect(axes[0]!.varianceShare).toBeCloseTo(2425 / 2600, 12);
  expect(axes[1]!.varianceShare).toBeCloseTo(175 / 2600, 12);
  expect(interactions).toBeCloseTo(0, 12);
  expect(axes.map(({ pairs }) => pairs)).toEqual([1, 1]);
});

test("an axis that repeats another one shares its variance and has no pairs", () => {
  const cells = [1, 2, 3].map((score) => ({
    options: { a: `${score}`, b: `${score}` },
    values: [score],
  }));
  const { axes, interactions } = sensitivity(cells);
  for (const axis of axes) {
    expect(axis.pairs).toBe(0);
    expect(axis.change).toBeUndefined();
    expect(axis.varianceShare).toBeCloseTo(0.5, 12);
  }
  expect(interactions).toBeCloseTo(0, 12);
});

test("equal cells leave nothing to explain", () => {
  const cells = ["x", "y", "z"].map((a) => ({ options: { a }, values: [0.1] }));
  const { axes, interactions, range } = sensitivity(cells);
  expect(axes[0]).toMatchObject({ varianceShare: 0, change: { max: 0, median: 0 } });
  expect(interactions).toBe(0);
  expect(range).toMatchObject({ low: 0.1, high: 0.1 });
});

test("mistakes are named", () => {
  expect(() => sensitivity([])).toThrow("sensitivity: no cells");
  expect(() => sensitivity([square[0]!, { options: { value: "zero" }, values: [1] }])).toThrow(
    "expected the axes [value,tokens] in every cell, got [value]",
  );
  expect(() => sensitivity([square[0]!, square[0]!])).toThrow("two cells with the options");
  expect(() => sensitivity([{ options: { a: "x" }, values: [Number.NaN] }])).toThrow(
    'is not finite in the cell {"a":"x"}',
  );
});
