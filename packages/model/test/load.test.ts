/** @file Checkpoints from folders and from memory. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CheckpointError,
  encodeSafetensors,
  type Family,
  type Files,
  from,
  hashWeights,
  loadCheckpoint,
  MissingFileError,
  SafetensorsError,
  UnsupportedModelError,
} from "@diopter/model";
import { fromData, type TensorLike } from "@diopter/tensor";
import { afterEach, expect, test } from "vitest";
import {
  goldenPath,
  noTrained,
  readBytes,
  readJson,
  readTensors,
  trainedPath,
} from "../../../test/golden";
import { tinyConfig, tinyWeights } from "./helpers/tiny-hooked";

const folders: string[] = [];
afterEach(() => {
  for (const path of folders.splice(0)) rmSync(path, { recursive: true });
});

function folder(files: Readonly<Record<string, string | Uint8Array>>): string {
  const path = mkdtempSync(join(tmpdir(), "diopter-"));
  folders.push(path);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  return path;
}

const config = JSON.stringify(tinyConfig);
const weights = encodeSafetensors(tinyWeights());

test("folder, bytes, records and maps give the same model", async () => {
  const path = folder({ "config.json": config, "model.safetensors": weights });
  const loaded = await Promise.all([
    loadCheckpoint(path),
    loadCheckpoint({ config: tinyConfig, weights }),
    loadCheckpoint({ config: tinyConfig, weights: weights.buffer }),
    loadCheckpoint({ config: tinyConfig, weights: tinyWeights() }),
    loadCheckpoint({ config: tinyConfig, weights: new Map(Object.entries(tinyWeights())) }),
  ]);
  expect(new Set(await Promise.all(loaded.map(hashOf))).size).toBe(1);
  for (const each of loaded) expect(each.weights).toEqual(loaded[0]?.weights);
  expect(loaded.map(({ id }) => id)).toEqual([path, "hooked", "hooked", "hooked", "hooked"]);
});

test("another weight gives another hash", async () => {
  const changed = tinyWeights();
  (changed["unembed.W_U"] as TensorLike<"float32">).data[0] = 7;
  const [a, b] = await Promise.all(
    [tinyWeights(), changed].map((each) => loadCheckpoint({ config: tinyConfig, weights: each })),
  );
  expect(await hashOf(a!)).not.toBe(await hashOf(b!));
  expect(await hashOf(a!)).toMatch(/^[0-9a-f]{64}$/);
});

test("shards are joined by their index", async () => {
  const entries = Object.entries(tinyWeights());
  const [first, second] = [entries.slice(0, 3), entries.slice(3)];
  const map = Object.fromEntries([
    ...first.map(([name]) => [name, "a.safetensors"]),
    ...second.map(([name]) => [name, "b.safetensors"]),
  ]);
  const path = folder({
    "config.json": config,
    "a.safetensors": encodeSafetensors(Object.fromEntries(first)),
    "b.safetensors": encodeSafetensors(Object.fromEntries(second)),
    "model.safetensors.index.json": JSON.stringify({ weight_map: map }),
  });
  const whole = await loadCheckpoint({ config: tinyConfig, weights });
  expect(await hashOf(await loadCheckpoint(path))).toBe(await hashOf(whole));
});

test("an index that names an absent shard is refused", async () => {
  const index = JSON.stringify({ weight_map: { "embed.W_E": "model-1.safetensors" } });
  const path = folder({ "config.json": config, "model.safetensors.index.json": index });
  await expect(loadCheckpoint(path)).rejects.toThrow(
    new MissingFileError(`${path}: no file "model-1.safetensors", which the index names`),
  );
});

test("an index cannot lead out of the folder", async () => {
  const outer = folder({ "model.safetensors": weights });
  mkdirSync(join(outer, "inner"));
  const index = { weight_map: { "embed.W_E": "../model.safetensors" } };
  writeFileSync(join(outer, "inner", "config.json"), config);
  writeFileSync(join(outer, "inner", "model.safetensors.index.json"), JSON.stringify(index));
  await expect(loadCheckpoint(join(outer, "inner"))).rejects.toThrow(
    new MissingFileError(
      `${join(outer, "inner")}: no file "../model.safetensors", which the index names`,
    ),
  );
});

test("an index that places a tensor where it is not is refused", async () => {
  const path = folder({
    "config.json": config,
    "a.safetensors": encodeSafetensors({}),
    "model.safetensors.index.json": JSON.stringify({ weight_map: { x: "a.safetensors" } }),
  });
  await expect(loadCheckpoint(path)).rejects.toThrow(
    `${path}: the index places tensor "x" in "a.safetensors", which does not hold it`,
  );
});

test("a tensor in two shards is refused", async () => {
  const x = fromData(new Float32Array(1), [1]);
  const path = folder({
    "config.json": config,
    "a.safetensors": encodeSafetensors({ x }),
    "b.safetensors": encodeSafetensors({ x, y: x }),
    "model.safetensors.index.json": JSON.stringify({
      weight_map: { x: "a.safetensors", y: "b.safetensors" },
    }),
  });
  await expect(loadCheckpoint(path)).rejects.toThrow(
    new CheckpointError('safetensors: tensor "x" is in two shards', ["x"]),
  );
});

test("a missing folder, configuration or weights file is named", async () => {
  const empty = folder({});
  const half = folder({ "config.json": config });
  await expect(loadCheckpoint("/nowhere")).rejects.toThrow(
    new MissingFileError('model: no folder "/nowhere"'),
  );
  await expect(loadCheckpoint(join(half, "config.json"))).rejects.toThrow(
    new UnsupportedModelError(
      `model: "${join(half, "config.json")}" is JSON; give the folder that it lies in`,
    ),
  );
  await expect(loadCheckpoint(empty)).rejects.toThrow(
    new MissingFileError(`${empty}: no file "config.json"`),
  );
  await expect(loadCheckpoint(half)).rejects.toThrow(
    new MissingFileError(`${half}: no file "model.safetensors" or "model.safetensors.index.json"`),
  );
});

test("a configuration that is not a JSON object is refused", async () => {
  const broken = folder({ "config.json": "{" });
  const list = folder({ "config.json": "[]" });
  await expect(loadCheckpoint(broken)).rejects.toThrow(`${broken}/config.json: not JSON: `);
  await expect(loadCheckpoint(list)).rejects.toThrow(
    new RangeError(`${list}/config.json: expected a JSON object, got []`),
  );
});

test("a truncated weights file is refused with its name", async () => {
  const path = folder({ "config.json": config, "model.safetensors": weights.slice(0, 100) });
  const error = await loadCheckpoint(path).catch((each: Error) => each);
  expect(error).toBeInstanceOf(SafetensorsError);
  expect((error as Error).message).toMatch(
    /^.*\/model\.safetensors: header of \d+ bytes reaches beyond the file of 100 bytes$/,
  );
});

test("an unknown architecture lists the supported ones", async () => {
  const load = (type: object) => loadCheckpoint({ config: type, weights });
  await expect(load({ model_type: "mamba" })).rejects.toThrow(UnsupportedModelError);
  await expect(load({ model_type: "mamba" })).rejects.toThrow(
    /^model: unsupported architecture "mamba"; supported: gpt2 .*llama .*bert .*mingpt .*hooked /,
  );
  await expect(load({})).rejects.toThrow(/^model: config.json names no architecture; supported: /);
});

test("a source that is nothing like a checkpoint is a TypeError", async () => {
  await expect(loadCheckpoint(null as unknown as string)).rejects.toThrow(
    new TypeError("model: expected a folder, files or a checkpoint object, got null"),
  );
  await expect(loadCheckpoint({ config: null as unknown as object, weights: {} })).rejects.toThrow(
    TypeError,
  );
});

test("files may come from anywhere", async () => {
  const held: Record<string, Uint8Array> = {
    "config.json": new TextEncoder().encode(config),
    "model.safetensors": weights,
    "tokenizer.json": new TextEncoder().encode('{"model":{}}'),
  };
  const files: Files = {
    id: "someone/model",
    revision: "abc",
    size: async (name) => held[name]?.length,
    read: async (name, start, end) => new Uint8Array(held[name] as Uint8Array).slice(start, end),
  };
  const loaded = await loadCheckpoint(files);
  expect([loaded.id, loaded.revision]).toEqual(["someone/model", "abc"]);
  expect(loaded.tokenizer).toEqual({ model: {} });
  expect(loaded.tokenizerHash).toMatch(/^[0-9a-f]{64}$/);
});

test("a family of one's own is an argument", async () => {
  const { hooked } = Object.fromEntries(
    (await import("@diopter/model")).families.map((family) => [family.name, family]),
  ) as Record<string, Family>;
  const mine: Family = {
    ...(hooked as Family),
    name: "mine",
    matches: (each) => each.model_type === "mine",
    weights: (each) => ({
      ...(hooked as Family).weights(each),
      "embed.W_E": from("words"),
    }),
  };
  const { "embed.W_E": words, ...rest } = tinyWeights();
  const loaded = await loadCheckpoint(
    {
      config: { ...tinyConfig, model_type: "mine" },
      weights: { ...rest, words: words as TensorLike },
    },
    { families: [mine] },
  );
  expect(loaded.weights.get("embed.W_E")).toBe(words);
});

test.skipIf(noTrained)(
  "the trained Llama loads with its tokenizer (needs ../shared/models)",
  async () => {
    const loaded = await loadCheckpoint(trainedPath("stories260K/hf"));
    const parameters = [...loaded.weights.values()].reduce((sum, { data }) => sum + data.length, 0);
    // The model's card says 260,032 parameters.
    expect(parameters).toBe(260_032);
    expect(loaded.tokenizer).toBeDefined();
    expect(loaded.config).toMatchObject({
      nHeads: 8,
      nKeyValueHeads: 4,
      dHead: 8,
      tiedEmbeddings: true,
    });
  },
);

test.skipIf(noTrained)(
  "minGPT loads from a folder and from the JSON of llm-viz (needs ../shared/models)",
  async () => {
    const adder = await loadCheckpoint(trainedPath("mingpt-adder"));
    // Sizes that config.json leaves open come from the tensors.
    expect(adder.config).toMatchObject({ family: "mingpt", nLayers: 3, dVocab: 10, nCtx: 6 });
    const { config: sizes, ...tensors } = readJson<
      Record<string, { shape: number[]; data: string }>
    >(trainedPath("gpt-nano-sort/gpt-nano-sort-model.json"));
    const decode = ({ shape, data }: { shape: number[]; data: string }) => {
      const bytes = Uint8Array.from(Buffer.from(data, "base64"));
      return fromData(new Float32Array(bytes.buffer), shape);
    };
    const sort = await loadCheckpoint({
      config: sizes as object,
      weights: Object.fromEntries(
        Object.entries(tensors).map(([name, each]) => [name, decode(each)]),
      ),
    });
    expect(sort.config).toMatchObject({
      family: "mingpt",
      nHeads: 3,
      dModel: 48,
      dVocab: 3,
      nCtx: 11,
    });
    // [out, in] in the file: row 48 of c_attn is the first column of W_K.
    const fused = decode(tensors["transformer.h.0.attn.c_attn.weight"] as never);
    const k = sort.weights.get("blocks.0.attn.W_K") as TensorLike<"float32">;
    expect(k.data[48 * 5]).toBe(fused.data[48 * 48 + 5]);
  },
);

test("compiled models load under TransformerLens names", async () => {
  for (const program of ["reverse", "xproportion"]) {
    const tracr = await loadCheckpoint({
      config: readJson(goldenPath(`tracr/${program}.json`)),
      weights: readBytes(goldenPath(`tracr/${program}.safetensors`)),
    });
    expect(tracr.config).toMatchObject({
      attentionDir: "bidirectional",
      normalizationType: "none",
    });
    const { shape, data } = tracr.weights.get("unembed.W_U") as TensorLike<"float32">;
    const n = tracr.config.dModel;
    expect(shape).toEqual([n, n]);
    expect(data.every((x, i) => x === (i % (n + 1) === 0 ? 1 : 0))).toBe(true);
  }
});

test.skipIf(noTrained)(
  "a trained model loads under TransformerLens names (needs ../shared/models)",
  async () => {
    const path = trainedPath("gbmi-induction-2l-attn-only/l_2_2_model");
    const gbmi = await loadCheckpoint({
      config: readJson(`${path}.config.json`),
      weights: readTensors(`${path}.safetensors`),
    });
    expect(gbmi.config).toMatchObject({ attnOnly: true, attnScale: 8, dMlp: 0, finalNorm: false });
  },
);

function hashOf({ weights }: { weights: ReadonlyMap<string, TensorLike> }): Promise<string> {
  return hashWeights(weights);
}
