/** @file Where files from a hub are kept between loads, as the loader sees it. */

/** What a hub says about a file before it sends it. */
export interface FileMetadata {
  /** Names the content: equal ETags, equal bytes. Safe as a file name. */
  readonly etag: string;
  /** Bytes, where the hub says. */
  readonly size: number | undefined;
  /** SHA-256 of the content as 64 hexadecimal digits, where the hub says. */
  readonly sha256: string | undefined;
}

/** Bytes of a file from `offset` on; a part at offset 0 starts the file anew. */
export interface FilePart {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A file that is in the cache. */
export interface StoredFile {
  readonly size: number;
  /** Bytes `start` to `end` in a buffer of their own. */
  read(start?: number, end?: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Fills `target` with the bytes from `start` on, where that saves a copy. */
  readInto?(start: number, target: Uint8Array<ArrayBuffer>): Promise<void>;
}

/** A place for the files of one model. */
export interface HubCache {
  /** Where it is, for messages. */
  readonly location: string;
  /** Commit that a branch or tag pointed to when it was last asked for. */
  commitOf(revision: string): Promise<string | undefined>;
  remember(revision: string, commit: string): Promise<void>;
  /** A stored file, `"absent"` when the commit is known not to have it, undefined when nothing is known. */
  find(commit: string, file: string): Promise<StoredFile | "absent" | undefined>;
  /** Where a stored file is whose bytes are not those that its hub announced, if that can be told and is so. */
  damaged?(commit: string, file: string): Promise<string | undefined>;
  /** Removes a stored file, so that it is fetched anew. */
  forget?(commit: string, file: string): Promise<void>;
  /** Notes that the commit has no such file. */
  markAbsent(commit: string, file: string): Promise<void>;
  /**
   * Stores a file whole and checked, or not at all.
   *
   * @param download the file's bytes from an offset on; a cache that keeps what an interrupted download left starts there
   */
  store(
    commit: string,
    file: string,
    metadata: FileMetadata,
    download: (from: number) => AsyncIterable<FilePart>,
  ): Promise<StoredFile>;
}
