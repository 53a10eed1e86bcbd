/** @file `diopter inspect`: what a model is, which activations it has, and what a run of it takes. */

import { resolve } from "node:path";
import {
  hookNames,
  hookShape,
  inspectOnnx,
  type Model,
  type OnnxInspection,
  type Provenance,
} from "@diopter/model";
import { command } from "../command";
import { type ComponentSize, componentSizes } from "../component-sizes";
import { type MemoryNeed, memoryNeed } from "../memory-need";
import { integer, jsonOption, modelArgument, runtimeOption } from "../options";
import { checkOut, emit } from "../output";
import { bytes, table } from "../table";
import { versions } from "../versions";
import { withModel } from "../with-model";

export const inspect = command({
  name: "inspect",
  summary: "what a model is: configuration, activations, parameters, memory",
  details:
    "Lists every activation with its shape, counts parameters by component, and estimates the memory of a run.\n" +
    "Memory is that of weights and activations at the fullest moment; ONNX Runtime itself comes on top.\n" +
    "Of an ONNX file it lists the value behind each activation with its axes and factor, or why there is none.",
  args: {
    model: modelArgument,
    batch: { type: "string", valueHint: "n", description: "prompts in a run, 1 by default" },
    length: { type: "string", valueHint: "n", description: "tokens in a prompt, 20 by default" },
    json: jsonOption,
    out: { type: "string", valueHint: "file", description: "write a .json file" },
    runtime: runtimeOption,
  },
  examples: [
    "diopter inspect world-causal",
    "diopter inspect path/to/gpt2 --batch 16 --length 128",
    "diopter inspect path/to/gpt2 --json",
    "diopter inspect path/to/model.onnx",
  ],
  async run(args, io) {
    const batch = integer("inspect: --batch", args.batch, { min: 1 }) ?? 1;
    const length = integer("inspect: --length", args.length, { min: 1 });
    checkOut("inspect", args.out, [".json"]);
    if (/\.onnx$/i.test(args.model)) {
      const inspection = await inspectOnnx(resolve(io.cwd, args.model));
      await emit(io, args, {
        text: () => onnxText(inspection),
        json: () => ({ versions: versions(), ...inspection.toJSON() }),
        files: {},
      });
      return inspection.config ? 0 : 1;
    }
    const found = await withModel(io, args, (model) => inspectModel(model, batch, length));
    await emit(io, args, {
      text: () => inspectText(found),
      json: () => ({ schema: 1, kind: "inspect", versions: versions(), ...found }),
      files: {},
    });
    return 0;
  },
});

interface Inspection {
  readonly provenance: Provenance;
  readonly parameters: {
    readonly total: number;
    readonly bytes: number;
    readonly components: readonly ComponentSize[];
  };
  readonly hooks: readonly {
    readonly name: string;
    readonly shape: readonly (number | string)[];
  }[];
  readonly memory: {
    readonly batch: number;
    readonly length: number;
    /** Bytes by what is asked of the run. */
    readonly runs: readonly MemoryNeed[];
  };
}

async function inspectModel(
  model: Model,
  batch: number,
  asked: number | undefined,
): Promise<Inspection> {
  const { config, weights } = model;
  if (asked !== undefined && asked > config.nCtx) {
    throw new RangeError(`inspect: --length is ${asked}, the context holds ${config.nCtx}`);
  }
  const length = asked ?? Math.min(20, config.nCtx);
  return {
    provenance: await model.provenance({ kind: "inspect", batch, length }),
    parameters: {
      total: weights.parameterCount,
      bytes: weights.bytes,
      components: componentSizes(weights),
    },
    hooks: hookNames(config).map((name) => ({ name, shape: hookShape(name, config) })),
    memory: { batch, length, runs: memoryNeed(model, batch, length) },
  };
}

function onnxText(inspection: OnnxInspection): string {
  const { file, config, unexplained } = inspection;
  const rows = inspection
    .toRows()
    .map(({ hook, value, axes, factor, reason }) => [
      hook,
      value ?? "",
      axes ? `[${axes.join(", ")}]` : "",
      factor === undefined || Math.abs(factor - 1) < 1e-6
        ? ""
        : `x ${Number(factor.toPrecision(6))}`,
      reason ?? "",
    ]);
  return [
    `${file}\n`,
    ...(config
      ? [
          table(["configuration", "value"], settingsOf(config)),
          table(["activation", "value of the file", "axes", "factor", "why there is none"], rows),
        ]
      : [
          table(
            ["not recognized as a transformer, because"],
            unexplained.map((reason) => [reason]),
          ),
        ]),
  ].join("\n");
}

function settingsOf(config: object): [string, string][] {
  return Object.entries(config)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [
      key,
      typeof value === "object" ? JSON.stringify(value) : String(value),
    ]);
}

function inspectText({ provenance, parameters, hooks, memory }: Inspection): string {
  const { id, weightsHash, config } = provenance.model;
  return [
    `${id}\nweights sha256 ${weightsHash}\n`,
    table(["configuration", "value"], settingsOf(config)),
    table(
      ["parameters", "count", "size"],
      [
        ...parameters.components.map((row) => [row.component, row.parameters, bytes(row.bytes)]),
        ["total", parameters.total, bytes(parameters.bytes)],
      ],
    ),
    table(["activation", "shape"], byLayer(hooks)),
    table(
      [`memory of ${memory.batch} x ${memory.length} tokens`, "size"],
      memory.runs.map((row) => [row.run, bytes(row.bytes)]),
    ),
  ].join("\n");
}

/** Activations that every layer has, as one row with the range of layers. */
function byLayer(hooks: Inspection["hooks"]): [string, string][] {
  const rows = new Map<string, { layers: number[]; shape: string }>();
  for (const { name, shape } of hooks) {
    const [, layer, rest] = /^blocks\.(\d+)\.(.*)$/.exec(name) ?? [];
    const key = rest === undefined ? name : `blocks.{}.${rest}`;
    const row = rows.get(key) ?? { layers: [], shape: `[${shape.join(", ")}]` };
    if (layer !== undefined) row.layers.push(Number(layer));
    rows.set(key, row);
  }
  return [...rows].map(([key, { layers, shape }]) => {
    const range = layers.length > 1 ? `{${layers[0]}-${layers.at(-1)}}` : `${layers[0]}`;
    return [key.replace("{}", range), shape];
  });
}
