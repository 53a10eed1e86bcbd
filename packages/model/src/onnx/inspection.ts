/** @file The map of a file's hooks as a plain object that prints itself. */

import type { ModelConfig } from "../config/config";
import type { HookFinding } from "./hook-findings";
import type { Recognition } from "./recognize";

/** One hook: the value behind it with its axes and factor, or the reason why there is none. */
export interface InspectionRow {
  readonly hook: string;
  readonly value?: string;
  readonly axes?: readonly string[];
  readonly factor?: number;
  readonly reason?: string;
}

/** What was found in an ONNX file. */
export class OnnxInspection {
  readonly file: string;
  /** Absent when the file could not be explained as a whole. */
  readonly config: ModelConfig | undefined;
  /** Every hook with all values behind it. */
  readonly hooks: readonly HookFinding[];
  /** What could not be accounted for. */
  readonly unexplained: readonly string[];

  constructor(file: string, { config, hooks, unexplained }: Recognition) {
    this.file = file;
    this.config = config;
    this.hooks = hooks;
    this.unexplained = unexplained;
  }

  /** One row per hook, with the value that is most like the hook. */
  toRows(): InspectionRow[] {
    return this.hooks.map(({ hook, values, reason }) => {
      const [best] = values;
      return best
        ? { hook, value: best.value, axes: best.axes, factor: best.factor }
        : { hook, ...(reason !== undefined && { reason }) };
    });
  }

  toJSON() {
    const { file, config, hooks, unexplained } = this;
    return { schema: 1, kind: "onnx-inspection", file, config, hooks, unexplained };
  }

  /** A table for a terminal. */
  toString(): string {
    const cells = this.toRows().map(({ hook, value, axes, factor, reason }) => [
      hook,
      value ?? `(${reason})`,
      axes ? `[${axes.join(", ")}]` : "",
      factor === undefined || Math.abs(factor - 1) < 1e-6
        ? ""
        : `x ${Number(factor.toPrecision(6))}`,
    ]);
    const widths = [0, 1, 2].map((i) => Math.max(0, ...cells.map((row) => row[i]!.length)));
    const lines = cells.map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    );
    return [
      this.file,
      ...lines,
      ...this.unexplained.map((reason) => `not accounted for: ${reason}`),
    ].join("\n");
  }
}
