/** @file `diopter circuit draw`: a circuit as a picture, or as a table of its elements. */

import { type Circuit, drawCircuit, Scores } from "@diopter/circuits";
import { page } from "@diopter/plot";
import { csvFormatRows } from "d3-dsv";
import { circuitArgument } from "../circuit/circuit-options";
import { readCircuit } from "../circuit/read-circuit";
import { command } from "../command";
import { integer, jsonOption } from "../options";
import { checkOut, emit } from "../output";
import { readJson } from "../read-json";
import { table } from "../table";

type AnyScores = ReturnType<typeof Scores.fromJSON>;

export const circuitDraw = command({
  name: "circuit draw",
  summary: "a circuit as a picture, layer by layer",
  details:
    "Draws the nodes of a circuit by layer and its edges by score, with what a head reads (queries, keys, values) by colour.\n" +
    "Without --out it prints the elements. No model is loaded.",
  args: {
    circuit: circuitArgument,
    scores: {
      type: "string",
      valueHint: "file",
      description: "scores of the edges, as circuit discover --scores wrote them",
    },
    "max-edges": { type: "string", valueHint: "n", description: "edges drawn, 300 by default" },
    json: jsonOption,
    out: {
      type: "string",
      valueHint: "file",
      description: "write a .html, .svg, .json or .csv file",
    },
  },
  examples: [
    "diopter circuit draw circuit.json --scores scores.json --out circuit.svg",
    "diopter circuit draw ioi-26-heads --out ioi.html",
  ],
  async run(args, io) {
    const maxEdges = integer("circuit draw: --max-edges", args["max-edges"], { min: 1 });
    checkOut("circuit draw", args.out, [".html", ".svg", ".json", ".csv"]);
    const circuit = await readCircuit(io, args.circuit);
    const scores =
      args.scores === undefined
        ? undefined
        : await readJson(io, args.scores, (json) => Scores.fromJSON(json));
    const title = `${circuit.name}: ${sizeOf(circuit)}`;
    const picture = (width?: number) => drawCircuit(circuit, { scores, title, maxEdges, width });
    await emit(io, args, {
      text: () => `${title}\n\n${table(...rowsOf(circuit, scores))}`,
      json: () => circuit.toJSON(),
      files: {
        ".svg": () => picture(),
        ".html": () => circuitPage(circuit, { svg: picture(), narrow: picture(344) }),
        ".csv": () => {
          const [head, rows] = rowsOf(circuit, scores);
          return csvFormatRows([head, ...rows.map((row) => row.map(String))]);
        },
      },
    });
    return 0;
  },
});

function sizeOf({ size, component }: Circuit): string {
  return `${size} ${component}${size === 1 ? "" : "s"}`;
}

/** Names, positions where the circuit has some, scores where they are given. */
function rowsOf({ component, elements }: Circuit, scores: AnyScores | undefined) {
  const placed = elements.some(({ at }) => at !== undefined);
  const head = [component, ...(placed ? ["at"] : []), ...(scores ? ["score"] : [])];
  const rows = elements.map(({ name, at }) => [
    name,
    ...(placed ? [at?.join(" ") ?? "all"] : []),
    ...(scores ? [scores.of(name)] : []),
  ]);
  return [head, rows] as const;
}

function circuitPage(circuit: Circuit, figure: { svg: string; narrow: string }): string {
  const { name, version, source, derivation } = circuit;
  return page({
    title: `Circuit: ${name}`,
    sections: [
      { heading: sizeOf(circuit), figures: [figure] },
      {
        heading: "Where it comes from",
        table: [
          { what: "version", value: version },
          { what: "source", value: source ?? "none given" },
          { what: "made by", value: derivation.join(", ") || "as it was read" },
        ],
      },
    ],
  });
}
