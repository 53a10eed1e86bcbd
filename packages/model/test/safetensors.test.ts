/** @file safetensors in and out, and every way a file can lie. */

import {
  decodeSafetensors,
  encodeSafetensors,
  type Files,
  openSafetensors,
  openSafetensorsBytes,
  SafetensorsError,
} from "@diopter/model";
import { fromData, type TensorLike } from "@diopter/tensor";
import fc from "fast-check";
import { expect, test } from "vitest";

/** A file with this header and this much data. */
function file(header: unknown, data: number[] | number = 0): Uint8Array {
  const json = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const body = typeof data === "number" ? new Array<number>(data).fill(0) : data;
  const bytes = new Uint8Array(8 + json.length + body.length);
  bytes.set(json, 8);
  bytes.set(body, 8 + json.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  return bytes;
}

function messageOf(bytes: Uint8Array): string {
  try {
    openSafetensorsBytes(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(SafetensorsError);
    return (error as Error).message;
  }
  throw new Error("the file was accepted");
}

const f32 = (shape: number[], start: number, end: number) => ({
  dtype: "F32",
  shape,
  data_offsets: [start, end],
});

test("reads every element type, half precision widened to float32", async () => {
  const bytes = file(
    {
      f64: { dtype: "F64", shape: [1], data_offsets: [0, 8] },
      i64: { dtype: "I64", shape: [1], data_offsets: [8, 16] },
      f32: f32([1], 16, 20),
      i32: { dtype: "I32", shape: [1], data_offsets: [20, 24] },
      f16: { dtype: "F16", shape: [2], data_offsets: [24, 28] },
      bf16: { dtype: "BF16", shape: [1], data_offsets: [28, 30] },
      u8: { dtype: "U8", shape: [1], data_offsets: [30, 31] },
      bool: { dtype: "BOOL", shape: [1], data_offsets: [31, 32] },
    },
    [
      ...[0, 0, 0, 0, 0, 0, 0xf8, 0x3f], // 1.5: sign 0, exponent 0x3ff, fraction .5
      ...[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], // -2
      ...[0, 0, 0xc0, 0x3f], // 1.5
      ...[0xfd, 0xff, 0xff, 0xff], // -3
      ...[0x00, 0x3e, 0x00, 0xc4], // 0x3e00 = 1.5, 0xc400 = -4
      ...[0xc0, 0x3f], // the upper half of 1.5 in float32
      200,
      1,
    ],
  );
  const tensors = await decodeSafetensors(bytes);
  const summary = [...tensors].map(([name, { dtype, data }]) => [name, dtype, ...data]);
  expect(summary).toEqual([
    ["f64", "float64", 1.5],
    ["i64", "int64", -2n],
    ["f32", "float32", 1.5],
    ["i32", "int32", -3],
    ["f16", "float32", 1.5, -4],
    ["bf16", "float32", 1.5],
    ["u8", "uint8", 200],
    ["bool", "bool", 1],
  ]);
});

test("what is written is read back, whatever the names, shapes and types", async () => {
  const tensor = fc
    .tuple(
      fc.constantFrom(Float32Array, Float64Array, Int32Array, Uint8Array),
      fc.array(fc.nat(3), { maxLength: 3 }),
    )
    .map(([Data, shape]) => {
      const data = new Data(shape.reduce((a, b) => a * b, 1));
      for (let i = 0; i < data.length; i++) data[i] = i + 1;
      return fromData(data, shape) as TensorLike;
    });
  const names = fc.string().filter((name) => name !== "__metadata__");
  await fc.assert(
    fc.asyncProperty(fc.dictionary(names, tensor), async (record) => {
      const back = await decodeSafetensors(encodeSafetensors(record));
      expect([...back.keys()].sort()).toEqual(Object.keys(record).sort());
      for (const [name, { dtype, shape, data }] of back) {
        expect({ dtype, shape, data }).toEqual({
          dtype: record[name]?.dtype,
          shape: record[name]?.shape,
          data: record[name]?.data,
        });
      }
    }),
    { seed: 1, numRuns: 100 },
  );
});

test("equal tensors give equal bytes in whatever order they come", () => {
  const a = fromData(new Float32Array([1, 2]), [2]);
  const b = fromData(new Uint8Array([3]), [1]);
  expect(encodeSafetensors({ a, b })).toEqual(encodeSafetensors({ b, a }));
});

test("metadata travels with the tensors", () => {
  const bytes = encodeSafetensors({}, { format: "pt" });
  expect([...openSafetensorsBytes(bytes).metadata]).toEqual([["format", "pt"]]);
});

test("the data of a written file begins at a multiple of 8", () => {
  const bytes = encodeSafetensors({ x: fromData(new Uint8Array([1]), [1]) });
  expect((bytes.length - 1) % 8).toBe(0);
});

test("a tensor that is not aligned in the file is read all the same", async () => {
  const bytes = file(
    { b: { dtype: "U8", shape: [1], data_offsets: [0, 1] }, f: f32([1], 1, 5) },
    [7, 0, 0, 0x80, 0x3f],
  );
  expect(await openSafetensorsBytes(bytes).read("f")).toMatchObject({
    data: new Float32Array([1]),
  });
});

test("a file in memory is viewed, not copied, where alignment allows", async () => {
  const bytes = encodeSafetensors({ x: fromData(new Float32Array([1, 2]), [2]) });
  expect((await openSafetensorsBytes(bytes).read("x")).data.buffer).toBe(bytes.buffer);
});

// Pages have it when they are cross-origin isolated.
const noSharedMemory = typeof SharedArrayBuffer === "undefined";

test.skipIf(noSharedMemory)(
  "shared memory is copied, since onnxruntime-node refuses it",
  async () => {
    const written = encodeSafetensors({ x: fromData(new Float32Array([1, 2]), [2]) });
    const bytes = new Uint8Array(new SharedArrayBuffer(written.length));
    bytes.set(written);
    const { data } = await openSafetensorsBytes(bytes).read("x");
    expect(data.buffer).toBeInstanceOf(ArrayBuffer);
    expect([...data]).toEqual([1, 2]);
  },
);

test("a tensor called __proto__ is a tensor like any other", async () => {
  const bytes = file('{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', [9]);
  const tensors = await decodeSafetensors(bytes);
  expect([...tensors.keys()]).toEqual(["__proto__"]);
  expect(({} as Record<string, unknown>).dtype).toBeUndefined();
});

test("only the asked-for range of a file is read", async () => {
  const bytes = encodeSafetensors({
    x: fromData(new Float32Array([1, 2]), [2]),
    y: fromData(new Float32Array([3]), [1]),
  });
  const reads: [number, number][] = [];
  const files: Files = {
    id: "memory",
    size: async () => bytes.length,
    read: async (_, start = 0, end = bytes.length) => {
      reads.push([start, end]);
      return bytes.slice(start, end);
    },
  };
  const opened = await openSafetensors(files, "model.safetensors");
  expect((await opened.read("y")).data).toEqual(new Float32Array([3]));
  const n = bytes.length;
  // 8 bytes of length, the header, and the last 4 bytes: y follows the 8 bytes of x.
  expect(reads).toEqual([
    [0, 8],
    [8, n - 12],
    [n - 4, n],
  ]);
});

test("an absurd header length is refused before anything of that size is read", async () => {
  const files = (length: bigint, size: number): Files => ({
    id: "memory",
    size: async () => size,
    read: async (_, start = 0, end = 0) => {
      if (end - start > 8) throw new Error(`asked for ${end - start} bytes`);
      const first = new Uint8Array(8);
      new DataView(first.buffer).setBigUint64(0, length, true);
      return first;
    },
  });
  await expect(openSafetensors(files(100_000_001n, 2 ** 40), "m")).rejects.toThrow(
    "memory/m: header of 100000001 bytes is over the limit of 100 MB",
  );
  await expect(openSafetensors(files(2n ** 64n - 1n, 2 ** 40), "m")).rejects.toThrow(
    "memory/m: header of 18446744073709551615 bytes is over the limit of 100 MB",
  );
  await expect(openSafetensors(files(1000n, 100), "m")).rejects.toThrow(
    "memory/m: header of 1000 bytes reaches beyond the file of 100 bytes",
  );
});

test("an unknown tensor is a RangeError", async () => {
  await expect(openSafetensorsBytes(encodeSafetensors({})).read("x")).rejects.toThrow(
    new RangeError('safetensors: no tensor "x"'),
  );
});

const lies: readonly [what: string, bytes: Uint8Array, message: string | RegExp][] = [
  ["nothing", new Uint8Array(0), "safetensors: 0 bytes are too few for safetensors"],
  ["a truncated length", new Uint8Array(7), "safetensors: 7 bytes are too few for safetensors"],
  [
    "a truncated header",
    file({ x: f32([1], 0, 4) }, 4).slice(0, 20),
    /^safetensors: header of \d+ bytes reaches beyond the file of 20 bytes$/,
  ],
  ["a header that is not JSON", file("{x"), /^safetensors: header is not JSON: /],
  ["a header that is a list", file("[]"), "safetensors: header is not a JSON object"],
  [
    "truncated data",
    file({ x: f32([2], 0, 8) }, 4),
    'safetensors: tensor "x" lies at bytes 0 to 8 of 4 bytes of data',
  ],
  [
    "offsets in the wrong order",
    file({ x: f32([1], 4, 0) }, 4),
    'safetensors: tensor "x" lies at bytes 4 to 0 of 4 bytes of data',
  ],
  [
    "negative offsets",
    file({ x: f32([1], -4, 0) }, 4),
    'safetensors: tensor "x" has data_offsets [-4,0]; expected [start, end]',
  ],
  [
    "three offsets",
    file({ x: { dtype: "F32", shape: [1], data_offsets: [0, 4, 8] } }, 4),
    'safetensors: tensor "x" has data_offsets [0,4,8]; expected [start, end]',
  ],
  [
    "offsets that do not fit the shape",
    file({ x: f32([2], 0, 4) }, 4),
    'safetensors: tensor "x" has 4 bytes; F32 [2] needs 8',
  ],
  [
    "a shape whose size overflows",
    file({ x: f32([2 ** 52, 2 ** 52], 0, 4) }, 4),
    /^safetensors: tensor "x" has 4 bytes; F32 .* needs/,
  ],
  [
    "an unknown dtype",
    file({ x: { dtype: "F7", shape: [4], data_offsets: [0, 4] } }, 4),
    'safetensors: tensor "x" has dtype "F7"; supported: F64, F32, F16, BF16, I64, I32, U8, BOOL',
  ],
  [
    "a dtype named after a method of objects",
    file({ x: { dtype: "toString", shape: [4], data_offsets: [0, 4] } }, 4),
    /^safetensors: tensor "x" has dtype "toString"; supported: /,
  ],
  [
    "a negative dimension",
    file({ x: f32([-1], 0, 4) }, 4),
    'safetensors: tensor "x" has shape [-1]; expected sizes of 0 or more',
  ],
  [
    "a fractional dimension",
    file({ x: f32([0.5, 2], 0, 4) }, 4),
    'safetensors: tensor "x" has shape [0.5,2]; expected sizes of 0 or more',
  ],
  ["an entry that is null", file({ x: null }), /^safetensors: tensor "x" has dtype undefined; /],
  [
    "metadata that is not text",
    file({ __metadata__: { format: 1 } }),
    "safetensors: __metadata__ is not an object of strings",
  ],
  ["metadata that is null", file({ __metadata__: null }), /__metadata__ is not an object/],
  [
    "overlapping tensors",
    file({ x: f32([2], 0, 8), y: f32([2], 4, 12) }, 12),
    'safetensors: tensors "x" and "y" overlap',
  ],
  [
    "a hole",
    file({ x: f32([1], 0, 4), y: f32([1], 8, 12) }, 12),
    "safetensors: bytes 4 to 8 of the data belong to no tensor",
  ],
  [
    "bytes after the last tensor",
    file({ x: f32([1], 0, 4) }, 6),
    "safetensors: bytes 4 to 6 of the data belong to no tensor",
  ],
  [
    "a name that comes twice",
    file(
      '{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\\u0078":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
      1,
    ),
    'safetensors: header names tensor "x" twice',
  ],
];

test.each(lies)("%s is refused", (_, bytes, message) => {
  if (typeof message === "string") expect(messageOf(bytes)).toBe(message);
  else expect(messageOf(bytes)).toMatch(message);
});

test("any bytes at all are read or refused, never a crash", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.string(), (bytes, json) => {
      for (const each of [bytes, file(json, 4)]) {
        try {
          openSafetensorsBytes(each);
        } catch (error) {
          expect(error).toBeInstanceOf(SafetensorsError);
        }
      }
    }),
    { seed: 2, numRuns: 300 },
  );
});

test("a tensor whose data is not its shape is not written", () => {
  const x: TensorLike = { dtype: "float32", shape: [3], data: new Float32Array(2) };
  expect(() => encodeSafetensors({ x })).toThrow(
    new RangeError('safetensors: tensor "x" [3] needs 3 values, got 2'),
  );
});

test("a tensor of a type that is not read is in nobody's way until it is asked for", async () => {
  const header = {
    buffer: { dtype: "F8_E4M3", shape: [4], data_offsets: [0, 4] },
    x: f32([1], 4, 8),
  };
  const opened = openSafetensorsBytes(file(header, [0, 0, 0, 0, 0, 0, 0xc0, 0x3f]));
  expect((await opened.read("x")).data).toEqual(new Float32Array([1.5]));
  await expect(opened.readMany(["x", "buffer"])).rejects.toThrow(
    new SafetensorsError(
      'safetensors: tensor "buffer" has dtype "F8_E4M3"; supported: F64, F32, F16, BF16, I64, I32, U8, BOOL',
    ),
  );
});

test("metadata of 20 MB and 100,000 empty tensors are read in one pass", () => {
  const long = { __metadata__: { a: 'x"\\'.repeat(7e6) }, x: f32([0], 0, 0) };
  expect(openSafetensorsBytes(file(long)).metadata.get("a")).toHaveLength(21e6);
  const many = Object.fromEntries(
    Array.from({ length: 100_000 }, (_, i) => [`t${i}`, f32([0], 0, 0)]),
  );
  expect(openSafetensorsBytes(file(many)).tensors.size).toBe(100_000);
});

test("a key is found twice however it is spelt, and only where it is a key", () => {
  const entry = '{"dtype":"U8","shape":[0],"data_offsets":[0,0]}';
  expect(messageOf(file(`{"a":${entry}, "\\u0061" :${entry}}`))).toMatch(/names tensor "a" twice/);
  const text = JSON.stringify({ __metadata__: { m: 'x":{"a":' }, a: JSON.parse(entry) });
  expect(openSafetensorsBytes(file(text)).tensors.size).toBe(1);
});

test("what a message quotes of a file is at most 80 characters long", () => {
  const name = "n".repeat(100_000);
  const shape = new Array(50_000).fill(1);
  const message = messageOf(file({ [name]: { dtype: "F32", shape, data_offsets: [0, 1] } }, 1));
  expect(message).toMatch(/^safetensors: tensor "n{77}…" has 1 bytes; F32 \[1, .*… needs 4$/);
  expect(message.length).toBeLessThan(250);
});
