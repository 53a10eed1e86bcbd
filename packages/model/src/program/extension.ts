/** @file A piece of graph as one value: what it appends, what it is fed, and what is read of its outputs. */

import type { Builder, Dim, Value } from "@diopter/graph";
import type { DType, TensorLike } from "@diopter/tensor";
import type { ModelConfig } from "../config/config";
import type { Values } from "../runtime/runtime";
import type { WeightValues } from "../transformer";
import { builtOnce } from "./built-once";

/**
 * Computation appended to the transformer, with its numbers and with what is made of its outputs.
 *
 * Names of feeds and outputs are the extension's own and never meet those of another. `build` is called without
 * `this` and must depend on nothing that changes: the program is kept for as long as the same function comes again,
 * and found again by the graph itself for a new function that builds an equal one.
 *
 * @example
 * const norms: Extension<Tensor> = {
 *   name: "norms of the stream",
 *   build: ({ b, resid }) => ({ norms: b.sqrt(b.sum(b.mul(resid(), resid()), [-1], false)) }),
 *   feeds: {},
 *   read: ({ norms }) => Tensor.from(norms!),
 * };
 * const norms = await model.compute(prompt, norms); // [batch, pos]
 */
export interface Extension<T> {
  /** For messages; programs are not found by it. */
  readonly name: string;
  /** Hooks whose values it reads. */
  readonly needs?: readonly string[];
  /** Hooks that it differentiates with respect to. */
  readonly leaves?: readonly string[];
  /** Appends nodes and names what the program shall output; one value alone is called `value`. */
  readonly build: (e: ExtensionContext) => Value | Readonly<Record<string, Value>>;
  /** Numbers that it reads by `e.feed`. */
  readonly feeds: Values;
  readonly read: (outputs: Outputs) => T;
}

/** Outputs of an extension under the names that its `build` gave them. */
export type Outputs = Readonly<Record<string, TensorLike>>;

/** What an extension builds on. */
export interface ExtensionContext {
  readonly b: Builder;
  readonly config: ModelConfig;
  /** The value of a hook listed in `needs` or `leaves`. */
  hook(name: string): Value;
  /** The residual stream that the final norm reads, [batch, pos, dModel]. */
  resid(): Value;
  /** Logits at every position [batch, pos, dVocabOut], or at the last real one [batch, dVocabOut]. */
  logits(where: "all" | "last"): Value;
  /** Final norm, head and unembedding of any residual state, without hooks. */
  unembed(state: Value): Value;
  /** One-hot rows that pick the last real position, [batch, 1, pos]. */
  last(): Value;
  /** Which slots hold tokens and not padding, bool [batch, pos]: what sums over positions must leave out. */
  keep(): Value;
  readonly weights: WeightValues;
  /** Dtype of activations, for feeds that meet them. */
  readonly float: "float32" | "float64";
  /** A graph input whose numbers are the extension's feed of that name. */
  feed(name: string, dtype: DType, shape: readonly Dim[]): Value;
  /** A feed that the view has declared, such as an edge mask to differentiate by. */
  viewFeed(name: string): Value;
}

/** What `build` gave, by name. */
export function outputsOf(
  built: Value | Readonly<Record<string, Value>>,
): Readonly<Record<string, Value>> {
  return isValue(built) ? { value: built } : built;
}

function isValue(built: Value | Readonly<Record<string, Value>>): built is Value {
  return typeof built.name === "string";
}

/**
 * Several extensions in one run, read under the names given here.
 *
 * @example const { nets, values } = await model.compute(prompt, together({ norms, values: logit(id) }));
 */
export function together<T extends Readonly<Record<string, unknown>>>(
  parts: {
    readonly [K in keyof T]: Extension<T[K]>;
  },
): Extension<T> {
  const entries = Object.entries(parts) as [string, Extension<unknown>][];
  const inner = (key: string, name: string) => `${key}.${name}`;
  const build = builtOnce(
    [together, ...entries.map(([, part]) => part.build)],
    entries.map(([key]) => key),
    () => (e: ExtensionContext) =>
      Object.fromEntries(
        entries.flatMap(([key, part]) => {
          const own: ExtensionContext = {
            ...e,
            feed: (name, dtype, shape) => e.feed(inner(key, name), dtype, shape),
          };
          const { build: append } = part;
          return Object.entries(outputsOf(append(own))).map(([name, value]) => [
            inner(key, name),
            value,
          ]);
        }),
      ),
  );
  return {
    name: entries.map(([, part]) => part.name).join(", "),
    needs: [...new Set(entries.flatMap(([, part]) => part.needs ?? []))],
    leaves: [...new Set(entries.flatMap(([, part]) => part.leaves ?? []))],
    build,
    feeds: Object.fromEntries(
      entries.flatMap(([key, part]) =>
        Object.entries(part.feeds).map(([name, value]) => [inner(key, name), value]),
      ),
    ),
    read: (outputs) =>
      Object.fromEntries(
        entries.map(([key, part]) => {
          const own = Object.entries(outputs).filter(([name]) => name.startsWith(`${key}.`));
          return [
            key,
            part.read(
              Object.fromEntries(own.map(([name, value]) => [name.slice(key.length + 1), value])),
            ),
          ];
        }),
      ) as T,
  };
}

/** Activations of hooks, by name. @example const { "hook_embed": x } = await model.compute(prompt, activations(["hook_embed"])); */
export function activations(
  names: readonly string[],
): Extension<Readonly<Record<string, TensorLike>>> {
  return {
    name: "activations",
    needs: names,
    build: builtOnce(
      [activations],
      names,
      () => (e: ExtensionContext) => Object.fromEntries(names.map((name) => [name, e.hook(name)])),
    ),
    feeds: {},
    read: (outputs) => outputs,
  };
}

/** Logits at every position [batch, pos, dVocabOut], or at the last real one [batch, dVocabOut]. */
export function logitsAt(where: "all" | "last"): Extension<TensorLike> {
  return {
    name: "logits",
    build: builtOnce([logitsAt], where, () => (e: ExtensionContext) => e.logits(where)),
    feeds: {},
    read: ({ value }) => value!,
  };
}
