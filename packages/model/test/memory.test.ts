import { Builder, type Graph } from "@diopter/graph";
import { tensor } from "@diopter/tensor";
import { expect, test } from "vitest";
import { checkMemory, estimateMemory, formatBytes, MemoryBudgetError } from "../src/program/memory";

/** x [batch, 4] -> a = x W [batch, 8] -> c = tanh a -> d = c + a -> y = sum d [batch] */
function diamond(): Graph {
  const b = new Builder({ name: "diamond" });
  const x = b.input("x", "float32", ["batch", 4]);
  const a = b.named("a", b.matmul(x, b.input("W", "float32", [4, 8])));
  const c = b.named("c", b.tanh(a));
  const d = b.named("d", b.add(c, a));
  return b.build([b.named("y", b.sum(d, 1))]);
}

test("intermediates count from the node that makes them to their last use", () => {
  // batch 10: x 160 B, W 128 B, the axes constant 8 B. a, c, d are 320 B each, all three live at d = c + a.
  expect(estimateMemory(diamond(), { batch: 10 })).toEqual({
    inputs: 160 + 128 + 8,
    intermediates: 3 * 320,
    outputs: 40,
    total: 160 + 128 + 8 + 3 * 320 + 40,
  });
});

test("a buffer is used again by values of equal dimensions", () => {
  const b = new Builder();
  let x = b.input("x", "float32", ["n"]);
  for (let i = 0; i < 20; i++) x = b.tanh(x);
  // Of 19 intermediates of 400 B two are live at a time.
  const estimate = estimateMemory(b.build([b.named("y", x)]), { n: 100 });
  expect(estimate).toEqual({ inputs: 400, intermediates: 800, outputs: 400, total: 1600 });
});

test("a buffer stays where nothing of its dimensions comes after it", () => {
  const b = new Builder();
  let x = b.input("x", "float32", ["n", 2]);
  for (const [rows, columns] of [
    [2, 3],
    [3, 5],
    [5, 7],
    [7, 1],
  ] as const) {
    x = b.matmul(x, b.input(`W${rows}`, "float32", [rows, columns]));
  }
  // [n, 3], [n, 5] and [n, 7] are 12, 20 and 28 B per row, although only two are live at a time.
  expect(estimateMemory(b.build([b.named("y", x)]), { n: 10 }).intermediates).toBe(600);
});

test("outputs are there twice while they are handed out", () => {
  const b = new Builder();
  const x = b.input("x", "float32", ["n"]);
  const [p, q, r] = [b.tanh(x), b.exp(x), b.abs(x)].map((v, i) => b.named(`y${i}`, v));
  // Three outputs of 8 B, no intermediates.
  expect(estimateMemory(b.build([p!, q!, r!]), { n: 2 })).toEqual({
    inputs: 8,
    intermediates: 0,
    outputs: 24,
    total: 56,
  });
});

test("a reshaped value is the same memory, unless it is handed out", () => {
  const b = new Builder();
  const x = b.input("x", "float32", ["n", 6]);
  const a = b.tanh(x);
  const flat = b.reshape(a, ["n", 2, 3]);
  const y = b.named("y", b.exp(flat));
  const inner = estimateMemory(b.build([y]), { n: 1 });
  // a (24 B, also as flat) and y (24 B).
  expect(inner.intermediates).toBe(24);
  expect(inner.total - inner.inputs).toBe(48);
  const outer = estimateMemory(b.build([y, b.named("flat", b.identity(flat))]), { n: 1 });
  // Two outputs of 24 B, twice: more than with a, which is gone by then.
  expect(outer).toMatchObject({ intermediates: 24, outputs: 48 });
  expect(outer.total - outer.inputs).toBe(96);
});

test("element sizes and sums of symbols count", () => {
  const b = new Builder();
  const ids = b.input("ids", "int64", ["past+pos"]);
  const y = b.named(
    "y",
    b.greater(b.cast(ids, "float16"), b.constant(tensor([0], { shape: [], dtype: "float16" }))),
  );
  // 5 elements: int64 40 B and the constant 2 B; float16 10 B; bool 5 B.
  expect(estimateMemory(b.build([y]), { past: 3, pos: 2 })).toEqual({
    inputs: 42,
    intermediates: 10,
    outputs: 5,
    total: 57,
  });
});

test("a symbol without a number and an unknown shape are told by name", () => {
  expect(() => estimateMemory(diamond(), { pos: 3 })).toThrow(
    new RangeError(
      'estimateMemory: value "x" has dimension batch, which nothing gives a number; given: pos',
    ),
  );
  const b = new Builder();
  const x = b.input("x", "float32", [null]);
  expect(() => estimateMemory(b.build([b.named("y", b.tanh(x))]), {})).toThrow(
    'value "x" has dimension ?, which nothing gives a number; given: none',
  );
});

test("a run over budget is refused with the batch that would fit", () => {
  // Per prompt 16 B of x, 96 B of a, c, d and 4 B of y; W and axes 136 B: 136 + 116 n. 600 B just hold n = 4.
  const refused = () => checkMemory(diamond(), { batch: 10 }, 600);
  expect(refused).toThrow(MemoryBudgetError);
  expect(refused).toThrow(RangeError);
  expect(refused).toThrow(
    "model: this run needs about 1 kB, the budget is 600 B; 4 prompts at a time would fit",
  );
  try {
    refused();
  } catch (error) {
    expect(error).toMatchObject({ needed: 1296, budget: 600, prompts: 4 });
  }
  expect(() => checkMemory(diamond(), { batch: 10 }, 1296)).not.toThrow();
  expect(() => checkMemory(diamond(), { batch: 10 }, 1295)).toThrow("9 prompts at a time");
  expect(() => checkMemory(diamond(), { batch: 10 }, 252)).toThrow(
    "; 1 prompt at a time would fit",
  );
  expect(() => checkMemory(diamond(), { batch: 10 }, 251)).toThrow(
    "; not even one prompt would fit",
  );
});

test("bytes are written in decimal units", () => {
  expect([999, 1500, 480e6, 999.6e6, 3.21e9].map(formatBytes)).toEqual([
    "999 B",
    "2 kB",
    "480 MB",
    "1.0 GB",
    "3.2 GB",
  ]);
  expect(new MemoryBudgetError(3.2e9, 1e9, 4).message).toBe(
    "model: this run needs about 3.2 GB, the budget is 1.0 GB; 4 prompts at a time would fit",
  );
});
