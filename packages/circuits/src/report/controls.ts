/** @file What a circuit is compared with: the intact model, nothing at all, and random circuits of its size. */

import { Random } from "@diopter/tensor";
import type { Ablation } from "../ablation/ablation";
import type { CellSpec } from "../evaluate/evaluate";
import { Circuit } from "../graph/circuit";
import type { GraphShape } from "../graph/shape";

/**
 * Both ends of a cell's scale.
 *
 * Breaking the clean run, the model is intact where nothing is replaced; repairing the corrupt run, where everything
 * is. Which side a cell replaces does not matter to its ends, and neither do the circuit's positions.
 */
export function controlSpec(role: "full" | "empty", shape: GraphShape, cell: Ablation): CellSpec {
  const keepsAll = (role === "full") === (cell.direction === "ablate-clean");
  const inputs = cell.component === "edge" ? cell.granularity : shape.inputs;
  const tokens = cell.tokens === "specific" ? "all" : cell.tokens;
  const meta = { name: keepsAll ? "everything" : "nothing", version: "1" };
  const none =
    cell.component === "edge"
      ? Circuit.ofEdges({ ...shape, inputs }, [], meta)
      : Circuit.ofNodes({ ...shape, inputs }, [], meta);
  return {
    ablation: { ...cell, tokens, set: "complement" },
    circuit: keepsAll ? none.complement() : none,
  };
}

/** The controls of a grid, each once, and which belong to which cell. */
export interface ControlPlan {
  readonly specs: readonly CellSpec[];
  readonly roles: readonly ("full" | "empty")[];
  /** Indices of the controls of each cell. */
  readonly of: readonly { readonly full: number; readonly empty: number }[];
}

export function controlPlan({ shape }: Circuit, cells: readonly Ablation[]): ControlPlan {
  const specs: CellSpec[] = [];
  const roles: ("full" | "empty")[] = [];
  const known = new Map<string, number>();
  const at = (role: "full" | "empty", cell: Ablation) => {
    const { value, tokens, set, ...axes } = cell;
    const identity = value.kind === "given" ? value.name : value;
    const where = tokens === "specific" ? "all" : tokens;
    const key = JSON.stringify([role, identity, where, axes]);
    const index = known.get(key) ?? specs.length;
    if (index === specs.length) {
      known.set(key, index);
      specs.push(controlSpec(role, shape, cell));
      roles.push(role);
    }
    return index;
  };
  const of = cells.map((cell) => ({ full: at("full", cell), empty: at("empty", cell) }));
  return { specs, roles, of };
}

/**
 * A circuit of as many elements drawn at random, at the same positions in another order.
 *
 * Embeddings are in a random set of nodes when they are in the circuit: without them nothing varies with the prompt.
 *
 * @example randomCircuitLike(circuit, 0).size === circuit.size
 */
export function randomCircuitLike(circuit: Circuit, seed: number): Circuit {
  const { graph, component, placement, shape } = circuit;
  const random = new Random(seed);
  const isFixed = (index: number) => component === "node" && graph.sources[index]!.layer < 0;
  const count = component === "edge" ? graph.edgeCount : graph.sources.length;
  const free = Array.from({ length: count }, (_, index) => index).filter((i) => !isFixed(i));
  const moved = [...placement].filter(([index]) => !isFixed(index));
  const at = random.shuffle(moved.map(([, positions]) => positions));
  const drawn = random.sample(free, moved.length).map((index, i) => [index, at[i]] as const);
  const fixed = [...placement].filter(([index]) => isFixed(index));
  const elements = [...fixed, ...drawn].map(([index, positions]) => {
    const name = component === "edge" ? graph.edgeName(index) : graph.sources[index]!.name;
    return positions === undefined ? name : { name, at: positions };
  });
  const meta = { name: `random ${seed}`, version: "1" };
  return component === "edge"
    ? Circuit.ofEdges(shape, elements, meta)
    : Circuit.ofNodes(shape, elements, meta);
}
