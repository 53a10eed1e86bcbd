/** @file The canonical transformer: one block code for every family, in two views. */

export type { Context, Hooks, PastValues, PromptValues, WeightValues } from "./context";
export {
  type Destination,
  type FactorizedView,
  factorized,
  type Mixer,
  type Source,
  sumOf,
} from "./factorized";
export { residual } from "./residual";
export { beforeUnembedding, toVocabulary, unembedQuietly } from "./unembed";
