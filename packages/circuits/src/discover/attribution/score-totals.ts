/** @file Scores of batch after batch, added up in float64. */

import type { AblationValue } from "../../ablation/ablation";
import { NotApplicableError } from "../../ablation/not-applicable";
import type { Batch } from "../../run/batches";
import { valueRecord } from "../choices";
import type { ScoreRecord } from "../scores/scores";
import type { AttributeSettings, BatchScores } from "./batch";

type TotalOptions = Pick<
  AttributeSettings,
  "method" | "steps" | "rule" | "at" | "aggregate" | "keep"
>;

/** Means over prompts of the scores of every element, and what shall be kept of each prompt or position. */
export class ScoreTotals {
  /** [element] */
  readonly values: Float64Array;
  readonly #options: TotalOptions;
  readonly #count: number;
  readonly #perPrompt: Float32Array[] = [];
  #byPosition: Float64Array[] = [];
  #passes = { forward: 0, backward: 0 };

  constructor(elements: number, options: TotalOptions, prompts: number) {
    this.#options = options;
    this.#count = prompts;
    this.values = new Float64Array(elements);
  }

  add({ indices }: Batch, { summed, pos, scores, forward, backward }: BatchScores): void {
    const { keep, aggregate = "mean" } = this.#options;
    const elements = this.values.length;
    this.#passes = {
      forward: this.#passes.forward + forward,
      backward: this.#passes.backward + backward,
    };
    if (summed) {
      for (let i = 0; i < elements; i++) this.values[i]! += scores[i]! / this.#count;
      return;
    }
    if (keep === "positions") this.#requireLength(pos);
    for (const [row, index] of indices.entries()) {
      const own = new Float64Array(elements);
      for (let p = 0; p < pos; p++) {
        const at = (row * pos + p) * elements;
        const total = keep === "positions" ? this.#byPosition[p]! : undefined;
        for (let i = 0; i < elements; i++) {
          own[i]! += scores[at + i]!;
          if (total) total[i]! += scores[at + i]! / this.#count;
        }
      }
      for (let i = 0; i < elements; i++) {
        const x = aggregate === "mean" ? own[i]! : Math.abs(own[i]!);
        this.values[i]! += x / this.#count;
      }
      if (keep === "prompts") this.#perPrompt[index] = Float32Array.from(own);
    }
  }

  /** What was asked to be kept. */
  kept(): {
    readonly perPrompt: readonly Float32Array[] | undefined;
    readonly byPosition: readonly Float64Array[] | undefined;
  } {
    const { keep } = this.#options;
    return {
      perPrompt: keep === "prompts" ? this.#perPrompt : undefined,
      byPosition: keep === "positions" ? this.#byPosition : undefined,
    };
  }

  record({
    metric,
    value,
    milliseconds,
  }: {
    metric: string;
    value: AblationValue;
    milliseconds: number;
  }): ScoreRecord {
    const { method, steps, rule, at, aggregate = "mean" } = this.#options;
    return {
      method,
      options: {
        ...(steps !== undefined && { steps }),
        ...(rule && { rule }),
        ...(at !== undefined && { at }),
        aggregate,
        metric,
        value: valueRecord(value),
      },
      passes: this.#passes,
      prompts: this.#count,
      milliseconds,
    };
  }

  #requireLength(pos: number): void {
    if (this.#byPosition.length === 0)
      this.#byPosition = Array.from({ length: pos }, () => new Float64Array(this.values.length));
    if (this.#byPosition.length !== pos) {
      throw new NotApplicableError(
        `scores by position need prompts of one length, got ${this.#byPosition.length} and ${pos} tokens`,
      );
    }
  }
}
