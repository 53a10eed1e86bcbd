/** @file A download to disk: under a name of its own, resumed, checked, and renamed when it is whole. */

import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { HubError } from "../../config/errors";
import { incomplete as ending, isAbandoned, removeAbandoned, unique } from "../whole-file";
import { differenceFrom } from "./checked";
import type { FileMetadata, FilePart } from "./hub-cache";

/**
 * Fetches what belongs in `blob`.
 *
 * Every process writes a file that no other writes, so two at once fetch twice and the later one renames over
 * equal bytes. What an interruption leaves is kept under one name, and claimed by renaming, which only
 * one process can.
 *
 * @throws {HubError} when the bytes do not have the announced length or hash; nothing is kept then.
 */
export async function downloadBlob(
  blob: string,
  metadata: FileMetadata,
  subject: string,
  download: (from: number) => AsyncIterable<FilePart>,
): Promise<void> {
  const part = await claim(blob);
  const writer = await PartWriter.open(blob, part);
  const resumed = writer.length > 0;
  try {
    if (writer.length !== metadata.size || metadata.size === 0) {
      for await (const { offset, bytes } of download(writer.length))
        await writer.write(offset, bytes);
    }
    const wrong = await writer.finish(metadata);
    if (wrong === undefined) {
      await writer.publish();
      return await removeAbandoned(dirname(blob));
    }
    await writer.discard();
    // The bytes from before may be the wrong ones, so the file is fetched once more from its start.
    if (resumed) return await downloadBlob(blob, metadata, subject, download);
    throw new HubError(`hub: ${subject}: ${wrong}`, { url: blob });
  } catch (error) {
    // What a server sent that contradicts itself is not the beginning of anything.
    if (error instanceof HubError && !error.temporary) await writer.discard();
    else await writer.keep();
    throw error;
  }
}

/** The file that grows: one process's own until it is whole. */
class PartWriter {
  readonly #blob: string;
  #path: string;
  #file: FileHandle;
  #hash: Hash;
  #length: number;
  #open = true;

  private constructor(blob: string, path: string, file: FileHandle, hash: Hash, length: number) {
    this.#blob = blob;
    this.#path = path;
    this.#file = file;
    this.#hash = hash;
    this.#length = length;
  }

  /** Goes on with the file at `path`, or starts one. */
  static async open(blob: string, path: string | undefined): Promise<PartWriter> {
    const hash = createHash("sha256");
    if (path === undefined) {
      const fresh = unique(blob, ending);
      return new PartWriter(blob, fresh, await open(fresh, "wx"), hash, 0);
    }
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
    const file = await open(path, "r+");
    return new PartWriter(blob, path, file, hash, (await file.stat()).size);
  }

  get length(): number {
    return this.#length;
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    if (offset !== this.#length) await this.#restart(offset);
    this.#hash.update(bytes);
    let done = 0;
    while (done < bytes.length) {
      const { bytesWritten } = await this.#file.write(
        bytes,
        done,
        bytes.length - done,
        this.#length + done,
      );
      done += bytesWritten;
    }
    this.#length += bytes.length;
  }

  /** What is wrong with the finished file, if anything. */
  async finish(metadata: FileMetadata): Promise<string | undefined> {
    await this.#file.datasync();
    const length = (await this.#file.stat()).size;
    await this.#close();
    return differenceFrom(metadata, length, this.#hash.digest("hex"));
  }

  async publish(): Promise<void> {
    await rename(this.#path, this.#blob).catch(async (error: NodeJS.ErrnoException) => {
      // A process that took this one for dead has published the file in its place.
      if (error.code !== "ENOENT" || !(await stat(this.#blob).catch(() => undefined))) throw error;
    });
  }

  async discard(): Promise<void> {
    await this.#close();
    await rm(this.#path, { force: true });
  }

  /** Leaves what has come for another attempt. */
  async keep(): Promise<void> {
    if (!this.#open) return;
    if (this.#length === 0) return this.discard();
    await this.#close();
    await rename(this.#path, `${this.#blob}.${ending}`);
  }

  /** A new file and not the old one cut short: a process taken for dead may still hold that. */
  async #restart(offset: number): Promise<void> {
    if (offset !== 0)
      throw new RangeError(`internal: bytes from ${offset} on after ${this.#length}`);
    await this.discard();
    this.#path = unique(this.#blob, ending);
    this.#file = await open(this.#path, "wx");
    this.#hash = createHash("sha256");
    this.#length = 0;
    this.#open = true;
  }

  async #close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#file.close();
  }
}

/** Takes over what an interrupted download left, under a name of this process's own. */
async function claim(blob: string): Promise<string | undefined> {
  for (const left of [`${blob}.${ending}`, ...(await abandoned(blob))]) {
    const own = unique(blob, ending);
    const claimed = await rename(left, own).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return false;
        throw error;
      },
    );
    if (claimed) return own;
  }
  return undefined;
}

/** Unfinished files of processes that were killed. */
async function abandoned(blob: string): Promise<string[]> {
  const prefix = `${basename(blob)}.`;
  const found: string[] = [];
  for (const name of await readdir(dirname(blob))) {
    if (!name.startsWith(prefix) || !name.endsWith(`.${ending}`)) continue;
    const path = join(dirname(blob), name);
    if (await isAbandoned(path)) found.push(path);
  }
  return found;
}
