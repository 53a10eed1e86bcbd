/** @file The public names of @diopter/circuits: the verbs, and what they take and give. */

export {
  type Ablation,
  type AblationValue,
  ablationOf,
  mean,
  noise,
  resample,
  zero,
} from "./ablation/ablation";
export { meanSlots } from "./ablation/mean-slots";
export { NotApplicableError } from "./ablation/not-applicable";
export { type AcdcOptions, type AcdcState, acdc } from "./discover/acdc/acdc";
export { attributeEdges } from "./discover/attribution/attribute-edges";
export { type AttributeNodesOptions, attributeNodes } from "./discover/attribution/attribute-nodes";
export { type AttributeOptions, attributionMethods } from "./discover/attribution/batch";
export { magnitudeScores, officialScores, randomScores } from "./discover/controls";
export {
  type ExactEdgesOptions,
  type ExactOptions,
  exactEdges,
  exactNodes,
} from "./discover/exact/exact";
export { rerank } from "./discover/exact/rerank";
export { circuitProbing } from "./discover/masks/circuit-probing";
export { type LearnMasksOptions, learnMasks, type MaskState } from "./discover/masks/learn-masks";
export { optimalConstants } from "./discover/optimal-constants";
export { Scores } from "./discover/scores/scores";
export { type TaskMetricName, taskMetricNames } from "./discover/task-metric";
export {
  type CellSpec,
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  evaluateCells,
  type NotApplicable,
} from "./evaluate/evaluate";
export {
  type EvaluateCurveOptions,
  type EvaluatedCurve,
  evaluateCurve,
} from "./evaluate/evaluate-curve";
export { Circuit } from "./graph/circuit";
export { EdgeGraph } from "./graph/edge-graph";
export { type GraphShape, shapeOf } from "./graph/shape";
export { knownCircuit, knownCircuits } from "./known/known-circuits";
export { faithfulnessIntervals, normalizedFaithfulness } from "./metrics/normalized-faithfulness";
export type { PromptMetric } from "./metrics/prompt-metric";
export { promptMetric, promptMetrics } from "./metrics/prompt-metrics";
export { recovered } from "./metrics/recovered";
export { type PatchOptions, patch } from "./patch/patch";
export { type PatchPathsOptions, patchPaths } from "./patch/paths";
export { PatchResult } from "./patch/result";
export { patchSweeps } from "./patch/sweeps";
export { type DrawCircuitOptions, drawCircuit } from "./report/draw-circuit";
export type { RobustnessOptions } from "./report/options";
export { robustness } from "./report/robustness";
export { RobustnessReport } from "./report/robustness-report";
export type { Progress } from "./run/job";
export { memoryStore, type RunStore } from "./run/store";
