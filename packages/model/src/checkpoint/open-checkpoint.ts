/** @file The tensors of a checkpoint from one safetensors file, several shards, or memory. */

import { quoted } from "@diopter/graph";
import { given, type TensorLike } from "@diopter/tensor";
import { CheckpointError, MissingFileError } from "../config/errors";
import type { Checkpoint } from "./families/checkpoint";
import { type Files, readJsonIfThere } from "./files";
import { openSafetensors, openSafetensorsBytes, type SafetensorsFile } from "./safetensors";

/** What may hold the tensors of a checkpoint in memory: a safetensors file, or tensors by name. */
export type HeldTensors =
  | Uint8Array
  | ArrayBuffer
  | ReadonlyMap<string, TensorLike>
  | Readonly<Record<string, TensorLike>>;

/** Tensors in memory as a checkpoint; `id` is for messages. */
export function heldCheckpoint(weights: HeldTensors, id: string): Checkpoint {
  if (weights instanceof Uint8Array || weights instanceof ArrayBuffer) {
    return joined([openSafetensorsBytes(weights, id)]);
  }
  if (typeof weights !== "object" || weights === null)
    throw new TypeError(`model: weights are ${given(weights)}, expected bytes or tensors by name`);
  const tensors = new Map<string, TensorLike>(
    weights instanceof Map ? weights : Object.entries(weights),
  );
  for (const [name, tensor] of tensors) {
    if (Array.isArray(tensor?.shape) && tensor.data?.length !== undefined) continue;
    throw new TypeError(`model: weight ${quoted(name)} is ${given(tensor)}, expected a tensor`);
  }
  return {
    shapes: new Map([...tensors].map(([name, { shape }]) => [name, shape])),
    read: async (name) => tensors.get(name) as TensorLike,
  };
}

/**
 * The tensors of `model.safetensors`, or of the shards that `model.safetensors.index.json` names.
 *
 * @throws {MissingFileError} when there is neither, or a shard is missing
 * @throws {CheckpointError} when index and shards disagree
 */
export async function openCheckpoint(files: Files): Promise<Checkpoint> {
  if ((await files.size("model.safetensors")) !== undefined) {
    return joined([await openSafetensors(files, "model.safetensors")]);
  }
  const index = await readJsonIfThere(files, "model.safetensors.index.json");
  if (!index) {
    throw new MissingFileError(
      `${files.id}: no file "model.safetensors" or "model.safetensors.index.json"`,
    );
  }
  const map = index.weight_map;
  const subject = `${files.id}/model.safetensors.index.json`;
  if (typeof map !== "object" || map === null) {
    throw new RangeError(`${subject}: no weight_map`);
  }
  for (const [name, shard] of Object.entries(map)) {
    if (typeof shard === "string") continue;
    throw new TypeError(
      `${subject} has ${quoted(shard)} for tensor ${quoted(name)}; expected the name of a file`,
    );
  }
  const shards = new Map<string, SafetensorsFile>();
  for (const shard of new Set(Object.values(map).map(String))) {
    // A shard is a file beside the index, never a path that leads elsewhere.
    if (!/^[\w.-]+$/.test(shard) || (await files.size(shard)) === undefined) {
      throw new MissingFileError(`${files.id}: no file ${quoted(shard)}, which the index names`);
    }
    shards.set(shard, await openSafetensors(files, shard));
  }
  for (const [name, shard] of Object.entries(map)) {
    if (!shards.get(String(shard))?.tensors.has(name)) {
      throw new CheckpointError(
        `${files.id}: the index places tensor ${quoted(name)} in ${quoted(shard)}, which does not hold it`,
        [name],
      );
    }
  }
  return joined([...shards.values()]);
}

/** Several safetensors files as one checkpoint. */
function joined(shards: readonly SafetensorsFile[]): Checkpoint {
  const owners = new Map<string, SafetensorsFile>();
  for (const shard of shards) {
    for (const name of shard.tensors.keys()) {
      if (owners.has(name)) {
        throw new CheckpointError(`safetensors: tensor ${quoted(name)} is in two shards`, [name]);
      }
      owners.set(name, shard);
    }
  }
  return {
    shapes: new Map(
      [...owners].map(([name, { tensors }]) => [name, tensors.get(name)?.shape ?? []]),
    ),
    read: (name) => (owners.get(name) as SafetensorsFile).read(name),
    readMany: async (names) => {
      const tensors = new Map<string, TensorLike>();
      for (const shard of shards) {
        const own = names.filter((name) => owners.get(name) === shard);
        const read = await shard.readMany(own);
        own.forEach((name, i) => {
          tensors.set(name, read[i]!);
        });
      }
      return names.map((name) => tensors.get(name)!);
    },
  };
}
