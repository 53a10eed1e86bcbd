import { expect, test } from "vitest";
import { compareToReference } from "../../src/metrics/reference-comparison";

test("a comparison says which ablation its reference was defined by", () => {
  const reference = { name: "reverse", definedBy: "zero", truth: [true, true, false] };
  expect(compareToReference([2, 0, 0], reference)).toMatchObject({
    reference: "reverse",
    definedBy: "zero",
    ties: "pessimistic",
    auroc: 0.5,
    plateau: 0.5,
  });
});
