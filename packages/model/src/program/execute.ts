/** @file One forward pass with everything a user may attach to it: reads, edits, starts, extensions, hook functions. */

import { fromData, type TensorLike } from "@diopter/tensor";
import type { ModelConfig } from "../config";
import { editFeeds } from "../edits/apply-edit";
import type { ResolvedEdit } from "../edits/edits";
import { hookNames } from "../hooks/names";
import type { Values } from "../runtime/runtime";
import { type ResolvedSplice, spliceFeeds, structuresOf, withSplices } from "../sae/splice";
import type { PastSlots, TokenBatch } from "../text/prompt-values";
import { LOGITS } from "./build-program";
import { type HookStop, layerOf, sectionStart } from "./hook-functions";
import type { Program } from "./program";
import type { Request } from "./request";

/** What executing needs of a model. */
export interface Engine {
  readonly config: ModelConfig;
  compile(request: Request): Program;
}

export interface Execution
  extends Pick<Request, "logits" | "extend" | "gradient" | "view" | "past"> {
  readonly tokens: TokenBatch;
  readonly read?: readonly string[];
  readonly edits?: readonly ResolvedEdit[];
  readonly splices?: readonly ResolvedSplice[];
  /** Values by hook from which the run starts; edits up to there have been applied. */
  readonly start?: Values;
  /** Hook functions, in execution order. */
  readonly stops?: readonly HookStop[];
  readonly feeds?: Values;
  readonly pastSlots?: PastSlots;
  readonly signal?: AbortSignal | undefined;
  readonly budget?: number | undefined;
}

/** Outputs by name: `logits`, hooks under their own names, extension outputs, derivatives. */
export async function execute(engine: Engine, e: Execution): Promise<Map<string, TensorLike>> {
  const { stops = [], read = [] } = e;
  if (stops.length === 0) return segment(engine, e, read, e.start ?? {}, true);
  const names = withSplices(hookNames(engine.config), structuresOf(e.splices));
  const order = new Map(names.map((name, index) => [name, index]));
  const outputs = new Map<string, TensorLike>();
  let state: Record<string, TensorLike> = { ...e.start };
  let section: string | undefined;
  let reached = -1;
  for (const stop of stops) {
    const here = order.get(stop.name)!;
    const between = read.filter((name) => order.get(name)! > reached && order.get(name)! < here);
    const anchor = sectionStart(engine.config, stop.name);
    const carried = anchor !== undefined && anchor !== stop.name ? [anchor] : [];
    const missing = [...new Set([...between, ...carried, stop.name])].filter(
      (name) => !(name in state),
    );
    const values = await segment(engine, e, missing, state, false);
    const known = (name: string) => values.get(name) ?? state[name]!;
    for (const name of between) outputs.set(name, known(name));
    const kept =
      anchor === section ? state : Object.fromEntries(carried.map((name) => [name, known(name)]));
    state = { ...kept, [stop.name]: await callFunctions(stop, known(stop.name)) };
    section = anchor;
    reached = here;
    if (read.includes(stop.name)) outputs.set(stop.name, state[stop.name]!);
  }
  const after = read.filter((name) => order.get(name)! > reached);
  for (const [name, value] of await segment(engine, e, after, state, true))
    outputs.set(name, value);
  return outputs;
}

/** Runs one program; `whole` when it is the one that reaches the logits. */
async function segment(
  { compile }: Engine,
  e: Execution,
  read: readonly string[],
  start: Values,
  whole: boolean,
): Promise<Map<string, TensorLike>> {
  const { edits = [], splices = [] } = e;
  const logits = whole ? (e.logits ?? "all") : "none";
  const given = read.filter((name) => name in start);
  const wanted = read.filter((name) => !(name in start));
  const outputs = new Map<string, TensorLike>(given.map((name) => [name, start[name]!]));
  const asked = wanted.length > 0 || logits !== "none" || (whole && (e.extend?.length || e.past));
  if (!asked) return outputs;
  const program = compile({
    read: wanted,
    logits,
    edits: edits.map((edit) => edit.structure),
    ...(splices.length > 0 && { splice: structuresOf(splices) }),
    start: Object.keys(start),
    view: e.view ?? "residual",
    ...(whole && e.extend && { extend: e.extend }),
    ...(whole && e.gradient && { gradient: e.gradient }),
    ...(e.past && { past: e.past }),
  });
  const result = await program.run({
    tokens: e.tokens,
    feeds: {
      ...editFeeds(edits, e.tokens.batch),
      ...spliceFeeds(splices),
      ...start,
      ...e.feeds,
    },
    signal: e.signal,
    budget: e.budget,
    ...(e.pastSlots && { past: e.pastSlots }),
  });
  for (const [name, value] of Object.entries(result)) outputs.set(name, value);
  return outputs;
}

async function callFunctions(
  { name, functions }: HookStop,
  value: TensorLike,
): Promise<TensorLike> {
  let current = fromData(value.data, value.shape, value.dtype);
  for (const fn of functions) {
    const given = await fn(current, { name, layer: () => layerOf(name) });
    if (!given) continue;
    if (given.shape.join() !== value.shape.join()) {
      throw new RangeError(
        `model: the function at "${name}" gave shape [${given.shape.join(", ")}], expected [${value.shape.join(", ")}]`,
      );
    }
    current = fromData(given.data, given.shape, given.dtype);
  }
  return current;
}

export function logitsOf(outputs: ReadonlyMap<string, TensorLike>): TensorLike {
  const logits = outputs.get(LOGITS);
  if (!logits) throw new Error("internal: the program has no logits");
  return logits;
}
