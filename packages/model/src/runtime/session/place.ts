/** @file ONNX Runtime as a few requests, so that it may live in this thread or behind messages; weights are sent once. */

import type { TensorLike } from "@diopter/tensor";
import { inDType } from "../feeds";
import type { Backend, Weights, WeightUse } from "./backend";

/** A tensor by the name that a graph knows it under, and the key that a place keeps it under. */
export type NamedKey = readonly [name: string, key: string];

/** Where sessions are. Requests come one at a time: the session pool takes turns. */
export interface Place {
  open(model: Uint8Array<ArrayBuffer>, constants: readonly NamedKey[]): Promise<number>;
  /** Holds a weight for as many sessions as want it. */
  keep(key: string, tensor: TensorLike): Promise<void>;
  /** Forgets the weights whose keys begin with the number of their owner. Nobody waits for it. */
  drop(owner: number): void;
  run(
    session: number,
    keys: readonly NamedKey[],
    feeds: readonly (readonly [string, TensorLike])[],
  ): Promise<Record<string, TensorLike>>;
  close(session: number): Promise<void>;
  dispose(): Promise<void>;
}

/** The backend of a place: hands each weight over at its first use, and forgets it when its map is gone. */
export function backendOf(place: Place): Backend {
  let owners = 0;
  const sent = new WeakMap<Weights, { owner: number; keys: Set<string> }>();
  const forgotten = new FinalizationRegistry<number>((owner) => place.drop(owner));

  async function keep({ map, inputs }: WeightUse): Promise<NamedKey[]> {
    let known = sent.get(map);
    if (!known) {
      known = { owner: ++owners, keys: new Set() };
      sent.set(map, known);
      forgotten.register(map, known.owner);
    }
    const keys: NamedKey[] = [];
    for (const { name, dtype } of inputs) {
      const key = `${known.owner} ${dtype} ${name}`;
      keys.push([name, key]);
      if (known.keys.has(key)) continue;
      await place.keep(key, inDType(map.get(name)!, dtype as TensorLike["dtype"]));
      known.keys.add(key);
    }
    return keys;
  }

  return {
    async open(model, constants) {
      return place.open(model, constants ? await keep(constants) : []);
    },
    async run(session, feeds, weights) {
      return place.run(session, await keep(weights), [...feeds]);
    },
    close: (session) => place.close(session),
    dispose: () => place.dispose(),
  };
}

/** Sends a request, giving the buffers of `transfer` away, and waits for the reply. */
export type Ask = <T>(request: object, transfer?: ArrayBuffer[]) => Promise<T>;

/** A place in another thread, which owns its copies of weights and feeds. */
export function remotePlace(
  ask: Ask,
  tell: (request: object) => void,
  dispose: () => Promise<void>,
): Place {
  return {
    open: (model, constants) => ask({ task: "open", model, constants }, [model.buffer]),
    async keep(key, tensor) {
      const copy = own(tensor);
      await ask({ task: "keep", key, tensor: copy }, [copy.data.buffer as ArrayBuffer]);
    },
    drop: (owner) => tell({ task: "drop", owner }),
    run(session, keys, feeds) {
      const copies = feeds.map(([name, feed]) => [name, own(feed)] as const);
      const buffers = copies.map(([, copy]) => copy.data.buffer as ArrayBuffer);
      return ask({ task: "run", session, keys, feeds: copies }, buffers);
    },
    close: (session) => ask({ task: "close", session }),
    dispose,
  };
}

/** A copy whose buffer can be given away; a view posted as it is would take the whole buffer behind it along. */
function own({ dtype, shape, data }: TensorLike): TensorLike {
  return { dtype, shape: [...shape], data: data.slice() } as TensorLike;
}
