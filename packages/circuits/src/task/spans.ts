/** @file Named spans of a prompt, so that prompts of different lengths share positions (Haklay et al. 2025, 2502.04577). */

import { brief, quoted } from "@diopter/graph";
import { own } from "../schema/schema";
import { positionOf } from "./check-task";
import type { Task, TaskPrompt } from "./task";

/** The tokens [from, to) of a prompt; empty where both are the same. */
export interface Span {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Spans of every prompt of a task: the same names for all, covering every token of each exactly once. */
export interface SpanSchema {
  readonly names: readonly string[];
  /** By prompt id, in the order of their tokens. */
  readonly spans: Readonly<Record<string, readonly Span[]>>;
}

/**
 * Spans that begin at named positions and run to the next one; the tokens before the first are `start`.
 *
 * Of two names for one token, the one named first is empty. Throws `RangeError` for an unknown position.
 *
 * @example spansOf(prompt, ["S2", "end"]) // start [0, S2), S2 [S2, end), end [end, length)
 */
export function spansOf(prompt: TaskPrompt, names: readonly string[]): readonly Span[] {
  const begins = [{ name: "start", from: 0 }].concat(
    names.map((name) => ({ name, from: positionOf(prompt, name) })),
  );
  // Sorting is stable: names of one token stay in the order given, and "start" stays first.
  begins.sort((a, b) => a.from - b.from);
  return begins.map(({ name, from }, i) => ({
    name,
    from,
    to: begins[i + 1]?.from ?? prompt.clean.length,
  }));
}

/** The schema that `spansOf` makes of every prompt of a task. */
export function spanSchema(task: Task, names: readonly string[]): SpanSchema {
  const twice = names.find((name, i) => name === "start" || names.indexOf(name) < i);
  if (twice !== undefined) throw new RangeError(`spans: ${quoted(twice)} twice`);
  const spans = task.prompts.map((prompt) => [prompt.id, spansOf(prompt, names)] as const);
  return { names: ["start", ...names], spans: Object.fromEntries(spans) };
}

/**
 * The schema itself when it fits the task.
 *
 * Throws `RangeError` naming the prompt for missing or unknown names, gaps, overlaps and tokens without a span.
 */
export function checkSpans(task: Task, schema: SpanSchema): SpanSchema {
  const wanted = [...schema.names].sort().join(", ");
  for (const { id, clean } of task.prompts) {
    const who = `spans: prompt ${quoted(id)}`;
    const spans = own(schema.spans, id);
    if (spans === undefined) throw new RangeError(`${who} has none`);
    const got = spans.map(({ name }) => name).sort();
    if (got.join(", ") !== wanted) {
      throw new RangeError(`${who} has ${brief(got.join(", "))}; expected ${brief(wanted)}`);
    }
    let next = 0;
    for (const { name, from, to } of spans) {
      if (from !== next || !Number.isInteger(to) || to < from) {
        throw new RangeError(
          `${who}: ${quoted(name)} is [${from}, ${to}), expected it from ${next}`,
        );
      }
      next = to;
    }
    if (next !== clean.length) {
      throw new RangeError(`${who} has ${clean.length} tokens, its spans cover ${next}`);
    }
  }
  return schema;
}
