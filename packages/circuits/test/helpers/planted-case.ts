/** @file What a planted circuit comes with: its network, its task, and the numbers that must come out. */

import { EdgeGraph } from "../../src/graph/edge-graph";
import { shapeOf } from "../../src/graph/shape";
import type { Task, TaskPrompt } from "../../src/task/task";
import { type Features, type HandBuilt, handBuilt } from "./hand-built";
import type { Network } from "./network";

/** The metric of every prompt after some edges have been replaced. */
export interface Outcome {
  readonly what: string;
  readonly from: "clean" | "corrupt";
  /** Names of the replaced edges. */
  readonly replaced: readonly string[];
  /** Positions at which they are; all when absent. */
  readonly at?: readonly number[];
  /** What they carry instead: the run on the other prompt, nothing, or the mean over the clean prompts by position. */
  readonly by: "other" | "zero" | "mean";
  /** One number for every prompt, or a number for each. */
  readonly metric: number | readonly number[];
}

export interface Planted {
  readonly name: string;
  readonly network: Network;
  /** Its corruption is called "other". */
  readonly task: Task;
  /** Metric of each run, for every prompt or for each. */
  readonly clean: number | readonly number[];
  readonly corrupt: number | readonly number[];
  /** Edges of the planted circuit. */
  readonly circuit: readonly string[];
  /** (m(circuit) - m(corrupt)) / (m(clean) - m(corrupt)), its complement ablated from clean by resampling. */
  readonly faithfulness: number;
  readonly outcomes: readonly Outcome[];
  /** EAP scores at the clean end, summed over positions; positive when ablating raises the metric. */
  readonly eap: Readonly<Record<string, number>>;
  /** The same by position, where they matter. */
  readonly eapAt?: Readonly<Record<string, readonly number[]>>;
}

export const RIGHT = 0;
export const WRONG = 1;
export const A = 2;
export const B = 3;
export const END = 4;
const FILLERS = [5, 6, 7, 8];
export const OTHER_END = 9;

/** Names of all edges of a network. */
export function edgesOf({ config }: Network): string[] {
  const graph = new EdgeGraph(shapeOf(config));
  return Array.from({ length: graph.edgeCount }, (_, edge) => graph.edgeName(edge));
}

/** Names of all edges but some. */
export function allBut(network: Network, kept: readonly string[]): string[] {
  return edgesOf(network).filter((edge) => !kept.includes(edge));
}

export function planted(name: string, model: HandBuilt): Pick<Planted, "name" | "network"> {
  return { name, network: handBuilt(name, model) };
}

/** Two answers, A, B, the end, fillers that differ in a feature nobody reads, and another end. */
export function vocabulary(a: Features, b: Features, end: Features = {}): Features[] {
  const fillers = FILLERS.map((_, i) => ({ name: (i + 1) / 4 }));
  return [{}, {}, a, b, { ...end, end: 1 }, ...fillers, { end: 1 }];
}

export function ablated(
  what: string,
  replaced: readonly string[],
  metric: number,
  by: Outcome["by"] = "other",
): Outcome {
  return { what, from: "clean", replaced, by, metric };
}

/** Two prompts with different fillers. */
export function prompts(
  order: string,
  make: (filler: [number, number, number]) => [clean: number[], corrupt: number[]],
): TaskPrompt[] {
  const [f, g, h, i] = FILLERS as [number, number, number, number];
  return (
    [
      [f, g, h],
      [g, i, f],
    ] as [number, number, number][]
  ).map((filler, n) => {
    const [clean, other] = make(filler);
    const positions: Record<string, number> = { end: clean.length - 1 };
    if (clean.includes(A)) positions.A = clean.indexOf(A);
    if (clean.includes(B)) positions.B = clean.indexOf(B);
    return {
      id: `${order}-${n}`,
      clean,
      corrupt: { other },
      answers: [RIGHT],
      wrong: [WRONG],
      positions,
      groups: { template: String(n), order },
    };
  });
}

export function task(name: string, all: readonly TaskPrompt[]): Task {
  return {
    name: `planted-${name}`,
    version: "1",
    prompts: all,
    corruptions: ["other"],
    metric: "logit-difference",
    candidates: [RIGHT, WRONG],
  };
}
