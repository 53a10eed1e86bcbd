/** @file `diopter lens`: what each layer of a model would say next. */

import { type LensGrid, logitLens } from "@diopter/lens";
import { figure, page } from "@diopter/plot";
import { command } from "../command";
import {
  integer,
  integers,
  jsonOption,
  modelArgument,
  promptArgument,
  promptOf,
  runtimeOption,
  tokensOption,
} from "../options";
import { checkOut, emit } from "../output";
import { predictedPositions } from "../predictions";
import { provenanceSection } from "../provenance-section";
import { shown, table } from "../table";
import { UsageError } from "../usage-error";
import { versions } from "../versions";
import { withModel } from "../with-model";

export const lens = command({
  name: "lens",
  summary: "what each layer would say next, at every position (logit lens)",
  details:
    "Reads the residual stream of every layer through the model's own final norm and unembedding.\n" +
    "Entropy and KL to the output are in nats; rank 0 is the most likely token.",
  args: {
    model: modelArgument,
    prompt: promptArgument,
    tokens: tokensOption,
    layers: {
      type: "string",
      valueHint: "list",
      description: "layers to read, such as 0,3,-1; 0 is the first block's input; all by default",
    },
    "top-k": { type: "string", valueHint: "n", description: "tokens kept per cell, 5 by default" },
    target: {
      type: "string",
      valueHint: "token",
      description: "also give this token's rank; next stands for the token that comes next",
    },
    color: {
      type: "enum",
      options: ["probability", "entropy", "kl", "rank"],
      valueHint: "what",
      description: "what a picture colours: probability (default), entropy, kl or rank",
    },
    json: jsonOption,
    out: { type: "string", valueHint: "file", description: "write a .html, .svg or .json file" },
    runtime: runtimeOption,
  },
  examples: [
    'diopter lens world-causal "The maker of the Chromebook is" --target Google',
    'diopter lens path/to/gpt2 "The capital of France is" --layers 0,6,-1 --json',
    'diopter lens path/to/gpt2 "The capital of France is" --color entropy --out lens.html',
  ],
  async run(args, io) {
    const { model: name, target, color = "probability", json, out, runtime } = args;
    const prompt = promptOf(args);
    const layers = integers("lens: --layers", args.layers);
    const topK = integer("lens: --top-k", args["top-k"], { min: 1 });
    checkOut("lens", out, [".html", ".svg", ".json"]);
    if (color === "rank" && target === undefined) {
      throw new UsageError("lens: --color rank needs --target");
    }
    const found = await withModel(io, { model: name, runtime, prompt }, async (model) => {
      const grid = await logitLens(model, prompt, {
        ...(layers && { layers }),
        ...(topK && { topK }),
        ...(target !== undefined && { target }),
        signal: io.signal,
      });
      return { grid, positions: predictedPositions(model, grid.tokens) };
    });
    const { grid } = found;
    const picture = (width?: number) => grid.toSVG({ color, title: "Logit lens", width });
    await emit(
      io,
      { json, out },
      {
        text: () => lensText(found, args.prompt),
        json: () => ({ ...grid.toJSON(), prompt, versions: versions() }),
        files: {
          ".svg": () => picture(),
          ".html": () => lensPage(grid, args.prompt, picture),
        },
      },
    );
    return 0;
  },
});

interface Found {
  readonly grid: LensGrid;
  /** Where the model predicts what the prompt asks for. */
  readonly positions: readonly number[];
}

/** The top token of every cell, then the numbers at the positions that matter. */
function lensText({ grid, positions }: Found, prompt: string): string {
  const labels = grid.layers.map((layer) => layer.label);
  const tokens = grid.strings[0]!.map((token, position) => [
    position,
    shown(token),
    ...labels.map((_, l) => shown(grid.top(l, position)[0]!.token)),
  ]);
  return [
    `${JSON.stringify(prompt)}: the most likely token of each layer, by position\n`,
    table(["", "token", ...labels], tokens),
    ...positions.map((position) => positionText(grid, position)),
  ].join("\n");
}

/** Every layer's numbers at one position. */
function positionText(grid: LensGrid, position: number): string {
  const rank = grid.target === undefined ? [] : ["rank"];
  const rows = grid.toRows().filter((row) => row.position === position);
  return `at "${shown(rows[0]!.token)}" (position ${position})\n${table(
    ["layer", "top token", "probability", "entropy", "kl", ...rank],
    rows.map((row) => [
      row.layer,
      shown(row.top),
      row.probability,
      row.entropy,
      row.kl,
      row.rank ?? undefined,
    ]),
  )}`;
}

function lensPage(grid: LensGrid, prompt: string, draw: (width: number) => string): string {
  const masked = grid.provenance.model.config.attentionDir === "bidirectional";
  const cell = masked ? "that would stand there" : "that would come next";
  return page({
    title: `Logit lens: ${prompt}`,
    sections: [
      {
        heading: "What each layer would say",
        text: `One column for each token of the prompt, one row for each layer, the last layer on top; a cell holds the token ${cell} if the model stopped there.`,
        figures: [figure(draw)],
      },
      provenanceSection(grid.provenance),
    ],
  });
}
