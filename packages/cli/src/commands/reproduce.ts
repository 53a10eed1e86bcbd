/** @file `diopter reproduce`: experiments of a paper, as they were set up. */

import {
  type ReproduceOptions,
  reproduceDocstring,
  reproduceIoi,
  reproduceSports,
  reproduceTracr,
  type TracrReproduction,
} from "@diopter/circuits/reproduce";
import { loadTask, type PromptsJson, sports, type Task } from "@diopter/circuits/tasks";
import { didYouMean } from "@diopter/graph";
import { Model, type Provenance } from "@diopter/model";
import { tracrReverse, tracrXProportion } from "@diopter/tiny-models";
import { seedOption } from "../circuit/circuit-options";
import { type Reproduction, reproducedPage, reproducedText } from "../circuit/reproduced";
import { command } from "../command";
import type { Io } from "../io";
import { integer, jsonOption, runtimeOption } from "../options";
import { checkOut, emit } from "../output";
import { type Progress, progressOf } from "../progress";
import { readJson } from "../read-json";
import { type RuntimeName, runtimeNamed } from "../runtime";
import { UsageError } from "../usage-error";
import { versions } from "../versions";
import { withModel } from "../with-model";

const experiments = ["tracr", "ioi", "docstring", "sports"] as const;
type Experiment = (typeof experiments)[number];

export const reproduce = command({
  name: "reproduce",
  summary: "the experiments of Miller et al. 2024 on circuits, as they were set up",
  details:
    "tracr needs nothing: two compiled models are built in. ioi needs GPT-2 small, docstring the four-layer attention-only\n" +
    "model, sports Pythia-2.8B (deduped) and a list of players; their folders are given with --model.",
  args: {
    experiment: {
      type: "positional",
      required: true,
      description: "tracr, ioi, docstring or sports",
    },
    model: { type: "string", valueHint: "folder", description: "a checkpoint; not for tracr" },
    players: {
      type: "string",
      valueHint: "file",
      description: "for sports: a .json list of { name, sport }, or a file of prompts",
    },
    n: {
      type: "string",
      valueHint: "n",
      description: "prompts in the place of the paper's number (for ioi: per template and order)",
    },
    seed: seedOption,
    json: jsonOption,
    out: { type: "string", valueHint: "file", description: "write a .html or .json file" },
    runtime: runtimeOption,
  },
  examples: [
    "diopter reproduce tracr --out tracr.html",
    "diopter reproduce ioi --model path/to/gpt2 --out ioi.json",
    "diopter reproduce sports --model path/to/pythia-2.8b-deduped --players players.json",
  ],
  async run({ experiment: asked, model, players, n: nText, seed: seedText, ...args }, io) {
    const experiment = experimentNamed(asked);
    const n = integer("reproduce: --n", nText, { min: 2 });
    const seed = integer("reproduce: --seed", seedText, { min: 0 }) ?? 0;
    checkOut("reproduce", args.out, [".html", ".json"]);
    checkNeeds(experiment, { model, players });
    const { runtime } = args;
    const found =
      experiment === "tracr"
        ? await withTracr(io, runtime, (models, options) =>
            reproduceTracr(models, { ...options, seed, n }),
          )
        : await withModel(io, { model: model!, runtime }, async (loaded, progress) => {
            const options = { ...optionsOf(io, progress), seed, n };
            const result = await onModel(experiment, loaded, options, () =>
              playersTask(io, loaded, players!, seed),
            );
            const kind = `reproduce ${experiment}`;
            return { result, provenance: await loaded.provenance({ kind, seed, n: n ?? null }) };
          });
    const { result, provenance } = found;
    await emit(io, args, {
      text: () => reproducedText(result),
      json: () => ({ ...result, provenance, versions: versions() }),
      files: { ".html": () => reproducedPage(result, provenance) },
    });
    return 0;
  },
});

interface Found {
  readonly result: Reproduction;
  readonly provenance: Provenance;
}

interface Asked extends ReproduceOptions {
  readonly n: number | undefined;
}

function onModel(
  experiment: Exclude<Experiment, "tracr">,
  model: Model,
  { n, ...options }: Asked,
  task: () => Promise<Task>,
): Promise<Reproduction> {
  if (experiment === "ioi")
    return reproduceIoi(model, { ...options, perGroup: n, perGroupInGrid: n });
  if (experiment === "docstring") return reproduceDocstring(model, { ...options, n });
  return task().then((prompts) => reproduceSports(model, prompts, { ...options, n }));
}

/** Both compiled models for the time of the experiment. */
async function withTracr(
  io: Io,
  runtimeName: RuntimeName | undefined,
  use: (
    models: { reverse: Model; xProportion: Model },
    options: ReproduceOptions,
  ) => Promise<TracrReproduction>,
): Promise<Found> {
  const progress = progressOf(io);
  const runtime = await runtimeNamed(runtimeName);
  try {
    const reverse = await Model.load(await tracrReverse(), { runtime });
    const xProportion = await Model.load(await tracrXProportion(), { runtime });
    const result = await use({ reverse, xProportion }, optionsOf(io, progress));
    const { contentId: other } = await xProportion.provenance({ kind: "reproduce tracr" });
    return { result, provenance: await reverse.provenance({ kind: "reproduce tracr", other }) };
  } finally {
    progress.clear();
    await runtime.dispose();
  }
}

function optionsOf({ signal }: Io, progress: Progress): ReproduceOptions {
  return {
    signal,
    onProgress: ({ done, total, remaining }) =>
      progress.step("reproducing", done, total, Number.isNaN(remaining) ? undefined : remaining),
  };
}

function experimentNamed(asked: string): Experiment {
  const found = experiments.find((name) => name === asked);
  if (found) return found;
  const advice = didYouMean(asked, experiments) || `; experiments: ${experiments.join(", ")}`;
  throw new UsageError(`reproduce: no experiment "${asked}"${advice}`);
}

function checkNeeds(
  experiment: Experiment,
  { model, players }: { model: string | undefined; players: string | undefined },
): void {
  if (experiment === "tracr" && model !== undefined) {
    throw new UsageError("reproduce: tracr has its own models, so --model cannot go with it");
  }
  if (experiment !== "tracr" && model === undefined) {
    throw new UsageError(`reproduce: ${experiment} needs --model, the folder of a checkpoint`);
  }
  if ((experiment === "sports") !== (players !== undefined)) {
    throw new UsageError(
      experiment === "sports"
        ? "reproduce: sports needs --players, a .json file"
        : `reproduce: ${experiment} has no players, so --players cannot go with it`,
    );
  }
}

/** Prompts about the players of a file, or the prompts that it holds. */
async function playersTask(
  io: Io,
  { tokenizer, id }: Model,
  file: string,
  seed: number,
): Promise<Task> {
  if (!tokenizer) throw new RangeError(`reproduce: ${id} has no tokenizer`);
  const options = { prependBos: false };
  return readJson(io, file, (json) =>
    Array.isArray(json)
      ? sports({ tokenizer }, { players: json, seed, ...options })
      : loadTask(json as PromptsJson, tokenizer, { name: "sports", ...options }),
  );
}
