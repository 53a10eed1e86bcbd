/** @file The public names of @diopter/model. */

export { families, familyOf } from "./checkpoint/families";
export {
  type CanonicalModel,
  type Checkpoint,
  readCheckpoint,
} from "./checkpoint/families/checkpoint";
export { type ConfigChoices, completeConfig } from "./checkpoint/families/complete-config";
export type { Family, TensorNames } from "./checkpoint/families/family";
export { Fields } from "./checkpoint/families/fields";
export { from, Recipe } from "./checkpoint/families/recipe";
export type { Files } from "./checkpoint/files";
export { type HubOptions, hubFiles } from "./checkpoint/hub/hub";
export type { FileMetadata, FilePart, HubCache, StoredFile } from "./checkpoint/hub/hub-cache";
export { isHubId } from "./checkpoint/hub/hub-id";
export type { HubProgress } from "./checkpoint/hub/progress";
export type { HubFiles } from "./checkpoint/hub/snapshot";
export {
  type CheckpointSource,
  type InMemoryCheckpoint,
  type LoadedCheckpoint,
  type LoadOptions,
  loadCheckpoint,
} from "./checkpoint/load";
export type { HeldTensors } from "./checkpoint/open-checkpoint";
export type { FileSource } from "./checkpoint/place";
export {
  decodeSafetensors,
  encodeSafetensors,
  openSafetensors,
  openSafetensorsBytes,
  type SafetensorsFile,
} from "./checkpoint/safetensors";
export type {
  OtherSafetensorsDType,
  SafetensorsDType,
  SafetensorsEntry,
  SafetensorsHeader,
} from "./checkpoint/safetensors-header";
export {
  type CompareOptions,
  compareExports,
  type DriftRow,
  type ExportComparison,
} from "./compare-exports";
export type {
  ActivationFunction,
  ModelConfig,
  NormalizationType,
  PositionalEmbeddingType,
  QueryKeyNorm,
  RotaryScaling,
} from "./config/config";
export {
  CheckpointError,
  HubError,
  InexactProcessingError,
  MissingFileError,
  SafetensorsError,
  UnknownHookError,
  UnsupportedModelError,
} from "./config/errors";
export type { NamedPositions } from "./edits/edit-places";
export type {
  Edit,
  EditKind,
  EditSource,
  EditStructure,
  EditValue,
  Position,
  ResolvedEdit,
} from "./edits/edits";
export { ActivationCache } from "./hooks/cache";
export { getActName } from "./hooks/get-act-name";
export { type Axis, hookAxes, hookShape } from "./hooks/hook-axes";
export {
  type BlockHook,
  defaultCacheNames,
  type HookFilter,
  type HookName,
  type HookNameOptions,
  type HookPattern,
  hookNames,
  selectHooks,
} from "./hooks/names";
export { padPlaces, slotAt, type TokenSlots, takeSlots, tokenSlots } from "./hooks/token-slots";
export { type TranslateOptions, translate, type Vocabulary } from "./hooks/translate";
export { Model, type ModelSource } from "./model";
export type {
  CacheOptions,
  ComputeOptions,
  ForwardOptions,
  GenerateOptions,
  Generation,
  GradientOptions,
  HookedOptions,
  ModelOptions,
  OnnxOptions,
  RunOptions,
  RunResult,
  StreamOptions,
  SweepOptions,
} from "./model-options";
export { runKeys } from "./model-options";
export { inspectOnnx } from "./onnx/from-onnx";
export type { HookFinding, HookValue } from "./onnx/hook-findings";
export { type InspectionRow, OnnxInspection } from "./onnx/inspection";
export { type Recognition, recognize } from "./onnx/recognize";
export { builtOnce } from "./program/built-once";
export {
  activations,
  type Extension,
  type ExtensionContext,
  logitsAt,
  type Outputs,
  together,
} from "./program/extension";
export type { GeneratedStep, SamplingOptions } from "./program/generate";
export {
  blockOutput,
  type ForwardHooks,
  type HookFunction,
  type HookPoint,
} from "./program/hook-functions";
export {
  differenceOf,
  isTable,
  type JobIdentity,
  type JobState,
  jobState,
  resumeData,
} from "./program/job-state";
export {
  estimateMemory,
  formatBytes,
  MemoryBudgetError,
  type MemoryEstimate,
} from "./program/memory";
export {
  type Answers,
  checkedMetric,
  type Derivatives,
  derivatives,
  logit,
  logitDifference,
  logProbability,
  type Metric,
  type MetricOptions,
  metric,
  metricRows,
  probability,
} from "./program/metrics";
export { identify, type Provenance } from "./program/provenance";
export type { Request } from "./program/request";
export type { SweepProgress, SweepRow, SweepState } from "./program/sweep";
export type { Runtime, RuntimeLimits, Session, Values } from "./runtime/runtime";
export { readSaeConfig, type SaeConfig, type SaeEncoder, type SaeStructure } from "./sae/config";
export { type InMemorySae, loadSae, type Sae, type SaeOptions } from "./sae/load";
export { type ResolvedSplice, type Splice, type SpliceStructure, spliceNames } from "./sae/splice";
export { type SelfTestOptions, type SelfTestRow, selfTest } from "./self-test";
export { type RankedToken, testPrompt } from "./test-prompt";
export type { Prompt, PromptOptions, TokenPrompt } from "./text/prompt";
export { lastReal, type TokenBatch } from "./text/prompt-values";
export { singleToken, tokenAdvice, type WordLookup } from "./text/single-token";
export { stringTokens, tokenText } from "./text/string-tokens";
export {
  createTokenizer,
  type DecodeOptions,
  type EncodeOptions,
  type Tokenizer,
} from "./text/tokenizer";
export {
  type Context,
  type Destination,
  type FactorizedView,
  type Mixer,
  type Source,
  sumOf,
} from "./transformer";
export { centerUnembed, centerWritingWeights } from "./weights/center-weights";
export { checkFinite, type NonFinite, requireFinite } from "./weights/check-finite";
export { type FoldLayerNormOptions, foldLayerNorm } from "./weights/fold-layer-norm";
export { hashWeights, sha256 } from "./weights/hash-weights";
export {
  foldValueBiases,
  type ProcessedWeights,
  processWeights,
  type WeightProcessing,
} from "./weights/process-weights";
export { type WeightShape, weightShapes } from "./weights/weight-shapes";
export { Weights } from "./weights/weights";
