/** @file From learned masks to scores and circuits. */

import { Circuit } from "../../graph/circuit";
import type { EdgeGraph } from "../../graph/edge-graph";
import { type ScoreRecord, Scores } from "../scores/scores";
import { deterministicMask, keepProbability } from "./hard-concrete";

/** Masks at least this large; exactly so many elements; or as many as the masks add up to (Edge Pruning). */
export type Selection = { readonly threshold: number } | { readonly size: number } | "mean";

/** P(mask > 0), which rises with the parameter. */
export function thetaScores(
  graph: EdgeGraph,
  component: "edge" | "node",
  theta: Float64Array,
  sign: 1 | -1,
  record: ScoreRecord,
): Scores {
  const values = theta.map((x) => sign * keepProbability(x));
  return new Scores(graph, component, values, record);
}

export function selected(
  graph: EdgeGraph,
  component: "edge" | "node",
  theta: Float64Array,
  scores: Scores,
  select: Selection = { threshold: 0.5 },
): Circuit {
  const masks = theta.map(deterministicMask);
  if (select === "mean") return scores.top(Math.round(masks.reduce((sum, x) => sum + x, 0)));
  if ("size" in select) return scores.top(select.size);
  const name = `${scores.record.method}, masks from ${select.threshold}`;
  const chosen = [...masks.keys()].filter((i) => masks[i]! >= select.threshold);
  const meta = { name, version: "1" };
  return component === "edge"
    ? Circuit.ofEdges(
        graph.shape,
        chosen.map((edge) => graph.edgeName(edge)),
        meta,
      )
    : Circuit.ofNodes(
        graph.shape,
        chosen.map((source) => graph.sources[source]!.name),
        meta,
      );
}
