/** @file The residual stream from the last block to the embedding: what each block adds, and where its norms sit. */

import { type Body, keyOf } from "../read/body";
import { op } from "../read/simplify";
import { Refusal } from "../refusal";
import { type Attention, matchAttention } from "./attention";
import { type Constants, matchLinear } from "./linear";
import { type Mlp, matchMlp } from "./mlp";
import { matchNorm, type Norm } from "./norm";
import { describe, open, withoutBias } from "./query";

/** What one attention or MLP adds. */
export interface Branch {
  readonly part: Attention | Mlp;
  /** The norm on what it reads. */
  readonly before: Norm | undefined;
  /** The norm on what it writes. */
  readonly after: Norm | undefined;
  /** What goes into the sum. */
  readonly result: Body;
  /** What it writes, before `after`. */
  readonly written: Body;
}

/** One addition to the stream, or two at once. */
export interface Step {
  readonly branches: readonly Branch[];
  /** The stream before. */
  readonly stream: Body;
  /** The sum. */
  readonly sum: Body;
  /** The norm that the sum passes before it goes on (BERT). */
  readonly norm: Norm | undefined;
  /** What goes on. */
  readonly result: Body;
}

/** All additions from the embedding to `body`, in the order of computation, and the embedding. */
export function matchStream(body: Body, constants: Constants): { steps: Step[]; embedding: Body } {
  const steps: Step[] = [];
  let stream = body;
  for (;;) {
    const step = matchStep(stream, constants);
    if (!step) return { steps: steps.reverse(), embedding: stream };
    steps.push(step);
    stream = step.stream;
  }
}

function matchStep(result: Body, constants: Constants): Step | undefined {
  const direct = matchSum(result, constants);
  if (direct) return { ...direct, sum: result, norm: undefined, result };
  const norm = matchNorm(result);
  const inner = norm && matchSum(norm.x, constants);
  return inner && { ...inner, sum: norm.x, norm, result };
}

function matchSum(body: Body, constants: Constants): Pick<Step, "branches" | "stream"> | undefined {
  // A bias may have been added after the sum (SkipLayerNormalization): it belongs to what was added.
  const { body: bare, bias } = withoutBias(body);
  const sum = open(bare, "Sum");
  if (!sum) return undefined;
  const [x, y] = sum.args as [Body, Body];
  for (const [added, stream] of [
    [x, y],
    [y, x],
  ] as const) {
    const branches = branchesOf(bias ? op("Add", [added, bias]) : added, constants);
    if (branches && !branchesOf(stream, constants)) return { branches, stream };
  }
  return undefined;
}

function branchesOf(body: Body, constants: Constants): Branch[] | undefined {
  const one = matchBranch(body, constants);
  if (one) return [one];
  const { body: bare, bias } = withoutBias(body);
  const sum = open(bare, "Sum");
  if (!sum) return undefined;
  const [x, y] = sum.args as [Body, Body];
  const [a, b] = [
    matchBranch(x, constants),
    matchBranch(bias ? op("Add", [y, bias]) : y, constants),
  ];
  return a && b ? [a, b] : undefined;
}

function matchBranch(result: Body, constants: Constants): Branch | undefined {
  const after = matchNorm(result);
  const written = after ? after.x : result;
  const out = matchLinear(written);
  const part = out && (matchAttention(out, constants) ?? matchMlp(out));
  if (!part) return undefined;
  return { part, before: matchNorm(part.x), after, result, written };
}

/** Whether a branch reads `stream` itself, or its norm, or neither. */
export function readsOf({ part, before }: Branch, stream: Body): "stream" | "norm" | undefined {
  if (keyOf(part.x) === keyOf(stream)) return "stream";
  return before && keyOf(before.x) === keyOf(stream) ? "norm" : undefined;
}

/** What a branch reads of `stream`; throws a Refusal where it reads something else. */
export function reads(branch: Branch, stream: Body): "stream" | "norm" {
  const found = readsOf(branch, stream);
  if (found) return found;
  const { kind, x } = branch.part;
  throw new Refusal(
    `${kind === "attn" ? "an attention" : "an MLP"} reads ${describe(x)}, which is not the residual stream`,
  );
}
