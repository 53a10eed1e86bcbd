/** @file `diopter patch`: which activations carry what differs between two prompts. */

import { type PatchResult, patch as patchRuns } from "@diopter/circuits";
import type { Model } from "@diopter/model";
import { figure, page } from "@diopter/plot";
import { csvFormat } from "d3-dsv";
import { command } from "../command";
import { logitDifferenceAt } from "../metric-at";
import { choices, jsonOption, modelArgument, runtimeOption } from "../options";
import { checkOut, emit } from "../output";
import { predictedPositions, predictions } from "../predictions";
import { provenanceSection } from "../provenance-section";
import { table } from "../table";
import { UsageError } from "../usage-error";
import { versions } from "../versions";
import { withModel } from "../with-model";

const activations = [
  "resid_pre",
  "resid_mid",
  "resid_post",
  "attn_out",
  "mlp_out",
  "attn_head_out",
  "attn_head_q",
  "attn_head_k",
  "attn_head_v",
  "attn_head_pattern",
] as const;
const axes = ["layer", "head", "pos"] as const;

export const patch = command({
  name: "patch",
  summary: "which activations carry what differs between two prompts",
  details:
    "Takes one activation after another from the run on the clean prompt into that on the corrupt one, and measures how far\n" +
    "the logit difference of two tokens comes back: 0 as on the corrupt prompt, 1 as on the clean one.",
  args: {
    model: modelArgument,
    clean: { type: "positional", required: true, description: "text, in quotes" },
    corrupt: {
      type: "positional",
      required: true,
      description: "text of as many tokens, in quotes",
    },
    answer: {
      type: "string",
      valueHint: "token",
      description: "right after the clean prompt; what the model predicts there by default",
    },
    wrong: {
      type: "string",
      valueHint: "token",
      description: "right after the corrupt prompt; what the model predicts there by default",
    },
    what: {
      type: "enum",
      options: [...activations],
      valueHint: "activation",
      description: `${activations.join(", ")}; resid_pre by default`,
    },
    over: {
      type: "string",
      valueHint: "list",
      description: `of ${axes.join(", ")}, rows first; layer,head for heads and layer,pos for others by default`,
    },
    direction: {
      type: "enum",
      options: ["denoise", "noise"],
      valueHint: "direction",
      description: "denoise (default), or noise: corrupt values into the clean run",
    },
    json: jsonOption,
    out: {
      type: "string",
      valueHint: "file",
      description: "write a .html, .svg, .json or .csv file",
    },
    runtime: runtimeOption,
  },
  examples: [
    'diopter patch world-causal "The capital of Sweden is the city of" "The capital of Japan is the city of"',
    'diopter patch path/to/gpt2 "When Mary and John" "When John and Mary" --what attn_head_out --out heads.svg',
  ],
  async run(args, io) {
    const { clean, corrupt, what = "resid_pre", direction = "denoise" } = args;
    const over = choices("patch: --over", args.over, axes);
    checkOut("patch", args.out, [".html", ".svg", ".json", ".csv"]);
    const request = { model: args.model, runtime: args.runtime, prompt: [clean, corrupt] };
    const found = await withModel(io, request, async (model, progress) => {
      const { position, right, wrong } = await pairOf(model, args, io.signal);
      const result = await patchRuns(model, {
        clean,
        corrupt,
        metric: logitDifferenceAt(position, right.id, wrong.id),
        what: what as (typeof activations)[number],
        direction: direction as "denoise" | "noise",
        ...(over && { over }),
        signal: io.signal,
        onProgress: ({ done, total }) => progress.step("patching", done, total),
      });
      return { result, right, wrong };
    });
    const { result } = found;
    await emit(io, args, {
      text: () => patchText(found),
      json: () => ({
        ...result.toJSON(),
        answer: found.right,
        wrong: found.wrong,
        versions: versions(),
      }),
      files: {
        ".svg": () => result.toSVG(),
        ".html": () => patchPage(found, args),
        ".csv": () => csvFormat(result.toRows()),
      },
    });
    return 0;
  },
});

interface Token {
  readonly id: number;
  readonly token: string;
}

interface Found {
  readonly result: PatchResult;
  readonly right: Token;
  readonly wrong: Token;
}

interface Prompts {
  readonly clean: string;
  readonly corrupt: string;
  readonly answer?: string | undefined;
  readonly wrong?: string | undefined;
}

/** The tokens whose logits are compared. Throws `UsageError` where both prompts have the same. */
async function pairOf(
  model: Model,
  { clean, corrupt, answer, wrong }: Prompts,
  signal: AbortSignal,
): Promise<{ readonly position: number; readonly right: Token; readonly wrong: Token }> {
  const [position] = predictedPositions(model, model.prepare(clean));
  const tokenOf = async (prompt: string, given: string | undefined): Promise<Token> => {
    if (given !== undefined) return { id: model.toSingleToken(given), token: given };
    const { logits, tokens } = await model.run(prompt, { signal });
    const positions = predictedPositions(model, tokens).slice(0, 1);
    const { id, token } = predictions(model, tokens, logits, { positions, count: 1 })[0]!.top[0]!;
    return { id, token };
  };
  const right = await tokenOf(clean, answer);
  const other = await tokenOf(corrupt, wrong);
  if (right.id !== other.id) return { position: position!, right, wrong: other };
  const advice = "; give --answer and --wrong";
  throw new UsageError(`patch: "${right.token}" is the answer of both prompts${advice}`);
}

/** Shares of the way back, the last axis as columns. */
function patchText({ result, right, wrong }: Found): string {
  const { labels, axes } = result;
  const columns = labels.at(-1) ?? [];
  const rows = labels
    .slice(0, -1)
    .reduce<string[][]>(
      (paths, along) => paths.flatMap((path) => along.map((label) => [...path, label])),
      [[]],
    );
  const { data } = result.mean({ normalized: true });
  const head = axes.slice(0, -1);
  return `"${right.token.trim()}" over "${wrong.token.trim()}": 0 as in the corrupt run, 1 as in the clean one\n\n${table(
    [...head, ...columns],
    rows.map((path, r) => [...path, ...columns.map((_, c) => data[r * columns.length + c])]),
  )}`;
}

function patchPage({ result, right, wrong }: Found, { clean, corrupt }: Prompts): string {
  return page({
    title: `Patching: ${clean}`,
    sections: [
      {
        heading: "What carries the difference",
        text: `One activation at a time is taken from the other run, between “${clean}” and “${corrupt}”; measured is the logit of “${right.token}” minus that of “${wrong.token}”.`,
        figures: [figure((width) => result.toSVG({ width }))],
      },
      provenanceSection(result.provenance),
    ],
  });
}
