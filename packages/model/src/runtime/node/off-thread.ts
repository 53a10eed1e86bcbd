/** @file ONNX Runtime in a worker thread, which owns its copy of the weights, so that the caller's thread stays free. */

import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import type { Backend, SessionOptions } from "../session/backend";
import { backendOf, remotePlace } from "../session/place";
import { workerCode } from "./worker-code";

type Reply = { readonly value: unknown } | { readonly error: Error };

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Requests must come one at a time: the session pool takes turns. */
export function offThread(options: SessionOptions): Backend {
  let worker: Worker | undefined;
  let waiting: Waiting | undefined;
  let failure: Error | undefined;
  // 1 while ONNX Runtime may be running.
  const busy = new Int32Array(new SharedArrayBuffer(4));

  // A thread that is ended inside ONNX Runtime aborts the whole process, so an exit waits for the run under way.
  const finish = () => {
    Atomics.wait(busy, 0, 1);
  };

  function start(): Worker {
    const started = new Worker(workerCode, {
      eval: true,
      workerData: {
        onnxruntime: createRequire(import.meta.url).resolve("onnxruntime-node"),
        options,
        busy: busy.buffer,
      },
    });
    started.on("message", (reply: Reply) => {
      if ("error" in reply) settle()?.reject(reply.error);
      else settle()?.resolve(reply.value);
    });
    started.on("error", (error) => fail(error));
    started.on("exit", (code) => fail(new Error(`node: the worker ended with exit code ${code}`)));
    return started;
  }

  function settle(): Waiting | undefined {
    const settled = waiting;
    waiting = undefined;
    // An idle worker does not keep the process alive.
    worker?.unref();
    process.off("exit", finish);
    return settled;
  }

  function fail(error: Error): void {
    failure ??= error;
    Atomics.store(busy, 0, 0);
    settle()?.reject(failure);
  }

  function ask<T>(request: object, transfer: ArrayBuffer[] = []): Promise<T> {
    if (failure) return Promise.reject(failure);
    worker ??= start();
    worker.ref();
    process.on("exit", finish);
    Atomics.store(busy, 0, 1);
    const reply = new Promise<unknown>((resolve, reject) => {
      waiting = { resolve, reject };
    });
    worker.postMessage(request, transfer);
    return reply as Promise<T>;
  }

  const place = remotePlace(
    ask,
    (request) => {
      if (!failure) worker?.postMessage(request);
    },
    async () => {
      failure ??= new Error("node: this runtime has been disposed");
      await worker?.terminate();
    },
  );
  return backendOf(place);
}
