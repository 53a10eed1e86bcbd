/** @file `diopter circuit report`: how a circuit's faithfulness moves with the ablation. */

import { resolve } from "node:path";
import { promptMetrics, robustness } from "@diopter/circuits";
import {
  circuitArgument,
  nOption,
  seedOption,
  taskOption,
  taskRequest,
} from "../circuit/circuit-options";
import { folderStore } from "../circuit/folder-store";
import { readCircuit } from "../circuit/read-circuit";
import { reportText } from "../circuit/report-text";
import { taskFor } from "../circuit/task-for";
import { command } from "../command";
import { integer, jsonOption, modelArgument, runtimeOption, words } from "../options";
import { checkOut, emit } from "../output";
import { withModel } from "../with-model";

export const circuitReport = command({
  name: "circuit report",
  summary: "how far a circuit's score moves with the choices of the ablation",
  details:
    "Runs the circuit under a grid of ablations with controls, prompt by prompt: the full model, everything ablated,\n" +
    "connected random circuits of equal size, another task's circuit where --other gives one, and what the method that\n" +
    "the circuit's file records finds of shuffled answers. A page shows every cell with intervals, what each choice moves,\n" +
    "the controls and what each can show, and the worst prompts.",
  args: {
    model: modelArgument,
    circuit: circuitArgument,
    task: taskOption,
    preset: {
      type: "enum",
      options: ["miller", "quick", "full"],
      valueHint: "preset",
      description:
        "miller (8 cells, the default), quick (one choice at a time) or full (all crossed)",
    },
    n: nOption,
    seed: seedOption,
    random: {
      type: "string",
      valueHint: "n",
      description: "connected random circuits of equal size, 100 by default",
    },
    other: {
      type: "string",
      valueHint: "circuit",
      description:
        "a circuit of another task, as large, to tell whether this one is about its task",
    },
    "mean-sizes": {
      type: "boolean",
      description: "also vary the number of prompts that means are taken over",
    },
    metrics: {
      type: "string",
      valueHint: "list",
      description: `of ${[...promptMetrics.keys()].join(", ")}, the first is the score; the task's, accuracy and kl by default`,
    },
    resume: {
      type: "string",
      valueHint: "folder",
      description: "keep finished runs there, and use those that are there",
    },
    json: jsonOption,
    out: { type: "string", valueHint: "file", description: "write a .html, .json or .csv file" },
    runtime: runtimeOption,
  },
  examples: [
    "diopter circuit report world-causal circuit.json --task ioi --out report.html",
    "diopter circuit report path/to/gpt2 ioi-869-positions --preset quick --resume runs --out ioi.html",
  ],
  async run(args, io) {
    const who = "circuit report";
    const request = taskRequest(who, args);
    const random = integer(`${who}: --random`, args.random, { min: 0 });
    checkOut(who, args.out, [".html", ".json", ".csv"]);
    const { preset = "miller", resume, metrics } = args;
    const circuit = await readCircuit(io, args.circuit);
    const other = args.other === undefined ? undefined : await readCircuit(io, args.other);
    const report = await withModel(io, args, async (model, progress) => {
      const task = await taskFor(io, model, request);
      return robustness(model, task, circuit, {
        preset: preset as "miller" | "quick" | "full",
        seed: request.seed,
        ...(random !== undefined && { randomCircuits: random }),
        ...(other && { controls: { other } }),
        ...(args["mean-sizes"] && { meanSetSizes: true }),
        ...(metrics !== undefined && { metrics: words(metrics) }),
        ...(resume !== undefined && { resume: folderStore(resolve(io.cwd, resume)) }),
        signal: io.signal,
        onProgress: ({ done, total, remaining }) =>
          progress.step("running cells", Math.floor(done), total, remaining),
      });
    });
    await emit(io, args, {
      text: () => reportText(report),
      json: () => report.toJSON(),
      files: { ".html": () => report.toHTML(), ".csv": () => report.toCSV() },
    });
    return 0;
  },
});
