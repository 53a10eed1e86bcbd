/** @file What means keep apart by default, for every verb alike. */

import type { Task } from "../task/task";
import type { AblationValue } from "./ablation";
import { corruptIds, corruptionOf } from "./token-rows";

/**
 * What a mean keeps apart: positions; template and position where there are several templates; spans where
 * positions are not the same place in all prompts.
 *
 * @example mean({ over: "corrupt", ...meanSlots(task) })
 */
export function meanSlots(
  task: Task,
  { corruption }: { readonly corruption?: string } = {},
): Pick<Extract<AblationValue, { kind: "mean" }>, "by" | "group"> {
  const { prompts, corruptions } = task;
  const templates = new Map<string, { lengths: Set<number>; texts: Set<string> }>();
  for (const prompt of prompts) {
    const { template = "" } = prompt.groups;
    const known = templates.get(template) ?? { lengths: new Set(), texts: new Set() };
    templates.set(template, known);
    known.lengths.add(prompt.clean.length);
    if (corruptions.length > 0)
      known.texts.add(corruptIds(prompt, corruptionOf(task, corruption)).join());
  }
  const sets = [...templates.values()];
  const named = !templates.has("");
  if (named && sets.length > 1 && sets.every((s) => s.lengths.size === 1 && s.texts.size > 1))
    return { by: "group", group: "template" };
  const lengths = new Set(sets.flatMap((s) => [...s.lengths]));
  return { by: lengths.size === 1 ? "position" : "span" };
}
