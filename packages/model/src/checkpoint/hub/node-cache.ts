/** @file A hub cache on disk in the layout of the Python client, so that each uses what the other fetched. https://huggingface.co/docs/huggingface_hub/guides/manage-cache */

import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { folder } from "../files-node";
import { downloadBlob } from "./download-blob";
import type { FileMetadata, FilePart, HubCache, StoredFile } from "./hub-cache";
import { pointTo, unique } from "./point-to";

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
    await writable(async () => {
      await mkdir(dirname(ref), { recursive: true });
      const part = unique(ref, "tmp");
      await writeFile(part, commit);
      await rename(part, ref);
    });
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
    await writable(async () => {
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
    await mkdir(dirname(blob), { recursive: true });
    const there = await stat(blob).catch(undefinedIfGone);
    // A blob of another length was cut by something else than this loader, and would stay broken for ever.
    if (!there || (metadata.size !== undefined && there.size !== metadata.size)) {
      await downloadBlob(blob, metadata, `${file} of ${this.#folder}`, download);
    }
    await pointTo(join(snapshot, file), blob, this.#symlinks);
    return stored(snapshot, file, (await stat(blob)).size);
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

/** Notes in a cache that is shared read-only can be left out; files cannot. */
async function writable(note: () => Promise<void>): Promise<void> {
  try {
    await note();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EROFS" && code !== "EACCES" && code !== "EPERM") throw error;
  }
}
