/** @file From an ablation value to the numbers that stand in for sources. */

import type { Ablation } from "../../ablation/ablation";
import { givenValues } from "./given";
import { meanValues } from "./mean";
import { noiseValues } from "./noise";
import type { ReplacementContext, Replacements } from "./replacement";
import { resampleValues } from "./resample";
import { zeroValues } from "./zero";

/** The numbers of an ablation value. Throws `NotApplicableError` where it means nothing for the task. */
export async function replacementsFor(
  value: Ablation["value"],
  context: ReplacementContext,
): Promise<Replacements> {
  switch (value.kind) {
    case "resample":
      return resampleValues(value, context);
    case "zero":
      return zeroValues(context);
    case "mean":
      return meanValues(value, context);
    case "noise":
      return noiseValues(value, context);
    case "given":
      return givenValues(value, context);
  }
}
