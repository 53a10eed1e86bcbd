/** @file A hub that misbehaves: each time a resumed download or a clear error, and never a corrupt cache. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { HubError, hubFiles, loadCheckpoint } from "@diopter/model";
import { afterEach, expect, test, vi } from "vitest";
import { Connection } from "../../src/checkpoint/hub/connection";
import { saying } from "../../src/checkpoint/hub/node-cache";
import { commit } from "./commit";
import type { Asked, Misbehaviour } from "./server";
import { hash, startHub } from "./server";
import { blobName, inspect, model, type Setting, setting, weights } from "./setting";

/** 300,000 bytes that do not repeat in step with any block. */
const large = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) % 251);
const files = { "config.json": '{"model_type": "none"}', "large.safetensors": large };
const whole = hash("sha256", large);
const blob = `models--owner--name/blobs/${whole}`;
const kept = `${blob}.diopter.incomplete`;

let current: Setting | undefined;
afterEach(() => {
  if (current) expect(inspect(current.cache, files).wrong).toEqual([]);
  current = undefined;
});

/** A hub that misbehaves where it sends the large file. */
async function misbehaving(
  misbehave: (asked: Asked, count: number) => Misbehaviour | undefined,
  place: "hub" | "storage" = "storage",
  file = "large.safetensors",
): Promise<Setting> {
  current = await setting({
    files,
    misbehave: (asked, count) =>
      asked.place === place && asked.file === file ? misbehave(asked, count) : undefined,
  });
  return current;
}

/** SHA-256 of the large file as it arrives. */
async function load({ options }: Setting, more: object = {}): Promise<string> {
  const loaded = await hubFiles("owner/name", { ...options, ...more });
  return hash("sha256", await loaded.read("large.safetensors"));
}

async function failure(loading: Promise<unknown>): Promise<HubError> {
  const error = await loading.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(HubError);
  return error as HubError;
}

/** The cache holds the large file whole, or nothing of it, or what is left of it under a name of its own. */
function expectCache(holds: "whole" | "nothing" | "part"): void {
  const { paths, wrong } = inspect(current!.cache, files);
  expect(wrong).toEqual([]);
  expect(paths.filter((path) => path.startsWith(blob))).toEqual(
    { whole: [blob], nothing: [], part: [kept] }[holds],
  );
  const pointer = `models--owner--name/snapshots/${commit}/large.safetensors`;
  expect(paths.includes(pointer)).toBe(holds === "whole");
  expect(paths.filter((path) => path.endsWith(".tmp"))).toEqual([]);
}

function start(range: string | undefined): number {
  return Number(range?.match(/^bytes=(\d+)-$/)?.[1] ?? 0);
}

/** What the large file was asked for, each time. */
function ranges({ hub }: Setting): (string | undefined)[] {
  return hub.asked
    .filter(({ place, method }) => place === "storage" && method === "GET")
    .map((a) => a.range);
}

test("a cut connection is taken up where it broke", async () => {
  const at = await misbehaving((_, count) => (count < 2 ? { cutAfter: 100_000 } : undefined));
  expect(await load(at)).toBe(whole);
  const [first, second, third] = ranges(at).map(start);
  expect(first).toBe(0);
  expect(second).toBeGreaterThan(0);
  expect(third).toBeGreaterThan(second!);
  // The storage server's own ETag, not the hub's.
  expect(at.hub.asked.at(-1)?.ifRange).toMatch(/^"storage-/);
  expectCache("whole");
});

test("what came before attempts ran out is kept, and the next load goes on from there", async () => {
  const at = await misbehaving((_, count) => (count < 2 ? { cutAfter: 100_000 } : undefined));
  const error = await failure(load(at, { retries: 0 }));
  expect(error.message).toMatch(/GET http.*large.safetensors: .*; gave up after 1 attempt$/);
  expect(error.temporary).toBe(true);
  expectCache("part");
  const first = readFileSync(join(at.cache, kept)).length;
  await failure(load(at, { retries: 0 }));
  const second = readFileSync(join(at.cache, kept)).length;
  expect(await load(at)).toBe(whole);
  expect(ranges(at).map(start)).toEqual([0, first, second]);
  expect(0 < first && first < second && second < 300_000).toBe(true);
  expectCache("whole");
});

test("a small file that is cut is taken up by its ETag", async () => {
  const at = await misbehaving(
    ({ method }, count) => (method === "GET" && count === 0 ? { cutAfter: 5 } : undefined),
    "storage",
    "config.json",
  );
  expect(await (await hubFiles("owner/name", at.options)).size("config.json")).toBe(22);
  const asked = at.hub.asked.findLast(({ place }) => place === "storage");
  expect([asked?.range, asked?.ifRange]).toEqual([
    "bytes=5-",
    `"${hash("sha1", `blob 22\0${files["config.json"]}`)}"`,
  ]);
  expectCache("nothing");
});

test("slow bytes are waited for, silence is not", async () => {
  const slow = await misbehaving((_, count) =>
    count === 0 ? { slow: 20, cutAfter: 1000 } : undefined,
  );
  expect(await load(slow, { timeout: 1000 })).toBe(whole);
  expectCache("whole");
  const silent = await misbehaving((_, count) => (count === 0 ? { silentAfter: 1000 } : undefined));
  expect(await load(silent, { timeout: 100 })).toBe(whole);
  expect(ranges(silent)).toEqual([undefined, "bytes=1000-"]);
  expectCache("whole");
  const mute = await misbehaving(() => ({ silentAfter: 1000 }));
  const error = await failure(load(mute, { timeout: 100, retries: 0 }));
  expect(error.message).toContain("nothing came for 0.1 s; gave up after 1 attempt");
  expectCache("part");
});

test("a server that cannot go on in the middle is read from the start", async () => {
  const deaf = await misbehaving((_, count) => ({
    ignoreRange: true,
    ...(count === 0 && { cutAfter: 100_000 }),
  }));
  expect(await load(deaf)).toBe(whole);
  expect(ranges(deaf).map(start)[1]).toBeGreaterThan(0);
  expectCache("whole");
  const refusing = await misbehaving((_, count) =>
    count === 0 ? { cutAfter: 100_000 } : count === 1 ? { status: 416 } : undefined,
  );
  expect(await load(refusing)).toBe(whole);
  expect(ranges(refusing).map((range) => range && "some")).toEqual([undefined, "some", undefined]);
  expectCache("whole");
  const shifted = await misbehaving((_, count) =>
    count === 0
      ? { cutAfter: 100_000 }
      : count === 1
        ? { headers: { "content-range": "bytes 5-299999/300000" } }
        : undefined,
  );
  expect(await load(shifted)).toBe(whole);
  expectCache("whole");
});

test("bytes left by another file are thrown away", async () => {
  const at = await misbehaving(() => undefined);
  mkdirSync(join(at.cache, "models--owner--name/blobs"), { recursive: true });
  for (const left of [large.slice(1, 5000), new Uint8Array(300_000), new Uint8Array(300_001)]) {
    writeFileSync(join(at.cache, kept), left);
    expect(await load(at)).toBe(whole);
    expectCache("whole");
    rmSync(join(at.cache, "models--owner--name"), { recursive: true });
    mkdirSync(join(at.cache, "models--owner--name/blobs"), { recursive: true });
  }
});

test("what a killed process left is taken up once it has been silent for ten minutes", async () => {
  const at = await misbehaving(() => undefined);
  mkdirSync(join(at.cache, "models--owner--name/blobs"), { recursive: true });
  const left = join(at.cache, `${blob}.12345678.diopter.incomplete`);
  writeFileSync(left, large.slice(0, 50_000));
  utimesSync(left, 0, Date.now() / 1000 - 601);
  expect(await load(at)).toBe(whole);
  expect(ranges(at)).toEqual(["bytes=50000-"]);
  expectCache("whole");
});

test("a blob that something else cut short is fetched again", async () => {
  const at = await misbehaving(() => undefined);
  mkdirSync(join(at.cache, "models--owner--name/blobs"), { recursive: true });
  writeFileSync(join(at.cache, blob), large.slice(0, 10));
  expect(await load(at)).toBe(whole);
  expectCache("whole");
});

test("too many requests are made again after the time that the server asks for", async () => {
  const at = await misbehaving(
    (_, count) => (count === 0 ? { status: 429, headers: { "retry-after": "7" } } : undefined),
    "hub",
  );
  // The one clock that it waits by: what takes 7 s is over at once, and counted.
  const { setTimeout: wait } = globalThis;
  let waits = 0;
  const clock = vi.spyOn(globalThis, "setTimeout").mockImplementation(((
    done: () => void,
    milliseconds?: number,
  ) => {
    if (milliseconds !== 7000) return wait(done, milliseconds);
    waits++;
    return wait(done, 0);
  }) as typeof setTimeout);
  expect(await load(at)).toBe(whole);
  clock.mockRestore();
  // Once for each of the two files.
  expect(waits).toBe(2);
  expectCache("whole");
  const later = await misbehaving(() => ({ status: 429, headers: { "retry-after": "3600" } }));
  expect((await failure(load(later))).message).toMatch(
    /429 for .*: too many requests; it asks to wait 3600 s, longer than 60 s$/,
  );
  expectCache("nothing");
});

test("a Retry-After may be a date", async () => {
  const date = new Date(Date.now() + 3_600_000).toUTCString();
  const at = await misbehaving(() => ({ status: 503, headers: { "retry-after": date } }));
  expect((await failure(load(at))).message).toMatch(/it asks to wait 3(600|599) s/);
});

test("a server that fails is asked again, and not for ever", async () => {
  const at = await misbehaving(({ method }, count) =>
    method === "GET" && count < 3 ? { status: 500 + count } : undefined,
  );
  expect(await load(at)).toBe(whole);
  expectCache("whole");
  const broken = await misbehaving(() => ({ status: 503 }));
  const error = await failure(load(broken, { retries: 2 }));
  expect(error.message).toMatch(/503 for .*: the server failed; gave up after 3 attempts$/);
  expect([error.status, error.temporary]).toEqual([503, true]);
  expect(ranges(broken)).toHaveLength(3);
  expectCache("nothing");
});

test("a wrong length is an error and leaves nothing", async () => {
  for (const content of [large.slice(0, 299_999), new Uint8Array(300_001)]) {
    const at = await misbehaving(() => ({ content }));
    const error = await failure(load(at));
    expect(error.message).toMatch(
      new RegExp(`300000 bytes were announced, ${content.length} are sent$`),
    );
    expectCache("nothing");
  }
  // Without a length of its own the answer is counted.
  const long = { content: new Uint8Array(300_001), chunked: true };
  expect((await failure(load(await misbehaving(() => long)))).message).toMatch(
    /more than the announced 300000 bytes came$/,
  );
  expectCache("nothing");
  const short = { content: large.slice(0, 200_000), chunked: true };
  const error = await failure(load(await misbehaving(() => short), { retries: 1 }));
  expect(error.message).toMatch(/416 for bytes from 200000 on$|ended after 200000 of 300000 bytes/);
});

test("wrong bytes are an error and leave nothing", async () => {
  const at = await misbehaving(() => ({ content: large.with(150_000, 7) }));
  const error = await failure(load(at));
  expect(error.message).toMatch(
    new RegExp(`: SHA-256 is [0-9a-f]{64}, the hub announced ${whole}$`),
  );
  expect(error.temporary).toBe(false);
  expectCache("nothing");
  const held = await failure(load(at, { cache: false }));
  expect(held.message).toMatch(/SHA-256 is [0-9a-f]{64}, the hub announced/);
});

test("an ETag that changes between two answers is an error", async () => {
  const at = await misbehaving(
    ({ method }) =>
      method === "GET" ? { headers: { "x-linked-etag": `"${"0".repeat(64)}"` } } : undefined,
    "hub",
  );
  expect((await failure(load(at))).message).toMatch(/ETag was "[0-9a-f]{64}" and is now "0{64}"$/);
  expectCache("nothing");
});

test("an ETag or commit that would lead out of the cache is an error", async () => {
  const etag = await misbehaving(
    () => ({ headers: { "x-linked-etag": '"../../../evil"' } }),
    "hub",
  );
  expect((await failure(load(etag))).message).toMatch(/ETag "..\/..\/..\/evil" cannot name a file/);
  expectCache("nothing");
  const head = await misbehaving(
    () => ({ headers: { "x-repo-commit": "../../evil" } }),
    "hub",
    "config.json",
  );
  expect((await failure(load(head))).message).toMatch(
    /X-Repo-Commit is "..\/..\/evil", expected a commit/,
  );
  expect(inspect(head.cache).paths).toEqual([]);
});

test("redirects that do not end are an error", async () => {
  const at = await misbehaving(
    ({ file }) => ({ status: 302, headers: { location: `/owner/name/resolve/main/${file}` } }),
    "hub",
  );
  expect((await failure(load(at))).message).toMatch(/more than 8 redirects from http/);
  expect(at.hub.asked.length).toBeLessThan(30);
  expectCache("nothing");
});

test("a redirect away from https is an error", async () => {
  const at = await misbehaving(() => undefined);
  const fetch = async () =>
    new Response(null, { status: 302, headers: { location: "http://x.example/" } });
  const error = await failure(load(at, { endpoint: "https://hub.example", fetch }));
  expect(error.message).toBe(
    "hub: https://hub.example/owner/name/resolve/main/config.json redirects from https: to http:, which is refused",
  );
});

test("no access, no model, no revision and no file each say so", async () => {
  const gated = await setting({ files, token: "right" });
  const refused = await failure(hubFiles("owner/name", gated.options));
  expect(refused.status).toBe(401);
  expect(refused.message).toMatch(
    /^hub: 401 for .*: the model is gated or private; ask for access on its page, then pass a token or set HF_TOKEN; the server says "Access to model owner\/name is restricted"$/,
  );
  const wrong = await failure(hubFiles("owner/name", { ...gated.options, token: "wrong" }));
  expect(wrong.message).toMatch(/the account of this token may not read it/);
  expect(wrong.message).not.toContain("wrong;");
  const { options, cache } = await setting({ files });
  expect((await failure(hubFiles("owner/other", options))).message).toMatch(
    /404 .*: no such model;/,
  );
  const revision = await failure(hubFiles("owner/name", { ...options, revision: "v2" }));
  expect(revision.message).toMatch(
    /404 .*\/resolve\/v2\/config.json: the model has no such revision;/,
  );
  const held = await hubFiles("owner/name", options);
  expect(await held.size("none.json")).toBeUndefined();
  expect(inspect(cache, files).wrong).toEqual([]);
});

test("403 from the server that the hub sends to is not taken for a gate", async () => {
  const at = await misbehaving(() => ({ status: 403 }));
  const error = await failure(load(at));
  expect(error.message).toMatch(/403 for .*: the server that the hub sends to refuses the file$/);
  expect(error.message).not.toContain("signature");
  expectCache("nothing");
});

test("an address that is no hub, or nothing at all, is said to be so", async () => {
  const { options } = await setting({ files });
  const fetch = async () => new Response("hello", { status: 200, headers: { etag: '"a"' } });
  expect((await failure(hubFiles("owner/name", { ...options, fetch }))).message).toMatch(
    /no X-Repo-Commit/,
  );
  const bare = async () => new Response("hello", { status: 200 });
  expect((await failure(hubFiles("owner/name", { ...options, fetch: bare }))).message).toMatch(
    /no ETag; is this the address of a hub/,
  );
  await expect(hubFiles("owner/name", { ...options, endpoint: "huggingface.co" })).rejects.toThrow(
    new RangeError('hub: endpoint "huggingface.co" is not an http address'),
  );
});

test("a hub that cannot be reached is an error that tells of the cache", async () => {
  const at = await misbehaving(() => undefined);
  const gone = await startHub({ files });
  await gone.close();
  const first = await failure(load(at, { endpoint: gone.endpoint }));
  expect(first.message).toMatch(
    /HEAD .*: fetch failed \(ECONNREFUSED\); gave up after 2 attempts$/,
  );
  await load(at);
  const second = await failure(load(at, { endpoint: gone.endpoint }));
  expect(second.message).toMatch(
    new RegExp(`ECONNREFUSED.*; offline: true uses commit ${commit} from ${at.cache}$`),
  );
  expect(await load(at, { endpoint: gone.endpoint, offline: true })).toBe(whole);
  expectCache("whole");
});

test("a signal stops a download, which can be taken up", async () => {
  const at = await misbehaving((_, count) => (count === 0 ? { silentAfter: 70_000 } : undefined));
  const controller = new AbortController();
  const reason = new Error("enough");
  const onProgress = (event: { status: string }) => {
    if (event.status === "progress") controller.abort(reason);
  };
  await expect(load(at, { signal: controller.signal, onProgress })).rejects.toBe(reason);
  expectCache("part");
  await expect(load(at, { signal: controller.signal })).rejects.toBe(reason);
  expect(await load(at)).toBe(whole);
  expectCache("whole");
  const waiting = await misbehaving(() => ({ status: 429, headers: { "retry-after": "30" } }));
  await expect(load(waiting, { signal: AbortSignal.timeout(200) })).rejects.toThrow(/timeout/);
  expectCache("nothing");
});

/** A part of the large file as a process of this machine with number `pid` would have left it. */
function partOf(pid: number, cache: string, content: Uint8Array): string {
  mkdirSync(join(cache, "models--owner--name/blobs"), { recursive: true });
  const machine = hash("sha256", hostname()).slice(0, 6);
  const path = join(cache, `${blob}.${machine}-${pid}-12345678.diopter.incomplete`);
  writeFileSync(path, content);
  return path;
}

/** A number that no process has: that of one which has ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ["-e", ""]).pid;
}

test("what a process left that is gone is taken up at once, that of one that runs is not", async () => {
  const at = await misbehaving(() => undefined);
  partOf(deadPid(), at.cache, large.slice(0, 50_000));
  expect(await load(at)).toBe(whole);
  expect(ranges(at)).toEqual(["bytes=50000-"]);
  expectCache("whole");
  const other = await misbehaving(() => undefined);
  const running = partOf(process.pid, other.cache, large.slice(0, 50_000));
  expect(await load(other)).toBe(whole);
  expect(ranges(other)).toEqual([undefined]);
  rmSync(running);
});

test("a whole file takes the parts of killed processes with it, and nothing else", async () => {
  const at = await misbehaving(() => undefined);
  const dead = deadPid();
  partOf(dead, at.cache, large.slice(0, 10));
  writeFileSync(join(at.cache, kept), large.slice(0, 20));
  const machine = hash("sha256", hostname()).slice(0, 6);
  const snapshot = join(at.cache, "models--owner--name/snapshots", commit);
  mkdirSync(snapshot, { recursive: true });
  const link = join(snapshot, `large.safetensors.${machine}-${dead}-12345678.tmp`);
  writeFileSync(link, "");
  const strange = join(snapshot, "notes.tmp");
  writeFileSync(strange, "");
  utimesSync(strange, 0, 0);
  expect(await load(at)).toBe(whole);
  expect([existsSync(link), existsSync(strange)]).toEqual([false, true]);
  rmSync(strange);
  expectCache("whole");
});

test("a blob that the disk has damaged is fetched anew, or named when offline", async () => {
  const at = await setting();
  await loadCheckpoint("owner/name", at.options);
  const path = join(at.cache, "models--owner--name/blobs", blobName("model.safetensors", weights));
  writeFileSync(
    path,
    weights.map((byte, i) => (i === 9 ? 0x78 : byte)),
  );
  await expect(loadCheckpoint("owner/name", { ...at.options, offline: true })).rejects.toThrow(
    `; ${path} is damaged: its hash is not its name; delete it, or load once without offline`,
  );
  expect((await loadCheckpoint("owner/name", at.options)).id).toBe("owner/name");
  expect(inspect(at.cache).wrong).toEqual([]);
  const json = join(
    at.cache,
    "models--owner--name/blobs",
    blobName("config.json", model["config.json"]),
  );
  writeFileSync(json, "{");
  expect((await loadCheckpoint("owner/name", at.options)).id).toBe("owner/name");
  expect(inspect(at.cache).wrong).toEqual([]);
});

test("a cache that cannot be written says where and what to do", async () => {
  const at = await misbehaving(() => undefined);
  const file = join(at.cache, "file");
  writeFileSync(file, "");
  const loading = load(at, { cache: join(file, "inner") });
  await expect(loading).rejects.toThrow(RangeError);
  await expect(loading).rejects.toThrow(
    /^hub: cannot write .*file\/inner\/models--owner--name\/.*: something on the way to it is a file and no folder; move that away, or pass another folder as cache, or set HF_HUB_CACHE$/,
  );
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), {
    code: "ENOSPC",
  });
  await expect(saying("/cache/blob", () => Promise.reject(full))).rejects.toThrow(
    new RangeError(
      "hub: cannot write /cache/blob: there is no space left on its disk; free some, or pass another folder as cache, or set HF_HUB_CACHE",
    ),
  );
  rmSync(file);
});

test("a token that a redirect has led away from its hub does not come back with it", async () => {
  const asked: [string, string | null][] = [];
  const fetch = async (input: unknown, init?: RequestInit) => {
    const url = new URL(String(input));
    asked.push([url.origin, new Headers(init?.headers).get("authorization")]);
    const next = url.origin.includes("hub")
      ? asked.length === 1
        ? "https://elsewhere.example/x"
        : undefined
      : "https://hub.example/back";
    if (next && init?.method !== "HEAD")
      return new Response(null, { status: 302, headers: { location: next } });
    return new Response("{}", { headers: { etag: '"abc"', "x-repo-commit": commit } });
  };
  const connection = new Connection({
    fetch: fetch as typeof globalThis.fetch,
    endpoint: "https://hub.example",
    token: "secret",
    signal: undefined,
    timeout: 1000,
    retries: 0,
    delay: 1,
  });
  (await connection.request("GET", "https://hub.example/file", {}, () => true)).close();
  expect(asked).toEqual([
    ["https://hub.example", "Bearer secret"],
    ["https://elsewhere.example", null],
    ["https://hub.example", null],
  ]);
});

test("JSON that is longer than any that is read is not fetched", async () => {
  const at = await misbehaving(
    () => ({
      headers: { "x-linked-etag": `"${"a".repeat(64)}"`, "x-linked-size": "999999999999" },
    }),
    "hub",
    "config.json",
  );
  const error = await hubFiles("owner/name", at.options)
    .then((found) => found.read("config.json"))
    .catch((reason: unknown) => reason);
  expect((error as Error).message).toMatch(
    /config\.json: 999999999999 bytes of JSON are more than/,
  );
  expect(at.hub.asked.some(({ method }) => method === "GET")).toBe(false);
});
