/** @file What other libraries write and read of circuits and scores, and our own JSON. */

export type { ScoresJSON } from "./discover/scores/scores";
export type { CircuitJSON } from "./graph/circuit-json";
export { type AcdcEdge, type AcdcIndex, fromAcdc, toAcdc } from "./graph/names/acdc";
export {
  type AutoCircuitEdge,
  fromAutoCircuit,
  fromAutoCircuitName,
  toAutoCircuit,
  toAutoCircuitName,
} from "./graph/names/auto-circuit";
export { type EapIgGraph, fromEapIg, type ScoredCircuit, toEapIg } from "./graph/names/eap-ig";
export type { RobustnessData } from "./report/data";
