/** @file The public names of @diopter/circuits. */

export {
  type Ablation,
  type AblationValue,
  ablationOf,
  causalReading,
  mean,
  noise,
  resample,
  resampleEdges,
  zero,
} from "./ablation/ablation";
export type { Activations, Form } from "./ablation/activations";
export { NotApplicableError } from "./ablation/not-applicable";
export {
  type AcdcOptions,
  type AcdcResult,
  type AcdcRun,
  type AcdcState,
  type AcdcStep,
  acdc,
} from "./discover/acdc/acdc";
export type { AcdcOrder } from "./discover/acdc/order";
export { attributeEdges } from "./discover/attribution/attribute-edges";
export {
  type AttributeNodesOptions,
  attributeNodes,
  type NodeAttributionMethod,
  nodeAttributionMethods,
} from "./discover/attribution/attribute-nodes";
export {
  type AttributeOptions,
  type AttributionMethod,
  attributionMethods,
} from "./discover/attribution/batch";
export {
  type MagnitudeOptions,
  magnitudeScores,
  officialScores,
  randomScores,
} from "./discover/controls";
export { type ExactOptions, exactEdges, exactNodes } from "./discover/exact/exact";
export { type RerankOptions, rerank } from "./discover/exact/rerank";
export type { SingleEffectOptions } from "./discover/exact/single-effects";
export {
  type CircuitProbing,
  type CircuitProbingOptions,
  circuitProbing,
} from "./discover/masks/circuit-probing";
export {
  type LearnedMasks,
  type LearnMasksOptions,
  learnMasks,
  type MaskState,
  type MaskStep,
} from "./discover/masks/learn-masks";
export type { LearnedScores, Selection } from "./discover/masks/learned-scores";
export type { Faithfulness } from "./discover/masks/loss";
export type { MaskSize } from "./discover/masks/size";
export { type ObjectiveName, objectiveNames } from "./discover/objective";
export {
  type OptimalConstants,
  type OptimalConstantsOptions,
  optimalConstants,
} from "./discover/optimal-constants";
export { EdgeScores, type EdgeScoresJSON, type ScoreRecord } from "./discover/scores/edge-scores";
export { NodeScores, type NodeScoresJSON } from "./discover/scores/node-scores";
export type { Ranking } from "./discover/scores/ranking";
export {
  type CellSpec,
  type EvaluatedPrompt,
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  evaluateCells,
  type NotApplicable,
} from "./evaluate/evaluate";
export {
  type EvaluateCurveOptions,
  type EvaluatedCurve,
  type EvaluatedSize,
  evaluateCurve,
} from "./evaluate/evaluate-curve";
export {
  Circuit,
  type CircuitElement,
  type CircuitMeta,
  type CircuitPosition,
} from "./graph/circuit";
export type { CircuitComponent } from "./graph/circuit-elements";
export type { CircuitJSON } from "./graph/circuit-json";
export { type DestinationNode, type Edge, EdgeGraph, type SourceNode } from "./graph/edge-graph";
export { type AcdcEdge, type AcdcIndex, fromAcdc, toAcdc } from "./graph/names/acdc";
export {
  type AutoCircuitEdge,
  fromAutoCircuit,
  fromAutoCircuitName,
  toAutoCircuit,
  toAutoCircuitName,
} from "./graph/names/auto-circuit";
export { type EapIgGraph, fromEapIg, type ScoredCircuit, toEapIg } from "./graph/names/eap-ig";
export { type At, type Placement, type Positions, positionIndices } from "./graph/positions";
export { type GraphShape, shapeOf } from "./graph/shape";
export { type DocstringVariant, docstringCircuit } from "./known/docstring";
export { type GreaterThanVariant, greaterThanCircuit } from "./known/greater-than";
export { type IoiVariant, ioiCircuit, ioiHeads } from "./known/ioi";
export { knownCircuit, knownCircuits } from "./known/known-circuits";
export { type SportsVariant, sportsCircuit } from "./known/sports";
export { reverseCircuit, type TracrVariant, xProportionCircuit } from "./known/tracr";
export { topKOverlap } from "./metrics/divergence-metrics";
export {
  type CurveArea,
  type CurvePoint,
  type CurveTarget,
  type CurveTargets,
  curveArea,
  smallestSizes,
} from "./metrics/faithfulness-curve";
export { type MetricVector, metricVector } from "./metrics/metric-vector";
export { type MibAreas, mibAreas, mibShares } from "./metrics/mib-areas";
export {
  type FaithfulnessValues,
  faithfulnessIntervals,
  normalizedFaithfulness,
} from "./metrics/normalized-faithfulness";
export type { Answered, MetricTask, PositionMetric, PromptMetric } from "./metrics/prompt-metric";
export { promptMetric, promptMetrics } from "./metrics/prompt-metrics";
export {
  type Recovery,
  recovered,
  recoveryIntervals,
  type ShareOptions,
} from "./metrics/recovered";
export {
  compareToReference,
  type Reference,
  type ReferenceComparison,
} from "./metrics/reference-comparison";
export type { Row } from "./metrics/rows";
export {
  type AxisChange,
  type AxisSensitivity,
  type ScoredCell,
  type Sensitivity,
  sensitivity,
} from "./metrics/sensitivity";
export type { PairOptions } from "./patch/pair-runs";
export { type PatchOptions, patch } from "./patch/patch";
export { type PatchPathsOptions, patchPaths } from "./patch/patch-paths";
export type { PatchMeanOptions, PatchSvgOptions } from "./patch/patch-picture";
export type { PatchProgress } from "./patch/patch-record";
export {
  type PatchContent,
  type PatchDirection,
  PatchResult,
  type PatchRow,
} from "./patch/patch-result";
export type { PatchActivation, PatchAxis, PatchPart, PatchSelection } from "./patch/patch-sites";
export { patchSweeps } from "./patch/patch-sweeps";
export type { CellSummary, CellWithout, RandomSummary } from "./report/cell-summary";
export type { CellComparison } from "./report/comparisons";
export { type GridPreset, gridCells, originalAblation } from "./report/grid";
export type { Headline, ScoreRange } from "./report/headline";
export type { MeanSetPoint } from "./report/mean-set-curve";
export { type RankAgreement, rankStability } from "./report/rank-stability";
export type {
  CellData,
  Check,
  ControlData,
  ReportOptions,
  RobustnessData,
} from "./report/report-data";
export type { RobustnessOptions } from "./report/report-options";
export type { ReportRow } from "./report/report-rows";
export { memoryStore, type ReportStore } from "./report/report-store";
export { robustness } from "./report/robustness";
export { RobustnessReport } from "./report/robustness-report";
export type { ScoreScale } from "./report/scores";
export type { SplitRow } from "./report/split";
export type { WorstPrompt } from "./report/worst-prompts";
export {
  type DocstringReproduction,
  type DocstringRow,
  type ReproduceDocstringOptions,
  reproduceDocstring,
} from "./reproduce/docstring";
export {
  type IoiBox,
  type IoiMeanSize,
  type IoiReproduction,
  type ReproduceIoiOptions,
  reproduceIoi,
} from "./reproduce/ioi";
export type { ReproduceOptions } from "./reproduce/paper-cell";
export {
  type ReproduceSportsOptions,
  reproduceSports,
  type SportsReproduction,
  type SportsRow,
} from "./reproduce/sports";
export {
  type ReproduceTracrOptions,
  reproduceTracr,
  type TracrCurve,
  type TracrMethod,
  type TracrPanel,
  type TracrReproduction,
  type TracrSearch,
} from "./reproduce/tracr";
export type { TracrModels, TracrProgramName } from "./reproduce/tracr-programs";
export type { Progress } from "./run/job";
export { type CheckOptions, checkTask, positionOf } from "./task/check-task";
export { type AgreementOptions, agreement, type NumberPair } from "./task/generators/agreement";
export { type CapitalsOptions, type CountryCapital, capitals } from "./task/generators/capitals";
export { type DocstringOptions, docstring } from "./task/generators/docstring";
export { docstringCorruptions } from "./task/generators/docstring-corruptions";
export type { GeneratorOptions } from "./task/generators/generator-options";
export {
  type GreaterThanOptions,
  greaterThan,
  greaterThanYears,
} from "./task/generators/greater-than";
export { type InductionOptions, induction } from "./task/generators/induction";
export { type IoiOptions, type IoiOrder, ioi } from "./task/generators/ioi";
export { type IoiCorruption, ioiCorruptions } from "./task/generators/ioi-corruptions";
export {
  ioiNames,
  ioiObjects,
  ioiPlaces,
  ioiTemplates,
  ioiVanillaTemplate,
} from "./task/generators/ioi-words";
export { type SportsOptions, type SportsPlayer, sports } from "./task/generators/sports";
export {
  type TracrOptions,
  type TracrReverseOptions,
  type TracrXProportionOptions,
  tracrReverse,
  tracrXProportion,
} from "./task/generators/tracr";
export { loadTask } from "./task/load-task";
export type {
  PromptAnswers,
  PromptJson,
  PromptsJson,
  PromptText,
  WordIndices,
} from "./task/prompt-json";
export type { LoadTaskOptions } from "./task/prompt-reader";
export { checkSpans, type Span, type SpanSchema, spanSchema, spansOf } from "./task/spans";
export { type SplitOptions, splitTask } from "./task/split-task";
export type { SequenceAnswer, Task, TaskPrompt } from "./task/task";
export { type TaskJson, taskFromJSON, taskToJSON } from "./task/task-json";
export type { TaskTokenizer, TokenizingOptions } from "./task/tokenizer";
export { type WorldTask, type WorldTasks, worldTasks } from "./task/world";
export type { WorldTaskOptions } from "./task/world/world-builder";
export type {
  WorldBlank,
  WorldData,
  WorldSentence,
  WorldSource,
  WorldSplit,
  WorldTaskName,
} from "./task/world/world-source";
