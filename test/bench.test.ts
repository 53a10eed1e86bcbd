/** @file The numbers that the benchmark writes. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { measure, median, type Row } from "../bench/measure";

let now = 0;
const wait = (ms: number) => {
  now += ms;
};

beforeEach(() => {
  vi.spyOn(performance, "now").mockImplementation(() => now);
});
afterEach(() => {
  vi.restoreAllMocks();
});

test("the median is the middle value, or halfway between the middle two", () => {
  expect(median([9, 1, 5])).toBe(5);
  // (2 + 4) / 2
  expect(median([8, 2, 4, 1])).toBe(3);
});

test("the ratio is to the baseline, warm-up and preparation are not timed", async () => {
  const baseline: Row = { name: "forward", shape: "", run: () => wait(2) };
  let runs = 0;
  const row: Row = {
    name: "slow",
    shape: "of nothing",
    prepare: () => wait(5),
    // The warm-up run is far slower; were it counted among five, the median would still not move, so count it among one.
    run: () => wait(runs++ === 0 ? 60 : 8),
  };
  const result = await measure(row, baseline, { repeats: 1, warmUp: 1 });
  expect(runs).toBe(2);
  // 8 ms over 2 ms
  expect(result).toMatchObject({ name: "slow", shape: "of nothing", ms: 8, ratio: 4 });
});

test("a row that is its own baseline has ratio 1", async () => {
  const row: Row = { name: "forward", shape: "", run: () => wait(1) };
  expect((await measure(row, row, { repeats: 5, warmUp: 0 })).ratio).toBe(1);
});

test("the peak is of the row and not of what ran before it", {
  skip: process.platform !== "linux",
}, async () => {
  const fill = (megabytes: number) => new Uint8Array(megabytes * 2 ** 20).fill(1).length;
  const small: Row = { name: "forward", shape: "", run: () => fill(1) };
  const large: Row = { name: "large", shape: "", run: () => fill(300) };
  const options = { repeats: 1, warmUp: 0 };
  const before = (await measure(small, small, options)).peakMB;
  expect((await measure(large, small, options)).peakMB).toBeGreaterThan(before + 250);
});
