import { expect, test } from "vitest";
import {
  constantCheck,
  corruptCheck,
  covarianceCheck,
  intactCheck,
  toleranceOf,
  twinCheck,
  worstOf,
} from "../../src/report/consistency";
import type { RunData } from "../../src/report/data";
import { along, apart } from "../../src/report/fingerprint";
import { someTask } from "./planted-report";

/** A run of four prompts with these products, the same along every direction. */
function runOf(values: readonly number[], gap = 0): RunData {
  const products = Object.fromEntries(along.map((name) => [name, values]));
  return {
    applicable: true,
    size: { kept: 0, of: 1, component: "edge" },
    derivation: [],
    engine: "dense",
    circuit: { ...products, [apart]: values.map(() => gap) },
    model: products,
  };
}

test("a full model that is not the model fails", () => {
  expect(intactCheck("x", runOf([1, 1, 1, 1]), 1e-9).passed).toBe(true);
  const off = intactCheck("x", runOf([1, 1, 1, 1], 1e-6), 1e-9);
  expect(off).toMatchObject({ identity: "I1", passed: false, residual: 1e-6, tolerance: 1e-9 });
  // On float32, of logits as large as 20: 1e-4 * 20.
  expect(intactCheck("x", runOf([20, 1, 1, 1], 1e-3), toleranceOf("float32")).passed).toBe(true);
});

test("everything resampled that is not the corrupt run fails, and so does another twin", () => {
  const run = runOf([1, 2, 3, 4]);
  expect(corruptCheck("x", run, run.circuit, 1e-9).passed).toBe(true);
  expect(corruptCheck("x", run, runOf([1, 2, 3, 4.1]).circuit, 1e-9).passed).toBe(false);
  expect(twinCheck("x", run, runOf([1, 2.5, 3, 4]), 1e-9)).toMatchObject({
    passed: false,
    residual: 0.5,
  });
});

test("constants are compared within a template when they are means of it", () => {
  const value = { kind: "mean", over: "corrupt", by: "group", group: "template" } as const;
  const byTemplate = runOf([1, 1, 2, 2]); // prompts 0 and 1 are of template 0
  expect(constantCheck("x", byTemplate, { task: someTask, value }, 1e-9).passed).toBe(true);
  const zero = { kind: "zero" } as const;
  expect(constantCheck("x", byTemplate, { task: someTask, value: zero }, 1e-9)).toMatchObject({
    passed: false,
    residual: 1,
  });
  const one = { ...someTask, prompts: someTask.prompts.slice(0, 1) };
  const alone = constantCheck("x", runOf([1]), { task: one, value: zero }, 1e-9);
  expect([alone.passed, alone.note]).toEqual([undefined, "no two prompts of one length and group"]);
});

test("the covariance gap is checked with prompts without a ratio", () => {
  const check = covarianceCheck("x", [1, 2, 5], [2, 0, 4]);
  expect(check.passed).toBe(true);
  expect(check.residual).toBeLessThan(1e-12);
  const [good, bad] = [covarianceCheck("a", [1, 2], [2, 1]), intactCheck("b", runOf([1], 1), 1e-9)];
  expect(worstOf([good, bad], "all").what).toBe("all, worst of 2: full model = model: b");
});
