/**
 * @file Seeded random numbers: the same seed gives the same bytes.
 *
 * Generator: xoroshiro128+ (Blackman and Vigna 2018) of pure-rand, seeded through a hash so that neighbouring
 * seeds are unrelated.
 */

import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";
import { checkOptions } from "./check-options";
import { type DType, pack } from "./dtype";
import { checkState, hashSeed, hashWords, type RandomState } from "./seed-hash";
import { sizeOf } from "./shape";
import { Tensor } from "./tensor";

/** What every random function takes: a whole number, or a generator to draw from. */
export type Seed = number | Random;

export interface UniformOptions<D extends DType = DType> {
  low?: number;
  high?: number;
  dtype?: D;
}

export interface NormalOptions<D extends DType = DType> {
  mean?: number;
  std?: number;
  dtype?: D;
}

/**
 * A stream of random numbers.
 *
 * @example
 * const random = new Random(7);
 * random.normal([2, 3]); // float32 [2, 3]
 */
export class Random {
  private readonly generator: RandomGenerator;

  /** Throws RangeError unless the seed is a whole number within 2^53, or a state. */
  constructor(seed: number | RandomState) {
    this.generator = xoroshiro128plusFromState(
      typeof seed === "number" ? hashSeed(seed) : checkState(seed),
    );
  }

  /** A generator from a seed; a generator is returned as it is. */
  static from(seed: Seed): Random {
    return seed instanceof Random ? seed : new Random(seed);
  }

  /** What `new Random(state)` needs to go on from here. */
  get state(): RandomState {
    return this.generator.getState() as unknown as RandomState;
  }

  toJSON(): RandomState {
    return this.state;
  }

  /** A number in [0, 1) with 53 random bits, or a tensor of numbers in [low, high). */
  uniform(): number;
  uniform<D extends DType = "float32">(
    shape: readonly number[],
    options?: UniformOptions<D>,
  ): Tensor<D>;
  uniform(shape?: readonly number[], options: UniformOptions = {}): number | Tensor {
    if (!shape) return this.unit();
    checkOptions("Random.uniform", options, {
      low: "optional",
      high: "optional",
      dtype: "optional",
    });
    const { low = 0, high = 1, dtype = "float32" } = options;
    return this.fill(shape, dtype, () => low + (high - low) * this.unit());
  }

  /** A number of the standard normal distribution, or a tensor with the given mean and deviation. */
  normal(): number;
  normal<D extends DType = "float32">(
    shape: readonly number[],
    options?: NormalOptions<D>,
  ): Tensor<D>;
  normal(shape?: readonly number[], options: NormalOptions = {}): number | Tensor {
    if (!shape) return this.gauss();
    checkOptions("Random.normal", options, {
      mean: "optional",
      std: "optional",
      dtype: "optional",
    });
    const { mean = 0, std = 1, dtype = "float32" } = options;
    return this.fill(shape, dtype, () => mean + std * this.gauss());
  }

  /** A whole number in [low, high); throws RangeError on an empty range. */
  integer(low: number, high: number): number {
    if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high) || high <= low) {
      throw new RangeError(`random: no whole numbers in [${low}, ${high})`);
    }
    // Scaling 53 bits favours no value by more than 1 part in 2^53 / (high - low).
    return low + Math.floor(this.unit() * (high - low));
  }

  /** Whole numbers in [low, high). */
  integers<D extends DType = "int64">(
    shape: readonly number[],
    low: number,
    high: number,
    dtype: D = "int64" as D,
  ): Tensor<D> {
    return this.fill(shape, dtype, () => this.integer(low, high));
  }

  /** The entries in random order (Fisher and Yates); a new list. */
  shuffle<T>(entries: ArrayLike<T>): T[] {
    return this.sample(entries, entries.length);
  }

  /** `0 .. size - 1` in random order. */
  permutation(size: number): number[] {
    return this.shuffle(Array.from({ length: size }, (_, i) => i));
  }

  /** `count` entries without replacement, in random order; throws RangeError where there are fewer. */
  sample<T>(entries: ArrayLike<T>, count: number): T[] {
    const pool = Array.from(entries);
    if (!Number.isInteger(count) || count < 0 || count > pool.length) {
      throw new RangeError(`random: cannot sample ${count} of ${pool.length} without replacement`);
    }
    for (let i = 0; i < count && i < pool.length - 1; i++) {
      const j = this.integer(i, pool.length);
      [pool[i], pool[j]] = [pool[j]!, pool[i]!];
    }
    return pool.slice(0, count);
  }

  /** One entry; `weights` are relative and need not add up to 1. */
  choice<T>(entries: ArrayLike<T>, weights?: ArrayLike<number>): T {
    if (!weights) return entries[this.integer(0, entries.length)]!;
    return entries[this.weighted(checkWeights(weights, entries.length))]!;
  }

  /** A generator of its own, unrelated to what this one draws next; `label` separates several made at once. */
  fork(label: string | number = ""): Random {
    const words = Array.from({ length: 4 }, () => this.generator.next());
    return new Random(
      hashWords([...words, ...Array.from(String(label), (c) => c.codePointAt(0)!)]),
    );
  }

  private unit(): number {
    // The high bits of two draws: the low ones of xoroshiro128+ are the weaker.
    const high = this.generator.next() >>> 5;
    const low = this.generator.next() >>> 6;
    return (high * 2 ** 26 + low) * 2 ** -53;
  }

  /** Marsaglia's polar method; the second number is dropped so that the state stays four words. */
  private gauss(): number {
    for (;;) {
      const x = 2 * this.unit() - 1;
      const y = 2 * this.unit() - 1;
      const square = x * x + y * y;
      if (square > 0 && square < 1) return x * Math.sqrt((-2 * Math.log(square)) / square);
    }
  }

  private weighted(weights: Float64Array): number {
    let rest = this.unit() * weights.reduce((total, weight) => total + weight, 0);
    let last = 0;
    for (let i = 0; i < weights.length; i++) {
      if (weights[i] === 0) continue;
      last = i;
      rest -= weights[i]!;
      if (rest < 0) return i;
    }
    return last;
  }

  private fill<D extends DType>(shape: readonly number[], dtype: D, draw: () => number): Tensor<D> {
    const values = new Float64Array(sizeOf(shape));
    for (let i = 0; i < values.length; i++) values[i] = draw();
    return new Tensor(dtype, shape, pack(values, dtype));
  }
}

function checkWeights(weights: ArrayLike<number>, count: number): Float64Array {
  const checked = Float64Array.from(weights);
  const total = checked.reduce((sum, weight) => sum + weight, 0);
  const valid = checked.every((weight) => weight >= 0) && total > 0 && Number.isFinite(total);
  if (checked.length !== count || !valid) {
    throw new RangeError(
      `random: expected ${count} weights from 0 with a positive sum, got [${checked}]`,
    );
  }
  return checked;
}
