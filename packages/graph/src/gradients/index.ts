/** @file The table of gradient rules: one per op that can be differentiated. */

import * as elementwise from "./elementwise";
import * as indexing from "./indexing";
import * as movement from "./movement";
import * as products from "./products";
import * as reduce from "./reduce";
import type { GradientRule } from "./rule";

/** Every module exports its rules under the ONNX names of their ops, beside functions in lower case. */
function rulesOf(module: Readonly<Record<string, unknown>>): Record<string, GradientRule> {
  const rules = Object.entries(module).filter(([name]) => /^[A-Z]/.test(name));
  return Object.fromEntries(rules) as Record<string, GradientRule>;
}

/** Gradient rule of every op that has one; an op without cannot be differentiated through. */
export const gradientRules: Readonly<Record<string, GradientRule>> = {
  ...rulesOf(elementwise),
  ...rulesOf(indexing),
  ...rulesOf(movement),
  ...rulesOf(products),
  ...rulesOf(reduce),
};
