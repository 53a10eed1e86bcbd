/** @file The table of gradient rules: one per op that can be differentiated. */

import * as activation from "./activation";
import * as arrange from "./arrange";
import * as choose from "./choose";
import * as einsum from "./einsum";
import * as elementwise from "./elementwise";
import * as gather from "./gather";
import * as join from "./join";
import * as matmul from "./matmul";
import * as normalize from "./normalize";
import * as reduce from "./reduce";
import * as reshape from "./reshape";
import type { GradientRule } from "./rule";
import * as scatter from "./scatter";
import * as slice from "./slice";
import * as softmax from "./softmax";

/** Every module exports its rules under the ONNX names of their ops, beside functions in lower case. */
function rulesOf(module: Readonly<Record<string, unknown>>): Record<string, GradientRule> {
  const rules = Object.entries(module).filter(([name]) => /^[A-Z]/.test(name));
  return Object.fromEntries(rules) as Record<string, GradientRule>;
}

/** Gradient rule of every op that has one; an op without cannot be differentiated through. */
export const gradientRules: Readonly<Record<string, GradientRule>> = {
  ...rulesOf(activation),
  ...rulesOf(arrange),
  ...rulesOf(choose),
  ...rulesOf(einsum),
  ...rulesOf(elementwise),
  ...rulesOf(gather),
  ...rulesOf(join),
  ...rulesOf(matmul),
  ...rulesOf(normalize),
  ...rulesOf(reduce),
  ...rulesOf(reshape),
  ...rulesOf(scatter),
  ...rulesOf(slice),
  ...rulesOf(softmax),
};
