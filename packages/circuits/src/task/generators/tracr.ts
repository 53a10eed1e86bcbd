/** @file The two compiled programs of Miller et al. 2024: reversing a sequence, and the share of x so far. */

import { checkOptions, type OptionKeys, Random, type Seed } from "@diopter/tensor";
import type { SequenceAnswer, Task, TaskPrompt } from "../task";
import { distinctPrompts } from "./distinct";

export interface TracrOptions {
  /** How many different sequences; all of them, in order, unless told. */
  readonly n?: number | undefined;
  /** 0 unless told. */
  readonly seed?: Seed | undefined;
  /** Tokens of a sequence, the first one before it not counted; 5 unless told. */
  readonly length?: number | undefined;
  /** Ids of the program's tokens, in order; as Tracr numbers them unless told. */
  readonly tokens?: readonly number[] | undefined;
  /** The token before every sequence; as Tracr numbers it unless told. */
  readonly bos?: number | undefined;
}

const tracrKeys: OptionKeys<TracrOptions> = {
  n: "optional",
  seed: "optional",
  length: "optional",
  tokens: "optional",
  bos: "optional",
};

export interface TracrReverseOptions extends TracrOptions {
  /** The output that stands for each token, in the order of `tokens`; 0, 1, 2, ... unless told. */
  readonly outputs?: readonly number[] | undefined;
}

export interface TracrXProportionOptions extends TracrOptions {
  /** The token that is counted; as Tracr numbers it unless told. */
  readonly x?: number | undefined;
}

/**
 * Sequences to reverse: at position i of 1..length the answer is the output of token length + 1 - i.
 *
 * The corruption `other-sequence` is a different random sequence.
 *
 * @example const task = tracrReverse(); // 3^5 = 243 sequences
 */
export function tracrReverse(options: TracrReverseOptions = {}): Task {
  checkOptions("tracrReverse", options, { ...tracrKeys, outputs: "optional" });
  const { tokens = [0, 1, 2], bos = 3, outputs = tokens.map((_, i) => i) } = options;
  if (outputs.length !== tokens.length) {
    throw new RangeError(`tracr: ${outputs.length} outputs for ${tokens.length} tokens`);
  }
  const answer = (sequence: readonly number[], i: number): SequenceAnswer => {
    const right = outputs[tokens.indexOf(sequence[sequence.length - 1 - i]!)]!;
    return { pos: i + 1, answers: [right], wrong: outputs.filter((output) => output !== right) };
  };
  const prompts = sequences("reverse", { ...options, tokens, bos }, answer);
  return tracrTask("reverse", "kl", prompts, { candidates: outputs });
}

/**
 * Sequences of w, x, y, z: at every position the value is the share of x among the tokens so far, itself included.
 *
 * The corruption `other-sequence` is a different random sequence.
 *
 * @example const task = tracrXProportion({ n: 100, seed: 0 }); // of 4^5 = 1,024
 */
export function tracrXProportion(options: TracrXProportionOptions = {}): Task {
  checkOptions("tracrXProportion", options, { ...tracrKeys, x: "optional" });
  const { tokens = [2, 3, 4, 5], bos = 0, x = 3 } = options;
  if (!tokens.includes(x)) throw new RangeError(`tracr: x is ${x}, expected one of [${tokens}]`);
  const answer = (sequence: readonly number[], i: number): SequenceAnswer => {
    const count = sequence.slice(0, i + 1).filter((token) => token === x).length;
    return { pos: i + 1, value: count / (i + 1) };
  };
  const prompts = sequences("x-proportion", { ...options, tokens, bos }, answer);
  return tracrTask("x-proportion", "mse-target", prompts, {});
}

/** Sequences beyond which listing them all is no longer sensible. */
const most = 1_000_000;

function tracrTask(
  name: string,
  metric: string,
  prompts: readonly TaskPrompt[],
  rest: Pick<Task, "candidates">,
): Task {
  return {
    name: `tracr-${name}`,
    version: "1",
    source: "Lindner et al. 2023, arXiv 2301.05062; Miller et al. 2024, arXiv 2407.08734",
    prompts,
    corruptions: ["other-sequence"],
    metric,
    ...rest,
  };
}

function sequences(
  name: string,
  {
    tokens,
    bos,
    n,
    seed = 0,
    length = 5,
  }: TracrOptions & { readonly tokens: readonly number[]; readonly bos: number },
  answer: (sequence: readonly number[], i: number) => SequenceAnswer,
): TaskPrompt[] {
  if (new Set(tokens).size < 2 || new Set(tokens).size < tokens.length) {
    throw new RangeError(`tracr: tokens are [${tokens}], expected at least 2, all different`);
  }
  if (!Number.isInteger(length) || length < 1) {
    throw new RangeError(`tracr: length is ${length}, expected a whole number from 1`);
  }
  const total = tokens.length ** length;
  if (total > most) {
    throw new RangeError(`tracr: ${total} sequences of ${length} tokens, expected at most ${most}`);
  }
  const random = Random.from(seed);
  const order = random.fork("order");
  const corruption = random.fork("corruption");
  const digits = (index: number) =>
    Array.from(
      { length },
      (_, i) => tokens[Math.floor(index / tokens.length ** (length - 1 - i)) % tokens.length]!,
    );
  const prompt = (index: number): TaskPrompt => {
    const sequence = digits(index);
    // Any of the others, equally likely.
    const other = (index + 1 + corruption.integer(0, total - 1)) % total;
    return {
      id: `tracr-${name}/${sequence.join(" ")}`,
      clean: [bos, ...sequence],
      corrupt: { "other-sequence": [bos, ...digits(other)] },
      answers: [],
      wrong: [],
      positions: {},
      groups: {},
      sequence: sequence.map((_, i) => answer(sequence, i)),
    };
  };
  if (n === undefined) return Array.from({ length: total }, (_, index) => prompt(index));
  const shuffled = order.permutation(total);
  return distinctPrompts("tracr", n, () => shuffled.splice(0, 1).map(prompt));
}
