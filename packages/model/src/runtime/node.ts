/** @file The runtime on onnxruntime-node (optional peer), at `@diopter/model/node`. */

import { encode } from "@diopter/graph";
import { checkFeeds } from "./feeds";
import { inThread } from "./node/in-thread";
import { offThread } from "./node/off-thread";
import { prepare } from "./prepare";
import type { Runtime, RuntimeLimits, Session } from "./runtime";
import type { SessionOptions } from "./session/backend";
import { runError } from "./session/run-error";
import { SessionPool } from "./session/session-pool";

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
  const { worker = false, maxSessions = 64 } = options;
  checkOptions(options);
  const limits = { ...LIMITS, ...options.limits };
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
      const ready = prepare("node", graph, weights, limits);
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

function checkOptions({ device = "cpu", threads, maxSessions }: NodeOptions): void {
  if (device !== "cpu") {
    throw new RangeError(`model/node: unsupported device "${String(device)}"; available: cpu`);
  }
  for (const [name, value] of Object.entries({ threads, maxSessions })) {
    if (value !== undefined && !(Number.isInteger(value) && value > 0)) {
      throw new RangeError(`model/node: ${name} must be a positive integer, got ${value}`);
    }
  }
}
