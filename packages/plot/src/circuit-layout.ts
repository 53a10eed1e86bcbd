/** @file Places for the nodes of a layered graph: few crossings by barycentres (Sugiyama, Tagawa and Toda 1981). */

import { group } from "d3-array";

export interface LayoutNode {
  /** Row from below. */
  readonly row: number;
  readonly column: number;
}

export interface LayoutEdge {
  readonly from: number;
  readonly to: number;
}

export interface Layout {
  /** Middle of each node, in units of the space that a node takes. */
  readonly x: readonly number[];
  /** Where each column begins, and where the last one ends. */
  readonly columns: readonly number[];
}

const sweeps = 12; // up and down in turn; the order with the fewest crossings is kept

/** Every column is as wide as its fullest row and `slack` more; nodes stay in their column and never overlap. */
export function circuitLayout(
  nodes: readonly LayoutNode[],
  edges: readonly LayoutEdge[],
  columnCount: number,
  slack = 0,
): Layout {
  const cells = [
    ...group(nodes.keys(), (i) => nodes[i]!.row * columnCount + nodes[i]!.column).values(),
  ].map((members) => [...members]);
  const columns = [0];
  for (let column = 0; column < columnCount; column++) {
    const own = cells.filter(([first]) => nodes[first!]!.column === column);
    columns.push(columns.at(-1)! + Math.max(1, ...own.map((cell) => cell.length)) + slack);
  }
  const neighbours = nodes.map(() => ({ below: [] as number[], above: [] as number[] }));
  for (const { from, to } of edges) {
    neighbours[from]!.above.push(to);
    neighbours[to]!.below.push(from);
  }

  const x = nodes.map(() => 0);
  for (const cell of cells) center(cell, nodes, columns, x);
  let best = { x: [...x], crossings: crossings(x, nodes, edges) };
  cells.sort(([a], [b]) => nodes[a!]!.row - nodes[b!]!.row);
  for (let sweep = 0; sweep < sweeps && best.crossings > 0; sweep++) {
    const side = sweep % 2 === 0 ? "below" : "above";
    for (const cell of side === "below" ? cells : [...cells].reverse()) {
      const wanted = new Map(cell.map((i) => [i, mean(neighbours[i]![side], x) ?? x[i]!]));
      cell.sort((a, b) => wanted.get(a)! - wanted.get(b)!);
      center(cell, nodes, columns, x);
    }
    const now = crossings(x, nodes, edges);
    if (now < best.crossings) best = { x: [...x], crossings: now };
  }
  const straight = straighten(best, cells, nodes, edges, columns, neighbours);
  return { x: clear(straight, cells, nodes, edges, columns), columns };
}

/** Shifts rows that have room aside, so that fewer edges pass behind nodes which they do not enter. */
function clear(
  straight: readonly number[],
  cells: readonly number[][],
  nodes: readonly LayoutNode[],
  edges: readonly LayoutEdge[],
  columns: readonly number[],
): number[] {
  const x = [...straight];
  for (const cell of cells) {
    const { row, column } = nodes[cell[0]!]!;
    const passing = edges
      .filter(({ from, to }) => nodes[from]!.row < row && row < nodes[to]!.row)
      .map(({ from, to }) => {
        const t = (row - nodes[from]!.row) / (nodes[to]!.row - nodes[from]!.row);
        return x[from]! + (x[to]! - x[from]!) * t * t * (3 - 2 * t); // edges are drawn as such an S
      });
    const left = columns[column]! + 0.5 - Math.min(...cell.map((i) => x[i]!));
    const right = columns[column + 1]! - 0.5 - Math.max(...cell.map((i) => x[i]!));
    let best = { shift: 0, cost: Number.POSITIVE_INFINITY };
    for (let step = Math.ceil(left / 0.125); step <= Math.floor(right / 0.125); step++) {
      const shift = step * 0.125;
      const hidden = (i: number) =>
        passing.filter((at) => Math.abs(at - x[i]! - shift) < 0.45).length;
      const cost = cell.reduce((sum, i) => sum + hidden(i), Math.abs(shift) * 0.2);
      if (cost < best.cost) best = { shift, cost };
    }
    for (const i of cell) x[i] = x[i]! + best.shift;
  }
  return x;
}

type Neighbours = readonly {
  readonly below: readonly number[];
  readonly above: readonly number[];
}[];

/** Moves nodes towards their neighbours without changing their order, where no new crossing comes of it. */
function straighten(
  best: { x: number[]; crossings: number },
  cells: readonly number[][],
  nodes: readonly LayoutNode[],
  edges: readonly LayoutEdge[],
  columns: readonly number[],
  neighbours: Neighbours,
): number[] {
  const x = [...best.x];
  for (let pass = 0; pass < 4; pass++) {
    for (const cell of pass % 2 === 0 ? cells : [...cells].reverse()) {
      const { column } = nodes[cell[0]!]!;
      const ordered = [...cell].sort((a, b) => x[a]! - x[b]!);
      let taken = columns[column]! - 0.5;
      for (const i of ordered) {
        const { below, above } = neighbours[i]!;
        x[i] = taken = Math.max(taken + 1, mean([...below, ...above], x) ?? x[i]!);
      }
      taken = columns[column + 1]! + 0.5;
      for (const i of ordered.reverse()) x[i] = taken = Math.min(taken - 1, x[i]!);
    }
  }
  return crossings(x, nodes, edges) <= best.crossings ? x : best.x;
}

/** Places a cell's nodes in their order, in the middle of their column. */
function center(
  cell: readonly number[],
  nodes: readonly LayoutNode[],
  columns: readonly number[],
  x: number[],
): void {
  const { column } = nodes[cell[0]!]!;
  const start = (columns[column]! + columns[column + 1]! - cell.length) / 2;
  for (const [k, i] of cell.entries()) x[i] = start + k + 0.5;
}

function mean(of: readonly number[], x: readonly number[]): number | undefined {
  return of.length === 0 ? undefined : of.reduce((sum, i) => sum + x[i]!, 0) / of.length;
}

/** How many pairs of edges cross, all drawn straight. */
export function crossings(
  x: readonly number[],
  nodes: readonly LayoutNode[],
  edges: readonly LayoutEdge[],
): number {
  const lines = edges.map(({ from, to }) => {
    const [low, high] = [nodes[from]!.row, nodes[to]!.row];
    const slope = (x[to]! - x[from]!) / (high - low);
    return { low, high, at: (row: number) => x[from]! + slope * (row - low) };
  });
  let count = 0;
  for (const [i, a] of lines.entries()) {
    for (let j = 0; j < i; j++) {
      const b = lines[j]!;
      const [low, high] = [Math.max(a.low, b.low), Math.min(a.high, b.high)];
      if (low < high && (a.at(low) - b.at(low)) * (a.at(high) - b.at(high)) < -1e-9) count++;
    }
  }
  return count;
}
