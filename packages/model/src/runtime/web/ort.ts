/** @file Loads the build of onnxruntime-web that a device needs, and sets it up once. */

import type { TensorLike } from "@diopter/tensor";
import type { Env, InferenceSession, Tensor } from "onnxruntime-web/wasm";
import { defaultThreads, requireDevice, type WebDevice, type WebSettings } from "./settings";

type Module = typeof import("onnxruntime-web/wasm");

/** What a place needs of ONNX Runtime. */
export interface Ort {
  readonly module: Module;
  session(
    model: Uint8Array,
    externalData: readonly { path: string; data: Uint8Array }[],
  ): Promise<InferenceSession>;
  tensor(x: TensorLike): Tensor;
  /** Waits until nothing else of this thread is inside ONNX Runtime, which cannot be entered twice. */
  inTurn<T>(job: () => Promise<T>): Promise<T>;
}

/** Threads and the end of the queue, of each module: ONNX Runtime has one state per thread of JavaScript. */
const states = new WeakMap<Module, { threads: number; turn: Promise<unknown> }>();

export async function openOrt(settings: WebSettings): Promise<Ort> {
  await requireDevice(settings.device);
  const module = await load(settings.device);
  const { threads } = settings;
  const known = states.get(module);
  const state = known ?? { threads: threads ?? defaultThreads(), turn: Promise.resolve() };
  if (!known) {
    states.set(module, state);
    configure(module.env, settings, state.threads);
  } else if (threads !== undefined && threads !== known.threads) {
    throw new RangeError(
      `model/web: ONNX Runtime runs on ${known.threads} threads in this thread already, asked for ${threads}`,
    );
  }
  return {
    module,
    session: (model, externalData) =>
      module.InferenceSession.create(model, { ...SESSION, ...provider(settings), externalData }),
    tensor: ({ dtype, data, shape }) =>
      new module.Tensor(dtype as "float32", data as Float32Array, shape),
    inTurn(job) {
      const done = state.turn.then(job);
      state.turn = done.catch(() => undefined);
      return done;
    },
  };
}

const SESSION = {
  // As on Node: our graphs are lean, sessions stay cheap, and a result does not depend on what else is read.
  graphOptimizationLevel: "disabled",
  executionMode: "sequential",
  enableMemPattern: false,
  enableCpuMemArena: false,
  // What goes wrong is thrown; ONNX Runtime would print it as well.
  logSeverityLevel: 4,
  // Weights that are inside give the same bits as weights that are fed.
  extra: { session: { disable_prepacking: "1" } },
} as const satisfies InferenceSession.SessionOptions;

function provider({ device }: WebSettings): InferenceSession.SessionOptions {
  return { executionProviders: [device] };
}

/** Only what is asked for is downloaded: 14 MB for wasm, 27 MB for WebGPU. */
function load(device: WebDevice): Promise<Module> {
  return device === "webgpu" ? import("onnxruntime-web/webgpu") : import("onnxruntime-web/wasm");
}

function configure(env: Env, { wasmPaths }: WebSettings, threads: number): void {
  env.logLevel = "fatal";
  env.wasm.numThreads = threads;
  if (wasmPaths !== undefined) env.wasm.wasmPaths = wasmPaths;
}

/** Platforms with a Float16Array get one from ONNX Runtime; a `TensorLike` holds the bits. */
export function asBits(data: Tensor["data"]): unknown {
  if (data.constructor.name !== "Float16Array") return data;
  const { buffer, byteOffset, length } = data as Float32Array;
  return new Uint16Array(buffer, byteOffset, length);
}
