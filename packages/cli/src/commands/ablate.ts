/** @file `diopter ablate`: what a prediction loses with each head and MLP. */

import { hookNames, type Model, type Provenance } from "@diopter/model";
import { figure, page, scoreMap } from "@diopter/plot";
import { csvFormat } from "d3-dsv";
import { command } from "../command";
import { logProbabilityAt } from "../metric-at";
import {
  choices,
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
import { predictedPositions, predictions } from "../predictions";
import type { Progress } from "../progress";
import { provenanceSection } from "../provenance-section";
import { shown, table } from "../table";
import { versions } from "../versions";
import { withModel } from "../with-model";

const parts = ["heads", "mlps"] as const;

export const ablate = command({
  name: "ablate",
  summary: "what a prediction loses with each head and each MLP",
  details:
    "Replaces the output of one component at a time and measures the log-probability of a token, in nats, where the model\n" +
    "predicts: at the last position, or at the first mask. Components are listed by the size of the change.",
  args: {
    model: modelArgument,
    prompt: promptArgument,
    tokens: tokensOption,
    target: {
      type: "string",
      valueHint: "token",
      description: "whose probability; the most likely one by default",
    },
    what: { type: "string", valueHint: "list", description: "of heads, mlps; both by default" },
    do: {
      type: "enum",
      options: ["zero", "mean"],
      valueHint: "edit",
      description: "zero (default), or mean: its mean over the prompt",
    },
    pos: {
      type: "string",
      valueHint: "list",
      description: "positions at which it is replaced, such as 3,-1; all by default",
    },
    "top-k": { type: "string", valueHint: "n", description: "components to print, 10 by default" },
    json: jsonOption,
    out: {
      type: "string",
      valueHint: "file",
      description: "write a .html, .svg, .json or .csv file",
    },
    runtime: runtimeOption,
  },
  examples: [
    'diopter ablate world-causal "The maker of the Chromebook is"',
    'diopter ablate path/to/gpt2 "The capital of France is" --target " Paris" --pos -1 --out ablation.svg',
  ],
  async run(args, io) {
    const prompt = promptOf(args);
    const request: Request = {
      prompt,
      target: args.target,
      what: choices("ablate: --what", args.what, parts) ?? parts,
      edit: args.do ?? "zero",
      pos: integers("ablate: --pos", args.pos),
      signal: io.signal,
    };
    const count = integer("ablate: --top-k", args["top-k"], { min: 1 }) ?? 10;
    checkOut("ablate", args.out, [".html", ".svg", ".json", ".csv"]);
    const found = await withModel(io, { ...args, prompt }, (model, progress) =>
      ablateEach(model, request, progress),
    );
    await emit(io, args, {
      text: () => ablateText(found, count),
      json: () => ({ schema: 1, kind: "ablate", versions: versions(), prompt, ...found }),
      files: {
        ".svg": () => picture(found),
        ".html": () => ablatePage(found, args.prompt),
        ".csv": () => csvFormat(found.rows.map((row) => ({ ...row, head: row.head ?? "" }))),
      },
    });
    return 0;
  },
});

interface Request {
  readonly prompt: string | number[];
  readonly target: string | undefined;
  readonly what: readonly (typeof parts)[number][];
  readonly edit: "zero" | "mean";
  readonly pos: readonly number[] | undefined;
  readonly signal: AbortSignal;
}

interface Component {
  readonly component: "head" | "mlp";
  readonly layer: number;
  readonly head: number | null;
}

interface Found {
  readonly target: { readonly id: number; readonly token: string };
  readonly position: number;
  readonly edit: "zero" | "mean";
  /** Log-probability of the target with nothing replaced, nats. */
  readonly logProbability: number;
  readonly rows: readonly (Component & {
    /** With the component replaced, nats. */
    readonly logProbability: number;
    readonly change: number;
  })[];
  readonly layers: number;
  readonly provenance: Provenance;
}

async function ablateEach(model: Model, request: Request, progress: Progress): Promise<Found> {
  const { prompt, edit, pos, signal } = request;
  const { logits, tokens } = await model.run(prompt, { signal });
  const position = predictedPositions(model, tokens)[0]!;
  const [best] = predictions(model, tokens, logits, { positions: [position], count: 1 });
  const id = request.target === undefined ? best!.top[0]!.id : model.toSingleToken(request.target);
  const components = componentsOf(model, request.what);
  const of = logProbabilityAt(position, id);
  const [whole] = await model.measure(prompt, of, { signal });
  const values = await model.sweep(prompt, {
    over: components.map(({ component, layer, head }) => ({
      at: `blocks.${layer}.${component === "head" ? "attn.hook_z" : "hook_mlp_out"}`,
      ...(head !== null && { head }),
      ...(pos && { pos }),
      ...(edit === "mean"
        ? ({ do: "mean", over: "batch pos" } as const)
        : ({ do: "zero" } as const)),
    })),
    metric: of,
    signal,
    onProgress: ({ done, total }) => progress.step("replacing one after another", done, total),
  });
  const rows = components.map((component, i) => {
    const logProbability = values[i]![0]!;
    return { ...component, logProbability, change: logProbability - whole! };
  });
  return {
    target: { id, token: model.tokenizer ? model.toString([id]) : String(id) },
    position,
    edit,
    logProbability: whole!,
    rows,
    layers: model.config.nLayers,
    provenance: await model.provenance({ kind: "ablate", ...request, signal: undefined }),
  };
}

/** Components in the order of the computation; a model of attention alone has no MLPs. */
function componentsOf(
  { config }: Model,
  what: readonly (typeof parts)[number][],
): readonly Component[] {
  const { nLayers, nHeads } = config;
  const hooks = new Set(hookNames(config));
  return Array.from({ length: nLayers }, (_, layer) => layer).flatMap((layer): Component[] => {
    const heads = Array.from({ length: what.includes("heads") ? nHeads : 0 }, (_, head) => head);
    const hasMlp = what.includes("mlps") && hooks.has(`blocks.${layer}.hook_mlp_out`);
    return [
      ...heads.map((head) => ({ component: "head", layer, head }) as const),
      ...(hasMlp ? [{ component: "mlp", layer, head: null } as const] : []),
    ];
  });
}

function nameOf({ component, layer, head }: Component): string {
  return component === "head" ? `head ${layer}.${head}` : `MLP ${layer}`;
}

function ablateText({ target, logProbability, rows, edit }: Found, count: number): string {
  const sorted = [...rows].sort((a, b) => Math.abs(b.change) - Math.abs(a.change));
  const without = edit === "zero" ? "without" : "as its mean";
  return `log-probability of "${shown(target.token)}": ${logProbability.toFixed(4)} nats\n\n${table(
    ["component", without, "change"],
    sorted.slice(0, count).map((row) => [nameOf(row), row.logProbability, row.change]),
  )}`;
}

function picture({ rows, layers, target, edit }: Found, width?: number): string {
  const of = (component: Component["component"], layer: number) =>
    rows.filter((row) => row.component === component && row.layer === layer);
  const along = Array.from({ length: layers }, (_, layer) => layer);
  const changes = (found: Found["rows"]) => found.map(({ change }) => change);
  const mlps = along.map((layer) => of("mlp", layer)[0]?.change ?? Number.NaN);
  return scoreMap(
    {
      heads: along.map((layer) => changes(of("head", layer))),
      ...(mlps.some(Number.isFinite) && { mlps }),
    },
    {
      title: edit === "zero" ? "Removing one component" : "One component at its mean",
      legend: `log-probability of “${target.token}” (nats)`,
      width,
    },
  );
}

function ablatePage(found: Found, prompt: string): string {
  return page({
    title: `Ablation: ${prompt}`,
    sections: [
      {
        heading: "What each component does",
        text: `How the log-probability of “${found.target.token}” changes with one component ${found.edit === "zero" ? "set to zero" : "at its mean over the prompt"}; ${found.logProbability.toFixed(3)} nats with none.`,
        figures: [figure((width) => picture(found, width))],
      },
      provenanceSection(found.provenance),
    ],
  });
}
