/** @file What the sources of a graph wrote in some run, or are to be replaced with. */

import type { TensorLike } from "@diopter/tensor";

/**
 * Along which axes values differ: by prompt and position, by position alone, or neither.
 * Values that do not differ are held, fed and multiplied once.
 */
export type Form = "prompt" | "position" | "constant";

/** Values by source hook: [batch or 1, pos or 1, ...], as `form` says. */
export interface Activations {
  readonly form: Form;
  readonly values: Readonly<Record<string, TensorLike>>;
}

/** The first two dimensions of values of a form. */
export function leadingDims(form: Form): [string | 1, string | 1] {
  return [form === "prompt" ? "batch" : 1, form === "constant" ? 1 : "pos"];
}
