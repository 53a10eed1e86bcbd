/** @file The runtime on onnxruntime-node (optional peer), at `@diopter/model/node`. */

import { encode } from "@diopter/graph";
import { checkOptions, type OptionKeys, present, type TensorLike } from "@diopter/tensor";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { checkFeeds, fit, inDType } from "./feeds";
import { offThread } from "./node/off-thread";
import type { Runtime, RuntimeLimits, Session } from "./runtime";
import { type Backend, runError, type SessionOptions, type Weights } from "./session/backend";
import { SessionPool } from "./session/session-pool";

export function inThread(options: SessionOptions): Backend {
  const sessions = new Map<number, InferenceSession>();
  const known = new WeakMap<Weights, Map<string, Tensor>>();
  let count = 0;

  /** The one ONNX Runtime tensor of a weight, over the weight's own memory. */
  function weightTensor(map: Weights, name: string, dtype: string): Tensor {
    const tensors = known.get(map) ?? new Map<string, Tensor>();
    known.set(map, tensors);
    const key = `${dtype} ${name}`;
    const tensor = tensors.get(key) ?? toOrt(inDType(map.get(name)!, dtype as TensorLike["dtype"]));
    tensors.set(key, tensor);
    return tensor;
  }

  return {
    async open(model) {
      sessions.set(++count, await InferenceSession.create(model, options));
      return count;
    },
    async run(session, feeds, weights) {
      const all: Record<string, Tensor> = {};
      for (const { name, dtype } of weights.inputs)
        all[name] = weightTensor(weights.map, name, dtype);
      for (const [name, feed] of feeds) all[name] = toOrt(feed);
      const results = await sessions.get(session)!.run(all);
      return Object.fromEntries(
        Object.entries(results).map(([name, tensor]) => [name, fromOrt(tensor as Tensor)]),
      );
    },
    async close(session) {
      const ended = sessions.get(session);
      sessions.delete(session);
      await ended?.release();
    },
    async dispose() {},
  };
}

function toOrt({ dtype, data, shape }: TensorLike): Tensor {
  return new Tensor(dtype as "float32", data as Float32Array, shape);
}

function fromOrt({ type, data, dims }: Tensor): TensorLike {
  return { dtype: type, shape: dims, data: asBits(data) } as TensorLike;
}

/** Platforms with a Float16Array get one from ONNX Runtime; a `TensorLike` holds the bits. */
function asBits(data: Tensor["data"]): unknown {
  if (data.constructor.name !== "Float16Array") return data;
  const { buffer, byteOffset, length } = data as Float32Array;
  return new Uint16Array(buffer, byteOffset, length);
}

export interface NodeOptions {
  /** Threads within one operation; ONNX Runtime's default is one per physical core. */
  readonly threads?: number;
  /** Run in a worker thread, so that timers and progress bars of this one go on; the weights are copied there once, at first use. */
  readonly worker?: boolean;
  /** Sessions open at a time; the least recently used is closed, and opened again when it is needed. Default 64. */
  readonly maxSessions?: number;
  /**
   * Sessions keep their working memory between runs: faster by up to a sixth where one graph runs over and
   * over with many large outputs, but every open session holds the most that it ever needed. Default false.
   */
  readonly keepMemory?: boolean;
  readonly device?: "cpu";
  /** Pretends other limits, to test graphs for another runtime on this one. */
  readonly limits?: Partial<RuntimeLimits>;
}

const nodeKeys: OptionKeys<NodeOptions> = {
  threads: "optional",
  worker: "optional",
  maxSessions: "optional",
  keepMemory: "optional",
  device: "optional",
  limits: "optional",
};

const LIMITS: RuntimeLimits = {
  tensorsPerOp: Number.POSITIVE_INFINITY,
  weightsAs: "inputs",
  avoid: [],
};

/**
 * Runs graphs in float32 on the CPU with ONNX Runtime.
 *
 * A run in this thread blocks it, so that a signal is only seen before the run. With `worker` an abort
 * rejects at once; ONNX Runtime itself cannot be interrupted, so the next run waits for the rest of the
 * aborted one. Feeds must stay unchanged until their run has ended.
 * Throws RangeError on an option out of range.
 *
 * @example
 * const model = await Model.load("gpt2", { runtime: node({ threads: 4 }) });
 */
export function node(options: NodeOptions = {}): Runtime {
  checkOptions("node", options, nodeKeys);
  checkValues(options);
  const { worker = false, maxSessions = 64 } = options;
  const limits = { ...LIMITS, ...present(options.limits ?? {}) };
  const settings = sessionOptions(options);
  const pool = new SessionPool(
    "node",
    worker ? offThread(settings) : inThread(settings),
    maxSessions,
  );
  return {
    name: "node",
    precision: "float32",
    limits,
    async session(graph, weights): Promise<Session> {
      const ready = fit("node", graph, weights, limits);
      const slot = await pool
        .add({ model: () => encode(ready.graph), weights: { map: weights, inputs: ready.weights } })
        .catch((error) => Promise.reject(runError("node", graph.name, error)));
      return {
        async run(feeds, { signal } = {}) {
          signal?.throwIfAborted();
          const checked = checkFeeds("node", ready.feeds, feeds);
          try {
            return await pool.run(slot, checked, signal);
          } catch (error) {
            throw signal?.aborted ? error : runError("node", graph.name, error);
          }
        },
        release: () => pool.remove(slot),
      };
    },
    dispose: () => pool.dispose(),
  };
}

function sessionOptions({ threads, keepMemory = false }: NodeOptions): SessionOptions {
  return {
    // Our graphs are lean, sessions stay cheap, and a result does not depend on what else is read.
    graphOptimizationLevel: "disabled",
    executionMode: "sequential",
    // Plans for one shape: no gain where shapes change, and more memory.
    enableMemPattern: false,
    enableCpuMemArena: keepMemory,
    // What goes wrong is thrown; ONNX Runtime would print it as well.
    logSeverityLevel: 4,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
  };
}

function checkValues({ device = "cpu", threads, maxSessions }: NodeOptions): void {
  if (device !== "cpu") {
    throw new RangeError(`model/node: unsupported device "${String(device)}"; available: cpu`);
  }
  for (const [name, value] of Object.entries({ threads, maxSessions })) {
    if (value !== undefined && !(Number.isInteger(value) && value > 0)) {
      throw new RangeError(`model/node: ${name} must be a positive integer, got ${value}`);
    }
  }
}
