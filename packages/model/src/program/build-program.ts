/** @file From a request to a graph: the transformer with its edits, cut to what is asked for. */

import { Builder, type Dim, type Graph, prune, type Value } from "@diopter/graph";
import type { DType, TensorLike } from "@diopter/tensor";
import type { ModelConfig } from "../config/config";
import { declarePrompt } from "../text/prompt-values";
import {
  beforeUnembedding,
  type Context,
  factorized,
  type PastValues,
  residual,
  toVocabulary,
  unembedQuietly,
  type WeightValues,
} from "../transformer";
import { outputsOf } from "./extension";
import { HookSites } from "./hook-sites";
import type { AppendedGraph, Request } from "./request";

/** Name of the graph output that holds logits; hooks are outputs under their own names. */
export const LOGITS = "logits";

/** A graph, and what its extension's outputs are called in it. */
export interface BuiltProgram {
  readonly graph: Graph;
  /** Name that the extension gave → name of the graph's output. */
  readonly extended: ReadonlyMap<string, string>;
}

/** Name of the graph input that a feed of an extension goes to. */
export function extensionFeed(name: string): string {
  return `extension.${name}`;
}

/** Name of the graph input that a feed of a view goes to. */
export function viewFeed(name: string): string {
  return `view.${name}`;
}

/** The graph that answers `request`; weights are inputs under their own names. Throws for hooks that the view lacks. */
export function buildProgram(
  config: ModelConfig,
  weights: ReadonlyMap<string, TensorLike>,
  request: Request,
  float: "float32" | "float64" = "float32",
): BuiltProgram {
  const { logits: where = "all", read = [], edits = [], splice = [], view = "residual" } = request;
  const b = new Builder({ name: config.family });
  const hooks = new HookSites(b, planOf(request));
  const past = request.past && declarePast(b, config, float, request.past);
  const t: Context = {
    b,
    c: config,
    h: hooks,
    w: declareWeights(b, weights, float),
    prompt: declarePrompt(b, config, float, request.past === "extend"),
    past,
    float,
    feed: (name, shape) => declared(b, viewFeed(name), float, shape),
  };
  const own = typeof view === "string" ? undefined : view;
  const resid = view === "residual" ? residual(t) : factorized(t, own);
  const logits = logitsOf(t, hooks, resid, where);
  const extended = request.extension
    ? appended(t, request.extension, hooks, resid, logits)
    : new Map<string, Value>();
  const outputs = new Map<string, Value>();
  if (where !== "none") outputs.set(LOGITS, logits(where));
  for (const [name, value] of past?.present ?? []) outputs.set(name, value);
  for (const { at } of [...edits, ...splice]) reached(hooks, at, view);
  const named = [...outputs].map(([name, value]) => b.named(name, value));
  for (const [name, value] of extended)
    extended.set(name, outputValue(b, hooks, request, name, value));
  const hooked = read.map((name) => reached(hooks, name, view));
  // A hook that is read and handed out by the extension is one output.
  const all = new Set([...named, ...extended.values(), ...hooked]);
  return {
    graph: prune(b.build([...all])),
    extended: new Map([...extended].map(([name, value]) => [name, value.name])),
  };
}

/** An extension's output under a name of its own; a hook's value keeps its name, since renaming it would copy it. */
function outputValue(
  b: Builder,
  hooks: HookSites,
  { start = [] }: Request,
  name: string,
  value: Value,
): Value {
  const isHook = hooks.values.get(value.name) === value && !start.includes(value.name);
  return isHook ? value : b.named(`extension.${name}.out`, value);
}

/** A graph input, declared when it is first asked for. */
function declared(b: Builder, name: string, dtype: DType, shape: readonly Dim[]): Value {
  return b.has(name) ? b.value(name) : b.input(name, dtype, shape);
}

function planOf(request: Request) {
  const { read = [], edits = [], splice = [], start = [], extension } = request;
  return {
    read: new Set([...read, ...(extension?.needs ?? [])]),
    start: new Set(start),
    leaves: new Set(extension?.leaves),
    edits,
    splices: splice,
  };
}

function declareWeights(
  b: Builder,
  weights: ReadonlyMap<string, TensorLike>,
  float: "float32" | "float64",
): WeightValues {
  const declared = new Map<string, Value>();
  const optional = (name: string): Value | undefined => {
    const tensor = weights.get(name);
    if (!tensor) return undefined;
    if (!declared.has(name)) declared.set(name, b.input(name, float, tensor.shape));
    return declared.get(name);
  };
  const get = (name: string): Value => {
    const value = optional(name);
    if (!value) throw new RangeError(`model: no weight "${name}"`);
    return value;
  };
  return { get, optional };
}

/**
 * Logits, computed once per form; at the last position only, nothing else is unembedded.
 *
 * `unembed.hook_out` is the logits themselves, so it has the positions that the request wants logits at.
 */
function logitsOf(
  t: Context,
  hooks: HookSites,
  resid: Value,
  wanted: Request["logits"],
): (where: "all" | "last") => Value {
  const { b } = t;
  const name = "unembed.hook_out";
  const pick = (x: Value) => b.squeeze(b.matmul(t.prompt.last(), x), [1]); // [batch, width]
  const watched = ["ln_final.hook_scale", "ln_final.hook_normalized", "unembed.hook_in"];
  const input = watched.some((hook) => hooks.wants(hook)) ? beforeUnembedding(t, resid) : undefined;
  const onlyLast = wanted === "last" && !hooks.intervenes(name);
  const everywhere = () => (input ? toVocabulary(t, input) : unembedQuietly(t, resid));
  const atLast = () => (input ? toVocabulary(t, pick(input)) : unembedQuietly(t, pick(resid)));
  let all: Value | undefined;
  let last: Value | undefined;
  const get = (where: "all" | "last"): Value => {
    if (where === "all") {
      all ??= onlyLast ? everywhere() : hooks.at(name, everywhere());
      return all;
    }
    last ??= all || hooks.intervenes(name) ? pick(get("all")) : atLast();
    return last;
  };
  if (hooks.wants(name)) {
    if (onlyLast)
      hooks.at(name, b.unsqueeze(get("last"), [1])); // [batch, 1, dVocabOut]
    else get("all");
  }
  return get;
}

function appended(
  t: Context,
  extension: AppendedGraph,
  hooks: HookSites,
  resid: Value,
  logits: (where: "all" | "last") => Value,
): Map<string, Value> {
  const { b } = t;
  const { build } = extension;
  const built = build({
    b,
    config: t.c,
    hook: (name) => reached(hooks, name, "residual"),
    float: t.float,
    resid: () => resid,
    logits,
    unembed: (state) => unembedQuietly(t, state),
    last: () => t.prompt.last(),
    keep: () => t.prompt.keep(),
    weights: t.w,
    feed: (name, dtype, shape) => declared(b, extensionFeed(name), dtype, shape),
    viewFeed: (name) => b.value(viewFeed(name)),
  });
  return new Map(Object.entries(outputsOf(built)));
}

function reached(hooks: HookSites, name: string, view: Request["view"]): Value {
  const value = hooks.values.get(name);
  if (value) return value;
  throw new RangeError(
    `model: hook "${name}" is not computed in the ${typeof view === "string" ? view : "factorized"} view`,
  );
}

interface DeclaredPast extends PastValues {
  readonly present: readonly [name: string, value: Value][];
}

function declarePast(
  b: Builder,
  c: ModelConfig,
  float: "float32" | "float64",
  mode: "write" | "extend",
): DeclaredPast {
  const present: [string, Value][] = [];
  return {
    present,
    extend(layer, kind, value) {
      const shape = ["batch", "past", c.nKeyValueHeads, c.dHead];
      const all =
        mode === "extend"
          ? b.concat([b.input(`past.${layer}.${kind}`, float, shape), value], 1)
          : value;
      present.push([`present.${layer}.${kind}`, all]);
      return all;
    },
  };
}
