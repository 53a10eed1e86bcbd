/** @file A hub cache on disk in the layout of the Python client, so that each uses what the other fetched. https://huggingface.co/docs/huggingface_hub/guides/manage-cache */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { HubError } from "../../config/errors";
import { folder } from "../files-node";
import { removeAbandoned, writeWhole } from "../whole-file";
import { downloadBlob } from "./download-blob";
import type { FileMetadata, FilePart, HubCache, StoredFile } from "./hub-cache";
import { pointTo } from "./point-to";

/**
 * The cache of one model in `root`:
 *
 *     models--owner--name/refs/main                      the commit of a branch or tag
 *     models--owner--name/snapshots/{commit}/{file}      a link to
 *     models--owner--name/blobs/{etag}
 *     models--owner--name/.no_exist/{commit}/{file}      empty: the commit has no such file
 */
export class NodeHubCache implements HubCache {
  readonly location: string;
  readonly #folder: string;
  readonly #symlinks: boolean;

  constructor(root: string, id: string, { symlinks = true }: { symlinks?: boolean } = {}) {
    this.location = root;
    this.#folder = join(root, ["models", ...id.split("/")].join("--"));
    this.#symlinks = symlinks;
  }

  async commitOf(revision: string): Promise<string | undefined> {
    const text = await readFile(join(this.#folder, "refs", revision), "utf8").catch(
      undefinedIfGone,
    );
    return text?.trim() || undefined;
  }

  async remember(revision: string, commit: string): Promise<void> {
    if ((await this.commitOf(revision)) === commit) return;
    const ref = join(this.#folder, "refs", revision);
    await writable(ref, () => writeWhole(ref, commit));
  }

  async find(commit: string, file: string): Promise<StoredFile | "absent" | undefined> {
    const snapshot = join(this.#folder, "snapshots", commit);
    const found = await stat(join(snapshot, file)).catch(undefinedIfGone);
    if (found?.isFile()) return stored(snapshot, file, found.size);
    const marker = await stat(join(this.#folder, ".no_exist", commit, file)).catch(undefinedIfGone);
    return marker ? "absent" : undefined;
  }

  async markAbsent(commit: string, file: string): Promise<void> {
    const marker = join(this.#folder, ".no_exist", commit, file);
    await writable(marker, async () => {
      await mkdir(dirname(marker), { recursive: true });
      await writeFile(marker, "");
    });
  }

  async store(
    commit: string,
    file: string,
    metadata: FileMetadata,
    download: (from: number) => AsyncIterable<FilePart>,
  ): Promise<StoredFile> {
    const blob = join(this.#folder, "blobs", metadata.etag);
    const snapshot = join(this.#folder, "snapshots", commit);
    return saying(blob, async () => {
      await mkdir(dirname(blob), { recursive: true });
      const there = await stat(blob).catch(undefinedIfGone);
      // A blob of another length was cut by something else than this loader, and would stay broken for ever.
      if (!there || (metadata.size !== undefined && there.size !== metadata.size)) {
        await downloadBlob(blob, metadata, `${file} of ${this.#folder}`, download);
      }
      const pointer = join(snapshot, file);
      await pointTo(pointer, blob, this.#symlinks);
      await removeAbandoned(dirname(pointer));
      return stored(snapshot, file, (await stat(blob)).size);
    });
  }

  async damaged(commit: string, file: string): Promise<string | undefined> {
    const pointer = join(this.#folder, "snapshots", commit, file);
    const blob = await realpath(pointer).catch(undefinedIfGone);
    const found = blob && (await hashLike(basename(blob), blob));
    return found === undefined || found === basename(blob!) ? undefined : blob;
  }

  async forget(commit: string, file: string): Promise<void> {
    const pointer = join(this.#folder, "snapshots", commit, file);
    const blob = await realpath(pointer).catch(undefinedIfGone);
    for (const path of [pointer, blob]) if (path) await rm(path, { force: true });
  }
}

async function stored(snapshot: string, file: string, size: number): Promise<StoredFile> {
  const files = await folder(snapshot);
  return {
    size,
    read: (start, end) => files.read(file, start, end),
    readInto: (start, target) => files.readInto!(file, start, target),
  };
}

function undefinedIfGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
}

/** The hash of a file as blobs of that name have it: SHA-256, or git's of small files; undefined for other names. */
async function hashLike(name: string, path: string): Promise<string | undefined> {
  const algorithm = /^[0-9a-f]{64}$/.test(name)
    ? "sha256"
    : /^[0-9a-f]{40}$/.test(name)
      ? "sha1"
      : undefined;
  if (algorithm === undefined) return undefined;
  const hash = createHash(algorithm);
  if (algorithm === "sha1") hash.update(`blob ${(await stat(path)).size}\0`);
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/** Notes in a cache that is shared read-only can be left out; files cannot. */
async function writable(path: string, note: () => Promise<void>): Promise<void> {
  try {
    await saying(path, note);
  } catch (error) {
    const code = ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code;
    if (code !== "EROFS" && code !== "EACCES" && code !== "EPERM") throw error;
  }
}

const elsewhere = "pass another folder as cache, or set HF_HUB_CACHE";

/** What stands in the way of writing, by the system's codes, and what to do about it. */
const obstacles: ReadonlyMap<string, string> = new Map([
  ["ENOSPC", `there is no space left on its disk; free some, or ${elsewhere}`],
  ["EDQUOT", `the quota of its disk is used up; free some, or ${elsewhere}`],
  [
    "ENOTDIR",
    `something on the way to it is a file and no folder; move that away, or ${elsewhere}`,
  ],
  ["EEXIST", `something on the way to it is a file and no folder; move that away, or ${elsewhere}`],
  ["EACCES", `it may not be written; change its permissions, or ${elsewhere}`],
  ["EPERM", `it may not be written; change its permissions, or ${elsewhere}`],
  ["EROFS", `its disk is read-only; ${elsewhere}`],
  ["EFBIG", `its disk holds no file of that size; ${elsewhere}`],
  ["EMFILE", "this process has too many files open"],
  ["EIO", `its disk fails; ${elsewhere}`],
]);

/** Errors of the system within `work`, with the file that it was about and what can be done. */
export async function saying<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof HubError || typeof code !== "string" || !/^E[A-Z]+$/.test(code))
      throw error;
    const obstacle = obstacles.get(code) ?? `the system says ${code}`;
    throw new RangeError(`hub: cannot write ${path}: ${obstacle}`, { cause: error });
  }
}
