/** @file Circuits that a report sets beside the circuit: another task's, and what its method finds of shuffled answers. */

import type { Model } from "@diopter/model";
import { attributeEdges } from "../discover/attribution/attribute-edges";
import { type AttributeOptions, attributionMethods } from "../discover/attribution/batch";
import type { Circuit } from "../graph/circuit";
import { shuffledAnswers } from "../task/shuffled-answers";
import type { Task } from "../task/task";

export interface ReportControls {
  /** The circuit of another task, as large as the circuit: whether it is about this task at all. */
  readonly other?: Circuit;
  /**
   * How the circuit was found, to be done again on shuffled answers: what it finds of nothing. Where it is absent,
   * the method that is recorded in the circuit is used.
   */
  readonly method?: (task: Task) => Circuit | Promise<Circuit>;
}

export type ComparedRole = "other task" | "shuffled answers";

/** A circuit to be run beside the circuit, or why there is none. */
export type Compared =
  | { readonly role: ComparedRole; readonly circuit: Circuit }
  | { readonly role: ComparedRole; readonly missing: string };

/** The circuits of a report's controls. */
export async function comparedCircuits(
  model: Model,
  task: Task,
  circuit: Circuit,
  {
    seed,
    controls = {},
    signal,
  }: {
    readonly seed: number;
    readonly controls?: ReportControls | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Compared[]> {
  const other: Compared = controls.other
    ? { role: "other task", circuit: controls.other }
    : {
        role: "other task",
        missing: "no circuit of another task was given (controls: { other })",
      };
  const missing = (why: string) => [other, { role: "shuffled answers" as const, missing: why }];
  const shuffled = shuffledAnswers(task, { seed });
  if (!shuffled) return missing("shuffling the answers of this task changes nothing");
  const method = controls.method ?? recordedMethod(model, circuit, signal);
  if (typeof method === "string") return missing(method);
  return [other, { role: "shuffled answers", circuit: await method(shuffled) }];
}

/** The method that a circuit's file records, or why it cannot be done again. */
function recordedMethod(
  model: Model,
  { found, shape, derivation, component }: Circuit,
  signal: AbortSignal | undefined,
): ((task: Task) => Promise<Circuit>) | string {
  const give = "give controls: { method }";
  if (!found) return `the circuit does not say how it was found; ${give}`;
  const { method, choice, of, by } = found;
  const { value, metric, steps, rule, at, aggregate } = found.options as Record<string, never>;
  const known = (attributionMethods as readonly string[]).includes(method);
  if (!known || component !== "edge")
    return `"${method}" of ${component}s is not done again by a report; ${give}`;
  if ((value as { kind?: string } | undefined)?.kind === "given")
    return `it was found with numbers of one's own in the place of activations; ${give}`;
  const { inputs, embedding } = shape;
  const given = { value, metric, steps, rule, at, aggregate };
  const options = Object.fromEntries(
    Object.entries(given).filter(([, option]) => option !== undefined),
  );
  return async (task) => {
    const scores = await attributeEdges(model, task, {
      method,
      ...options,
      inputs,
      embedding,
      ...(signal && { signal }),
    } as AttributeOptions);
    const chosen =
      choice === "threshold"
        ? scores.threshold(of, { by })
        : choice === "greedy"
          ? scores.greedy(of, { by })
          : scores.top(of, { by });
    return derivation.includes("pruned") ? chosen.pruned().circuit : chosen;
  };
}
