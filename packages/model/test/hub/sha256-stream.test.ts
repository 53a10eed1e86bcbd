/** @file SHA-256 in pieces. */

import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Sha256 } from "../../src/checkpoint/hub/sha256-stream";

test("the examples of FIPS 180-4 have their hashes", () => {
  const of = (text: string) => {
    const hash = new Sha256();
    hash.update(new TextEncoder().encode(text));
    return hash.digest();
  };
  // https://csrc.nist.gov/CSRC/media/Projects/Cryptographic-Standards-and-Guidelines/documents/examples/SHA256.pdf
  expect(of("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  expect(of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")).toBe(
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  );
  expect(of("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
});

test("pieces of any length give Node's hash of the whole", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 6 }), (pieces) => {
      const [ours, nodes] = [new Sha256(), createHash("sha256")];
      for (const piece of pieces) {
        ours.update(piece);
        nodes.update(piece);
      }
      expect(ours.digest()).toBe(nodes.digest("hex"));
    }),
    { seed: 1 },
  );
});
