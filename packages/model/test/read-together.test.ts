/** @file Tensors that are read in few pieces of memory. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeSafetensors, type Files, loadCheckpoint, openSafetensors } from "@diopter/model";
import { fromData, type TensorLike } from "@diopter/tensor";
import { expect, onTestFinished, test } from "vitest";
import { folder } from "../src/checkpoint/files-node";
import { readTogether } from "../src/checkpoint/read-together";
import type { SafetensorsEntry } from "../src/checkpoint/safetensors-header";
import { tinyConfig, tinyWeights } from "./helpers/tiny-hooked";

function written(files: Readonly<Record<string, string | Uint8Array>>): string {
  const path = mkdtempSync(join(tmpdir(), "diopter-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  return path;
}

const tensors: Readonly<Record<string, TensorLike>> = {
  a: fromData(Float64Array.of(1, 2), [2]),
  b: fromData(Float32Array.of(3, 4, 5), [3]),
  c: fromData(Float32Array.of(6), [1, 1]),
  d: fromData(Uint16Array.of(0x3c00, 0x4000), [2], "float16"),
  e: fromData(Uint8Array.of(7, 8, 9), [3]),
  f: fromData(new Float32Array(0), [0, 4]),
};

test("many tensors equal those read one by one, and come in the order asked for", async () => {
  const files = await folder(written({ "x.safetensors": encodeSafetensors(tensors) }));
  const file = await openSafetensors(files, "x.safetensors");
  for (const names of [["e", "d", "b", "a", "f", "c"], ["c", "b", "c"], ["d"], []]) {
    const many = await file.readMany(names);
    expect(many).toEqual(await Promise.all(names.map((name) => file.read(name))));
  }
  // float16 1 and 2
  expect(Array.from((await file.readMany(["d"]))[0]!.data as Float32Array)).toEqual([1, 2]);
  await expect(file.readMany(["b", "z"])).rejects.toThrow(/no tensor "z"/);
});

test("neighbours are read at once into one piece of memory", async () => {
  const bytes = Uint8Array.from({ length: 64 }, (_, i) => i);
  const reads: [number, number][] = [];
  const entry = (start: number, end: number): SafetensorsEntry => ({
    dtype: "F32",
    shape: [(end - start) / 4],
    start,
    end,
  });
  // 0-8 and 8-20 touch; 20-24 does not lie on a multiple of 8 from 0; 32-40 has a gap before it.
  const entries = [entry(32, 40), entry(8, 20), entry(0, 8), entry(20, 24)];
  const read = await readTogether(entries, async (start, target) => {
    reads.push([start, start + target.length]);
    target.set(bytes.subarray(start, start + target.length));
  });
  expect(reads).toEqual([
    [0, 20],
    [20, 24],
    [32, 40],
  ]);
  expect(new Set(read.map(({ data }) => data.buffer)).size).toBe(1);
  const seen = read.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, 1)[0]);
  expect(seen).toEqual([32, 8, 0, 20]);
});

test("weights that are taken apart do not keep what they were taken from", async () => {
  const path = written({
    "config.json": JSON.stringify(tinyConfig),
    "model.safetensors": encodeSafetensors(tinyWeights()),
  });
  const { weights } = await loadCheckpoint(path);
  const whole = (name: string) => weights.get(name)!.data.buffer;
  expect(whole("embed.W_E")).toBe(whole("unembed.W_U"));
  expect(whole("blocks.0.attn.W_Q")).not.toBe(whole("embed.W_E"));
});

test("files that cannot fill memory are read one tensor at a time", async () => {
  const { readInto: _, ...plain } = await folder(
    written({ "x.safetensors": encodeSafetensors(tensors) }),
  );
  const file = await openSafetensors(plain as Files, "x.safetensors");
  expect(
    (await file.readMany(["a", "e"])).map(({ data }) => Array.from(data as Uint8Array)),
  ).toEqual([
    [1, 2],
    [7, 8, 9],
  ]);
});
