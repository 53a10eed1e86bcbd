/** @file A blob, in memory or on the browser's disk, as a stored file. */

import type { StoredFile } from "./hub-cache";

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
