/** @file The public names of @diopter/statistics. */

export { correlation, covariance, pearson, ranks, spearman } from "./describe/correlation";
export { flippedPairs, kendallTau } from "./describe/kendall-tau";
export { type RatioOptions, type RatioSummary, ratioSummary } from "./describe/ratio-summary";
export { quantile, type SpreadOptions, std, variance } from "./describe/spread";
export { type Levels, type VarianceShares, varianceShares } from "./describe/variance-shares";
export { checkVectors } from "./describe/vectors";
export {
  type BootstrapOptions,
  bootstrapInterval,
  type Interval,
} from "./intervals/bootstrap-interval";
export {
  type BootstrapBounds,
  type ClusterBootstrapOptions,
  clusterBootstrap,
  type WeightedStatistic,
} from "./intervals/cluster-bootstrap";
export { type Clusters, clustersOf } from "./intervals/clusters";
export type { DeltaInterval } from "./intervals/delta-interval";
export {
  type Estimate,
  type IntervalOptions,
  intervals,
  type MeanIntervals,
  type RatioIntervals,
  type RatioIntervalsOptions,
  ratioIntervals,
} from "./intervals/intervals";
export { studentTBelow, studentTQuantile } from "./intervals/student-t";
export { weightedMedian, weightedRatio } from "./intervals/weighted-statistics";
export { holm } from "./paired/holm";
export {
  type PairedComparison,
  type PairedOptions,
  pairedComparison,
} from "./paired/paired-comparison";
export { type SignFlipOptions, type SignFlipResult, signFlipTest } from "./paired/sign-flip-test";
export { type WilcoxonResult, wilcoxonSignedRank } from "./paired/wilcoxon";
export { averagePrecision } from "./retrieval/average-precision";
export {
  auroc,
  type RocOptions,
  type RocPoint,
  rocCurve,
  rocPlateau,
  type Truth,
} from "./retrieval/roc";
export { type SetOverlap, setOverlap } from "./retrieval/set-overlap";
export { trapezoids } from "./retrieval/trapezoids";
