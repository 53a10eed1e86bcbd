/** @file ONNX Runtime in a module worker, behind messages. */

import { type Place, remotePlace } from "../session/place";
import type { WebSettings } from "./settings";

export type Reply = { readonly value: unknown } | { readonly error: unknown };

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Requests must come one at a time: the session pool takes turns. The worker starts at the first. */
export function workerPlace(name: string, start: () => Worker, settings: WebSettings): Place {
  let worker: Worker | undefined;
  let waiting: Waiting | undefined;
  let failure: Error | undefined;

  function settle(): Waiting | undefined {
    const settled = waiting;
    waiting = undefined;
    return settled;
  }

  function fail(error: Error): void {
    failure ??= error;
    settle()?.reject(failure);
  }

  function begin(): Worker {
    const started = start();
    started.onmessage = ({ data }: MessageEvent<Reply>) => {
      if ("error" in data) settle()?.reject(data.error);
      else settle()?.resolve(data.value);
    };
    started.onerror = (event) => {
      event.preventDefault();
      fail(new Error(`${name}: the worker stopped: ${event.message ?? "it could not be loaded"}`));
    };
    started.postMessage({ task: "settings", settings });
    return started;
  }

  return remotePlace(
    <T>(request: object, transfer: ArrayBuffer[] = []) => {
      if (failure) return Promise.reject(failure);
      worker ??= begin();
      const reply = new Promise<unknown>((resolve, reject) => {
        waiting = { resolve, reject };
      });
      worker.postMessage(request, transfer);
      return reply as Promise<T>;
    },
    (request) => {
      if (!failure) worker?.postMessage(request);
    },
    async () => {
      failure ??= new Error(`${name}: this runtime has been disposed`);
      worker?.terminate();
    },
  );
}
