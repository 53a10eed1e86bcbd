/** @file The runtime that everything is judged by: float64 in JavaScript, at `@diopter/model/reference`. */

import { evaluate } from "@diopter/graph";
import { cast, checkOptions, isFloat, present, type TensorLike } from "@diopter/tensor";
import { checkFeeds, fit } from "./feeds";
import type { Runtime, RuntimeLimits, Session } from "./runtime";

export interface ReferenceOptions {
  /** Pretends other limits, to test graphs for another runtime on this one. */
  readonly limits?: Partial<RuntimeLimits>;
}

const LIMITS: RuntimeLimits = {
  tensorsPerOp: Number.POSITIVE_INFINITY,
  weightsAs: "inputs",
  avoid: [],
};

/**
 * Runs graphs in float64 without ONNX Runtime: slow, exact to about 1e-12, for tests and small models.
 *
 * Weights are widened once for all sessions. A signal is only seen before a run.
 *
 * @example
 * const exact = await Model.load("./model", { runtime: reference() });
 */
export function reference(options: ReferenceOptions = {}): Runtime {
  checkOptions("reference", options, { limits: "optional" });
  const limits = { ...LIMITS, ...present(options.limits ?? {}) };
  const widened = new WeakMap<ReadonlyMap<string, TensorLike>, Map<string, TensorLike>>();
  let disposed = false;
  const refuseDisposed = () => {
    if (disposed) throw new Error("reference: this runtime has been disposed");
  };
  const widen = (weights: ReadonlyMap<string, TensorLike>, name: string): TensorLike => {
    const known = widened.get(weights) ?? new Map<string, TensorLike>();
    widened.set(weights, known);
    const wide = known.get(name) ?? inFloat64(weights.get(name)!);
    known.set(name, wide);
    return wide;
  };
  return {
    name: "reference",
    precision: "float64",
    limits,
    async session(graph, weights): Promise<Session> {
      refuseDisposed();
      const ready = fit("reference", graph, weights, limits);
      const fixed = ready.weights.map(({ name }) => [name, widen(weights, name)] as const);
      let released = false;
      return {
        async run(feeds, { signal } = {}) {
          signal?.throwIfAborted();
          refuseDisposed();
          if (released) throw new Error("reference: this session has been released");
          const checked = checkFeeds("reference", ready.feeds, feeds, "float64");
          return evaluate(ready.graph, Object.fromEntries([...fixed, ...checked]));
        },
        async release() {
          released = true;
        },
      };
    },
    async dispose() {
      disposed = true;
    },
  };
}

function inFloat64(x: TensorLike): TensorLike {
  return isFloat(x.dtype) ? cast(x, "float64") : x;
}
