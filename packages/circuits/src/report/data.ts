/** @file A robustness report as plain data: everything that was measured, and nothing that follows from it. */

import type { Provenance } from "@diopter/model";
import type { CircuitJSON } from "../graph/circuit-json";
import type { PromptMetric } from "../metrics/prompt-metric";
import type { EngineName } from "../run/cell";
import type { AblationJSON } from "./ablation-json";
import type { CellLevels } from "./cell-words";
import type { ComparedRole } from "./compared";
import type { GridPreset } from "./grid";
import type { RandomKind } from "./random-circuits";

/** Values by metric, then by prompt. */
export type MetricValues = Readonly<Record<string, readonly number[]>>;

/** One circuit run under one ablation. */
export interface RunData {
  readonly applicable: true;
  readonly size: {
    readonly kept: number;
    readonly of: number;
    readonly component: "edge" | "node";
  };
  /** Projections of the circuit that the ablation asked for. */
  readonly derivation: readonly string[];
  readonly engine: EngineName;
  readonly circuit: MetricValues;
  readonly model: MetricValues;
}

/** Why there are no numbers. */
export interface NoRun {
  readonly applicable: false;
  readonly reason: string;
}

/** The two ends of a cell's scale: nothing lost, and everything. */
export interface ControlData {
  /** `full` is the intact model as this ablation's engine runs it, `empty` the run in which all is ablated. */
  readonly role: "full" | "empty";
  readonly ablation: AblationJSON;
  readonly run: RunData | NoRun;
}

/** Connected random circuits as large as the circuit. */
export interface RandomData {
  readonly seed: number;
  /** How each was drawn. */
  readonly kinds: readonly RandomKind[];
  /** The main metric, by circuit and prompt. */
  readonly values: readonly (readonly number[])[];
}

/** Another circuit in the author's cell, or why there is none. */
export type ComparedData =
  | {
      readonly role: ComparedRole;
      readonly name: string;
      readonly run: RunData | NoRun;
    }
  | { readonly role: ComparedRole; readonly missing: string };

export interface CellData {
  readonly label: string;
  readonly ablation: AblationJSON;
  readonly levels: CellLevels;
  readonly asks: "sufficiency" | "necessity";
  readonly reading: string;
  readonly run: RunData | NoRun;
  /** Indices into the report's controls. */
  readonly controls: { readonly full?: number; readonly empty?: number };
  readonly random?: RandomData;
}

/** The author's cell with the mean of a few prompts, drawn several times for each size. */
export interface MeanSetData {
  readonly label: string;
  readonly points: readonly {
    /** Prompts in each mean. */
    readonly size: number;
    /** The main metric, by draw and prompt. */
    readonly draws: readonly (readonly number[])[];
    /** Draws whose prompts did not differ. */
    readonly failed: number;
  }[];
}

export interface PromptData {
  readonly id: string;
  readonly groups: Readonly<Record<string, string>>;
  /** Texts where the model has a tokenizer, else token ids. */
  readonly clean: string;
  readonly corrupt: Readonly<Record<string, string>>;
  readonly answers: readonly string[];
  readonly wrong: readonly string[];
}

export interface ReportOptions {
  readonly preset: GridPreset | "own";
  readonly seed: number;
  readonly randomCircuits: number;
  readonly randomIn: "original" | "all";
  /** Of the bootstrap. */
  readonly resamples: number;
  readonly level: number;
  /** Group of prompts that intervals and tests take as one observation. */
  readonly cluster: string;
  readonly meanSetSizes: readonly number[];
  readonly meanSetDraws: number;
  readonly batchSize: number | "auto";
}

/** What depends on when and where it ran; kept out of everything else. */
export interface RunFacts {
  readonly runId: string;
  /** By cell in milliseconds, controls left out; as first measured when a cell was taken from a store. */
  readonly milliseconds: readonly number[];
}

/** One identity on one run. */
export interface Check {
  /** Name in the reference: I1, I2, I3, I9, K1. */
  readonly identity: string;
  readonly what: string;
  /** Largest deviation, in logits or relative to what is compared; missing where nothing could be compared. */
  readonly residual?: number;
  readonly tolerance: number;
  /** Missing where it could not be checked. */
  readonly passed?: boolean;
  /** Why there is no residual. */
  readonly note?: string;
}

export interface RobustnessData {
  readonly kind: "diopter/robustness";
  readonly schema: 1;
  readonly provenance: Omit<Provenance, "runId">;
  readonly task: {
    readonly name: string;
    readonly version: string;
    readonly source?: string;
    /** SHA-256 of the task's JSON. */
    readonly hash: string;
    readonly corruptions: readonly string[];
  };
  readonly circuit: CircuitJSON;
  readonly options: ReportOptions;
  /** The first is the one that is judged by. */
  readonly metrics: readonly Pick<PromptMetric, "name" | "of" | "better">[];
  readonly prompts: readonly PromptData[];
  /** The author's own cell is the first. */
  readonly cells: readonly CellData[];
  readonly controls: readonly ControlData[];
  /** Another task's circuit, and what the method finds of shuffled answers. */
  readonly compared: readonly ComparedData[];
  readonly meanSets?: MeanSetData;
  readonly checks: readonly Check[];
  readonly run: RunFacts;
}
