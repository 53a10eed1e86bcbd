/** @file A content hash of weights, the same wherever they were loaded from. */

import type { TensorLike } from "@diopter/tensor";

/** Web Crypto copies what it hashes, so large tensors are hashed in pieces. */
const pieceLength = 2 ** 24;

/**
 * SHA-256 of the names, dtypes, shapes and bytes of `weights`, as 64 hexadecimal digits.
 *
 * Tensors are hashed in pieces of 16 MiB, and the hashes are hashed in order of name, so that no copy
 * of all weights is ever made.
 */
export async function hashWeights(weights: ReadonlyMap<string, TensorLike>): Promise<string> {
  const lines: string[] = [];
  for (const name of [...weights.keys()].sort()) {
    const { dtype, shape, data } = weights.get(name) as TensorLike;
    const bytes = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
    lines.push(`${name} ${dtype} [${shape.join(",")}]`);
    for (let start = 0; start < bytes.length; start += pieceLength) {
      lines.push(await sha256(bytes.subarray(start, start + pieceLength)));
    }
  }
  return sha256(new TextEncoder().encode(lines.join("\n")));
}

/** SHA-256 of bytes as hexadecimal digits, by the platform's Web Crypto. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) {
    throw new RangeError(
      "hash: Web Crypto is not available; serve the page over https or from localhost",
    );
  }
  const digest = new Uint8Array(await subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
