import { auroc, averagePrecision, rocCurve, rocPlateau } from "@diopter/statistics";
import fc from "fast-check";
import { expect, test } from "vitest";

const corners = (points: ReturnType<typeof rocCurve>) => points.map(({ fpr, tpr }) => [fpr, tpr]);
const ties = "trapezoid";

test("a curve goes up at elements of the reference and right at the others", () => {
  const [scores, truth] = [
    [1, 3, 4, 2],
    [false, false, true, true],
  ];
  const points = rocCurve(scores, truth);
  expect(corners(points)).toEqual([
    [0, 0],
    [0, 0.5],
    [0.5, 0.5],
    [0.5, 1],
    [1, 1],
  ]);
  expect(points.map(({ threshold }) => threshold)).toEqual([undefined, 4, 3, 2, 1]);
  // Width 0.5 at height 0.5, then 0.5 at 1; precision 1 and 2 / 3 where recall rises.
  expect(auroc(scores, truth)).toBe(0.75);
  expect(averagePrecision(scores, truth)).toBeCloseTo((1 + 2 / 3) / 2, 14);
});

test("K5: the truth as score has area 1, reversed 0, a constant one half as one step", () => {
  const truth = [1, 0, 0, 1, 0];
  const reversed = truth.map((t) => -t);
  for (const options of [{}, { ties } as const]) {
    expect(auroc(truth, truth, options)).toBe(1);
    expect(auroc(reversed, truth, options)).toBe(0);
  }
  const constant = truth.map(() => 7);
  expect(auroc(constant, truth, { ties })).toBe(0.5);
  expect(corners(rocCurve(constant, truth, { ties }))).toEqual([
    [0, 0],
    [1, 1],
  ]);
  // In the worst order of the tie nothing is found before every false positive is in.
  expect(auroc(constant, truth)).toBe(0);
  expect(corners(rocCurve(constant, truth))).toEqual([
    [0, 0],
    [1, 0],
    [1, 1],
  ]);
  expect(averagePrecision(constant, truth)).toBeCloseTo(2 / 5, 14);
});

test.each([
  ["reverse", 77, 10, 2, 0.2],
  ["x-proportion", 23, 5, 3, 0.6],
])("K10: on %s the curve stops where the two truths part", (_, edges, zero, resample, plateau) => {
  const truth = Array.from({ length: edges }, (_, i) => i < zero);
  for (const lowest of [0, Number.NEGATIVE_INFINITY]) {
    const scores = truth.map((_, i) => (i < resample ? 10 - i : lowest));
    expect(rocPlateau(rocCurve(scores, truth))).toBeCloseTo(plateau, 14);
    expect(auroc(scores, truth)).toBeCloseTo(plateau, 14);
    // Straight from (0, plateau) to (1, 1).
    expect(auroc(scores, truth, { ties })).toBeCloseTo((1 + plateau) / 2, 14);
    const own = truth.map((_, i) => i < resample);
    expect(auroc(scores, own)).toBe(1);
  }
});

test("the trapezoid area is the chance that an element of the reference scores higher, ties half", () => {
  const element = fc.tuple(fc.integer({ min: 0, max: 4 }), fc.boolean());
  fc.assert(
    fc.property(fc.array(element, { minLength: 2, maxLength: 15 }), (elements) => {
      const [scores, truth] = [elements.map(([s]) => s), elements.map(([, t]) => t)];
      fc.pre(truth.includes(true) && truth.includes(false));
      let [won, worst, pairs] = [0, 0, 0];
      for (const [a, inside] of elements) {
        for (const [b, other] of elements) {
          if (!inside || other) continue;
          pairs++;
          won += a > b ? 1 : a === b ? 0.5 : 0;
          worst += a > b ? 1 : 0;
        }
      }
      expect(auroc(scores, truth, { ties })).toBeCloseTo(won / pairs, 12);
      expect(auroc(scores, truth)).toBeCloseTo(worst / pairs, 12);
    }),
    { seed: 7 },
  );
});

test("weights count an element as many", () => {
  const weighted = { weights: [2, 1, 3] };
  const [scores, truth] = [
    [3, 2, 2],
    [1, 1, 0],
  ];
  const [again, more] = [
    [3, 3, 2, 2, 2, 2],
    [1, 1, 1, 0, 0, 0],
  ];
  expect(corners(rocCurve(scores, truth, weighted))).toEqual(corners(rocCurve(again, more)));
  expect(averagePrecision(scores, truth, weighted)).toBeCloseTo(averagePrecision(again, more), 14);
});

test("mistakes are named", () => {
  expect(() => rocCurve([1, 2], [true])).toThrow("rocCurve: 2 scores for 1 elements");
  expect(() => auroc([1, 2], [true, true])).toThrow("elements in and outside the reference");
  expect(() => rocCurve([1, Number.NaN], [1, 0])).toThrow("rocCurve: score 1 is NaN");
  expect(() => rocCurve([1, 2], [1, 0], { weights: [1, -1] })).toThrow("weight 1 is -1");
});
