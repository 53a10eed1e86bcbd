/** @file What a circuit is compared with: the intact model, and nothing at all. */

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
