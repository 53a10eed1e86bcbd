/** @file What every runtime does with a graph and with what is fed: fit it to its limits, and check the feeds in the names of the graph. */

import {
  type Dim,
  didYouMean,
  type ElementType,
  type Graph,
  legalize,
  termsOf,
  type ValueInfo,
} from "@diopter/graph";
import { allocate, cast, type DType, isDType, isFloat, type TensorLike } from "@diopter/tensor";
import type { Runtime, RuntimeLimits, Values } from "./runtime";

/**
 * Checks `feeds` against the inputs of a graph and gives them in the dtypes that it declares.
 *
 * Symbols must stand for one number throughout. Floats of any width are accepted for a float input; at
 * "float64" they keep theirs.
 * Throws TypeError on a wrong dtype, RangeError on a wrong, missing or unknown feed.
 */
export function checkFeeds(
  runtime: string,
  inputs: readonly ValueInfo[],
  feeds: Values,
  precision: Runtime["precision"] = "float32",
): Map<string, TensorLike> {
  refuseUnknown(runtime, inputs, feeds);
  const symbols = new Map<string, number>();
  for (const { name, shape } of inputs) {
    const feed = Object.hasOwn(feeds, name) ? feeds[name] : undefined;
    shape?.forEach((dim, i) => {
      const size = feed?.shape[i];
      if (size !== undefined && isSymbol(dim) && !symbols.has(dim)) symbols.set(dim, size);
    });
  }
  const checked = new Map<string, TensorLike>();
  for (const input of inputs) {
    const feed = Object.hasOwn(feeds, input.name) ? feeds[input.name] : undefined;
    if (feed === undefined) throw missing(`${runtime}: feed "${input.name}"`, input);
    const subject = `${runtime}: feed "${input.name}"`;
    checkKind(subject, input.dtype, feed);
    checkShape(subject, input.shape, feed, symbols);
    checked.set(input.name, precision === "float64" ? feed : inDType(feed, input.dtype));
  }
  return checked;
}

/** Checks that a weight is what a graph input declares; dtype as in `checkFeeds`. */
export function checkWeight(runtime: string, input: ValueInfo, weight: TensorLike): void {
  const subject = `${runtime}: weight "${input.name}"`;
  checkKind(subject, input.dtype, weight);
  checkShape(subject, input.shape, weight, new Map());
}

/** The same numbers in the float dtype that a graph declares. */
export function inDType(x: TensorLike, dtype: ElementType): TensorLike {
  return x.dtype === dtype ? x : cast(x, dtype as DType);
}

function refuseUnknown(runtime: string, inputs: readonly ValueInfo[], feeds: Values): void {
  const names = inputs.map((input) => input.name);
  const unknown = Object.keys(feeds).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const hint = didYouMean(unknown, names) || `; this graph takes ${names.join(", ") || "none"}`;
  throw new RangeError(`${runtime}: no feed "${unknown}"${hint}`);
}

function missing(subject: string, { dtype, shape }: ValueInfo): RangeError {
  return new RangeError(`${subject} is missing, expected ${dtype} ${show(shape)}`);
}

function checkKind(subject: string, expected: ElementType, x: TensorLike): void {
  const alike = x.dtype === expected || (isFloat(x.dtype) && isFloat(expected as DType));
  if (!isDType(x.dtype) || !alike) {
    throw new TypeError(`${subject} has dtype ${x.dtype}, expected ${expected}`);
  }
  const array = allocate(x.dtype, 0).constructor;
  if (!(x.data instanceof array)) {
    const got = (x.data as object | undefined)?.constructor?.name ?? typeof x.data;
    throw new TypeError(`${subject} has dtype ${x.dtype} but holds ${got}, expected ${array.name}`);
  }
}

function checkShape(
  subject: string,
  expected: readonly Dim[] | undefined,
  x: TensorLike,
  symbols: Symbols,
): void {
  const size = x.shape.reduce((product, n) => product * n, 1);
  if (size !== x.data.length) {
    throw new RangeError(
      `${subject} holds ${x.data.length} numbers, its shape ${show(x.shape)} needs ${size}`,
    );
  }
  if (expected === undefined) return;
  const bound = expected.map((dim) => bindDim(dim, symbols));
  const fits = (n: number, i: number) => bound[i] === undefined || bound[i] === n;
  if (x.shape.length === expected.length && x.shape.every(fits)) return;
  const numbers = bound.map((n, i) => n ?? expected[i]!);
  // The numbers say nothing new when the rank is wrong, or when the graph itself declares numbers.
  const known = x.shape.length === expected.length && show(numbers) !== show(expected);
  throw new RangeError(
    `${subject} has shape ${show(x.shape)}, expected ${show(expected)}${known ? ` = ${show(numbers)}` : ""}`,
  );
}

function show(shape: readonly Dim[] | undefined): string {
  return shape === undefined ? "of any shape" : `[${shape.map((dim) => dim ?? "?").join(", ")}]`;
}

/** A number per symbol, such as `{ batch: 16, pos: 20 }`. */
export type Symbols = ReadonlyMap<string, number>;

/** The number that a dimension comes to, or undefined when a symbol has none or nothing is known of it. */
export function bindDim(dim: Dim, symbols: Symbols): number | undefined {
  if (dim === null || typeof dim === "number") return dim ?? undefined;
  const whole = symbols.get(dim);
  if (whole !== undefined) return whole;
  let total = 0;
  for (const { coefficient, symbols: factors } of termsOf(dim)) {
    let term = coefficient;
    for (const factor of factors) {
      const value = symbols.get(factor);
      if (value === undefined) return undefined;
      term *= value;
    }
    total += term;
  }
  return total;
}

/** Whether a dimension is one symbol, which a feed can give its number. */
export function isSymbol(dim: Dim): dim is string {
  if (typeof dim !== "string") return false;
  const terms = termsOf(dim);
  return terms.length === 1 && terms[0]!.coefficient === 1 && terms[0]!.symbols[0] === dim;
}

export interface Fitted {
  readonly graph: Graph;
  /** Inputs that come with each run. */
  readonly feeds: readonly ValueInfo[];
  /** Inputs that the runtime feeds from the weights; none where they became initializers. */
  readonly weights: readonly ValueInfo[];
}

export function fit(
  runtime: string,
  graph: Graph,
  weights: ReadonlyMap<string, TensorLike>,
  limits: RuntimeLimits,
): Fitted {
  for (const input of graph.inputs) {
    const weight = weights.get(input.name);
    if (weight) checkWeight(runtime, input, weight);
  }
  const placed = limits.weightsAs === "inputs" ? graph : weightsAsInitializers(graph, weights);
  const legal = legalize(placed, limits);
  return {
    graph: legal,
    // An input with an initializer has its number already, as in files that list their weights as inputs.
    feeds: legal.inputs.filter(({ name }) => !weights.has(name) && !legal.initializers.has(name)),
    weights: legal.inputs.filter(({ name }) => weights.has(name)),
  };
}

/** Turns the graph inputs that `weights` names into initializers of the declared dtype. */
export function weightsAsInitializers(
  graph: Graph,
  weights: ReadonlyMap<string, TensorLike>,
): Graph {
  const initializers = new Map(graph.initializers);
  for (const { name, dtype } of graph.inputs) {
    const weight = weights.get(name);
    if (weight) initializers.set(name, inDType(weight, dtype));
  }
  return { ...graph, inputs: graph.inputs.filter(({ name }) => !weights.has(name)), initializers };
}
