/** @file The prompts that a command line asks for: a task of the world, a generated one, or a file. */

import { basename, extname } from "node:path";
import {
  agreement,
  capitals,
  docstring,
  type GeneratorOptions,
  greaterThan,
  induction,
  ioi,
  loadTask,
  type PromptsJson,
  splitTask,
  type Task,
  type TaskTokenizer,
  type Tokenized,
  taskFromJSON,
  type WorldSplit,
  type WorldTasks,
  worldTasks,
} from "@diopter/circuits/tasks";
import { didYouMean } from "@diopter/graph";
import { createTokenizer, type Model } from "@diopter/model";
import { sentences, tokenizerConfig, tokenizerJson, world } from "@diopter/tiny-models";
import type { Io } from "../io";
import { readJson } from "../read-json";
import { UsageError } from "../usage-error";

export interface TaskRequest {
  /** Name of a task, or a file of prompts. */
  readonly task: string;
  readonly n: number;
  readonly seed: number;
}

/** Prompts to search with, and prompts to judge by. */
export interface SplitTasks {
  readonly train: Task;
  readonly test: Task;
}

const generators: Readonly<Record<string, (model: Tokenized, options?: GeneratorOptions) => Task>> =
  {
    ioi,
    docstring,
    "greater-than": greaterThan,
    capitals,
    agreement,
    induction,
  };

/** Tasks for any model whose tokenizer has the words. */
export function taskNames(): string[] {
  return Object.keys(generators);
}

/** Tasks for the models of the world. */
export function worldTaskNames(): string[] {
  const tokenizer = createTokenizer(tokenizerJson(), tokenizerConfig());
  return Object.keys(worldTasks({ tokenizer }, { world, sentences })).map(kebab);
}

/** The prompts of a task; those of a world model are of its `split`. */
export async function taskFor(
  io: Io,
  model: Model,
  { task, n, seed }: TaskRequest,
  split: WorldSplit = "test",
): Promise<Task> {
  if (isFile(task)) return firstOf(await fileTask(io, model, task), n);
  const ofWorld = worldOf(model);
  if (ofWorld) return ofWorld[worldName(task, ofWorld)]({ n, seed, split });
  return generatorOf(task)({ tokenizer: tokenizerOf(model) }, { n, seed });
}

/** Two sets of prompts that share none: of the world's training and test sentences, or a seeded split. */
export async function splitTasks(
  io: Io,
  model: Model,
  { heldOut, ...request }: TaskRequest & { readonly heldOut: number },
): Promise<SplitTasks> {
  const { task, n, seed } = request;
  if (!isFile(task) && worldOf(model)) {
    return {
      train: await taskFor(io, model, request, "train"),
      test: await taskFor(io, model, { task, n: heldOut, seed }, "test"),
    };
  }
  const all = await taskFor(io, model, { task, n: n + heldOut, seed });
  const test = Math.min(heldOut, all.prompts.length - Math.min(n, all.prompts.length >> 1));
  return splitTask(all, { train: Math.min(n, all.prompts.length - test), test, seed });
}

function isFile(task: string): boolean {
  return extname(task) === ".json";
}

function fileTask(io: Io, { tokenizer }: Model, file: string): Promise<Task> {
  return readJson(io, file, (json) => {
    const isOurs = (json as { schema?: unknown } | null)?.schema === "diopter-task";
    return isOurs
      ? taskFromJSON(json)
      : loadTask(json as PromptsJson, tokenizer, { name: basename(file, ".json") });
  });
}

function firstOf(task: Task, n: number): Task {
  return { ...task, prompts: task.prompts.slice(0, n) };
}

/** The tasks of the world, where the model speaks its language. */
function worldOf({ tokenizer }: Model): WorldTasks | undefined {
  const { vocabulary } = world();
  const word = vocabulary.at(-1)!;
  if (!tokenizer || tokenizer.idOf(word) !== vocabulary.length - 1) return undefined;
  return worldTasks({ tokenizer }, { world, sentences });
}

function worldName(task: string, tasks: WorldTasks): keyof WorldTasks {
  const names = Object.keys(tasks) as (keyof WorldTasks)[];
  const found = names.find((name) => kebab(name) === task || name === task);
  if (found) return found;
  throw unknownTask(task, names.map(kebab));
}

function generatorOf(task: string): (model: Tokenized, options?: GeneratorOptions) => Task {
  const generate = Object.hasOwn(generators, task) ? generators[task] : undefined;
  if (generate) return generate;
  throw unknownTask(task, Object.keys(generators));
}

function unknownTask(task: string, names: readonly string[]): UsageError {
  const advice = didYouMean(task, names) || `; tasks: ${names.join(", ")}, or a .json file`;
  return new UsageError(`circuit: no task "${task}"${advice}`);
}

function tokenizerOf({ tokenizer, id }: Model): TaskTokenizer {
  if (tokenizer) return tokenizer;
  throw new RangeError(`circuit: ${id} has no tokenizer, so its task must be a file of token ids`);
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
