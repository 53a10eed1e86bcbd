/** @file `diopter circuit discover`: the edges of a model that a task needs. */

import {
  attributeEdges,
  attributionMethods,
  drawCircuit,
  type Scores,
  type TaskMetricName,
  taskMetricNames,
} from "@diopter/circuits";
import type { Provenance } from "@diopter/model";
import {
  intervalOf,
  nOption,
  seedOption,
  taskOption,
  taskRequest,
} from "../circuit/circuit-options";
import { judgedIntervals } from "../circuit/judged";
import { type SizeSearch, smallestCircuit } from "../circuit/smallest-circuit";
import { type SplitTasks, splitTasks } from "../circuit/task-for";
import { command } from "../command";
import { integer, jsonOption, modelArgument, runtimeOption, share } from "../options";
import { checkOut, jsonText, writeOut } from "../output";
import { percent } from "../percent";
import { table } from "../table";
import { UsageError } from "../usage-error";
import { versions } from "../versions";
import { withModel } from "../with-model";

export const circuitDiscover = command({
  name: "circuit discover",
  summary: "the smallest circuit that does what the model does on a task",
  details:
    "Scores every edge, then takes the best ones, more and more, and prunes what leads nowhere. Kept is the smallest circuit\n" +
    "that on held-out prompts, with all other edges resampled, has a faithfulness f of 0.9 and 90 % of the model's accuracy.",
  args: {
    model: modelArgument,
    task: taskOption,
    method: {
      type: "enum",
      options: [...attributionMethods],
      valueHint: "method",
      description: `${attributionMethods.join(", ")}; eap-ig-inputs by default`,
    },
    metric: {
      type: "enum",
      options: [...taskMetricNames],
      valueHint: "what",
      description: "what is differentiated; the task's metric by default",
    },
    steps: { type: "string", valueHint: "n", description: "points of the integral, 5 by default" },
    n: nOption,
    "held-out": {
      type: "string",
      valueHint: "n",
      description: "prompts to judge by, as many as --n by default",
    },
    seed: seedOption,
    edges: { type: "string", valueHint: "n", description: "take this many edges, no search" },
    faithfulness: { type: "string", valueHint: "f", description: "least f, 0.9 by default" },
    accuracy: {
      type: "string",
      valueHint: "share",
      description: "least share of the model's accuracy, 0.9 by default",
    },
    json: jsonOption,
    out: {
      type: "string",
      valueHint: "file",
      description: "write the circuit, a .json file, or its picture, a .svg",
    },
    scores: { type: "string", valueHint: "file", description: "write all scores, a .json file" },
    runtime: runtimeOption,
  },
  examples: [
    "diopter circuit discover world-causal --task ioi --out circuit.json",
    "diopter circuit discover path/to/gpt2 --task ioi --edges 400 --scores scores.json",
    "diopter circuit discover path/to/model --task prompts.json --method eap --faithfulness 0.8",
  ],
  async run(args, io) {
    const who = "circuit discover";
    const request = taskRequest(who, args);
    const heldOut = integer(`${who}: --held-out`, args["held-out"], { min: 2 }) ?? request.n;
    const steps = integer(`${who}: --steps`, args.steps, { min: 1 });
    const edges = integer(`${who}: --edges`, args.edges, { min: 1 });
    const faithfulness = share(`${who}: --faithfulness`, args.faithfulness);
    const accuracy = share(`${who}: --accuracy`, args.accuracy);
    if (edges !== undefined && (faithfulness ?? accuracy) !== undefined) {
      throw new UsageError(`${who}: --edges gives the size, so nothing else can ask for one`);
    }
    checkOut(who, args.out, [".json", ".svg"]);
    checkOut(who, args.scores, [".json"]);
    const { method = "eap-ig-inputs", metric } = args;
    const { signal } = io;
    const found = await withModel(io, args, async (model, progress) => {
      const tasks = await splitTasks(io, model, { ...request, heldOut });
      const scores = await attributeEdges(model, tasks.train, {
        method: method as (typeof attributionMethods)[number],
        ...(metric !== undefined && { metric: metric as TaskMetricName }),
        ...(steps !== undefined && { steps }),
        signal,
        onProgress: ({ done, total, remaining }) =>
          progress.step("scoring edges", done, total, remaining),
      });
      const search = await smallestCircuit(model, tasks.test, scores, {
        edges,
        faithfulness,
        accuracy,
        signal,
        onTried: (asked, of) => progress.step(`trying ${asked} of ${of} edges`),
      });
      const { task, n, seed } = request;
      const provenance = await model.provenance({
        kind: who,
        task,
        n,
        seed,
        record: recordOf(scores),
      });
      return { tasks, scores, search, provenance, seed };
    });
    const { circuit } = found.search.smallest;
    if (args.out !== undefined) {
      const content = args.out.endsWith(".svg")
        ? drawCircuit(circuit, { scores: found.scores, title: circuit.name })
        : jsonText(circuit.toJSON());
      io.err(`wrote ${await writeOut(io, args.out, content)}\n`);
    }
    if (args.scores !== undefined)
      io.err(`wrote ${await writeOut(io, args.scores, jsonText(found.scores.toJSON()))}\n`);
    io.out(args.json ? jsonText(discoverJson(found)) : discoverText(found));
    return 0;
  },
});

interface Found {
  readonly tasks: SplitTasks;
  readonly scores: Scores<"edge">;
  readonly search: SizeSearch;
  readonly provenance: Provenance;
  readonly seed: number;
}

/** How the scores were made, without the time that it took. */
function recordOf({ record: { milliseconds, ...record } }: Scores) {
  return record;
}

function discoverJson({ tasks, scores, search, provenance, seed }: Found): Record<string, unknown> {
  const { smallest, empty, metric, ablation, modelAccuracy, tried } = search;
  const { f, accuracy } = judgedIntervals(smallest.evaluation, empty, metric, seed);
  const of = scores.graph.edgeCount;
  const { name, version } = tasks.test;
  return {
    schema: 1,
    kind: "circuit discover",
    provenance,
    versions: versions(),
    task: {
      name,
      version,
      searched: tasks.train.prompts.length,
      heldOut: tasks.test.prompts.length,
    },
    scores: recordOf(scores),
    ablation,
    edges: smallest.circuit.size,
    of,
    share: smallest.circuit.size / of,
    metric,
    faithfulness: intervalOf(f),
    accuracy: accuracy ? intervalOf(accuracy) : null,
    modelAccuracy: modelAccuracy ?? null,
    tried: tried.map(({ asked, circuit, f, accuracy }) => ({
      asked,
      edges: circuit.size,
      f,
      accuracy: accuracy ?? null,
    })),
    circuit: smallest.circuit.toJSON(),
  };
}

function discoverText({ tasks, scores, search, seed }: Found): string {
  const { smallest, empty, metric, modelAccuracy, tried } = search;
  const { f, accuracy } = judgedIntervals(smallest.evaluation, empty, metric, seed);
  const of = scores.graph.edgeCount;
  const { size } = smallest.circuit;
  const within = ({ bootstrap: { low, high } }: typeof f, format: (x: number) => string) =>
    `[${format(low)}, ${format(high)}]`;
  const fixed = (x: number) => x.toFixed(3);
  const right = accuracy
    ? `, accuracy ${percent(accuracy.estimate)} ${within(accuracy, percent)} (model ${percent(modelAccuracy!)})`
    : "";
  return [
    `${tasks.test.name}: ${scores.record.method} on ${tasks.train.prompts.length} prompts, judged on ${tasks.test.prompts.length} others\n`,
    table(
      ["edges asked", "kept", "share", "f", "accuracy"],
      tried.map(({ asked, circuit, f, accuracy }) => [
        asked,
        circuit.size,
        percent(circuit.size / of),
        fixed(f),
        accuracy === undefined ? "" : percent(accuracy),
      ]),
    ),
    `${size} of ${of} edges (${percent(size / of)}): f ${fixed(f.estimate)} ${within(f, fixed)} by ${metric}${right}\n` +
      "with all other edges resampled at all tokens of the clean run; 95 % intervals\n",
  ].join("\n");
}
