/** @file The boundary to whatever executes a graph. Structural: no ONNX Runtime type crosses it. */

import type { Graph } from "@diopter/graph";
import type { TensorLike } from "@diopter/tensor";

/** Values by name: what goes into a run, and what comes out. */
export type Values = Readonly<Record<string, TensorLike>>;

/** What a runtime can do, and how it likes to be given weights. */
export interface RuntimeLimits {
  /** Most inputs of one `Concat`, and most outputs of one `Split`, that the runtime computes right. */
  readonly tensorsPerOp: number;
  /** Whether weights travel as graph inputs (cheap sessions) or as initializers (no copy per run). */
  readonly weightsAs: "inputs" | "initializers";
  /** Operations that the runtime computes wrongly and that `legalize` must spell out, such as `"Gelu.tanh"`. */
  readonly avoid: readonly string[];
}

/** Executes graphs: `node()`, `reference()`, later `web()`. */
export interface Runtime {
  /** `"node"`, `"reference"`, `"wasm"`, `"webgpu"`. */
  readonly name: string;
  /** Floating-point type that numbers are computed in. */
  readonly precision: "float32" | "float64";
  readonly limits: RuntimeLimits;
  /**
   * Prepares `graph`. Graph inputs whose name is in `weights` are fed by the runtime from there at
   * every run; the map is shared between sessions and must not be copied per session.
   */
  session(graph: Graph, weights: ReadonlyMap<string, TensorLike>): Promise<Session>;
  /** Releases everything that the runtime holds (workers, sessions). */
  dispose(): Promise<void>;
}

/** One prepared graph. */
export interface Session {
  /** Runs the graph on `feeds` (every graph input that is not a weight) and gives every graph output. */
  run(
    feeds: Values,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<Record<string, TensorLike>>;
  release(): Promise<void>;
}
