/** @file How the cells of a patching sweep are called in pictures. */

import { type Model, type TokenBatch, tokenText } from "@diopter/model";
import { keptSlots } from "./pairs";
import type { PatchGrid } from "./patch-sites";

/** A text per coordinate of each axis: `"L3"`, `"H5"`, and positions with their token where all prompts have the same. */
export function gridLabels(
  model: Model,
  clean: TokenBatch,
  { axes, coordinates }: Pick<PatchGrid, "axes" | "coordinates">,
): string[][] {
  return axes.map((axis, a) =>
    coordinates[a]!.map((at) => {
      if (axis === "layer") return `L${at}`;
      if (axis === "head") return `H${at}`;
      if (axis === "component" || typeof at === "string") return String(at);
      const token = sharedToken(clean, at);
      const text = token === undefined ? "" : textOf(model, token);
      return `${at} ${text}`.trimEnd();
    }),
  );
}

/** The id that every prompt has at a position. */
function sharedToken(tokens: TokenBatch, position: number): number | undefined {
  const found = new Set(
    Array.from({ length: tokens.batch }, (_, row) => {
      const slot = keptSlots(tokens, row).at(position);
      return slot === undefined ? undefined : tokens.ids[row * tokens.pos + slot];
    }),
  );
  return found.size === 1 ? [...found][0] : undefined;
}

function textOf(model: Model, id: number): string {
  return model.tokenizer ? tokenText(model.tokenizer, id) : `#${id}`;
}
