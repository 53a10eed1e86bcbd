/** @file What a place that runs ONNX Runtime can do; the session pool above it decides when. */

import type { TensorLike } from "@diopter/tensor";

export type Weights = ReadonlyMap<string, TensorLike>;

/** Options of every ONNX Runtime session. */
export interface SessionOptions {
  readonly graphOptimizationLevel: "disabled" | "basic" | "extended" | "all";
  readonly executionMode: "sequential";
  readonly enableMemPattern: boolean;
  readonly enableCpuMemArena: boolean;
  readonly logSeverityLevel: 4;
  readonly intraOpNumThreads?: number;
}

/** Which weights a graph needs, in its own names and the dtypes that it declares. */
export interface WeightUse {
  readonly map: Weights;
  readonly inputs: readonly { readonly name: string; readonly dtype: string }[];
}

/** Tensors cross this boundary as plain data, ONNX Runtime's dtype names being those of `TensorLike`. */
export interface Backend {
  /** Makes a session of an encoded model, whose external data are the weights `constants`, and gives its number. */
  open(model: Uint8Array<ArrayBuffer>, constants?: WeightUse): Promise<number>;
  run(
    session: number,
    feeds: ReadonlyMap<string, TensorLike>,
    weights: WeightUse,
  ): Promise<Record<string, TensorLike>>;
  close(session: number): Promise<void>;
  /** Ends the place itself; its sessions have been closed. */
  dispose(): Promise<void>;
}
