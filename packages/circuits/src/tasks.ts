/** @file Tasks: their makers for any tokenizer, those of the synthetic world, files of prompts. */

export { checkTask } from "./task/check-task";
export { type AgreementOptions, agreement } from "./task/generators/agreement";
export { type CapitalsOptions, capitals } from "./task/generators/capitals";
export { type DocstringOptions, docstring } from "./task/generators/docstring";
export type { GeneratorOptions } from "./task/generators/generator-options";
export { type GreaterThanOptions, greaterThan } from "./task/generators/greater-than";
export { type InductionOptions, induction } from "./task/generators/induction";
export { type IoiOptions, ioi } from "./task/generators/ioi";
export { ioiNames, ioiObjects, ioiPlaces, ioiTemplates } from "./task/generators/ioi-words";
export { type SportsOptions, type SportsPlayer, sports } from "./task/generators/sports";
export {
  type TracrReverseOptions,
  type TracrXProportionOptions,
  tracrReverse,
  tracrXProportion,
} from "./task/generators/tracr";
export { loadTask } from "./task/load-task";
export type { PromptsJson } from "./task/prompt-json";
export type { LoadTaskOptions } from "./task/prompt-reader";
export { type SplitOptions, splitTask } from "./task/split-task";
export type { SequenceAnswer, Task, TaskPrompt } from "./task/task";
export { type TaskJson, taskFromJSON, taskToJSON } from "./task/task-json";
export type { TaskTokenizer, Tokenized } from "./task/tokenizer";
export { type WorldTasks, worldTasks } from "./task/world";
export type { WorldTaskOptions } from "./task/world/world-builder";
export type { WorldSource, WorldSplit } from "./task/world/world-source";
