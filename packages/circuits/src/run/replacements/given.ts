/** @file Replacement by numbers that the user brings, such as fitted constants. */

import type { AblationValue } from "../../ablation/ablation";
import { NotApplicableError } from "../../ablation/not-applicable";
import { sourceHooks } from "../../graph/sources";
import { fixed, type ReplacementContext, type Replacements } from "./replacement";

export function givenValues(
  { name, activations }: Extract<AblationValue, { kind: "given" }>,
  { shape }: Pick<ReplacementContext, "shape">,
): Replacements {
  const missing = sourceHooks(shape).find((hook) => !(hook in activations.values));
  if (missing) throw new RangeError(`ablation: "${name}" has no values for "${missing}"`);
  return fixed(async (prompts) => {
    if (activations.form === "prompt") {
      throw new NotApplicableError(`values of "${name}" differ by prompt; give them by position`);
    }
    const pos = activations.values[missing ?? sourceHooks(shape)[0]!]!.shape[1];
    if (activations.form === "position" && pos !== prompts[0]!.clean.length) {
      throw new NotApplicableError(
        `values of "${name}" are for ${pos} positions, the prompt has ${prompts[0]!.clean.length}`,
      );
    }
    return activations;
  });
}
