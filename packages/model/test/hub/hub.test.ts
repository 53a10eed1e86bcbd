/** @file Models from a hub: what is asked, what is kept, what is heard. */

import {
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import {
  encodeSafetensors,
  HubError,
  hashWeights,
  hubFiles,
  loadCheckpoint,
  MissingFileError,
  Model,
} from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { expect, test, vi } from "vitest";
import { tinyConfig, tinyWeights } from "../helpers/tiny-hooked";
import { commit, otherCommit } from "./commit";
import { blobName, inspect, model, setting, weights } from "./setting";

const folder = "models--owner--name";

test("a model loads by its id, and again without a request for what the cache has", async () => {
  const { hub, options } = await setting();
  const first = await Model.load("owner/name", { runtime: reference(), ...options });
  const whole = await loadCheckpoint({ config: tinyConfig, weights });
  expect([first.id, first.revision]).toEqual(["owner/name", commit]);
  expect(await hashWeights(first.weights.tensors())).toBe(await hashWeights(whole.weights));
  hub.asked.length = 0;
  await loadCheckpoint("owner/name", options);
  // A branch may have moved, so its commit is asked for; nothing else is.
  expect(hub.asked.map(({ method, file }) => `${method} ${file}`)).toEqual([
    "HEAD config.json",
    "HEAD config.json",
  ]);
  hub.asked.length = 0;
  await loadCheckpoint("owner/name", { ...options, revision: commit });
  expect(hub.asked).toEqual([]);
});

test("the cache is laid out as the Python client lays it out", async () => {
  const { cache, options } = await setting();
  await loadCheckpoint("owner/name", options);
  expect(inspect(cache).wrong).toEqual([]);
  expect(inspect(cache).paths).toEqual(
    [
      `${folder}/.no_exist/${commit}/generation_config.json`,
      `${folder}/.no_exist/${commit}/tokenizer.json`,
      `${folder}/.no_exist/${commit}/tokenizer_config.json`,
      `${folder}/blobs/${blobName("config.json", model["config.json"])}`,
      `${folder}/blobs/${blobName("model.safetensors", weights)}`,
      `${folder}/refs/main`,
      `${folder}/snapshots/${commit}/config.json`,
      `${folder}/snapshots/${commit}/model.safetensors`,
    ].sort(),
  );
  expect(readFileSync(join(cache, folder, "refs/main"), "utf8")).toBe(commit);
  expect(readlinkSync(join(cache, folder, "snapshots", commit, "model.safetensors"))).toBe(
    `../../blobs/${blobName("model.safetensors", weights)}`,
  );
});

test("a cache without symbolic links holds the files under both names", async () => {
  const { cache, options } = await setting();
  vi.stubEnv("HF_HUB_DISABLE_SYMLINKS", "1");
  await loadCheckpoint("owner/name", options);
  const { paths, wrong } = inspect(cache);
  expect(wrong).toEqual([]);
  expect(paths.filter((path) => path.endsWith(".tmp"))).toEqual([]);
  const pointer = join(cache, folder, "snapshots", commit, "model.safetensors");
  expect(lstatSync(pointer).isSymbolicLink()).toBe(false);
  await loadCheckpoint("owner/name", { ...options, offline: true });
});

test("events use the words of transformers.js", async () => {
  const { events, options } = await setting();
  await loadCheckpoint("owner/name", options);
  const of = (file: string) =>
    events.filter((event) => "file" in event && event.file === file).map(({ status }) => status);
  const fetched = ["initiate", "download", "progress", "done"];
  expect(of("config.json")).toEqual(fetched);
  expect([...new Set(of("model.safetensors"))]).toEqual(fetched);
  expect(of("tokenizer.json")).toEqual([]);
  expect(events.at(-1)).toEqual({ status: "ready", name: "owner/name" });
  const last = events.findLast(
    (event) => event.status === "progress" && event.file === "model.safetensors",
  );
  expect(last).toEqual({
    status: "progress",
    name: "owner/name",
    file: "model.safetensors",
    progress: 100,
    loaded: weights.length,
    total: weights.length,
  });
  events.length = 0;
  await loadCheckpoint("owner/name", options);
  expect(of("model.safetensors")).toEqual(["initiate", "done"]);
});

test("shards are fetched by their index", async () => {
  const entries = Object.entries(tinyWeights());
  const [a, b] = [entries.slice(0, 5), entries.slice(5)];
  const weightMap = Object.fromEntries([
    ...a.map(([name]) => [name, "model-1.safetensors"]),
    ...b.map(([name]) => [name, "model-2.safetensors"]),
  ]);
  const files = {
    "config.json": model["config.json"],
    "model.safetensors.index.json": JSON.stringify({ weight_map: weightMap }),
    "model-1.safetensors": encodeSafetensors(Object.fromEntries(a)),
    "model-2.safetensors": encodeSafetensors(Object.fromEntries(b)),
  };
  const { cache, options } = await setting({ files });
  const { weights: loaded } = await loadCheckpoint("owner/name", options);
  const whole = await loadCheckpoint({ config: tinyConfig, weights });
  expect(await hashWeights(loaded)).toBe(await hashWeights(whole.weights));
  expect(inspect(cache, files).wrong).toEqual([]);
});

test("a branch that moves is followed, and its old commit stays", async () => {
  const branches = { main: commit };
  const { cache, options } = await setting({ branches });
  await loadCheckpoint("owner/name", options);
  branches.main = otherCommit;
  const { revision } = await loadCheckpoint("owner/name", options);
  expect(revision).toBe(otherCommit);
  const old = await loadCheckpoint("owner/name", { ...options, revision: commit, offline: true });
  expect(old.revision).toBe(commit);
  expect(inspect(cache).wrong).toEqual([]);
});

test("all files are of the commit that the branch had at the start", async () => {
  const branches = { main: commit, first: commit };
  const { hub, options } = await setting({ branches });
  const files = await hubFiles("owner/name", options);
  branches.main = otherCommit;
  await files.size("model.safetensors");
  expect(hub.asked.filter(({ file }) => file === "model.safetensors")[0]?.revision).toBe(commit);
});

test("revisions with a slash are asked for in one piece and kept in folders", async () => {
  const { cache, hub, options } = await setting({ branches: { "refs/pr/1": commit } });
  await loadCheckpoint("owner/name", { ...options, revision: "refs/pr/1" });
  expect(hub.asked[0]?.revision).toBe("refs/pr/1");
  expect(readFileSync(join(cache, folder, "refs/refs/pr/1"), "utf8")).toBe(commit);
});

test("a folder of the same name comes first, and has no revisions", async () => {
  const { cache, hub, options } = await setting();
  const path = join(cache, "owner", "name");
  mkdirSync(path, { recursive: true });
  for (const [name, content] of Object.entries(model)) writeFileSync(join(path, name), content);
  const here = process.cwd();
  process.chdir(cache);
  try {
    expect((await loadCheckpoint("owner/name", options)).revision).toBeUndefined();
    expect(hub.asked).toEqual([]);
    await expect(loadCheckpoint("owner/name", { ...options, revision: "main" })).rejects.toThrow(
      new RangeError('model: "owner/name" is a folder here, which has no revision "main"'),
    );
  } finally {
    process.chdir(here);
  }
});

test("a cache that Python filled is read offline", async () => {
  const { cache, hub, options } = await setting();
  // As huggingface_hub's hf_hub_download leaves it.
  const at = (...path: string[]) => join(cache, folder, ...path);
  for (const path of ["blobs", "refs", `snapshots/${commit}`])
    mkdirSync(at(path), { recursive: true });
  writeFileSync(at("refs", "main"), commit);
  for (const [file, content] of Object.entries(model)) {
    writeFileSync(at("blobs", blobName(file, content)), content);
    symlinkSync(`../../blobs/${blobName(file, content)}`, at("snapshots", commit, file));
  }
  const { revision, id } = await loadCheckpoint("owner/name", { ...options, offline: true });
  expect([id, revision]).toEqual(["owner/name", commit]);
  vi.stubEnv("HF_HUB_CACHE", cache);
  vi.stubEnv("HF_HUB_OFFLINE", "1");
  expect((await loadCheckpoint("owner/name")).revision).toBe(commit);
  expect(hub.asked).toEqual([]);
});

test("offline says what is missing", async () => {
  const { cache, hub, options } = await setting();
  await expect(loadCheckpoint("owner/name", { ...options, offline: true })).rejects.toThrow(
    new MissingFileError(
      `hub: no "owner/name" at revision "main" in ${cache}, and offline is true`,
    ),
  );
  await (await hubFiles("owner/name", options)).size("config.json");
  hub.asked.length = 0;
  await expect(loadCheckpoint("owner/name", { ...options, offline: true })).rejects.toThrow(
    new MissingFileError(
      `owner/name: no file "model.safetensors" or "model.safetensors.index.json" of commit ${commit} in ${cache}, and offline is true`,
    ),
  );
  expect(hub.asked).toEqual([]);
});

test("the environment sets endpoint, cache and token", async () => {
  const { cache, hub, options } = await setting({ token: "from-env" });
  vi.stubEnv("HF_ENDPOINT", `${hub.endpoint}/`);
  vi.stubEnv("HF_HUB_CACHE", join(cache, "elsewhere"));
  vi.stubEnv("HF_TOKEN", " from-env\n");
  await loadCheckpoint("owner/name");
  expect(inspect(join(cache, "elsewhere")).paths.length).toBeGreaterThan(4);
  vi.stubEnv("HF_TOKEN", undefined);
  await expect(loadCheckpoint("owner/name")).rejects.toThrow(HubError);
  mkdirSync(join(cache, "home"));
  writeFileSync(join(cache, "home", "token"), "from-env\n");
  vi.stubEnv("HF_HUB_CACHE", undefined);
  await loadCheckpoint("owner/name");
  expect(inspect(join(cache, "home", "hub")).wrong).toEqual([]);
  await expect(loadCheckpoint("owner/name", { ...options, token: false })).rejects.toThrow(/401/);
});

test("the token is shown to the hub and to nobody else", async () => {
  const { hub, options } = await setting({ token: "secret-token" });
  await loadCheckpoint("owner/name", { ...options, token: "secret-token" });
  const seen = (place: string, file: string) =>
    new Set(
      hub.asked
        .filter((each) => each.place === place && each.file === file)
        .map((a) => a.authorization),
    );
  expect(seen("hub", "model.safetensors")).toEqual(new Set(["Bearer secret-token"]));
  expect(seen("storage", "model.safetensors")).toEqual(new Set([undefined]));
});

test("files may lie in folders and stay in memory", async () => {
  const files = { ...model, "sae/layer 1/cfg.json": '{"a": 1}' };
  const { cache, options } = await setting({ files });
  const held = await hubFiles("owner/name", { ...options, cache: false });
  expect(new TextDecoder().decode(await held.read("sae/layer 1/cfg.json", 1, 4))).toBe('"a"');
  expect(inspect(cache).paths).toEqual([]);
  const kept = await hubFiles("owner/name", options);
  expect(await kept.size("sae/layer 1/cfg.json")).toBe(8);
  expect(inspect(cache, files).wrong).toEqual([]);
  await expect(kept.read("none.json")).rejects.toThrow(
    new MissingFileError('owner/name: no file "none.json"'),
  );
});

test("names that lead out of the cache are refused", async () => {
  const { options } = await setting();
  const files = await hubFiles("owner/name", options);
  for (const name of ["../x", "a/../../x", "/etc/passwd", "a//b", "a\\b", ""]) {
    await expect(files.size(name)).rejects.toThrow(/is not a plain relative path/);
  }
  await expect(hubFiles("owner/name", { ...options, revision: "../main" })).rejects.toThrow(
    RangeError,
  );
  await expect(hubFiles("../name", options)).rejects.toThrow(
    new RangeError('hub: "../name" is not of the form owner/name'),
  );
});

test("no family, no download: an unknown architecture is refused before its weights are fetched", async () => {
  const files = { ...model, "config.json": '{"model_type": "unknown"}' };
  const { hub, options } = await setting({ files });
  await expect(loadCheckpoint("owner/name", options)).rejects.toThrow(/unknown/);
  expect(hub.asked.some(({ file }) => file === "model.safetensors")).toBe(false);
});
