/** @file Recipes for the layers that most checkpoints are made of. */

import { from, type Recipe } from "./recipe";

/** A matrix kept `[out, in]` and its bias. */
export function linear(module: string, letter: string, source: string): Record<string, Recipe> {
  return {
    [`${module}.W_${letter}`]: from(`${source}.weight`).transposed(),
    [`${module}.b_${letter}`]: from(`${source}.bias`),
  };
}

/** A matrix kept `[out, in]`, and its bias if there is one. */
export function maybeBiased(
  module: string,
  letter: string,
  source: string,
): Record<string, Recipe> {
  return {
    [`${module}.W_${letter}`]: from(`${source}.weight`).transposed(),
    [`${module}.b_${letter}`]: from(`${source}.bias`).optional(),
  };
}

/** Gain and bias of a LayerNorm. */
export function norm(module: string, source: string): Record<string, Recipe> {
  return {
    [`${module}.w`]: from(`${source}.weight`),
    [`${module}.b`]: from(`${source}.bias`),
  };
}

/** Queries, keys and values that one tensor holds head by head: rows `[head, (q, k, v), dHead]`. */
export function fusedByHead(source: string, heads: number): Record<string, Recipe> {
  const recipes: Record<string, Recipe> = {};
  for (const [part, letter] of ["Q", "K", "V"].entries()) {
    const of = (name: string) => from(`${source}.${name}`).partOfHeads(part, 3, heads);
    recipes[`blocks.{l}.attn.W_${letter}`] = of("weight").transposed();
    recipes[`blocks.{l}.attn.b_${letter}`] = of("bias").optional();
  }
  return recipes;
}
