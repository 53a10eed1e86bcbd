import { decode, encode } from "@diopter/graph";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ifGraph } from "../if-graph";

const valid = encode(ifGraph());

/** A graph has no more parts than its file has bytes; a refusal is an error of ours, not a crash of what is below. */
function expectGraphOrRefusal(bytes: Uint8Array): void {
  try {
    const { nodes, inputs, outputs, initializers, values } = decode(bytes);
    const parts = nodes.length + inputs.length + outputs.length + initializers.size + values.size;
    expect(parts).toBeLessThanOrEqual(bytes.length);
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
    expect((error as Error).message).toMatch(/^onnx: /);
  }
}

const flip = fc.record({
  at: fc.integer({ min: 0, max: valid.length - 1 }),
  byte: fc.integer({ min: 0, max: 255 }),
});

test("any bytes of a valid file may be changed: a graph or a refusal", () => {
  fc.assert(
    fc.property(fc.array(flip, { minLength: 1, maxLength: 6 }), (flips) => {
      const bytes = valid.slice();
      for (const { at, byte } of flips) bytes[at] = byte;
      expectGraphOrRefusal(bytes);
    }),
    { seed: 7, numRuns: 1500 },
  );
});

test("bytes may be taken out or put in anywhere", () => {
  const place = fc.integer({ min: 0, max: valid.length });
  fc.assert(
    fc.property(place, fc.uint8Array({ maxLength: 12 }), fc.nat(12), (at, inserted, removed) => {
      expectGraphOrRefusal(
        Uint8Array.of(...valid.subarray(0, at), ...inserted, ...valid.subarray(at + removed)),
      );
    }),
    { seed: 8, numRuns: 1000 },
  );
});

test("arbitrary bytes are no model", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => expectGraphOrRefusal(bytes)),
    { seed: 9, numRuns: 1000 },
  );
});
