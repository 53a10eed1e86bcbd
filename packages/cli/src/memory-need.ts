/** @file How much memory runs of a model would take, without running them. */

import { defaultCacheNames, estimateMemory, type Model, type Request } from "@diopter/model";

export interface MemoryNeed {
  readonly run: string;
  /** Weights included. */
  readonly bytes: number;
}

/** Bytes of the runs that people do most, on `batch` prompts of `pos` tokens. */
export function memoryNeed(model: Model, batch: number, pos: number): MemoryNeed[] {
  const need = (run: string, request: Request) => ({
    run,
    bytes: estimateMemory(model.graphOf(request), { batch, pos, past: 0 }).total,
  });
  return [
    need("logits at the last position", { logits: "last" }),
    need("logits at every position", { logits: "all" }),
    need("the default cache too", { logits: "all", read: defaultCacheNames(model.config) }),
  ];
}
