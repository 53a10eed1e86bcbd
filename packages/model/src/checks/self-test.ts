/** @file Whether a runtime computes what it should: a built-in small model against stored float64 values. */

import { Model } from "../model";
import { logitDifference } from "../program/metrics";
import type { Runtime } from "../runtime/runtime";
import { expectedValues } from "./self-test/expected-values";
import { tinyCheckpoint } from "./self-test/tiny-checkpoint";

/** One check: the element that is furthest off. */
export interface SelfTestRow {
  /** Such as `"logits"` or `"gradient of blocks.0.hook_resid_pre"`. */
  readonly check: string;
  readonly expected: number;
  /** NaN when the check could not be run. */
  readonly got: number;
  /** |got - expected| relative to the largest expected value of the check. */
  readonly error: number;
  readonly ok: boolean;
  /** Why the check could not be run. */
  readonly message?: string;
}

export interface SelfTestOptions {
  /** Largest `error` that is ok; 1e-9 in float64, 1e-3 on WebGPU, 1e-5 elsewhere. */
  readonly tolerance?: number;
}

/**
 * Runs forward, edited and backward passes of a two-layer model and compares them with stored float64 values.
 *
 * A runtime that fails gives rows that are not ok instead of an error.
 *
 * @example
 * const rows = await selfTest(web({ device: "webgpu" }));
 * const works = rows.every(({ ok }) => ok);
 */
export async function selfTest(
  runtime: Runtime,
  { tolerance = toleranceOf(runtime) }: SelfTestOptions = {},
): Promise<SelfTestRow[]> {
  const model = await Model.load(tinyCheckpoint(), { runtime });
  const rows: SelfTestRow[] = [];
  for (const [names, compute] of checks(model)) {
    try {
      const values = await compute();
      for (const name of names) rows.push(compare(name, values(name), tolerance));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      for (const name of names) rows.push({ ...compare(name, [], tolerance), message });
    }
  }
  await model.dispose();
  return rows;
}

type Compute = () => Promise<(name: string) => ArrayLike<number>>;

const PROMPT = [[1, 4, 2, 6]];
const STREAM = "blocks.1.hook_resid_post";
const WRT = ["blocks.0.hook_resid_pre", "blocks.0.attn.W_Q", "blocks.1.mlp.W_out"];

/** Names of stored values, and how to compute them: one run each. */
function checks(model: Model): [names: string[], Compute][] {
  return [
    [
      ["logits", STREAM],
      async () => {
        const { logits, cache } = await model.runWithCache(PROMPT, { names: [STREAM] });
        return (name) => (name === "logits" ? logits : cache.get(STREAM)).toFloat64();
      },
    ],
    [
      ["logits without head 1 of layer 0"],
      async () => {
        const edits = [{ at: "blocks.0.attn.hook_z", head: 1, do: "zero" }] as const;
        const { logits } = await model.run(PROMPT, { edits });
        return () => logits.toFloat64();
      },
    ],
    [
      ["logit difference", ...WRT.map((name) => `gradient of ${name}`)],
      async () => {
        const of = logitDifference([3], [5]);
        const { values, gradients } = await model.gradients(PROMPT, { of, wrt: WRT });
        return (name) =>
          name === "logit difference"
            ? values
            : gradients.get(name.replace("gradient of ", "")).toFloat64();
      },
    ],
  ];
}

function compare(check: string, values: ArrayLike<number>, tolerance: number): SelfTestRow {
  const stored = expectedValues[check]!;
  const largest = stored.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const off = (i: number) => {
    const error = Math.abs((values[i] ?? Number.NaN) - stored[i]!) / largest;
    return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
  };
  const worst = stored.reduce((at, _, i) => (off(i) > off(at) ? i : at), 0);
  const error = off(worst);
  return {
    check,
    expected: stored[worst]!,
    got: values[worst] ?? Number.NaN,
    error,
    ok: error <= tolerance && values.length === stored.length,
  };
}

function toleranceOf({ precision, name }: Runtime): number {
  if (precision === "float64") return 1e-9;
  return name === "webgpu" ? 1e-3 : 1e-5;
}
