/** @file Zero ablation: nothing in the place of an output. */

import { hookShape } from "@diopter/model";
import { zeros } from "@diopter/tensor";
import { sourceHooks } from "../../graph/sources";
import { fixed, type ReplacementContext, type Replacements } from "./replacement";

export function zeroValues({
  model,
  shape,
}: Pick<ReplacementContext, "model" | "shape">): Replacements {
  const values = Object.fromEntries(
    sourceHooks(shape).map((hook) => {
      const rest = hookShape(hook, model.config).slice(2) as number[];
      return [hook, zeros([1, 1, ...rest], "float32")];
    }),
  );
  return fixed(async () => ({ form: "constant", values }));
}
