import fc from "fast-check";
import { expect, test } from "vitest";
import { columnFormatter, columnTexts, formatter } from "../src/number";

test("whole numbers stay whole, others have 3 digits", () => {
  const values = [7812, 0.123456, 1234.56, 0.00012345, -2.5, 0, -0, 1e12, 1e-9];
  expect(values.map(formatter("x"))).toEqual([
    "7812",
    "0.123",
    "1235",
    "0.000123",
    "−2.5",
    "0",
    "0",
    "1e+12",
    "1e-9",
  ]);
});

test("what is not finite has a word whatever the format", () => {
  const print = formatter("x", ".1%");
  expect([0.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(print)).toEqual([
    "50.0%",
    "NaN",
    "∞",
    "−∞",
  ]);
});

test("a function formats finite numbers", () => {
  expect(formatter("x", (value) => `${value} nats`)(2)).toBe("2 nats");
});

test("a wrong format is refused", () => {
  expect(() => formatter("x: format", "zz%zz")).toThrow(
    new RangeError('x: format: "zz%zz" is not a d3-format specifier such as ".1%"'),
  );
  expect(() => formatter("x: format", 3 as never)).toThrow(
    new TypeError("x: format must be a string or a function, got number"),
  );
});

const column = (values: number[]) => values.map(columnFormatter("x", values));

test.each([
  [
    [1.97e-7, 1.02, 0],
    ["<0.001", "1.020", "0.000"],
  ],
  [
    [-1.97e-7, 1.02],
    [">−0.001", "1.020"],
  ],
  [
    [0.02, 0.97],
    ["0.02", "0.97"],
  ],
  [
    [0.5, 1],
    ["0.5", "1.0"],
  ],
  [
    [7812, 3],
    ["7812", "3"],
  ],
  [
    [1234.56, 0.5],
    ["1235", "1"],
  ],
  [
    [2e-9, 0],
    ["2.00e-9", "0.00e+0"],
  ],
  [
    [Number.NaN, 0.25],
    ["NaN", "0.25"],
  ],
  [[], []],
])("numbers beside each other have one form: %j", (values, texts) => {
  expect(column(values)).toEqual(texts);
});

test("every column of numbers has one form, and no number other than 0 is printed as 0", () => {
  const number = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.double({ min: -2, max: 2, noNaN: true }),
    fc.integer({ min: -9, max: 9 }).map((power) => 10 ** power * 1.97),
  );
  fc.assert(
    fc.property(fc.array(number, { minLength: 1, maxLength: 6 }), (values) => {
      const texts = column(values);
      const forms = texts.map((text) =>
        /e/.test(text) ? "exponent" : (/\.(\d+)$/.exec(text)?.[1]?.length ?? 0),
      );
      expect(new Set(forms).size).toBe(1);
      for (const [i, text] of texts.entries())
        if (values[i] !== 0) expect(text).not.toMatch(/^−?0(\.0+)?$/);
    }),
    { seed: 6, numRuns: 300 },
  );
});

test("a column is written with as many digits as asked", () => {
  expect(columnTexts([0.9978, 0.0012, Number.NaN], 4)).toEqual(["0.9978", "0.0012", "NaN"]);
  expect(columnTexts([1.02, 1.97e-7])).toEqual(["1.020", "<0.001"]);
  expect(() => columnTexts([1], 0.5)).toThrow(
    new RangeError("columnTexts: digits must be a whole number from 1 to 12, got 0.5"),
  );
});
