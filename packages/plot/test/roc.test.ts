import { roc } from "@diopter/plot";
import { expect, test } from "vitest";
import { findAll, parseXml, textsOf } from "./xml";

const curvesOf = (svg: string) =>
  findAll(parseXml(svg), "path")
    .filter(({ attributes }) => attributes.get("class")?.startsWith("roc "))
    .map(({ attributes }) => attributes.get("d")!);

const one = { label: "ACDC", fpr: [0, 0.1, 1], tpr: [0.6, 0.9, 1] };

// 200 pixels: the level axis goes from 29 (labels of 3 columns, 20.13 + 8) to 196 (half of the label 1),
// the upright one, under its title, from 26 + 160 up to 26.
const small = { width: 224 };

test("a curve goes right before it goes up, and begins at (0, 0)", () => {
  const [, drawn] = curvesOf(
    roc({ curves: [{ label: "x", fpr: [0.5, 1], tpr: [0.5, 1] }] }, small),
  );
  expect(drawn).toBe("M29,186H29V186H109V106H189V26".replace("H29V186", ""));
});

test("the area is that of the steps", () => {
  // 0.1 * 0.6 + 0.9 * 0.9
  expect(textsOf(roc({ curves: [one] }))[0]).toBe("ACDC, AUROC 0.87");
});

test("ties between right and wrong edges count as errors", () => {
  // all edges have one score: one step right and up, and no area
  expect(textsOf(roc({ curves: [{ label: "x", fpr: [1], tpr: [1] }] }))[0]).toBe("x, AUROC 0");
});

test("an area that is given is shown", () => {
  expect(textsOf(roc({ curves: [{ ...one, auroc: 0.5 }] }, { format: ".2f" }))[0]).toBe(
    "ACDC, AUROC 0.50",
  );
});

test("a curve that ends early says where, and has no area of its own", () => {
  const svg = roc({ curves: [{ label: "SP", fpr: [0, 0.05], tpr: [0.1, 0.2] }] });
  expect(textsOf(svg)[0]).toBe("SP, ends at TPR 0.2, FPR 0.05");
  expect(parseXml(svg).attributes.get("aria-label")).toBe(
    "ROC. 1 curve; SP, ends at TPR 0.2, FPR 0.05",
  );
});

test("the diagonal is drawn from corner to corner", () => {
  expect(roc({ curves: [one] }, small)).toContain('d="M29,186L189,26"');
});

test("without curves there is no data", () => {
  expect(textsOf(roc({ curves: [] }))).toEqual(["no data"]);
});

test.each([
  [{ ...one, tpr: [1] }, "roc: curves[0].tpr has 1 entry, expected 3"],
  [{ ...one, fpr: [0, 0.2, 0.1] }, "roc: curves[0].fpr must ascend, got 0.1 after 0.2"],
  [{ ...one, fpr: [0, 0.2, 1.5] }, "roc: curves[0].fpr[2] must be from 0 to 1, got 1.5"],
  [{ ...one, tpr: [0, Number.NaN, 1] }, "roc: curves[0].tpr[1] must be finite, got NaN"],
  [{ ...one, auroc: Number.NaN }, "roc: curves[0].auroc must be finite, got NaN"],
])("wrong values are refused: %#", (curve, message) => {
  expect(() => roc({ curves: [curve] })).toThrow(new RangeError(message));
});

test("wrong kinds are refused", () => {
  expect(() => roc({ curves: [{ fpr: [], tpr: [] }] as never })).toThrow(
    new TypeError("roc: curves[0].label must be a string, got undefined"),
  );
});
