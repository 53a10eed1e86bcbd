/** @file Checks of the nodes and edges of a circuit. */

import {
  checkFinite,
  checkRecords,
  checkStrings,
  checkText,
  requireFinite,
  requireText,
} from "./check";

export interface Node {
  readonly id: string;
  readonly label: string;
  readonly layer: number;
  readonly position: string | undefined;
  readonly note: string | undefined;
}

export interface Edge {
  readonly from: Node;
  readonly to: Node;
  readonly score: number | undefined;
  readonly input: string | undefined;
  readonly note: string | undefined;
}

export function checkNodes(value: unknown): Node[] {
  const nodes = checkRecords("circuitGraph: nodes", value, "nodes", (subject, node) => {
    const id = requireText(`${subject}.id`, node.id);
    return {
      id,
      label: checkText(`${subject}.label`, node.label) ?? id,
      layer: requireFinite(`${subject}.layer`, node.layer),
      position: checkText(`${subject}.position`, node.position),
      note: checkText(`${subject}.note`, node.note),
    };
  });
  const seen = new Set<string>();
  for (const [i, { id, position }] of nodes.entries()) {
    if (seen.has(id))
      throw new RangeError(`circuitGraph: nodes[${i}].id: ${JSON.stringify(id)} is there twice`);
    seen.add(id);
    if ((position === undefined) !== (nodes[0]!.position === undefined))
      throw new RangeError(
        `circuitGraph: nodes[${i}]: either all nodes have a position or none has`,
      );
  }
  return nodes;
}

export function checkEdges(value: unknown, nodes: readonly Node[]): Edge[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const find = (subject: string, id: unknown): Node => {
    const node = byId.get(requireText(subject, id));
    if (node !== undefined) return node;
    throw new RangeError(`${subject}: unknown node ${JSON.stringify(id)}`);
  };
  const edges = checkRecords("circuitGraph: edges", value, "edges", (subject, edge) => {
    const [from, to] = [find(`${subject}.from`, edge.from), find(`${subject}.to`, edge.to)];
    if (from.layer >= to.layer)
      throw new RangeError(
        `${subject} goes from layer ${from.layer} to layer ${to.layer}, expected upwards`,
      );
    return {
      from,
      to,
      score: checkFinite(`${subject}.score`, edge.score),
      input: checkText(`${subject}.input`, edge.input),
      note: checkText(`${subject}.note`, edge.note),
    };
  });
  const odd = edges.findIndex(
    ({ score }) => (score === undefined) !== (edges[0]!.score === undefined),
  );
  if (odd < 0) return edges;
  throw new RangeError(`circuitGraph: edges[${odd}]: either all edges have a score or none has`);
}

export function checkPositions(nodes: readonly Node[], value: unknown): string[] {
  const used = [...new Set(nodes.flatMap(({ position }) => position ?? []))];
  if (value === undefined) return used;
  const positions = [...new Set(checkStrings("circuitGraph: positions", value))];
  const missing = used.find((name) => !positions.includes(name));
  if (missing === undefined) return positions;
  throw new RangeError(`circuitGraph: positions has no ${JSON.stringify(missing)}`);
}

export function checkLimit(value: unknown): number | undefined {
  const limit = checkFinite("circuitGraph: maxEdges", value);
  if (limit === undefined || (Number.isInteger(limit) && limit > 0)) return limit;
  throw new RangeError(`circuitGraph: maxEdges must be a positive whole number, got ${limit}`);
}
