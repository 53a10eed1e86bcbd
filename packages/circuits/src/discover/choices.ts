/** @file What options of discovery say about the graph and the values, for all methods alike. */

import type { Model } from "@diopter/model";
import type { AblationValue } from "../ablation/ablation";
import { type GraphShape, shapeOf } from "../graph/shape";

/** The shape of a model's graph with these choices. */
export function chosenShape(
  { config }: Model,
  { inputs, embedding }: { inputs?: GraphShape["inputs"]; embedding?: GraphShape["embedding"] },
): GraphShape {
  return shapeOf(config, { ...(inputs && { inputs }), ...(embedding && { embedding }) });
}

/** A value as it is kept in records: numbers of one's own by their name. */
export function valueRecord(value: AblationValue) {
  return value.kind === "given" ? { kind: value.kind, name: value.name } : value;
}
