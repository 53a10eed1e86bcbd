/** @file Models from a hub in a page, kept in the Cache API. */

import { HubError, hubFiles, loadCheckpoint, MissingFileError, sha256 } from "@diopter/model";
import { beforeEach, expect, inject, test } from "vitest";
import { commit } from "../hub/commit";

const options = { endpoint: inject("hub"), retryDelay: 1 };
const large = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) % 251);

beforeEach(async () => {
  await caches.delete("diopter-hub");
});

async function kept(): Promise<string[]> {
  const keys = await (await caches.open("diopter-hub")).keys();
  return keys.map(({ url }) => url.slice(options.endpoint.length + "/owner/name/".length)).sort();
}

test("a model loads by its id, and again offline", async () => {
  const statuses: string[] = [];
  const onProgress = (event: { status: string }) => statuses.push(event.status);
  const first = await loadCheckpoint("owner/name", { ...options, onProgress });
  expect([first.id, first.revision]).toEqual(["owner/name", commit]);
  expect(new Set(statuses)).toEqual(new Set(["initiate", "download", "progress", "done", "ready"]));
  expect(await kept()).toEqual([
    "refs/main",
    ...[
      "config.json",
      "generation_config.json",
      "model.safetensors",
      "tokenizer.json",
      "tokenizer_config.json",
    ].map((file) => `resolve/${commit}/${file}`),
  ]);
  const again = await loadCheckpoint("owner/name", { ...options, offline: true });
  expect(again.weights).toEqual(first.weights);
  await expect(loadCheckpoint("owner/other", { ...options, offline: true })).rejects.toThrow(
    MissingFileError,
  );
});

test("a file that is cut is taken up, and kept whole", async () => {
  const files = await hubFiles("owner/name", options);
  const read = await files.read("cut.safetensors");
  expect(await sha256(read)).toBe(await sha256(large));
  const [a, b] = [await files.read("cut.safetensors", 10, 20), large.slice(10, 20)];
  expect(a).toEqual(b);
});

test("a file that never comes whole is an error and is not kept", async () => {
  const files = await hubFiles("owner/name", { ...options, retries: 2 });
  await expect(files.size("never-whole.safetensors")).rejects.toThrow(HubError);
  expect(await kept()).toEqual([]);
});

test("a server that does not answer HEAD is read all the same", async () => {
  const files = await hubFiles("owner/name", options);
  expect(await files.size("no-head.safetensors")).toBe(300_000);
});

test("an absent file and an absent model are told apart", async () => {
  const files = await hubFiles("owner/name", options);
  expect(await files.size("none.json")).toBeUndefined();
  await expect(hubFiles("owner/other", options)).rejects.toThrow(/404 .*no such model/);
});
