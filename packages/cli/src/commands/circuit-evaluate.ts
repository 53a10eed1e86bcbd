/** @file `diopter circuit evaluate`: a circuit under several ablations, as a table. */

import { type Circuit, evaluateCells, promptMetrics, recovered } from "@diopter/circuits";
import type { Task } from "@diopter/circuits/tasks";
import type { Provenance } from "@diopter/model";
import { csvFormatRows } from "d3-dsv";
import { cellsOf, type NamedCell, valueNames } from "../circuit/cells";
import {
  circuitArgument,
  nOption,
  seedOption,
  taskOption,
  taskRequest,
} from "../circuit/circuit-options";
import { judgedBy, meanOf, valuesOf } from "../circuit/judged";
import { readCircuit } from "../circuit/read-circuit";
import { taskFor } from "../circuit/task-for";
import { command } from "../command";
import { choices, jsonOption, modelArgument, runtimeOption, words } from "../options";
import { checkOut, emit } from "../output";
import { type Cell, table } from "../table";
import { versions } from "../versions";
import { withModel } from "../with-model";

type Result = Awaited<ReturnType<typeof evaluateCells>>[number];

const components = ["edge", "node"] as const;
const tokenSets = ["specific", "all"] as const;

export const circuitEvaluate = command({
  name: "circuit evaluate",
  summary: "a circuit's scores under one ablation or many, as a table",
  details:
    "One row per ablation: edges or nodes, replaced by another prompt's values or their mean, at the circuit's tokens or all.\n" +
    "Recovered is the share of the model's metric, as the ratio of means (R1) and the mean of ratios (R2), in percent.",
  args: {
    model: modelArgument,
    circuit: circuitArgument,
    task: taskOption,
    n: nOption,
    seed: seedOption,
    component: { type: "string", valueHint: "list", description: "edge,node by default" },
    value: {
      type: "string",
      valueHint: "list",
      description: `of ${valueNames.join(", ")}; resample,mean by default`,
    },
    tokens: { type: "string", valueHint: "list", description: "specific,all by default" },
    direction: {
      type: "enum",
      options: ["ablate-clean", "restore-clean"],
      valueHint: "direction",
      description: "break the clean run (default), or repair the corrupt one",
    },
    set: {
      type: "enum",
      options: ["complement", "circuit"],
      valueHint: "set",
      description: "replace all but the circuit (default), or the circuit",
    },
    metrics: {
      type: "string",
      valueHint: "list",
      description: `of ${[...promptMetrics.keys()].join(", ")}; the task's and accuracy by default`,
    },
    json: jsonOption,
    out: { type: "string", valueHint: "file", description: "write a .json or .csv file" },
    runtime: runtimeOption,
  },
  examples: [
    "diopter circuit evaluate world-causal circuit.json --task ioi",
    "diopter circuit evaluate path/to/gpt2 ioi-869-positions --component edge --value resample,mean,zero",
  ],
  async run(args, io) {
    const who = "circuit evaluate";
    const request = taskRequest(who, args);
    const levels = {
      component: choices(`${who}: --component`, args.component, components) ?? components,
      value: choices(`${who}: --value`, args.value, valueNames) ?? ["resample", "mean"],
      tokens: choices(`${who}: --tokens`, args.tokens, tokenSets) ?? tokenSets,
      direction: args.direction ?? "ablate-clean",
      set: args.set ?? "complement",
    } as const;
    checkOut(who, args.out, [".json", ".csv"]);
    const circuit = await readCircuit(io, args.circuit);
    const found = await withModel(io, args, async (model, progress): Promise<Found> => {
      const task = await taskFor(io, model, request);
      const cells = cellsOf(task, circuit, levels, request.seed);
      const metrics = args.metrics === undefined ? judgedBy(task) : words(args.metrics);
      const specs = cells.map(({ ablation }) => ({ circuit, ablation }));
      const results = await evaluateCells(model, task, specs, {
        metrics,
        signal: io.signal,
        onProgress: ({ done, total, remaining }) =>
          progress.step("running the circuit", done, total, remaining),
      });
      const provenance = await model.provenance({
        kind: who,
        ...request,
        circuit: circuit.toJSON(),
        levels,
        metrics,
      });
      return { task, circuit, metrics, cells, results, provenance };
    });
    await emit(io, args, {
      text: () => evaluateText(found),
      json: () => evaluateJson(found),
      files: { ".csv": () => evaluateCsv(found) },
    });
    return 0;
  },
});

interface Found {
  readonly task: Task;
  readonly circuit: Circuit;
  readonly metrics: readonly string[];
  readonly cells: readonly NamedCell[];
  readonly results: readonly Result[];
  readonly provenance: Provenance;
}

function evaluateText({ task, circuit, metrics, cells, results }: Found): string {
  const [main] = metrics as [string];
  const rows = cells.map(({ component, value, tokens }, i): Cell[] => {
    const result = results[i]!;
    const start = [component, value, tokens];
    if (!result.applicable) return [...start, "not applicable"];
    const share = recovered(valuesOf(result, main), valuesOf(result, main, "model"), {});
    return [
      ...start,
      `${result.size.kept} of ${result.size.of}`,
      ...metrics.map((metric) => meanOf(valuesOf(result, metric)).toPrecision(4)),
      share.ratioOfMeans.toFixed(1),
      share.meanOfRatios.toFixed(1),
      share.median.toFixed(1),
    ];
  });
  const ran = results.find((result) => result.applicable);
  const model = ran
    ? `; model: ${metrics.map((metric) => `${metric} ${meanOf(valuesOf(ran, metric, "model")).toPrecision(4)}`).join(", ")}`
    : "";
  const reasons = results.flatMap((result) => (result.applicable ? [] : [result.reason]));
  return [
    `${circuit.name} (${circuit.version}) on ${task.prompts.length} prompts of ${task.name}${model}\n`,
    table(["component", "value", "tokens", "kept", ...metrics, "R1 %", "R2 %", "median %"], rows),
    ...[...new Set(reasons)].map((reason) => `not applicable: ${reason}\n`),
  ].join("\n");
}

function evaluateJson({ task, circuit, metrics, cells, results, provenance }: Found) {
  return {
    schema: 1,
    kind: "circuit evaluate",
    provenance,
    versions: versions(),
    task: { name: task.name, version: task.version, prompts: task.prompts.length },
    circuit: circuit.toJSON(),
    metrics,
    cells: cells.map(({ component, value, tokens }, i) => {
      const { milliseconds, ...result } = { milliseconds: 0, ...results[i]! };
      return { component, value, tokens, ...result };
    }),
  };
}

/** One row per prompt, cell and metric. */
function evaluateCsv({ metrics, cells, results }: Found): string {
  const head = ["prompt", "component", "value", "tokens", "metric", "circuit", "model"];
  const rows = cells.flatMap(({ component, value, tokens }, i) => {
    const result = results[i]!;
    if (!result.applicable) return [];
    return result.prompts.flatMap(({ id, circuit, model }) =>
      metrics.map((metric) => {
        const numbers = [circuit[metric]!, model[metric]!].map(String);
        return [id, component, value, tokens, metric, ...numbers];
      }),
    );
  });
  return `${csvFormatRows([head, ...rows])}\n`;
}
