/** @file The graph of a splice: what goes on in the place of an activation, and the hooks on the way. */

import type { Builder, Value } from "@diopter/graph";
import type { Hooks } from "../transformer";
import { decode, encoderInput, features, inputNorm, preActivations } from "./encode";
import { type SpliceStructure, weightName } from "./splice";
import { saeWeightShapes } from "./weights";

/**
 * What goes on instead of `target`.
 *
 * With the error term it is the target plus the change of the reconstruction, so that a splice which nobody
 * touches changes no bit.
 */
export function applySplice(
  b: Builder,
  hooks: Hooks,
  splice: SpliceStructure,
  source: Value,
  target: Value,
): Value {
  const { sae: s, at } = splice;
  const shapes = saeWeightShapes(s);
  const w = (name: string) => {
    const full = weightName(splice, name);
    return b.has(full) ? b.value(full) : b.input(full, target.dtype, shapes.get(name)!);
  };
  const hook = (name: string, x: Value) => hooks.at(`${at}.hook_sae_${name}`, x);
  const touched = (name: string) => hooks.intervenes(`${at}.hook_sae_${name}`);
  const through = (name: string, x: Twin): Twin => {
    const run = hook(name, x.run);
    return { run, clean: touched(name) || x.run !== x.clean ? x.clean : run };
  };

  const input = through("input", twin(flat(b, source)));
  const encoded = lift((x) => b.matmul(encoderInput(b, s, w, x), w("W_enc")), input);
  const pre = through(
    "acts_pre",
    lift((y) => preActivations(b, s, w, y), encoded),
  );
  const acts = through(
    "acts_post",
    lift((x, y) => features(b, s, w, x, y), pre, encoded),
  );
  const recons = through(
    "recons",
    lift((a) => decode(b, s, w, a), acts),
  );
  const whole = lift(
    (y, x) => {
      const there = s.transcoder ? y : inputNorm(b, s).undo(y, x);
      const more = s.skip ? b.add(there, b.matmul(x, b.transpose(w("W_skip"), [1, 0]))) : there;
      return like(b, more, target);
    },
    recons,
    input,
  );
  return hook("output", withError());

  function withError(): Value {
    if (!splice.error) return whole.run;
    const missed = b.sub(target, whole.clean);
    const error = hook("error", missed);
    if (touched("error")) return b.add(whole.run, error);
    return whole.run === whole.clean ? target : b.add(target, b.sub(whole.run, whole.clean));
  }
}

/** Heads side by side, as SAEs read them: [batch, pos, width]. */
function flat(b: Builder, x: Value): Value {
  if (x.shape.length === 3) return x;
  const [batch, pos, ...rest] = x.shape as [string, string, ...number[]];
  return b.reshape(x, [batch, pos, rest.reduce((p, n) => p * n, 1)]);
}

function like(b: Builder, x: Value, target: Value): Value {
  return target.shape.length === 3 ? x : b.reshape(x, target.shape);
}

/** The same value twice; one node serves both until an edit parts them. */
export interface Twin {
  readonly run: Value;
  readonly clean: Value;
}

export function twin(value: Value): Twin {
  return { run: value, clean: value };
}

/** Applies a piece of graph to both sides, once where they are still one. */
export function lift(f: (...xs: Value[]) => Value, ...xs: readonly Twin[]): Twin {
  const run = f(...xs.map((x) => x.run));
  return { run, clean: xs.every((x) => x.run === x.clean) ? run : f(...xs.map((x) => x.clean)) };
}
