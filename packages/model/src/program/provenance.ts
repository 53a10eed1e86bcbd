/** @file What every result carries: enough to say what was computed, and to compute it again. */

import type { ModelConfig } from "../config/config";
import { sha256 } from "../weights/hash-weights";

/** Version of this layout. */
export const PROVENANCE_SCHEMA = 1;

export interface Provenance {
  readonly schema: number;
  readonly model: {
    readonly id: string;
    readonly revision?: string | undefined;
    readonly weightsHash: string;
    readonly tokenizerHash?: string | undefined;
    readonly processing: readonly string[];
    readonly config: ModelConfig;
  };
  readonly runtime: string;
  /** Prompts, options, edits, seeds: whatever else determines the numbers. */
  readonly inputs: unknown;
  /** Hash of everything above. */
  readonly contentId: string;
  /** Content id and time of the run. */
  readonly runId: string;
}

/** Completes `facts` with identifiers; `time` in ISO 8601. */
export async function identify(
  facts: Omit<Provenance, "schema" | "contentId" | "runId">,
  time: string = new Date().toISOString(),
): Promise<Provenance> {
  const all = { schema: PROVENANCE_SCHEMA, ...facts };
  const bytes = new TextEncoder().encode(JSON.stringify(all, sortedKeys));
  const contentId = await sha256(bytes);
  return { ...all, contentId, runId: `${contentId.slice(0, 16)}-${time}` };
}

/** Objects are written with their keys in order, so that equal facts give equal hashes. */
function sortedKeys(_key: string, value: unknown): unknown {
  if (
    typeof value !== "object" ||
    value === null ||
    Array.isArray(value) ||
    ArrayBuffer.isView(value)
  )
    return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
