/** @file What an evaluation must give, by the slow reference: masks, values and runs worked out prompt by prompt. */

import type { Model, ModelConfig } from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { Random } from "@diopter/tensor";
import { type Ablation, type AblationValue, ablationOf } from "../../src/ablation/ablation";
import type { Evaluation, NotApplicable } from "../../src/evaluate/evaluate";
import { Circuit } from "../../src/graph/circuit";
import type { EdgeGraph } from "../../src/graph/edge-graph";
import type { GraphShape } from "../../src/graph/shape";
import type { PromptMetric } from "../../src/metrics/prompt-metric";
import type { Task, TaskPrompt } from "../../src/task/task";
import { bruteForce, type Replace } from "../helpers/brute-force";
import type { Network } from "../helpers/network";
import { randomPrompts } from "../helpers/networks";
import type { Rows } from "../helpers/plain-layers";

/** Names of elements with the positions at which they are kept; all when undefined. */
export type Kept = ReadonlyMap<string, readonly (number | string)[] | undefined>;

/** One metric per logit, so that whole rows are compared. */
export function everyLogit({ dVocabOut }: Pick<ModelConfig, "dVocabOut">): PromptMetric[] {
  return Array.from({ length: dVocabOut }, (_, token) => ({
    name: `logit ${token}`,
    of: "circuit",
    better: "closer",
    value: ({ circuit }) => circuit[0]![token]!,
  }));
}

/** The logits of an evaluation by `everyLogit`; throws the reason of one without numbers. */
export function logitsOf(
  cell: Evaluation | NotApplicable,
  side: "circuit" | "model" = "circuit",
): Rows {
  if (!cell.applicable) throw new Error(cell.reason);
  return cell.prompts.map((prompt) => Float64Array.from(Object.values(prompt[side])));
}

/** Four random prompts of five tokens in two templates, with positions that differ by prompt. */
export function randomTask(length = 5): Task {
  const rows = randomPrompts(8, length);
  return {
    name: "random",
    version: "1",
    corruptions: ["other", "again"],
    metric: "logit-difference",
    prompts: rows.slice(0, 4).map((clean, i) => ({
      id: `prompt ${i}`,
      clean,
      corrupt: { other: rows[i + 4]!, again: rows[(i + 1) % 4]! },
      answers: [clean[0]!],
      wrong: [clean[1]!],
      positions: { S: 1 + (i % 2), end: length - 1 },
      groups: { template: String(i >> 1) },
    })),
  };
}

export function circuitOf(shape: GraphShape, component: "edge" | "node", kept: Kept): Circuit {
  const elements = [...kept].map(([name, at]) => (at ? { name, at } : name));
  const meta = { name: "random", version: "1" };
  return component === "edge"
    ? Circuit.ofEdges(shape, elements, meta)
    : Circuit.ofNodes(shape, elements, meta);
}

/** Each element with this chance, at random positions where asked for. */
export function randomKept(
  graph: EdgeGraph,
  component: "edge" | "node",
  share: number,
  { seed = 0, positions = false }: { seed?: number; positions?: boolean } = {},
): Kept {
  const random = new Random(seed);
  const names =
    component === "edge"
      ? Array.from({ length: graph.edgeCount }, (_, edge) => graph.edgeName(edge))
      : graph.sources.map(({ name }) => name);
  const at = () => random.choice([undefined, ["S"], ["end"], ["S", "end"], [0, 2]]);
  const chosen = names.filter(() => random.uniform() < share);
  return new Map(chosen.map((name) => [name, positions ? at() : undefined]));
}

export interface SlowCell {
  readonly network: Network;
  readonly graph: EdgeGraph;
  readonly task: Task;
  readonly kept: Kept;
  readonly ablation: Partial<Ablation>;
}

/** Logits after the last token of every prompt. */
export function slowLogits(cell: SlowCell): Rows {
  const { network, graph, task } = cell;
  const ablation = ablationOf(cell.ablation);
  return task.prompts.map((prompt) => {
    const runs = slowDraws(cell, ablation, prompt).map((values) => {
      const replaced = slowMask(cell, ablation, prompt);
      const replace: Replace = (edge, pos) => {
        if (!replaced(edge, pos)) return undefined;
        const rows = values.get(graph.sources[graph.ends(edge).source]!.name);
        return rows ? rows[pos]! : new Float64Array(network.config.dModel);
      };
      return bruteForce({ ...network, graph, tokens: base(prompt, ablation), replace }).logits.at(
        -1,
      )!;
    });
    return meanOf(runs);
  });
}

function base(prompt: TaskPrompt, { direction, value }: Ablation): readonly number[] {
  const named = "corruption" in value ? value.corruption : undefined;
  return direction === "ablate-clean" ? prompt.clean : prompt.corrupt[named ?? "other"]!;
}

/** Whether an edge is replaced at a position. */
function slowMask(
  { graph, kept }: SlowCell,
  { component, tokens, set, prefix }: Ablation,
  { clean, positions }: TaskPrompt,
): (edge: number, pos: number) => boolean {
  const indices = (at: readonly (number | string)[] | undefined) =>
    at?.map((each) => (typeof each === "number" ? each : positions[each]!)) ??
    clean.map((_, pos) => pos);
  const open = typeof tokens === "string" ? indices(undefined) : indices(tokens);
  return (edge, pos) => {
    if (pos < prefix || !open.includes(pos)) return false;
    const name =
      component === "edge" ? graph.edgeName(edge) : graph.sources[graph.ends(edge).source]!.name;
    const inside =
      kept.has(name) && (tokens !== "specific" || indices(kept.get(name)).includes(pos));
    return inside === (set === "circuit");
  };
}

/** Replacement rows by source name, one map for each draw; a missing source is zero. */
function slowDraws(
  cell: SlowCell,
  ablation: Ablation,
  prompt: TaskPrompt,
): ReadonlyMap<string, Rows>[] {
  const { task } = cell;
  const { value, direction } = ablation;
  switch (value.kind) {
    case "zero":
      return [new Map()];
    case "mean":
      return [slowMean(cell, value, direction, prompt)];
    case "noise":
      return [slowNoise(cell, value, prompt)];
    case "given":
      throw new RangeError("slow: bring the numbers");
    case "resample": {
      const name = value.corruption ?? "other";
      const other = (p: TaskPrompt) => (direction === "ablate-clean" ? p.corrupt[name]! : p.clean);
      if (value.from === "paired") return [sourcesOf(cell, other(prompt))];
      const { draws = 1, seed = 0 } = value;
      return Array.from({ length: draws }, (_, draw) => {
        const random = new Random(seed).fork(`${prompt.id} ${draw}`);
        return sourcesOf(cell, other(task.prompts[random.integer(0, task.prompts.length)]!));
      });
    }
  }
}

function slowMean(
  cell: SlowCell,
  { over, by, group = "template", corruption = "other" }: Extract<AblationValue, { kind: "mean" }>,
  direction: Ablation["direction"],
  prompt: TaskPrompt,
): Map<string, Rows> {
  const all = typeof over === "string" ? cell.task.prompts : over;
  const sides = over === "batch" ? (direction === "ablate-clean" ? "corrupt" : "clean") : over;
  const runs = all.flatMap((own) => {
    const corrupt = { own, sources: sourcesOf(cell, own.corrupt[corruption]!) };
    const clean = { own, sources: sourcesOf(cell, own.clean) };
    if (sides === "both") return [clean, corrupt];
    return sides === "corrupt" ? [corrupt] : [clean];
  });
  const slot = ({ positions, groups }: TaskPrompt, pos: number): string => {
    if (by === "all") return "";
    if (by === "position") return String(pos);
    if (by === "group") return `${pos} ${groups[group]}`;
    const passed = Object.entries(positions).filter(([, at]) => at <= pos);
    return passed.sort(([, a], [, b]) => b - a)[0]?.[0] ?? "start";
  };
  return new Map(
    cell.graph.sources.map(({ name }) => [
      name,
      prompt.clean.map((_, pos) =>
        meanOf(
          runs.flatMap(({ own, sources }) =>
            sources.get(name)!.filter((_, p) => slot(own, p) === slot(prompt, pos)),
          ),
        ),
      ),
    ]),
  );
}

/** The run on embeddings with noise added, by the seeds that the product states. */
function slowNoise(
  { network, graph }: SlowCell,
  { scale, seed }: Extract<AblationValue, { kind: "noise" }>,
  { id, clean }: TaskPrompt,
): Map<string, Rows> {
  const own = bruteForce({ ...network, graph, tokens: clean }).sources;
  const hooks: Record<string, string> = {
    input: "blocks.0.hook_resid_pre",
    tok_embed: "hook_embed",
    pos_embed: "hook_pos_embed",
  };
  const moved = new Map(
    graph.sources
      .filter(({ name }) => name in hooks)
      .map(({ name }) => {
        const rows = own.get(name)!;
        const flat = rows.flatMap((row) => [...row]);
        const mean = flat.reduce((a, b) => a + b, 0) / flat.length;
        const std = Math.sqrt(flat.reduce((a, x) => a + (x - mean) ** 2, 0) / flat.length);
        const noise = new Random(seed)
          .fork(`${id} ${hooks[name]}`)
          .normal([flat.length], { std: scale * std }).data;
        const width = rows[0]!.length;
        return [name, rows.map((row, p) => row.map((x, d) => x + noise[p * width + d]!))] as const;
      }),
  );
  const replace: Replace = (edge, pos) =>
    moved.get(graph.sources[graph.ends(edge).source]!.name)?.[pos];
  const { sources } = bruteForce({ ...network, graph, tokens: clean, replace });
  return new Map([...sources, ...moved]);
}

const known = new WeakMap<Network, Map<string, ReadonlyMap<string, Rows>>>();

function sourcesOf(
  { network, graph }: SlowCell,
  tokens: readonly number[],
): ReadonlyMap<string, Rows> {
  const runs = known.get(network) ?? new Map();
  known.set(network, runs);
  const key = `${graph.shape.embedding} ${tokens}`;
  const found = runs.get(key) ?? bruteForce({ ...network, graph, tokens }).sources;
  runs.set(key, found);
  return found;
}

function meanOf(rows: Rows): Float64Array {
  return rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length);
}

const models = new WeakMap<Network, Promise<Model>>();

/** The network on the reference runtime, loaded once in a file so that its programs are compiled once. */
export function onReference(network: Network): Promise<Model> {
  const model = models.get(network) ?? network.load(reference());
  models.set(network, model);
  return model;
}

/** The same with other choices of prompts. */
export function withPrompts(task: Task, change: (prompt: TaskPrompt) => TaskPrompt): Task {
  return { ...task, prompts: task.prompts.map(change) };
}
