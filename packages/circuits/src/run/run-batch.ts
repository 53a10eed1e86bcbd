/** @file One batch of prompts through one of the engines: from a mask and replacements to logits. */

import {
  activations,
  type ComputeOptions,
  logitsAt,
  type Metric,
  type Model,
  type ResolvedEdit,
  together,
} from "@diopter/model";
import type { TensorLike } from "@diopter/tensor";
import type { Activations } from "../ablation/activations";
import type { EdgeMask } from "../ablation/replaced-mask";
import type { EdgeGraph } from "../graph/edge-graph";
import { sourceGroups, sourceHooks } from "../graph/sources";
import type { Row } from "../metrics/rows";
import type { TaskPrompt } from "../task/task";
import { compiledMaskFeeds, compiledView, constantFeed } from "./compiled";
import { type CompiledPlan, compiledPlan } from "./compiled-plan";
import { denseView } from "./dense";
import { maskFeeds, named, readersOf, replacementFeed } from "./feeds";
import { type Frozen, frozenEdits, frozenFeeds, frozenNorm } from "./frozen";

/** Everything that decides the logits of one batch. */
export interface BatchRun {
  readonly model: Model;
  readonly graph: EdgeGraph;
  readonly prompts: readonly TaskPrompt[];
  /** Token ids of the base run, rows of equal length. */
  readonly rows: readonly (readonly number[])[];
  readonly replacements: Activations;
  readonly signal?: AbortSignal | undefined;
}

/** A run in which nothing is replaced. */
export type PlainRun = Omit<BatchRun, "replacements" | "graph">;

/** How a run differs from the ordinary one. */
export type Difference = Pick<ComputeOptions, "view" | "edits" | "start">;

/** Logits by prompt, one row per readout position. */
export type Logits = readonly (readonly Row[])[];

/** The ordinary run. */
export async function runPlain(run: PlainRun): Promise<Logits> {
  return (await executed(run, {})).logits;
}

/** Any mask over edges, dense. */
export async function runDense(run: BatchRun, mask: EdgeMask, frozen?: Frozen): Promise<Logits> {
  return (await executed(run, denseRun(run, mask, frozen))).logits;
}

/** How a run with any mask over edges differs from the ordinary one. */
export function denseRun(
  { graph, replacements }: BatchRun,
  mask: EdgeMask,
  frozen: Frozen = {},
): Difference {
  const view = denseView(graph.shape, {
    mask: { batch: mask.batch > 1, pos: mask.pos > 1 },
    values: replacements.form,
  });
  return {
    view: {
      ...view,
      ...(frozen.norms && { norm: frozenNorm }),
      feeds: {
        ...named(replacementFeed, replacements.values),
        ...maskFeeds(readersOf(graph), mask),
        ...frozenFeeds(frozen),
      },
    },
    edits: frozenEdits(frozen),
    start: frozen.sources ?? {},
  };
}

/** A mask over sources: what a node writes is replaced wherever it is read. */
export function nodeRun({ graph, replacements }: BatchRun, mask: EdgeMask): Difference {
  return { edits: nodeEdits(graph, mask, replacements) };
}

/** What a compiled run needs besides a batch. */
export interface CompiledRun extends BatchRun {
  readonly isRun: boolean;
  /** What sources write when everything is replaced; asked for once, where the circuit has constants. */
  readonly constants: () => Promise<Readonly<Record<string, TensorLike>>>;
}

/** The same mask, by the graph of the kept edges only. */
export async function compiledRun(run: CompiledRun, mask: EdgeMask): Promise<Difference> {
  const { graph, replacements } = run;
  const plan = compiledPlan(graph, keptAnywhere(mask), run.isRun);
  const view = compiledView(graph, plan, {
    mask: { batch: mask.batch > 1, pos: mask.pos > 1 },
    values: replacements.form,
  });
  const constants = plan.constant.length > 0 ? await run.constants() : {};
  const feeds = {
    ...named(replacementFeed, replacements.values),
    ...named(constantFeed, constants),
    ...compiledMaskFeeds(graph, plan, mask),
  };
  return { view: { ...view, feeds } };
}

/** What every source writes when everything is replaced: needed where replacements are no run of their own. */
export async function constantsOf(run: BatchRun): Promise<Readonly<Record<string, TensorLike>>> {
  const { model, graph, replacements, signal } = run;
  const shared = replacements.form !== "prompt";
  const tokens = model.prepare({ tokens: shared ? run.rows.slice(0, 1) : run.rows });
  const mask = { batch: 1, pos: 1, values: new Float32Array(graph.edgeCount).fill(1) };
  const hooks = sourceHooks(graph.shape);
  const view = denseView(graph.shape, {
    mask: { batch: false, pos: false },
    values: replacements.form,
  });
  const feeds = {
    ...named(replacementFeed, replacements.values),
    ...maskFeeds(readersOf(graph), mask),
  };
  return model.compute(tokens, activations(hooks), { view: { ...view, feeds }, signal });
}

/** Components that a mask leaves, for reports and for the choice of an engine. */
export function planOf(graph: EdgeGraph, mask: EdgeMask, isRun: boolean): CompiledPlan {
  return compiledPlan(graph, keptAnywhere(mask), isRun);
}

function keptAnywhere({ batch, pos, values }: EdgeMask): Uint8Array {
  const rows = batch * pos;
  const edges = values.length / rows;
  const kept = new Uint8Array(edges);
  for (let row = 0; row < rows; row++)
    for (let edge = 0; edge < edges; edge++) if (values[row * edges + edge]! < 1) kept[edge] = 1;
  return kept;
}

/** Logits at the readout positions of a run, and metrics of one's own, [prompt] each. */
export async function executed<Name extends string>(
  { model, prompts, rows, signal }: PlainRun,
  difference: Difference,
  metrics: Readonly<Record<Name, Metric>> = {} as Readonly<Record<Name, Metric>>,
): Promise<{ readonly logits: Logits; readonly metrics: Readonly<Record<Name, Float64Array>> }> {
  const tokens = model.prepare({ tokens: rows });
  const everywhere = prompts.some(({ sequence }) => sequence);
  const asked = together({
    logits: logitsAt(everywhere ? "all" : "last"),
    metrics: together<Record<Name, Float64Array>>(metrics),
  });
  const found = await model.compute(tokens, asked, { ...difference, signal });
  const { data, shape } = found.logits as TensorLike<"float32" | "float64">;
  const width = shape.at(-1)!;
  const row = (index: number): Row => data.slice(index * width, (index + 1) * width);
  const logits = prompts.map((prompt, i) => {
    if (!everywhere) return [row(i)];
    const last = { pos: tokens.pos - 1 };
    return (prompt.sequence ?? [last]).map(({ pos }) => row(i * tokens.pos + pos));
  });
  return { logits, metrics: found.metrics };
}

/** One edit per hook that has a replaced source; the mask is [batch or 1, pos or 1, source], 0 or 1. */
export function nodeEdits(
  graph: EdgeGraph,
  mask: EdgeMask,
  { form, values }: Activations,
): ResolvedEdit[] {
  return sourceGroups(graph.shape).flatMap(({ kind, hook, first, count }) => {
    const own = columns(mask, graph.sources.length, first, count);
    if (own.every((x) => x === 0)) return [];
    const heads = kind === "heads";
    const { batch, pos } = mask;
    return [
      {
        structure: {
          at: hook,
          operation: "set" as const,
          rank: heads ? 4 : 3,
          mask: heads ? [batch > 1, pos > 1, true, false] : [batch > 1, pos > 1, false],
          value: [form === "prompt", form !== "constant", true, true].slice(0, heads ? 4 : 3),
        },
        mask: {
          dtype: "bool",
          shape: heads ? [batch, pos, count, 1] : [batch, pos, 1],
          data: own,
        } as TensorLike,
        value: values[hook]!,
        by: 1,
      },
    ];
  });
}

function columns(
  { batch, pos, values }: EdgeMask,
  stride: number,
  first: number,
  count: number,
): Uint8Array {
  const out = new Uint8Array(batch * pos * count);
  for (let row = 0; row < batch * pos; row++)
    for (let i = 0; i < count; i++)
      out[row * count + i] = values[row * stride + first + i]! > 0 ? 1 : 0;
  return out;
}
