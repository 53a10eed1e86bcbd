/** @file Answers the requests of `workerPlace` inside the worker. */

import type { TensorLike } from "@diopter/tensor";
import type { NamedKey, Place } from "../session/place";
import { localPlace } from "./local-place";
import type { WebSettings } from "./settings";
import type { Reply } from "./worker-place";

type Request =
  | { task: "settings"; settings: WebSettings }
  | { task: "open"; model: Uint8Array<ArrayBuffer>; constants: readonly NamedKey[] }
  | { task: "keep"; key: string; tensor: TensorLike }
  | { task: "drop"; owner: number }
  | {
      task: "run";
      session: number;
      keys: readonly NamedKey[];
      feeds: readonly (readonly [string, TensorLike])[];
    }
  | { task: "close"; session: number };

/** The part of a worker's global scope that is used. */
export interface Scope {
  onmessage: ((event: { data: Request }) => void) | null;
  postMessage(reply: Reply, transfer: ArrayBuffer[]): void;
}

export function serve(scope: Scope): void {
  let place: Place | undefined;
  scope.onmessage = async ({ data: request }) => {
    if (request.task === "settings") {
      place = localPlace(request.settings);
      return;
    }
    if (request.task === "drop") return place?.drop(request.owner);
    try {
      const value = await answer(place!, request);
      scope.postMessage({ value }, request.task === "run" ? buffersOf(value) : []);
    } catch (error) {
      scope.postMessage({ error: error instanceof Error ? error : new Error(String(error)) }, []);
    }
  };
}

function answer(place: Place, request: Exclude<Request, { task: "settings" | "drop" }>) {
  switch (request.task) {
    case "open":
      return place.open(request.model, request.constants);
    case "keep":
      return place.keep(request.key, request.tensor);
    case "run":
      return place.run(request.session, request.keys, request.feeds);
    case "close":
      return place.close(request.session);
  }
}

function buffersOf(results: unknown): ArrayBuffer[] {
  const tensors = Object.values(results as Record<string, TensorLike>);
  return [...new Set(tensors.map(({ data }) => data.buffer as ArrayBuffer))];
}
