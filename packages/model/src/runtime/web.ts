/** @file The runtime on onnxruntime-web (optional peer), at `@diopter/model/web`: wasm or WebGPU, in a worker of its own. */

import { encode, type Graph, type Initializer } from "@diopter/graph";
import {
  bytesPerElement,
  checkOptions,
  type DType,
  type OptionKeys,
  present,
} from "@diopter/tensor";
import { checkFeeds, fit } from "./feeds";
import type { Runtime, RuntimeLimits, Session } from "./runtime";
import { runError, type WeightUse } from "./session/backend";
import { backendOf } from "./session/place";
import { SessionPool, type Slot } from "./session/session-pool";
import { localPlace } from "./web/local-place";
import { checkSettings, inBrowser, type WebDevice } from "./web/settings";
import { workerPlace } from "./web/worker-place";

export interface WebOptions {
  /** "wasm" (the CPU) by default. */
  readonly device?: WebDevice;
  /**
   * Threads within one operation on wasm: at most 4, half the cores, in a page that is cross-origin isolated,
   * and one elsewhere. Asking for more where there is only one throws.
   */
  readonly threads?: number;
  /** Run in a module worker, so that the page stays responsive; the default in browsers. Under Node there is none. */
  readonly worker?: boolean;
  /** Where the .wasm and .mjs files of onnxruntime-web are served from, when the bundler does not place them. */
  readonly wasmPaths?: string | { readonly wasm?: string; readonly mjs?: string };
  /** Sessions open at a time; the least recently used is closed, and opened again when it is needed. Default 64. */
  readonly maxSessions?: number;
  /** Pretends other limits, to test graphs or to have weights as initializers. */
  readonly limits?: Partial<RuntimeLimits>;
}

const webKeys: OptionKeys<WebOptions> = {
  device: "optional",
  threads: "optional",
  worker: "optional",
  wasmPaths: "optional",
  maxSessions: "optional",
  limits: "optional",
};

const LIMITS: Readonly<Record<WebDevice, RuntimeLimits>> = {
  // One copy of the weights goes into wasm memory for each run and leaves it afterwards.
  wasm: { tensorsPerOp: Number.POSITIVE_INFINITY, weightsAs: "inputs", avoid: [] },
  // Weights are buffers on the GPU, written once. An op with more tensors than storage buffers of the adapter goes silently wrong.
  webgpu: { tensorsPerOp: 7, weightsAs: "inputs", avoid: ["Gelu.tanh", "ReduceLogSumExp"] },
};

/**
 * Runs graphs in float32 with ONNX Runtime for the web: on the CPU by wasm, or on the GPU by WebGPU.
 *
 * An abort rejects at once; ONNX Runtime itself cannot be interrupted, so the next run waits for the rest of
 * the aborted one. Feeds must stay unchanged until their run has ended.
 * Throws RangeError on an option out of range, or for threads in a page that is not cross-origin isolated.
 *
 * @example
 * const model = await Model.load(files, { runtime: web({ device: "webgpu" }) });
 */
export function web(options: WebOptions = {}): Runtime {
  checkOptions("web", options, webKeys);
  checkSettings(options);
  const { device = "wasm", worker = inBrowser(), maxSessions = 64 } = options;
  const limits = { ...LIMITS[device], ...present(options.limits ?? {}) };
  const { threads, wasmPaths } = options;
  const settings = { device, threads, wasmPaths };
  const place = worker ? workerPlace(device, startWorker, settings) : localPlace(settings);
  const pool = new SessionPool(device, backendOf(place), maxSessions);
  return {
    name: device,
    precision: "float32",
    limits,
    async session(graph, weights): Promise<Session> {
      const fed = fit(device, graph, weights, { ...limits, weightsAs: "inputs" });
      const slot = await pool
        .add(slotOf(fed.graph, { map: weights, inputs: fed.weights }, limits.weightsAs, device))
        .catch((error) => Promise.reject(runError(device, graph.name, error)));
      return {
        async run(feeds, { signal } = {}) {
          signal?.throwIfAborted();
          const checked = checkFeeds(device, fed.feeds, feeds);
          try {
            return await pool.run(slot, checked, signal);
          } catch (error) {
            throw signal?.aborted ? error : runError(device, graph.name, error);
          }
        },
        release: () => pool.remove(slot),
      };
    },
    dispose: () => pool.dispose(),
  };
}

/** Weights from which on copying them for every run costs more than opening a session with them inside. */
const LARGE = 32e6;

/**
 * Measured on one wasm thread with 105 MB, weights as inputs against initializers: a run on 1 token takes 2 to 5
 * times as long, one on 20 or more equally long; four sessions need 125 MB of wasm memory against 450 MB.
 * So inputs, until one program runs again and again, as in generation.
 */
function slotOf(
  graph: Graph,
  use: WeightUse,
  as: RuntimeLimits["weightsAs"],
  device: WebDevice,
): Slot {
  const none = { map: use.map, inputs: [] };
  const inside = { model: () => encode(asExternal(graph, use)), weights: none, constants: use };
  if (as === "initializers") return inside;
  const steady = device === "wasm" && bytesOf(use) >= LARGE ? inside : undefined;
  return { model: () => encode(graph), weights: use, steady };
}

/** Bundlers look for exactly this expression, and `dist` has the worker beside this module as `src` has. */
function startWorker(): Worker {
  return new Worker(new URL("./web-worker.js", import.meta.url), {
    type: "module",
    name: "diopter",
  });
}

/** Turns graph inputs into initializers whose numbers are in external data of the same name. */
export function asExternal(graph: Graph, { map, inputs }: WeightUse): Graph {
  const initializers = new Map<string, Initializer>(graph.initializers);
  for (const { name, dtype } of inputs) {
    const { shape, data } = map.get(name)!;
    const length = data.length * bytesPerElement(dtype as DType);
    initializers.set(name, {
      dtype: dtype as DType,
      shape,
      external: { location: name, offset: 0, length },
    });
  }
  return {
    ...graph,
    inputs: graph.inputs.filter(({ name }) => !initializers.has(name)),
    initializers,
  };
}

/** Bytes of the weights in the dtypes that a graph declares. */
export function bytesOf({ map, inputs }: WeightUse): number {
  return inputs.reduce(
    (total, { name, dtype }) =>
      total + map.get(name)!.data.length * bytesPerElement(dtype as DType),
    0,
  );
}
