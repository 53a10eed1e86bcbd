/** @file Identities that must hold on this very run (faithfulness.md 6.1): a report that fails one says so. */

import type { Ablation } from "../ablation/ablation";
import { recovered } from "../metrics/recovered";
import { own } from "../schema/schema";
import type { Task, TaskPrompt } from "../task/task";
import type { Check, MetricValues, RunData } from "./data";
import { along, apart } from "./fingerprint";

/** Of logits: a runtime's rounding, on the scale of what is compared. */
export function toleranceOf(precision: "float32" | "float64"): number {
  return precision === "float64" ? 1e-9 : 1e-4;
}

/** I1 and I8: with nothing lost, the logits are the model's. */
export function intactCheck(label: string, run: RunData, tolerance: number): Check {
  const scale = scaleOf(run.model);
  return checked("I1", `full model = model: ${label}`, Math.max(...run.circuit[apart]!), {
    tolerance: tolerance * scale,
  });
}

/** I2: with everything resampled, the run is the corrupt one. */
export function corruptCheck(
  label: string,
  run: RunData,
  corrupt: MetricValues,
  tolerance: number,
): Check {
  return checked("I2", `everything resampled = corrupt run: ${label}`, gap(run.circuit, corrupt), {
    tolerance: tolerance * scaleOf(corrupt),
  });
}

/** I3: with everything at means or zero, prompts of one form (length, group, readout) have the same logits. */
export function constantCheck(
  label: string,
  run: RunData,
  { task, value }: { readonly task: Task; readonly value: Ablation["value"] },
  tolerance: number,
): Check {
  const first = new Map<string, number>();
  let residual = 0;
  let compared = 0;
  for (const [i, prompt] of task.prompts.entries()) {
    const form = formOf(prompt, value);
    const like = first.get(form);
    if (like === undefined) first.set(form, i);
    else {
      compared++;
      for (const name of along) {
        const values = run.circuit[name]!;
        residual = Math.max(residual, Math.abs(values[i]! - values[like]!));
      }
    }
  }
  const what = `everything at a constant = the same logits for every prompt: ${label}`;
  if (compared === 0) return unchecked("I3", what, "no two prompts of one length and group");
  return checked("I3", what, residual, { tolerance: tolerance * scaleOf(run.circuit) });
}

/** I9: replacing the complement's complement is replacing the complement. */
export function twinCheck(label: string, run: RunData, twin: RunData, tolerance: number): Check {
  return checked("I9", `complement of the complement: ${label}`, gap(run.circuit, twin.circuit), {
    tolerance: tolerance * scaleOf(run.circuit),
  });
}

/** K1: both averages of recovery differ by the covariance gap. */
export function covarianceCheck(label: string, circuit: number[], model: number[]): Check {
  const { meanOfRatios, ratioOfMeans, zeroMarginPart, covarianceGap } = recovered(circuit, model);
  const residual = Math.abs(meanOfRatios - ratioOfMeans + zeroMarginPart - covarianceGap);
  const tolerance = 1e-9 * Math.max(1, Math.abs(meanOfRatios), Math.abs(ratioOfMeans));
  return checked("K1", `R2 - R1 = covariance gap: ${label}`, residual, { tolerance });
}

export function unchecked(identity: string, what: string, note: string): Check {
  return { identity, what, tolerance: 0, note };
}

/** The worst of several runs of one identity. */
export function worstOf(checks: readonly Check[], what: string): Check {
  const ratio = ({ residual = 0, tolerance }: Check) => (tolerance > 0 ? residual / tolerance : 0);
  const worst = [...checks].sort((a, b) => ratio(b) - ratio(a))[0]!;
  return { ...worst, what: `${what}, worst of ${checks.length}: ${worst.what}` };
}

function checked(
  identity: string,
  what: string,
  residual: number,
  { tolerance }: { readonly tolerance: number },
): Check {
  return { identity, what, residual, tolerance, passed: residual <= tolerance };
}

function gap(a: MetricValues, b: MetricValues): number {
  return Math.max(
    ...along.flatMap((name) => a[name]!.map((value, i) => Math.abs(value - b[name]![i]!))),
  );
}

/** Size of what is compared, at least 1. */
function scaleOf(values: MetricValues): number {
  return Math.max(1, ...along.flatMap((name) => values[name]!.map(Math.abs)));
}

/** Mean constants belong to a position of a group; zeros to none. */
function formOf({ clean, groups, sequence }: TaskPrompt, value: Ablation["value"]): string {
  const read = sequence?.map(({ pos }) => pos) ?? [clean.length - 1];
  const group = value.kind === "mean" && value.by === "group" ? (value.group ?? "template") : "";
  return JSON.stringify([clean.length, read, group && own(groups, group)]);
}
