import { trapezoids } from "@diopter/statistics";
import { expect, test } from "vitest";

test("the area is that of the trapezoids between neighbours", () => {
  // 10 * 0.25 + 90 * 0.75; a step has no width.
  expect(trapezoids([0, 10, 100], [0, 0.5, 1])).toBe(70);
  expect(trapezoids([0, 1, 1, 2], [1, 1, -3, -3])).toBe(-2);
});

test("mistakes are named", () => {
  expect(() => trapezoids([1], [1])).toThrow(
    "trapezoids: expected two lists of 2 or more, got 1 and 1",
  );
  expect(() => trapezoids([1, 2], [1])).toThrow("got 2 and 1");
  expect(() => trapezoids([0, 1], [0, Number.NaN])).toThrow("point 1 is (1, NaN)");
  expect(() => trapezoids([0, 2, 1], [0, 0, 0])).toThrow("x falls from 2 to 1 at point 2");
});
