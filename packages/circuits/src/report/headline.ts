/** @file What a report says first: the author's cell, the range over cells, the random circuits. Never one number. */

import type { CellSummary, CellWithout, RandomSummary } from "./cell-summary";
import type { ComparedData } from "./data";
import { medianOf, runScores, type ScoreScale, tickText } from "./score-scale";

/** Lowest and highest median score over cells that ask the same question. */
export interface ScoreRange {
  readonly low: number;
  readonly high: number;
  readonly lowCell: string;
  readonly highCell: string;
  readonly cells: number;
}

export interface Headline {
  readonly original: CellSummary | CellWithout;
  /** Of the cells that ask whether the circuit is enough; missing where none applies. */
  readonly range?: ScoreRange;
  /** Of the cells that ask whether it is needed: what is left when it is ablated. */
  readonly necessity?: ScoreRange;
  readonly text: string;
}

export function headlineOf(
  cells: readonly (CellSummary | CellWithout)[],
  scale: ScoreScale,
  compared: readonly ComparedData[] = [],
): Headline {
  const original = cells[0]!;
  const range = rangeOf(cells, "sufficiency");
  const necessity = rangeOf(cells, "necessity");
  const said = (score: number) => tickText(score, scale);
  const own = original.applicable
    ? `In the cell that the circuit was specified in (${original.label}) its median score is ${said(original.score)}.`
    : `The cell that the circuit was specified in (${original.label}) does not apply: ${original.reason}.`;
  const across = range
    ? `This circuit scores ${rangeText(range, scale)} depending on the ablation (medians of ${counted(range.cells)}).`
    : "No cell applies.";
  const left = necessity
    ? `With the circuit ablated in the place of the rest, ${rangeText(necessity, scale)} is left (${counted(necessity.cells)}).`
    : undefined;
  const random =
    original.applicable && original.random
      ? `As specified ${againstRandom(original.random)}.`
      : undefined;
  const text = [
    own,
    across,
    left,
    random,
    ...(original.applicable ? comparedTexts(compared, scale) : []),
  ]
    .filter((sentence) => sentence !== undefined)
    .join(" ");
  return {
    original,
    ...(range ? { range } : {}),
    ...(necessity ? { necessity } : {}),
    text,
  };
}

/** How random circuits are called. */
export const kindWords = {
  matched: "matched by layer and kind",
  walk: "by random walk",
  reranked: "by random re-ranking",
} as const;

function againstRandom({ percentile, count, byKind }: RandomSummary): string {
  const said = (value: number) => `${Number(value.toFixed(1))} %`;
  const kinds = byKind.map((one) => `${said(one.percentile)} of those ${kindWords[one.kind]}`);
  return `it does better than ${said(percentile)} of ${count} connected random circuits of equal size (${kinds.join(", ")})`;
}

function comparedTexts(compared: readonly ComparedData[], scale: ScoreScale): string[] {
  return compared.map((one) => {
    const what =
      one.role === "other task"
        ? "another task's circuit"
        : "what its method finds of shuffled answers";
    if ("missing" in one) return `Missing is ${what}: ${one.missing}.`;
    const name = one.role === "other task" ? ` (${one.name})` : "";
    if (!one.run.applicable) return `Missing is ${what}${name}: ${one.run.reason}.`;
    const { kept, component } = one.run.size;
    const score = tickText(medianOf(runScores(one.run, scale)), scale);
    return `In the same cell ${what}${name}, ${kept} ${component}s, scores ${score}.`;
  });
}

/** `46.7 % to 100 %`, or the one score where all are the same. */
export function rangeText({ low, high }: ScoreRange, scale: ScoreScale): string {
  const [from, to] = [tickText(low, scale), tickText(high, scale)];
  return from === to ? from : `${from} to ${to}`;
}

function counted(cells: number): string {
  return `${cells} ${cells === 1 ? "cell" : "cells"}`;
}

function rangeOf(
  cells: readonly (CellSummary | CellWithout)[],
  asks: CellSummary["asks"],
): ScoreRange | undefined {
  const scored = cells.filter((cell) => cell.applicable && cell.asks === asks) as CellSummary[];
  const sorted = [...scored].sort((a, b) => a.score - b.score);
  const [low, high] = [sorted[0], sorted.at(-1)];
  if (!low || !high) return undefined;
  return {
    low: low.score,
    high: high.score,
    lowCell: low.label,
    highCell: high.label,
    cells: sorted.length,
  };
}
