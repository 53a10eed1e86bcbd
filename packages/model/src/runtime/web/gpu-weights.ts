/** @file A weight in a buffer of the GPU: written once, read by every session, nothing of it in wasm memory. */

import type { TensorLike } from "@diopter/tensor";
import type { Tensor } from "onnxruntime-web/wasm";
import type { Ort } from "./ort";

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
