/** @file The files of one commit of a model, each fetched when it is first asked for. */

import { MissingFileError } from "../../config/errors";
import { type Files, requireJsonSize } from "../files";
import type { Connection } from "./connection";
import { type Description, describeFile } from "./describe-file";
import { download } from "./download";
import type { HubCache, StoredFile } from "./hub-cache";
import { fileUrl, isCommit, requirePath } from "./hub-id";
import { type HubProgress, reporter } from "./progress";

/** The files of one commit of a model, fetched when they are first asked for. */
export interface HubFiles extends Files {
  readonly revision: string;
  /** Where the files are kept, for messages. */
  readonly cache: string;
  /** Whether only files that are there already are read. */
  readonly offline: boolean;
  /** Where those of the files read so far are that the disk has damaged; they are fetched anew unless `offline`. */
  repair(): Promise<string[]>;
}

/** Where files come from and go to. */
export interface Source {
  readonly id: string;
  readonly revision: string;
  readonly endpoint: string;
  readonly cache: HubCache;
  readonly connection: Connection;
  readonly offline: boolean;
  /** Whether `If-Range` may be sent. */
  readonly ifRange: boolean;
  readonly onProgress: (event: HubProgress) => void;
}

/** The files of one commit, by way of the cache. */
export class Snapshot implements HubFiles {
  readonly id: string;
  readonly revision: string;
  readonly cache: string;
  readonly offline: boolean;
  readonly #source: Source;
  readonly #config: Description | undefined;
  readonly #files = new Map<string, Promise<StoredFile | undefined>>();

  constructor(source: Source, commit: string, config?: Description) {
    this.id = source.id;
    this.revision = commit;
    this.cache = source.cache.location;
    this.offline = source.offline;
    this.#source = source;
    this.#config = config;
  }

  async size(name: string): Promise<number | undefined> {
    return (await this.#file(name))?.size;
  }

  async read(name: string, start?: number, end?: number): Promise<Uint8Array<ArrayBuffer>> {
    const file = await this.#file(name);
    if (!file) throw new MissingFileError(`${this.id}: no file "${name}"`);
    return file.read(start, end);
  }

  async readInto(name: string, start: number, target: Uint8Array<ArrayBuffer>): Promise<void> {
    const file = await this.#file(name);
    if (!file?.readInto) target.set(await this.read(name, start, start + target.length));
    else await file.readInto(start, target);
  }

  async repair(): Promise<string[]> {
    const { cache, offline } = this.#source;
    const damaged: string[] = [];
    for (const name of this.#files.keys()) {
      const path = await cache.damaged?.(this.revision, name);
      if (path === undefined) continue;
      damaged.push(path);
      if (offline) continue;
      await cache.forget?.(this.revision, name);
      this.#files.delete(name);
    }
    return damaged;
  }

  /** A file that failed is asked for again, one that is there or absent is not. */
  #file(name: string): Promise<StoredFile | undefined> {
    const known = this.#files.get(name);
    if (known) return known;
    const file = this.#fetch(name).catch((error) => {
      this.#files.delete(name);
      throw error;
    });
    this.#files.set(name, file);
    return file;
  }

  async #fetch(file: string): Promise<StoredFile | undefined> {
    requirePath(file, "file");
    const { id, revision, cache, offline, onProgress } = this.#source;
    const found = await cache.find(this.revision, file);
    if (found === "absent" || (!found && offline)) return undefined;
    const stored = found ?? (await this.#download(file));
    if (!stored) return undefined;
    if (found) onProgress({ status: "initiate", name: id, file });
    if (!offline && !isCommit(revision)) await cache.remember(revision, this.revision);
    onProgress({ status: "done", name: id, file });
    return stored;
  }

  async #download(file: string): Promise<StoredFile | undefined> {
    const { id, endpoint, cache, connection, onProgress, ifRange } = this.#source;
    const url = fileUrl(endpoint, id, this.revision, file);
    const described =
      file === "config.json" && this.#config ? this.#config : await describeFile(connection, url);
    if (described.file === "absent") {
      await cache.markAbsent(this.revision, file);
      return undefined;
    }
    const metadata = described.file;
    const { sha256, size } = metadata;
    const requireRoom = (bytes: number) => {
      if (file.endsWith(".json")) requireJsonSize(bytes, `${id}/${file}`);
    };
    requireRoom(size ?? 0);
    onProgress({ status: "initiate", name: id, file });
    onProgress({ status: "download", name: id, file });
    const report = reporter(id, file, size, onProgress);
    return cache.store(this.revision, file, metadata, async function* (from) {
      // Bytes that a hash will prove need no ETag, which on a redirect would be another server's anyway.
      const validator = sha256 === undefined && from > 0 ? described.validator : undefined;
      const options = { url, file: metadata, from, validator, ifRange };
      for await (const part of download(connection, options)) {
        requireRoom(part.offset + part.bytes.length);
        yield part;
        report(part.offset + part.bytes.length);
      }
    });
  }
}
