/** @file What a download must be before a cache may keep it. */

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { HubError } from "../../config/errors";

import type { FileMetadata, FilePart, StoredFile } from "./hub-cache";

/** How a finished file of `length` bytes and SHA-256 `found` differs from what was announced, if it does. */
export function differenceFrom(
  { size, sha256 }: FileMetadata,
  length: number,
  found: string | undefined,
): string | undefined {
  if (size !== undefined && length !== size) return `${size} bytes were announced, ${length} came`;
  if (sha256 === undefined || found === sha256) return undefined;
  return `SHA-256 is ${found}, the hub announced ${sha256}`;
}

/**
 * The bytes of a file from its start, each once, for places that cannot go back.
 *
 * @throws {HubError} at the end, when length or hash are not those that the hub announced.
 */
export async function* checked(
  parts: AsyncIterable<FilePart>,
  metadata: FileMetadata,
  file: string,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  // Web Crypto hashes only what is there as a whole.
  const hash = metadata.sha256 === undefined ? undefined : sha256.create();
  let length = 0;
  for await (const { offset, bytes } of parts) {
    // After a restart the same bytes come again: equal ETags, equal bytes.
    const fresh = bytes.subarray(length - offset) as Uint8Array<ArrayBuffer>;
    if (fresh.length === 0) continue;
    hash?.update(fresh);
    length += fresh.length;
    yield fresh;
  }
  const difference = differenceFrom(metadata, length, hash && bytesToHex(hash.digest()));
  if (difference !== undefined) throw new HubError(`hub: ${file}: ${difference}`, { url: file });
}

export function storedBlob(blob: Blob, file: string): StoredFile {
  return {
    size: blob.size,
    read: async (start = 0, end = blob.size) => {
      if (start > end || end > blob.size) {
        throw new RangeError(`hub: bytes ${start} to ${end} asked of ${blob.size} of "${file}"`);
      }
      return new Uint8Array(await blob.slice(start, end).arrayBuffer());
    },
  };
}
