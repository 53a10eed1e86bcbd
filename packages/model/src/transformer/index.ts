/** @file The canonical transformer: one block code for every family, in two views. */

export { residual } from "./block";
export type { Context, Hooks, PastValues, PromptValues, WeightValues } from "./context";
export {
  type Destination,
  type FactorizedView,
  factorized,
  type Mixer,
  type Source,
  sumOf,
} from "./factorized";
export { beforeUnembedding, toVocabulary, unembedQuietly } from "./unembed";
