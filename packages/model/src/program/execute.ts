/** @file One forward pass with everything a user may attach to it: reads, edits, starts, extensions, hook functions. */

import { concat, fromData, type TensorLike } from "@diopter/tensor";
import type { ModelConfig } from "../config/config";
import { editFeeds } from "../edits/apply-edit";
import type { ResolvedEdit } from "../edits/edits";
import { hookNames } from "../hooks/names";
import type { Values } from "../runtime/runtime";
import { type ResolvedSplice, spliceFeeds, structuresOf, withSplices } from "../sae/splice";
import type { PastSlots, TokenBatch } from "../text/prompt-values";
import { extensionFeed, LOGITS, viewFeed } from "./build-program";
import type { Extension } from "./extension";
import { type HookStop, layerOf, sectionStart } from "./hook-functions";
import type { CompiledRequest, Program } from "./program";
import type { Request } from "./request";

/** What executing needs of a model. */
export interface Engine {
  readonly config: ModelConfig;
  compile(request: Request): CompiledRequest;
}

export interface Execution extends Pick<Request, "logits" | "view" | "past"> {
  readonly tokens: TokenBatch;
  readonly extension?: Extension<unknown>;
  readonly read?: readonly string[];
  readonly edits?: readonly ResolvedEdit[];
  readonly splices?: readonly ResolvedSplice[];
  /** Values by hook from which the run starts; edits up to there have been applied. */
  readonly start?: Values;
  /** Hook functions, in execution order. */
  readonly stops?: readonly HookStop[];
  /** Keys and values of earlier tokens, by the names of their inputs. */
  readonly pastValues?: Values;
  readonly pastSlots?: PastSlots;
  readonly signal?: AbortSignal | undefined;
  readonly budget?: number | undefined;
}

/** What a run gave: `logits`, hooks and present keys and values under their own names, and an extension's outputs under its. */
export interface Executed {
  readonly values: Map<string, TensorLike>;
  readonly extended: Readonly<Record<string, TensorLike>>;
}

/** Runs one program, or one for each section between hook functions. */
export async function execute(engine: Engine, e: Execution): Promise<Executed> {
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
    const { values } = await segment(engine, e, missing, state, false);
    const known = (name: string) => values.get(name) ?? state[name]!;
    for (const name of between) outputs.set(name, known(name));
    const kept =
      anchor === section ? state : Object.fromEntries(carried.map((name) => [name, known(name)]));
    state = { ...kept, [stop.name]: await callFunctions(stop, known(stop.name), e.tokens) };
    section = anchor;
    reached = here;
    if (read.includes(stop.name)) outputs.set(stop.name, state[stop.name]!);
  }
  const after = read.filter((name) => order.get(name)! > reached);
  const last = await segment(engine, e, after, state, true);
  for (const [name, value] of last.values) outputs.set(name, value);
  return { values: outputs, extended: last.extended };
}

/** Runs one program; `whole` when it is the one that reaches the logits. */
async function segment(
  { compile }: Engine,
  e: Execution,
  read: readonly string[],
  start: Values,
  whole: boolean,
): Promise<Executed> {
  const { edits = [], splices = [], view = "residual" } = e;
  const logits = whole ? (e.logits ?? "all") : "none";
  const extension = whole ? e.extension : undefined;
  const given = read.filter((name) => name in start);
  const wanted = read.filter((name) => !(name in start));
  const values = new Map<string, TensorLike>(given.map((name) => [name, start[name]!]));
  const asked = wanted.length > 0 || logits !== "none" || extension || (whole && e.past);
  if (!asked) return { values, extended: {} };
  const { program, extended } = compile({
    read: wanted,
    logits,
    edits: edits.map((edit) => edit.structure),
    ...(splices.length > 0 && { splice: structuresOf(splices) }),
    start: Object.keys(start),
    view,
    ...(extension && { extension }),
    ...(e.past && { past: e.past }),
  });
  const result = await program.run({
    tokens: e.tokens,
    feeds: {
      ...editFeeds(edits, e.tokens.batch),
      ...spliceFeeds(splices),
      ...start,
      ...e.pastValues,
      ...(typeof view === "object" && named(viewFeed, view.feeds)),
      ...(extension && forEveryRow(extension, program, e.tokens.batch)),
    },
    signal: e.signal,
    budget: e.budget,
    ...(e.pastSlots && { past: e.pastSlots }),
  });
  for (const [name, value] of Object.entries(result)) values.set(name, value);
  return {
    values,
    extended: Object.fromEntries([...extended].map(([name, output]) => [name, result[output]!])),
  };
}

/** Feeds of an extension; one row stands for every prompt where the graph wants one per prompt. */
function forEveryRow(
  { name, feeds }: Extension<unknown>,
  { graph }: Program,
  batch: number,
): Record<string, TensorLike> {
  const declared = new Map(graph.inputs.map((input) => [input.name, input.shape]));
  return Object.fromEntries(
    Object.entries(feeds).map(([feed, value]) => {
      const input = extensionFeed(feed);
      const perPrompt = declared.get(input)?.[0] === "batch";
      const rows = value.shape[0] ?? 0;
      if (!perPrompt || rows === batch) return [input, value];
      if (rows === 1) return [input, repeatRows(value, batch)];
      throw new RangeError(
        `${name}: ${feed} has ${rows} rows, expected ${batch} (one per prompt) or 1`,
      );
    }),
  );
}

/** The rows of `value` again and again: row i of the result is row i mod n. */
export function repeatRows(value: TensorLike, times: number): TensorLike {
  return concat(new Array<TensorLike>(times).fill(value));
}

function named(name: (feed: string) => string, feeds: Values = {}): Record<string, TensorLike> {
  return Object.fromEntries(Object.entries(feeds).map(([feed, value]) => [name(feed), value]));
}

async function callFunctions(
  { name, functions }: HookStop,
  value: TensorLike,
  tokens: TokenBatch,
): Promise<TensorLike> {
  let current = fromData(value.data, value.shape, value.dtype);
  for (const fn of functions) {
    const given = await fn(current, { name, tokens, layer: () => layerOf(name) });
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

export function logitsOf({ values }: Executed): TensorLike {
  const logits = values.get(LOGITS);
  if (!logits) throw new Error("internal: the program has no logits");
  return logits;
}
