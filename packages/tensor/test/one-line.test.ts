import { inspect } from "node:util";
import { Random, scalar, Tensor, tensor, zeros } from "@diopter/tensor";
import { expect, test } from "vitest";
import { dtypes } from "../src/dtype";
import { oneLine } from "../src/one-line";

test.each([
  [
    tensor([
      [0.1, -2, 3.5],
      [4, 5, 6],
    ]),
    "Tensor float32 [2, 3] (0.1, -2, 3.5, ...)",
  ],
  [tensor([1, 2, 3]), "Tensor float32 [3] (1, 2, 3)"],
  [scalar(7), "Tensor float32 [] (7)"],
  [zeros([2, 0]), "Tensor float32 [2, 0]"],
  [
    // 1/3 to six digits.
    new Tensor("float64", [3], Float64Array.of(Number.NaN, Number.NEGATIVE_INFINITY, 1 / 3)),
    "Tensor float64 [3] (NaN, -Infinity, 0.333333)",
  ],
  // 2^53 + 1, which no double holds.
  [
    new Tensor("int64", [1], BigInt64Array.of(9007199254740993n)),
    "Tensor int64 [1] (9007199254740993)",
  ],
  // 0x3c00 is 1 in float16.
  [new Tensor("float16", [1], Uint16Array.of(0x3c00)), "Tensor float16 [1] (1)"],
] as const)("%# a tensor says its dtype, shape and first elements", (x, expected) => {
  expect(String(x)).toBe(expected);
  expect(inspect(x)).toBe(expected);
  expect(inspect({ x })).toBe(`{ x: ${expected} }`);
});

test("a tensor whose memory went to a worker says no elements", () => {
  for (const dtype of ["float32", "float16"] as const) {
    const x = zeros([2], dtype);
    structuredClone(x.data, { transfer: [x.data.buffer as ArrayBuffer] });
    expect(String(x)).toBe(`Tensor ${dtype} [2]`);
  }
});

test("one line of at most 120 characters, whatever the shape and the numbers", () => {
  const random = new Random(1);
  for (let i = 0; i < 100; i++) {
    const shape = Array.from({ length: random.integer(0, 40) }, () => 1);
    const x = new Tensor(
      "float64",
      [...shape, 3],
      new Float64Array(3).fill(-random.uniform() / 1e300),
    );
    expect(String(x)).toMatch(/^Tensor float64 .{1,105}$/);
  }
  for (const dtype of dtypes) expect(String(zeros([1], dtype))).toBe(`Tensor ${dtype} [1] (0)`);
  // ESC would color the terminal.
  expect(oneLine("a\n b\u001b[31m")).toBe("a  b [31m");
  expect(oneLine("x".repeat(121))).toBe(`${"x".repeat(119)}…`);
});
