/** @file ONNX Runtime in the calling thread: nothing is copied, and nothing else happens during a run. */

import type { TensorLike } from "@diopter/tensor";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { inDType } from "../feeds";
import type { Backend, SessionOptions, Weights } from "../session/backend";

export function inThread(options: SessionOptions): Backend {
  const sessions = new Map<number, InferenceSession>();
  const known = new WeakMap<Weights, Map<string, Tensor>>();
  let count = 0;

  /** The one ONNX Runtime tensor of a weight, over the weight's own memory. */
  function weightTensor(map: Weights, name: string, dtype: string): Tensor {
    const tensors = known.get(map) ?? new Map<string, Tensor>();
    known.set(map, tensors);
    const key = `${dtype} ${name}`;
    const tensor = tensors.get(key) ?? toOrt(inDType(map.get(name)!, dtype as TensorLike["dtype"]));
    tensors.set(key, tensor);
    return tensor;
  }

  return {
    async open(model) {
      sessions.set(++count, await InferenceSession.create(model, options));
      return count;
    },
    async run(session, feeds, weights) {
      const all: Record<string, Tensor> = {};
      for (const { name, dtype } of weights.inputs)
        all[name] = weightTensor(weights.map, name, dtype);
      for (const [name, feed] of feeds) all[name] = toOrt(feed);
      const results = await sessions.get(session)!.run(all);
      return Object.fromEntries(
        Object.entries(results).map(([name, tensor]) => [name, fromOrt(tensor as Tensor)]),
      );
    },
    async close(session) {
      const ended = sessions.get(session);
      sessions.delete(session);
      await ended?.release();
    },
    async dispose() {},
  };
}

function toOrt({ dtype, data, shape }: TensorLike): Tensor {
  return new Tensor(dtype as "float32", data as Float32Array, shape);
}

function fromOrt({ type, data, dims }: Tensor): TensorLike {
  return { dtype: type, shape: dims, data: asBits(data) } as TensorLike;
}

/** Platforms with a Float16Array get one from ONNX Runtime; a `TensorLike` holds the bits. */
function asBits(data: Tensor["data"]): unknown {
  if (data.constructor.name !== "Float16Array") return data;
  const { buffer, byteOffset, length } = data as Float32Array;
  return new Uint16Array(buffer, byteOffset, length);
}
