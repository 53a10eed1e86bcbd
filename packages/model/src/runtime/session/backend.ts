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

const IN_NODE = /while running (\w+) node\. Name:'(.*?)' Status Message: (.*)$/s;
/** Sizes that wasm cannot count are among them. */
const OUT_OF_MEMORY =
  /bad_alloc|out of memory|OOM|allocation failed|(failed|not) (to )?allocate|aximum memory size|SafeIntOnOverflow|Invalid typed array length/;

/** Leaves errors of this package as they are. */
export function runError(runtime: string, graph: string, error: unknown): Error {
  const ours = (message: string) => [`${runtime}: `, "model/"].some((s) => message.startsWith(s));
  if (error instanceof Error && ours(error.message)) return error;
  const message = error instanceof Error ? error.message : String(error);
  const [, op, , status] = IN_NODE.exec(message) ?? [];
  const where = op === undefined ? "" : ` in ${op}`;
  const what = OUT_OF_MEMORY.test(message)
    ? "out of memory; run fewer prompts at a time"
    : oneLine(status ?? message);
  return new Error(`${runtime}: graph "${graph}" failed${where}: ${what}`, { cause: error });
}

/** Without the C++ source location and assertion that some messages begin with. */
function oneLine(message: string): string {
  return message
    .replace(/^.*?ERROR_CODE: \d+, ERROR_MESSAGE: /s, "")
    .replace(/^\S+:\d+ .*? was false\. /s, "")
    .replace(/\s+/g, " ")
    .trim()
    .replace(/\.$/, "");
}
