/** @file A hub cache in the browser's Cache API, which keeps a response whole or not at all. https://developer.mozilla.org/docs/Web/API/Cache */

import { checked, storedBlob } from "./checked";
import type { FileMetadata, FilePart, HubCache, StoredFile } from "./hub-cache";
import { fileUrl } from "./hub-id";

const name = "diopter-hub";
const absence = "x-diopter-absent";

/** Files of one model, under their addresses on the hub with the commit as revision. */
export class WebHubCache implements HubCache {
  readonly location = `the browser's cache "${name}"`;
  readonly #endpoint: string;
  readonly #id: string;

  constructor(endpoint: string, id: string) {
    this.#endpoint = endpoint;
    this.#id = id;
  }

  async commitOf(revision: string): Promise<string | undefined> {
    const found = await (await caches.open(name)).match(this.#ref(revision));
    return found?.text();
  }

  async remember(revision: string, commit: string): Promise<void> {
    await (await caches.open(name)).put(this.#ref(revision), new Response(commit));
  }

  async find(commit: string, file: string): Promise<StoredFile | "absent" | undefined> {
    const found = await (await caches.open(name)).match(this.#key(commit, file));
    if (found?.headers.has(absence)) return "absent";
    return found && storedBlob(await found.blob(), file);
  }

  async markAbsent(commit: string, file: string): Promise<void> {
    const note = new Response(null, { headers: { [absence]: "1" } });
    await (await caches.open(name)).put(this.#key(commit, file), note);
  }

  async store(
    commit: string,
    file: string,
    metadata: FileMetadata,
    download: (from: number) => AsyncIterable<FilePart>,
  ): Promise<StoredFile> {
    const cache = await caches.open(name);
    const key = this.#key(commit, file);
    const pieces = checked(download(0), metadata, file);
    let failure: unknown;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: async (controller) => {
        try {
          const { done, value } = await pieces.next();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          failure = error;
          controller.error(error);
        }
      },
      cancel: async () => {
        await pieces.return(undefined);
      },
    });
    try {
      await cache.put(key, new Response(body));
    } catch (error) {
      if (failure !== undefined) throw failure;
      if ((error as Error).name !== "QuotaExceededError") throw error;
      throw new RangeError(
        `hub: the browser has no room for ${metadata.size} bytes of "${file}"; free some, or pass cache: false`,
        { cause: error },
      );
    }
    const stored = await this.find(commit, file);
    if (stored && stored !== "absent" && stored.size === (metadata.size ?? stored.size))
      return stored;
    await cache.delete(key);
    throw new RangeError(`internal: the browser's cache did not keep "${file}"`);
  }

  #key(commit: string, file: string): string {
    return fileUrl(this.#endpoint, this.#id, commit, file);
  }

  #ref(revision: string): string {
    return `${this.#endpoint}/${this.#id}/refs/${encodeURIComponent(revision)}`;
  }
}
