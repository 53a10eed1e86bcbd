/** @file ONNX Runtime for the web in this thread. */

import type { TensorLike } from "@diopter/tensor";
import type { InferenceSession, Tensor } from "onnxruntime-web/wasm";
import type { Place } from "../session/place";
import { asBits, type Ort, openOrt } from "./ort";
import type { WebSettings } from "./settings";

interface Kept {
  readonly tensor: TensorLike;
  ort?: Tensor;
}

export function localPlace(settings: WebSettings): Place {
  const sessions = new Map<number, InferenceSession>();
  const weights = new Map<string, Kept>();
  let count = 0;
  // ONNX Runtime gives the GPU device up with its last session, and all weights with it.
  let lingering: InferenceSession | undefined;
  let opened: Promise<Ort> | undefined;

  /** One thing at a time, other runtimes of this thread included: they share one ONNX Runtime. */
  async function inTurn<T>(job: (ort: Ort) => Promise<T>): Promise<T> {
    opened ??= openOrt(settings);
    const ort = await opened;
    return ort.inTurn(() => job(ort));
  }

  async function fed(ort: Ort, key: string): Promise<Tensor> {
    const kept = weights.get(key)!;
    kept.ort ??=
      settings.device === "webgpu" ? await onGpu(ort, kept.tensor) : ort.tensor(kept.tensor);
    return kept.ort;
  }

  async function linger(session: InferenceSession | undefined): Promise<void> {
    const before = lingering;
    lingering = session;
    await before?.release();
  }

  function bytesOf(key: string): Uint8Array {
    const { buffer, byteOffset, byteLength } = weights.get(key)!.tensor.data;
    return new Uint8Array(buffer, byteOffset, byteLength);
  }

  return {
    open: (model, constants) =>
      inTurn(async (ort) => {
        const externalData = constants.map(([path, key]) => ({ path, data: bytesOf(key) }));
        sessions.set(++count, await ort.session(model, externalData));
        await linger(undefined);
        return count;
      }),
    async keep(key, tensor) {
      weights.set(key, { tensor });
    },
    drop(owner) {
      for (const [key, { ort }] of weights) {
        if (!key.startsWith(`${owner} `)) continue;
        ort?.dispose();
        weights.delete(key);
      }
    },
    run: (session, keys, feeds) =>
      inTurn(async (ort) => {
        const all: Record<string, Tensor> = {};
        for (const [name, key] of keys) all[name] = await fed(ort, key);
        for (const [name, feed] of feeds) all[name] = ort.tensor(feed);
        const results = await sessions.get(session)!.run(all, { logSeverityLevel: 4 });
        return Object.fromEntries(
          Object.entries(results).map(([name, { type, dims, data }]) => [
            name,
            { dtype: type, shape: [...dims], data: asBits(data) } as TensorLike,
          ]),
        );
      }),
    close: (session) =>
      inTurn(async () => {
        const ended = sessions.get(session);
        sessions.delete(session);
        if (settings.device === "webgpu" && sessions.size === 0) await linger(ended);
        else await ended?.release();
      }),
    async dispose() {
      await linger(undefined);
      for (const { ort } of weights.values()) ort?.dispose();
      weights.clear();
    },
  };
}

interface GpuBuffer {
  getMappedRange(): ArrayBuffer;
  unmap(): void;
  destroy(): void;
}

interface GpuDevice {
  createBuffer(description: { size: number; usage: number; mappedAtCreation: boolean }): GpuBuffer;
}

/** GPUBufferUsage: COPY_SRC, COPY_DST and STORAGE. */
const USAGE = 0x4 | 0x8 | 0x80;

/** The device is that of ONNX Runtime, which exists once a session has been created. */
export async function onGpu({ module, tensor }: Ort, x: TensorLike): Promise<Tensor> {
  const { data, shape, dtype } = x;
  // Empty buffers cannot be bound.
  if (data.byteLength === 0) return tensor(x);
  const device = (await module.env.webgpu.device) as unknown as GpuDevice;
  // ONNX Runtime reads whole vectors of four.
  const size = Math.ceil(data.byteLength / 16) * 16;
  const buffer = device.createBuffer({ size, usage: USAGE, mappedAtCreation: true });
  new Uint8Array(buffer.getMappedRange()).set(
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  );
  buffer.unmap();
  return module.Tensor.fromGpuBuffer(buffer as never, {
    dataType: dtype as "float32",
    dims: [...shape],
    dispose: () => buffer.destroy(),
  });
}
