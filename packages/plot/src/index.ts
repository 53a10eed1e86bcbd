/** @file Accessible SVG charts for interpretability, as pure functions from data to strings. */

export { type AttentionData, type AttentionOptions, attention } from "./attention";
export { type BarsData, type BarsOptions, bars } from "./bars";
export type { BoxControl } from "./box-marks";
export { type BoxCell, type BoxPlotsData, type BoxPlotsOptions, boxPlots } from "./box-plots";
export type { ChartOptions } from "./chart";
export type { Matrix } from "./check";
export {
  type CircuitEdge,
  type CircuitGraphData,
  type CircuitGraphOptions,
  type CircuitNode,
  circuitGraph,
} from "./circuit-graph";
export { type CurveData, type CurveOptions, type CurveSeries, curve } from "./curve";
export { type HeatmapData, type HeatmapOptions, heatmap } from "./heatmap";
export { columnTexts, type NumberFormat } from "./number";
export { figure, type PageFigure, type PageSection, type PageSpec, page } from "./page";
export type { PageFact, TableValue } from "./page-table";
export type { Reference } from "./reference";
export { type RocCurve, type RocData, type RocOptions, roc } from "./roc";
export type { ScaleOptions } from "./scale";
export { type ScoreMapData, type ScoreMapOptions, scoreMap } from "./score-map";
export {
  type SensitivityBarsData,
  type SensitivityBarsOptions,
  sensitivityBars,
} from "./sensitivity-bars";
export { type TokensData, type TokensOptions, tokens } from "./tokens";
