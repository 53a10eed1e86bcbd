/** @file Reading tasks from AutoCircuit's files of prompts, checking what can be checked. */

import { checkOptions } from "@diopter/tensor";
import { checkTask } from "./check-task";
import { type PromptsJson, parsePrompts } from "./prompt-json";
import { type LoadTaskOptions, PromptReader } from "./prompt-reader";
import type { Task } from "./task";
import type { TaskTokenizer } from "./tokenizer";

/**
 * A task from one or several files of prompts in AutoCircuit's schema, parsed.
 *
 * Every prompt keeps its own file's named positions, shifted by one where a beginning-of-sequence token is put
 * in front. Throws `RangeError` for answers of several tokens, for corruptions of another length than their clean
 * prompt (unless `lengths` is `"any"`), and for positions outside the prompt.
 *
 * @example
 * const task = loadTask(JSON.parse(text), model.tokenizer, { name: "ioi" });
 * const { train, test } = splitTask(task, { train: 100, test: 50, seed: 42 });
 */
export function loadTask(
  json: PromptsJson | readonly PromptsJson[],
  tokenizer: TaskTokenizer | undefined,
  options: LoadTaskOptions = {},
): Task {
  checkOptions("loadTask", options, {
    name: "optional",
    version: "optional",
    source: "optional",
    metric: "optional",
    candidates: "optional",
    prependBos: "optional",
    corruption: "optional",
    values: "optional",
    ignore: "optional",
    lengths: "optional",
  });
  const { name = "task", version = "1", metric = "logit-difference" } = options;
  const files = Array.isArray(json)
    ? json.map((file, i) => parsePrompts(file, `${name}: files[${i}]`))
    : [parsePrompts(json, name)];
  const seen = new Map<string, number>();
  const prompts = files.flatMap((file, f) => {
    return file.prompts.map((prompt, p) => {
      const place = `${files.length > 1 ? `files[${f}].` : ""}prompts[${p}]`;
      const read = new PromptReader(`${name}: ${place}`, tokenizer, options, prompt).read(file);
      const count = (seen.get(read.id) ?? 0) + 1;
      seen.set(read.id, count);
      return count === 1 ? read : { ...read, id: `${read.id}#${count}` };
    });
  });
  const corruptions = Object.keys(prompts[0]?.corrupt ?? {});
  const { source, candidates } = options;
  const task = {
    name,
    version,
    ...(source === undefined ? {} : { source }),
    prompts,
    corruptions,
    metric,
    ...(candidates === undefined ? {} : { candidates }),
  };
  return checkTask(task, { lengths: options.lengths });
}
