/** @file One door: what `Model.load` is given is told by what it holds, not by what it is called. */

import { copyFile, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Files, Model } from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { expect, test } from "vitest";
import { goldenPath, readBytes } from "../../../../test/golden";
import { startHub } from "../hub/server";
import { onnxPath } from "./golden-onnx";

const runtime = reference();
const FILE = "bert/optimum.onnx";
const temporary = () => mkdtemp(join(tmpdir(), "door-"));
const isBert = (model: Model) => {
  expect(model.config).toMatchObject({ nLayers: 3, attentionDir: "bidirectional" });
  expect(model.inspect().hooks.length).toBeGreaterThan(10);
};

function held(files: Readonly<Record<string, Uint8Array>>): Files {
  return {
    id: "held",
    size: async (name) => files[name]?.length,
    read: async (name, start, end) => files[name]!.slice(start, end) as Uint8Array<ArrayBuffer>,
  };
}

test("an ONNX file opens by its path, under any name", async () => {
  const folder = await temporary();
  const renamed = join(folder, "weights.bin");
  await copyFile(onnxPath(FILE), renamed);
  for (const path of [onnxPath(FILE), renamed]) {
    const model = await Model.load(path, { runtime });
    isBert(model);
    expect(model.id).toBe(path);
  }
});

test("its bytes, files that hold it, and a folder with nothing else open too", async () => {
  const bytes = readBytes(onnxPath(FILE));
  isBert(await Model.load(bytes, { runtime }));
  isBert(await Model.load(bytes.slice().buffer, { runtime }));
  isBert(await Model.load(held({ "onnx/model.onnx": bytes }), { runtime }));
  const folder = await temporary();
  await copyFile(onnxPath(FILE), join(folder, "bert-tiny.onnx"));
  isBert(await Model.load(folder, { runtime }));
  isBert(await Model.fromOnnx(folder, { runtime }));
});

test("of safetensors and ONNX in one folder the former are read, unless a file is named", async () => {
  const folder = await temporary();
  for (const name of ["config.json", "model.safetensors"])
    await copyFile(goldenPath(`hf/bert/${name}`), join(folder, name));
  await mkdir(join(folder, "onnx"));
  await copyFile(onnxPath(FILE), join(folder, "onnx", "model_quantized.onnx"));
  const plain = await Model.load(folder, { runtime });
  expect(() => plain.inspect()).toThrow(/does not come from an ONNX file/);
  isBert(await Model.load(folder, { runtime, file: "onnx/model_quantized.onnx" }));
  await expect(Model.load(folder, { runtime, file: "onnx/model_quantised.onnx" })).rejects.toThrow(
    /no file "onnx\/model_quantised\.onnx"; did you mean "onnx\/model_quantized\.onnx"\?/,
  );
});

test("of several ONNX files one has to be named", async () => {
  const folder = await temporary();
  for (const name of ["a.onnx", "b.onnx"]) await copyFile(onnxPath(FILE), join(folder, name));
  await expect(Model.load(folder, { runtime })).rejects.toThrow(
    /several ONNX files: \["a\.onnx","b\.onnx"\]; say which as \{ file: "a\.onnx" \}/,
  );
  isBert(await Model.load(folder, { runtime, file: "b.onnx" }));
});

test("a model on a hub that is ONNX only opens by its name", async () => {
  const hub = await startHub({
    id: "owner/name",
    files: {
      "config.json": readBytes(goldenPath("hf/bert/config.json")),
      "onnx/model.onnx": readBytes(onnxPath(FILE)),
    },
  });
  try {
    const options = { runtime, endpoint: hub.endpoint, cache: await temporary() };
    const model = await Model.load("owner/name", options);
    isBert(model);
    expect([model.id, model.config.family]).toEqual(["owner/name", "bert"]);
  } finally {
    await hub.close();
  }
});

test.each<[string, Uint8Array, RegExp]>([
  ["GGUF", new TextEncoder().encode("GGUF\x03\0\0\0"), /these bytes are a GGUF file/],
  ["PyTorch", new TextEncoder().encode("PK\x03\x04"), /a PyTorch file.*safetensors/],
  [
    "safetensors",
    readBytes(goldenPath("hf/bert/model.safetensors")),
    /give its folder, or \{ config, weights \}/,
  ],
  ["JSON", new TextEncoder().encode('{"a": 1}'), /JSON; give the folder/],
])("bytes of %s are told what they are", async (_, bytes, message) => {
  await expect(Model.load(bytes, { runtime })).rejects.toThrow(message);
  const path = join(await temporary(), "model.onnx");
  await writeFile(path, bytes);
  await expect(Model.fromOnnx(path, { runtime })).rejects.toThrow(/model\.onnx" is /);
});

test("options that only an ONNX file reads are refused beside objects in memory", async () => {
  const source = { config: {}, weights: {} };
  await expect(Model.load(source, { runtime, id: "x" })).rejects.toThrow(
    /^model: id: only of an ONNX file/,
  );
});
