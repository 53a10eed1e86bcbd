/** @file A hub cache that lasts as long as the program. */

import { checked, storedBlob } from "./checked";
import type { FileMetadata, FilePart, HubCache, StoredFile } from "./hub-cache";

/** Files of one model in memory. */
export class MemoryHubCache implements HubCache {
  readonly location = "memory";
  readonly #refs = new Map<string, string>();
  readonly #files = new Map<string, StoredFile | "absent">();

  async commitOf(revision: string): Promise<string | undefined> {
    return this.#refs.get(revision);
  }

  async remember(revision: string, commit: string): Promise<void> {
    this.#refs.set(revision, commit);
  }

  async find(commit: string, file: string): Promise<StoredFile | "absent" | undefined> {
    return this.#files.get(`${commit}/${file}`);
  }

  async markAbsent(commit: string, file: string): Promise<void> {
    this.#files.set(`${commit}/${file}`, "absent");
  }

  async store(
    commit: string,
    file: string,
    metadata: FileMetadata,
    download: (from: number) => AsyncIterable<FilePart>,
  ): Promise<StoredFile> {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for await (const bytes of checked(download(0), metadata, file)) pieces.push(bytes);
    const stored = storedBlob(new Blob(pieces), file);
    this.#files.set(`${commit}/${file}`, stored);
    return stored;
  }
}
