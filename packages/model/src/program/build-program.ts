/** @file From a request to a graph: the transformer with its edits, cut to what is asked for. */

import { Builder, backward, type Graph, prune, type Value } from "@diopter/graph";
import type { TensorLike } from "@diopter/tensor";
import type { ModelConfig } from "../config";
import { declarePrompt } from "../text/prompt-values";
import {
  beforeUnembedding,
  type Context,
  factorised,
  type PastValues,
  residual,
  toVocabulary,
  unembedQuietly,
  type WeightValues,
} from "../transformer";
import { HookSites } from "./hook-sites";
import type { Extension, Request } from "./request";

/** Name of the graph output that holds logits; hooks are outputs under their own names. */
export const LOGITS = "logits";

/** The graph that answers `request`; weights are inputs under their own names. Throws for hooks that the view lacks. */
export function buildProgram(
  config: ModelConfig,
  weights: ReadonlyMap<string, TensorLike>,
  request: Request,
  float: "float32" | "float64" = "float32",
): Graph {
  const {
    logits: where = "all",
    read = [],
    edits = [],
    splice = [],
    extend = [],
    gradient,
    view = "residual",
  } = request;
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
  };
  const own = typeof view === "string" ? undefined : view;
  const resid = view === "residual" ? residual(t) : factorised(t, own);
  const logits = logitsOf(t, hooks, resid, where);
  const extended = new Map(
    extend.flatMap((e) => Object.entries(appended(t, e, hooks, resid, logits))),
  );
  const outputs = new Map(extended);
  if (where !== "none") outputs.set(LOGITS, logits(where));
  if (gradient) {
    for (const [name, value] of derivatives(t, hooks, extended, gradient)) outputs.set(name, value);
  }
  for (const [name, value] of past?.present ?? []) outputs.set(name, value);
  for (const { at } of [...edits, ...splice]) reached(hooks, at, view);
  const named = [...outputs].map(([name, value]) => b.named(name, value));
  return prune(b.build([...named, ...read.map((name) => reached(hooks, name, view))]));
}

/** Name of the output with the derivative of `of` with respect to a hook or weight. */
export function derivativeName(of: string, wrt: string): string {
  return `d ${of} / d ${wrt}`;
}

function planOf(request: Request) {
  const { read = [], edits = [], splice = [], start = [], extend = [], gradient } = request;
  return {
    read: new Set([...read, ...extend.flatMap((e) => e.needs ?? [])]),
    start: new Set(start),
    leaves: new Set([...(gradient?.wrt ?? []), ...extend.flatMap((e) => e.leaves ?? [])]),
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
  extension: Extension,
  hooks: HookSites,
  resid: Value,
  logits: (where: "all" | "last") => Value,
): Record<string, Value> {
  const { b } = t;
  const fed = new Map<string, Value>();
  return extension.build({
    b,
    config: t.c,
    hook: (name) => reached(hooks, name, "residual"),
    float: t.float,
    resid: () => resid,
    logits,
    unembed: (state) => unembedQuietly(t, state),
    last: () => t.prompt.last(),
    weights: t.w,
    feed: (name, dtype, shape) => {
      if (!fed.has(name)) fed.set(name, b.has(name) ? b.value(name) : b.input(name, dtype, shape));
      return fed.get(name)!;
    },
  });
}

function derivatives(
  t: Context,
  hooks: HookSites,
  extended: ReadonlyMap<string, Value>,
  { of, wrt }: NonNullable<Request["gradient"]>,
): [string, Value][] {
  const target = extended.get(of);
  if (!target) throw new RangeError(`model: no output "${of}" to differentiate`);
  const leaves = wrt.map((name) => hooks.values.get(name) ?? t.w.get(name));
  // A metric is one number per prompt, so the gradient of the sum is the gradient of each.
  const gradients = backward(
    t.b,
    t.b.sum(
      target,
      target.shape.map((_, axis) => axis),
      false,
    ),
    leaves,
  );
  return wrt.map((name, i) => [derivativeName(of, name), gradients[i]!]);
}

function reached(hooks: HookSites, name: string, view: Request["view"]): Value {
  const value = hooks.values.get(name);
  if (value) return value;
  throw new RangeError(
    `model: hook "${name}" is not computed in the ${typeof view === "string" ? view : "factorised"} view`,
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
