/** @file Gradients of ops that give the same elements another shape or dtype: they take it back. */

import type { ElementType } from "../graph/types";
import type { GradientRule } from "./rule";

const reshapedBack: GradientRule = (b, { inputs: [x] }, [dy]) => [b.reshape(dy, x)];

export const Flatten = reshapedBack;
export const Reshape = reshapedBack;
export const Squeeze = reshapedBack;
export const Unsqueeze = reshapedBack;

export const Identity: GradientRule = (_, __, [dy]) => [dy];

export const Cast: GradientRule = (b, { inputs: [x] }, [dy]) => [
  b.cast(dy, x.dtype as Exclude<ElementType, "undefined">),
];
