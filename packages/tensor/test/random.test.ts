import { mean, Random, sub, sumSquare, tensor } from "@diopter/tensor";
import fc from "fast-check";
import { expect, test } from "vitest";

test("the same seed gives the same bytes, another seed other ones", () => {
  const bytes = (seed: number) => new Random(seed).normal([100]).data;
  expect(bytes(7)).toEqual(bytes(7));
  expect(bytes(7)).not.toEqual(bytes(8));
  expect(bytes(2 ** 32)).not.toEqual(bytes(0));
  expect(bytes(-1)).not.toEqual(bytes(1));
});

test("the stream of a seed never changes between versions", () => {
  const random = new Random(0);
  expect([random.uniform(), random.uniform(), random.integer(0, 1000)]).toEqual([
    0.3522594796199041, 0.5626963213550191, 826,
  ]);
});

test("a state goes on where it was read, also through JSON", () => {
  const random = new Random(3);
  random.normal([5]);
  const state = JSON.parse(JSON.stringify(random));
  const next = random.uniform([4]);
  expect(new Random(state).uniform([4])).toEqual(next);
});

test("seeds are whole numbers and states are four words", () => {
  expect(() => new Random(0.5)).toThrow("random: expected a whole number as seed, got 0.5");
  expect(() => new Random(Number.NaN)).toThrow(RangeError);
  expect(() => new Random([1, 2, 3] as never)).toThrow(
    "random: expected a state of four 32-bit integers, got [1, 2, 3]",
  );
  expect(() => new Random([0, 0, 0, 0])).toThrow(RangeError);
});

test("uniform numbers fill their range evenly", () => {
  const x = new Random(1).uniform([20000], { low: -2, high: 6, dtype: "float64" });
  const counts = new Array<number>(8).fill(0);
  for (const value of x.data) counts[Math.floor(value) + 2]!++;
  // 8 bins of 2500 +- 5 standard deviations of sqrt(20000 * 1/8 * 7/8) = 47.
  for (const count of counts) expect(Math.abs(count - 2500)).toBeLessThan(5 * 47);
});

test("normal numbers have the moments and tails of the normal distribution", () => {
  const x = new Random(1).normal([40000], { mean: 3, std: 2, dtype: "float64" });
  // Standard errors: mean 2 / 200 = 0.01, deviation 2 / sqrt(80000) = 0.007.
  expect(Math.abs(mean(x).item() - 3)).toBeLessThan(0.05);
  const deviation = Math.sqrt(sumSquare(sub(x, mean(x))).item() / x.data.length);
  expect(Math.abs(deviation - 2)).toBeLessThan(0.035);
  const outside = x.data.filter((value) => Math.abs(value - 3) > 2 * 1.959964).length;
  // 5 % of 40000 is 2000, standard deviation 44.
  expect(Math.abs(outside - 2000)).toBeLessThan(5 * 44);
});

test("integers stay in [low, high) and reach both ends", () => {
  const x = new Random(1).integers([1000], -1, 3);
  expect(x.dtype).toBe("int64");
  expect(new Set(x.data)).toEqual(new Set([-1n, 0n, 1n, 2n]));
  expect(() => new Random(1).integer(2, 2)).toThrow("random: no whole numbers in [2, 2)");
  expect(() => new Random(1).integers([2], 0, 300, "uint8")).not.toThrow();
});

test("shuffle keeps every entry and leaves the list alone", () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.nat(), (list, seed) => {
      const before = list.slice();
      const shuffled = new Random(seed).shuffle(list);
      expect(list).toEqual(before);
      expect(shuffled.toSorted()).toEqual(before.toSorted());
    }),
    { seed: 1 },
  );
});

test("every order of three is equally likely", () => {
  const random = new Random(5);
  const counts = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const order = random.permutation(3).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  // 1000 each, standard deviation sqrt(6000 * 1/6 * 5/6) = 29.
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(5 * 29);
});

test("a sample repeats nothing", () => {
  const sample = new Random(2).sample("abcdef", 4);
  expect(new Set(sample).size).toBe(4);
  expect(() => new Random(2).sample([1], 2)).toThrow(
    "random: cannot sample 2 of 1 without replacement",
  );
});

test("choice follows its weights and never takes weight 0", () => {
  const random = new Random(4);
  const counts = { a: 0, b: 0, c: 0 };
  for (let i = 0; i < 4000; i++) counts[random.choice(["a", "b", "c"] as const, [1, 0, 3])]++;
  expect(counts.b).toBe(0);
  // 1000 of 4000, standard deviation 27.
  expect(Math.abs(counts.a - 1000)).toBeLessThan(5 * 27);
  expect(["x", "y"]).toContain(random.choice(["x", "y"]));
  expect(() => random.choice([1, 2], [1])).toThrow("random: expected 2 weights from 0");
  expect(() => random.choice([1, 2], [1, -1])).toThrow(RangeError);
  expect(() => random.choice([1, 2], [0, 0])).toThrow(RangeError);
  expect(() => random.choice([])).toThrow(RangeError);
});

test("forks are reproducible and differ from each other and from their parent", () => {
  const fork = (label: string) => new Random(9).fork(label).uniform();
  expect(fork("a")).toBe(fork("a"));
  expect(fork("a")).not.toBe(fork("b"));
  const parent = new Random(9);
  const values = [parent.fork().uniform(), parent.fork().uniform(), parent.uniform()];
  expect(new Set(values).size).toBe(3);
});

test("from takes a seed or a generator", () => {
  const random = new Random(1);
  expect(Random.from(random)).toBe(random);
  expect(Random.from(1).uniform([2])).toEqual(new Random(1).uniform([2]));
  expect(tensor([Random.from(1).normal()]).size).toBe(1);
});
