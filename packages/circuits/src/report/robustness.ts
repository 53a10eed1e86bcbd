/** @file The robustness report, run: how a circuit's faithfulness moves when the choices of the ablation move. */

import type { Model } from "@diopter/model";
import { checkOptions } from "@diopter/tensor";
import { type Ablation, causalReading } from "../ablation/ablation";
import { NotApplicableError } from "../ablation/not-applicable";
import type { CellSpec } from "../evaluate/evaluate";
import type { Circuit } from "../graph/circuit";
import { accuracy } from "../metrics/accuracy-metrics";
import type { Answered, MetricTask, PromptMetric } from "../metrics/prompt-metric";
import { promptMetric } from "../metrics/prompt-metrics";
import type { Row } from "../metrics/rows";
import { circuitFor } from "../run/cell";
import { version } from "../run/state";
import type { Task } from "../task/task";
import { taskToJSON } from "../task/task-json";
import { ablationToJSON, hashOf } from "./ablation-json";
import { asksOf, cellLabels, distinctLevels } from "./cell-words";
import { checksOf, twinSpec } from "./checks";
import { type Compared, comparedCircuits } from "./compared";
import { type ControlPlan, controlPlan } from "./controls";
import type {
  CellData,
  ComparedData,
  ControlData,
  NoRun,
  PromptData,
  RandomData,
  ReportOptions,
  RunData,
} from "./data";
import { fingerprintNames, fingerprints } from "./fingerprint";
import { gridCells, originalAblation, withoutDuplicates } from "./grid";
import { meanSetRuns, measuredMeanSets } from "./mean-sets";
import { type RobustnessOptions, reportOptions } from "./options";
import { type RandomKind, randomCircuitLike, randomKinds } from "./random-circuits";
import { RobustnessReport } from "./robustness-report";
import { Runner, type TimedRun } from "./runs";

/**
 * Runs a circuit under every cell of a grid of ablations, with controls, and reports how much the score depends on it.
 *
 * Cells that mean nothing for the task or circuit are kept with the reason. Throws `RangeError` for options out of range.
 *
 * @example
 * const report = await robustness(model, task, circuit, { preset: "miller" });
 * report.headline.text; // "edge, resample, all tokens: 98 % … 12 % to 155 % depending on the ablation"
 */
export async function robustness(
  model: Model,
  task: Task,
  circuit: Circuit,
  options: RobustnessOptions = {},
): Promise<RobustnessReport> {
  checkOptions("robustness", options, {
    preset: "optional",
    cells: "optional",
    original: "optional",
    metrics: "optional",
    seed: "optional",
    randomCircuits: "optional",
    randomIn: "optional",
    resamples: "optional",
    level: "optional",
    cluster: "optional",
    meanSetSizes: "optional",
    meanSetDraws: "optional",
    batchSize: "optional",
    signal: "optional",
    onProgress: "optional",
    controls: "optional",
    resume: "optional",
  });
  const chosen = reportOptions(task, options);
  const metrics = reportMetrics(task, options.metrics);
  const watched = [...metrics, ...fingerprints()].map(remembered);
  const cells = cellsOf(task, circuit, options, chosen.seed);
  const hash = await hashOf(taskToJSON(task));
  const inputs = { version, task: hash, metrics: watched.map(({ name }) => name) };
  const { batchSize, resume, signal, onProgress } = options;
  const job = { model, task, batchSize, signal, metrics: watched };
  const runner = new Runner({ ...job, hash, resume, onProgress });

  const controls = controlPlan(circuit, cells);
  const random = randomRuns(circuit, cells, chosen);
  const compared = await comparedCircuits(model, task, circuit, {
    seed: chosen.seed,
    controls: options.controls,
    signal,
  });
  const beside = compared.flatMap((one) =>
    "circuit" in one ? [{ circuit: one.circuit, ablation: cells[0]! }] : [],
  );
  const meanSets = meanSetRuns(task, circuit, cells[0]!, chosen);
  const twin = twinSpec(circuit, cells[0]!);
  const own = cells.map((ablation) => ({ circuit, ablation }));
  const specs = [...own, ...controls.specs, ...(twin ? [twin] : [])];
  runner.expect(specs.length + random.length + beside.length + meanSets.length);
  const runs = await runner.run(specs);
  const randomised = await runner.run(random.map(({ spec }) => spec));
  const besides = await runner.run(beside);
  const resized = await runner.run(meanSets.map(({ spec }) => spec));

  const main = metrics[0]!;
  const labels = cellLabels(cells);
  const levels = distinctLevels(cells);
  const ran = runs.slice(0, cells.length);
  const controlled = runs.slice(cells.length, cells.length + controls.specs.length);
  const data = await Promise.all(
    cells.map(async (ablation, i) => ({
      ...(await cellData(ablation, ran[i]!, controls.of[i]!)),
      label: labels[i]!,
      levels: levels[i]!,
      ...measuredRandom(i, random, randomised, { metric: main.name, seed: chosen.seed }),
    })),
  );
  const meanSetData = measuredMeanSets(labels[0]!, meanSets, resized, main.name);
  const checks = await checksOf({
    ...job,
    cells,
    labels,
    runs: ran.map(({ run }) => run),
    controls,
    controlRuns: controlled.map(({ run }) => run),
    twin: twin && runs.at(-1)!.run,
    main,
  });
  const { runId, ...provenance } = await model.provenance({
    what: "diopter/robustness",
    ...inputs,
    circuit: circuit.toJSON(),
    cells: data.map(({ ablation }) => ablation),
    options: chosen,
    compared: compared.map((one) => ("circuit" in one ? one.circuit.toJSON() : one)),
  });
  const { name, version: edition, source, corruptions } = task;
  return new RobustnessReport({
    kind: "diopter/robustness",
    schema: 1,
    provenance,
    task: { name, version: edition, ...(source ? { source } : {}), hash, corruptions },
    circuit: circuit.toJSON(),
    options: chosen,
    metrics: metrics.map(({ name, of, better }) => ({ name, of, better })),
    prompts: promptsOf(model, task),
    cells: data,
    controls: await controlsData(controls, controlled),
    compared: comparedData(compared, besides),
    ...(meanSetData ? { meanSets: meanSetData } : {}),
    checks,
    run: { runId, milliseconds: ran.map(({ milliseconds }) => milliseconds) },
  });
}

/** The author's cell first. */
function cellsOf(
  task: Task,
  circuit: Circuit,
  { preset = "miller", cells, original }: RobustnessOptions,
  seed: number,
): Ablation[] {
  const first = originalAblation(circuit, original);
  if (!cells) return gridCells(preset, task, first, seed);
  return withoutDuplicates([first, ...cells.map((cell) => ({ ...first, ...cell }))]);
}

async function cellData(
  ablation: Ablation,
  { run }: TimedRun,
  controls: ControlPlan["of"][number],
): Promise<Omit<CellData, "label" | "levels">> {
  return {
    ablation: await ablationToJSON(ablation),
    asks: asksOf(ablation),
    reading: causalReading(ablation),
    run: shown(run),
    controls: run.applicable ? controls : {},
  };
}

function controlsData({ specs, roles }: ControlPlan, runs: readonly TimedRun[]) {
  return Promise.all(
    specs.map(
      async ({ ablation }, i): Promise<ControlData> => ({
        role: roles[i]!,
        ablation: await ablationToJSON(ablation),
        run: shown(runs[i]!.run),
      }),
    ),
  );
}

function comparedData(compared: readonly Compared[], runs: readonly TimedRun[]): ComparedData[] {
  const left = [...runs];
  return compared.map((one) =>
    "circuit" in one
      ? { role: one.role, name: one.circuit.name, run: shown(left.shift()!.run) }
      : one,
  );
}

/** A run without the numbers that only the checks look at. */
function shown(run: RunData | NoRun): RunData | NoRun {
  if (!run.applicable) return run;
  const without = (values: RunData["circuit"]) =>
    Object.fromEntries(
      Object.entries(values).filter(([metric]) => !fingerprintNames.includes(metric)),
    );
  return { ...run, circuit: without(run.circuit), model: without(run.model) };
}

/** The task's metric, accuracy where the prompts have right tokens, and KL; or those asked for. */
export function reportMetrics(
  task: Task,
  asked?: readonly (string | PromptMetric)[],
): PromptMetric[] {
  const metrics = asked ?? [task.metric, ...(hasAnswers(task) ? [accuracy] : []), "kl"];
  if (metrics.length === 0) throw new RangeError("robustness: no metrics");
  const found = metrics.map((metric) =>
    typeof metric === "string" ? promptMetric(metric) : metric,
  );
  const unique = new Map(found.map((metric) => [metric.name, metric]));
  if (asked && unique.size < found.length) {
    const twice = found.find(({ name }, i) => found.findIndex((m) => m.name === name) < i)!;
    throw new RangeError(`robustness: the metric "${twice.name}" twice`);
  }
  return [...unique.values()];
}

/** The same metric; what it is of the model itself, which every cell asks for, is worked out once. */
export function remembered(metric: PromptMetric): PromptMetric {
  const known = new WeakMap<readonly Row[], number>();
  const value = (answered: Answered, task: MetricTask) => {
    if (answered.circuit !== answered.model) return metric.value(answered, task);
    const before = known.get(answered.model);
    if (before !== undefined) return before;
    const now = metric.value(answered, task);
    known.set(answered.model, now);
    return now;
  };
  return { ...metric, value };
}

function hasAnswers({ prompts }: Task): boolean {
  return prompts.every(({ answers, sequence }) =>
    sequence ? sequence.every((one) => one.answers?.length) : answers.length > 0,
  );
}

/** Texts by the model's tokenizer; without one, token ids. */
export function promptsOf({ tokenizer }: Pick<Model, "tokenizer">, task: Task): PromptData[] {
  const text = (ids: readonly number[]) => (tokenizer ? tokenizer.decode(ids) : ids.join(" "));
  const each = (ids: readonly number[] = []) => ids.map((id) => text([id]));
  return task.prompts.map(({ id, groups, clean, corrupt, answers, wrong, sequence }) => ({
    id,
    groups,
    clean: text(clean),
    corrupt: Object.fromEntries(Object.entries(corrupt).map(([name, ids]) => [name, text(ids)])),
    answers: sequence ? sequence.flatMap((one) => each(one.answers)) : each(answers),
    wrong: sequence ? sequence.flatMap((one) => each(one.wrong)) : each(wrong),
  }));
}

export interface RandomRun {
  readonly cell: number;
  readonly kind: RandomKind;
  readonly spec: CellSpec;
}

/** The runs that are asked for; cells into which the circuit cannot be put have none. */
export function randomRuns(
  circuit: Circuit,
  cells: readonly Ablation[],
  { randomCircuits, randomIn, seed }: ReportOptions,
): RandomRun[] {
  const chosen = randomIn === "all" ? cells : cells.slice(0, 1);
  return chosen.flatMap((ablation, cell) => {
    const own = placedIn(circuit, ablation);
    if (!own) return [];
    const drawn: RandomRun[] = [];
    for (let i = 0; drawn.length < randomCircuits; i++) {
      // A kind that has no circuit but this one leaves its turn to the others.
      const kind = randomKinds[i % randomKinds.length]!;
      const other = randomCircuitLike(own, { kind, seed: seed + i });
      if (other) drawn.push({ cell, kind, spec: { ablation, circuit: other } });
    }
    return drawn;
  });
}

/** What a cell's random circuits scored. */
export function measuredRandom(
  cell: number,
  runs: readonly RandomRun[],
  results: readonly TimedRun[],
  { metric, seed }: { readonly metric: string; readonly seed: number },
): { readonly random?: RandomData } {
  const own = runs.flatMap(({ cell: at, kind }, i) => {
    const { run } = results[i]!;
    return at === cell && run.applicable ? [{ kind, values: run.circuit[metric]! }] : [];
  });
  if (own.length === 0) return {};
  return {
    random: { seed, kinds: own.map(({ kind }) => kind), values: own.map(({ values }) => values) },
  };
}

function placedIn(circuit: Circuit, ablation: Ablation): Circuit | undefined {
  try {
    return circuitFor(circuit, ablation);
  } catch (error) {
    if (error instanceof NotApplicableError) return undefined;
    throw error;
  }
}
