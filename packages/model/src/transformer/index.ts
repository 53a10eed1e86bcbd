/** @file The canonical transformer: one block code for every family, in two views. */

export { residual } from "./block";
export type { Context, Hooks, PastValues, PromptValues, WeightValues } from "./context";
export { beforeUnembedding, toVocabulary, unembedQuietly } from "./embedding";
export {
  type Destination,
  type FactorizedView,
  factorized,
  type Mixer,
  type Source,
  sumOf,
} from "./factorized";
