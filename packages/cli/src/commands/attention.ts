/** @file `diopter attention`: where each head looks. */

import type { Model, Provenance } from "@diopter/model";
import { attention as attentionChart, figure, page } from "@diopter/plot";
import { command } from "../command";
import { indicesIn } from "../indices";
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
import { percent } from "../percent";
import { predictedPositions, tokenStrings } from "../predictions";
import { provenanceSection } from "../provenance-section";
import { shown, table } from "../table";
import { UsageError } from "../usage-error";
import { versions } from "../versions";
import { withModel } from "../with-model";

export const attention = command({
  name: "attention",
  summary: "where each head looks, as tables or maps",
  details:
    "Prints what every head attends to most from one position; a picture shows all positions.\n" +
    "Shares of one position add up to 100 %.",
  args: {
    model: modelArgument,
    prompt: promptArgument,
    tokens: tokensOption,
    layers: {
      type: "string",
      valueHint: "list",
      description: "layers to read, such as 0,3,-1; all by default",
    },
    heads: { type: "string", valueHint: "list", description: "heads to read; all by default" },
    pos: {
      type: "string",
      valueHint: "position",
      description: "the position that attends, in tables; by default where the model predicts",
    },
    "top-k": { type: "string", valueHint: "n", description: "keys to print, 3 by default" },
    json: jsonOption,
    out: {
      type: "string",
      valueHint: "file",
      description: "write a .html or .json file, or a .svg of one layer",
    },
    runtime: runtimeOption,
  },
  examples: [
    'diopter attention world-causal "The maker of the Chromebook is" --layers -1',
    'diopter attention path/to/gpt2 "When Mary and John went" --layers 5 --heads 1,5 --out heads.svg',
  ],
  async run(args, io) {
    const prompt = promptOf(args);
    const layers = integers("attention: --layers", args.layers);
    const heads = integers("attention: --heads", args.heads);
    const pos = integer("attention: --pos", args.pos);
    const count = integer("attention: --top-k", args["top-k"], { min: 1 }) ?? 3;
    checkOut("attention", args.out, [".html", ".svg", ".json"]);
    if (args.out?.endsWith(".svg") && layers?.length !== 1) {
      throw new UsageError("attention: --out with .svg needs --layers with one layer");
    }
    const found = await withModel(io, { ...args, prompt }, (model) =>
      readAttention(model, prompt, { layers, heads, pos, signal: io.signal }),
    );
    await emit(io, args, {
      text: () => found.layers.map((layer) => layerText(found, layer, count)).join("\n"),
      json: () => ({ schema: 1, kind: "attention", versions: versions(), prompt, ...found }),
      files: {
        ".svg": () => picture(found, found.layers[0]!),
        ".html": () => attentionPage(found, args.prompt),
      },
    });
    return 0;
  },
});

interface Found {
  readonly tokens: readonly string[];
  /** The position that attends, in tables. */
  readonly position: number;
  readonly layers: readonly LayerAttention[];
  readonly provenance: Provenance;
}

interface LayerAttention {
  readonly layer: number;
  readonly heads: readonly number[];
  /** [head][query][key] */
  readonly pattern: readonly (readonly (readonly number[])[])[];
}

interface Wanted {
  readonly layers: readonly number[] | undefined;
  readonly heads: readonly number[] | undefined;
  readonly pos: number | undefined;
  readonly signal: AbortSignal;
}

async function readAttention(
  model: Model,
  prompt: string | number[],
  wanted: Wanted,
): Promise<Found> {
  const { nLayers, nHeads } = model.config;
  const layers = indicesIn("attention: --layers", wanted.layers, nLayers, "layers");
  const heads = indicesIn("attention: --heads", wanted.heads, nHeads, "heads");
  const hook = (layer: number) => `blocks.${layer}.attn.hook_pattern`;
  const { cache, tokens } = await model.runWithCache(prompt, {
    names: layers.map(hook),
    logits: "none",
    signal: wanted.signal,
  });
  const asked = wanted.pos === undefined ? predictedPositions(model, tokens) : [wanted.pos];
  const [position] = indicesIn("attention: --pos", asked.slice(0, 1), tokens.pos, "tokens");
  const along = Array.from({ length: tokens.pos }, (_, i) => i);
  return {
    tokens: tokenStrings(model, tokens.ids),
    position: position!,
    layers: layers.map((layer) => {
      const values = cache.get(hook(layer));
      const pattern = heads.map((head) =>
        along.map((query) => along.map((key) => values.at(0, head, query, key))),
      );
      return { layer, heads, pattern };
    }),
    provenance: await model.provenance({ kind: "attention", prompt, layers, heads }),
  };
}

function layerText(
  { tokens, position }: Found,
  { layer, heads, pattern }: LayerAttention,
  count: number,
): string {
  const rows = heads.map((head, h) => {
    const row = pattern[h]![position]!;
    const keys = row.map((_, key) => key).sort((a, b) => row[b]! - row[a]! || a - b);
    const top = keys.slice(0, count).flatMap((key) => [shown(tokens[key]!), percent(row[key]!)]);
    return [head, ...top];
  });
  const places = Math.min(count, tokens.length);
  const head = Array.from({ length: places }, (_, i) => [i === 0 ? "looks at" : "then at", ""]);
  return `layer ${layer}, from "${shown(tokens[position]!)}" (position ${position})\n${table(["head", ...head.flat()], rows)}`;
}

function picture(
  { tokens }: Found,
  { layer, heads, pattern }: LayerAttention,
  width?: number,
): string {
  return attentionChart(
    { attention: pattern, tokens, attentionHeadNames: heads.map((head) => `head ${head}`) },
    { title: `Attention in layer ${layer}`, legend: "attention", maxValue: 1, width },
  );
}

function attentionPage(found: Found, prompt: string): string {
  return page({
    title: `Attention: ${prompt}`,
    sections: [
      ...found.layers.map((layer) => ({
        heading: `Layer ${layer.layer}`,
        figures: [figure((width) => picture(found, layer, width))],
      })),
      provenanceSection(found.provenance),
    ],
  });
}
