/**
 * @file Takes rotary embeddings apart into products with cosines and sines.
 *
 * com.microsoft RotaryEmbedding (llama, qwen2, gpt_neox fused: 4-D, tables looked up by `position_ids`),
 * RotaryEmbedding-23 (llama dynamo23: cosines and sines per position are given).
 */

import type { Node, Rewriter } from "@diopter/graph";
import { int, intOf } from "../attribute";
import { Emit } from "../emit";
import { type Expansion, given } from "./expansion";

export const microsoftRotary: Expansion = (rewriter, node) => {
  const [x, ids, cos, sin] = node.inputs as [string, string, string, string];
  return expand(rewriter, node, x, { ids, cos, sin });
};

export const standardRotary: Expansion = (rewriter, node) => {
  const [x, cos, sin] = node.inputs as [string, string, string];
  const ids = given(node, 3);
  return expand(rewriter, node, x, { cos, sin, ...(ids !== undefined && { ids }) });
};

interface Tables {
  readonly cos: string;
  readonly sin: string;
  readonly ids?: string;
}

function expand(rewriter: Rewriter, node: Node, x: string, tables: Tables): Node[] | undefined {
  const rank = rewriter.shape(x)?.length;
  if (rank !== 3 && rank !== 4) return undefined;
  const emit = new Emit(rewriter, node);
  const turned = rotaryTables(emit, tables, x, rank);
  if (turned === undefined) return undefined;
  const half = rewriter.shape(tables.cos)?.at(-1);
  if (typeof half !== "number") return undefined;
  const heads = intOf(node, "num_heads", 0);
  let split = x;
  if (rank === 3) {
    if (heads === 0 && intOf(node, "rotary_embedding_dim", 0) > 0) return undefined;
    const folded =
      heads > 0 ? emit.reshape(x, 0, 0, heads, -1) : emit.reshape(x, 0, 0, -1, 2 * half);
    split = emit.transpose(folded, 0, 2, 1, 3);
  }
  const style = {
    interleaved: intOf(node, "interleaved", 0) !== 0,
    part: intOf(node, "rotary_embedding_dim", 0),
    half,
  };
  const name = node.outputs[0]!;
  if (rank === 4) rotate(emit, split, turned, style, name);
  else {
    const back = emit.transpose(rotate(emit, split, turned, style), 0, 2, 1, 3);
    emit.add("Reshape", [back, rewriter.ints(0, 0, -1)], {}, name);
  }
  return emit.nodes;
}

/** Cosines and sines [batch, 1, pos, dHead / 2]. */
function rotaryTables(
  emit: Emit,
  { cos, sin, ids }: Tables,
  x: string,
  rank: number,
): readonly [string, string] | undefined {
  let places = ids;
  if (places !== undefined && emit.rewriter.shape(places)?.length !== 2) {
    // One number: the position of the first token.
    if (emit.rewriter.shape(places)?.length !== 1) return undefined;
    const steps = emit.positions(x, rank === 4 ? 2 : 1);
    places = emit.unsqueeze(emit.add("Add", [steps, places]), 0);
  }
  const table = (name: string) =>
    emit.unsqueeze(
      places === undefined ? name : emit.add("Gather", [name, places], { axis: int(0) }),
      1,
    );
  return [table(cos), table(sin)];
}

export interface RotaryStyle {
  /** Whether neighbours are rotated, instead of halves. */
  readonly interleaved: boolean;
  /** How many coordinates of a head are rotated; all where 0. */
  readonly part: number;
  /** Number of pairs. */
  readonly half: number;
}

/** x cos + rotated(x) sin for x [batch, head, pos, dHead] and tables [batch, 1, pos, half]. */
export function rotate(
  emit: Emit,
  x: string,
  [cos, sin]: readonly [string, string],
  { interleaved, part, half }: RotaryStyle,
  output?: string,
): string {
  const slice = (value: string, from: number, to: number) => {
    const { rewriter } = emit;
    return emit.add("Slice", [value, rewriter.ints(from), rewriter.ints(to), rewriter.ints(3)]);
  };
  const end = 2 ** 31 - 1;
  const partial = part > 0 ? part : undefined;
  const turning = partial === undefined ? x : slice(x, 0, partial);
  const name = partial === undefined ? output : undefined;
  const result = interleaved
    ? rotateNeighbours(emit, turning, [cos, sin], half, name)
    : rotateHalves(emit, slice, turning, [cos, sin], half, name);
  if (partial === undefined) return result;
  return emit.add("Concat", [result, slice(x, partial, end)], { axis: int(-1) }, output);
}

function rotateHalves(
  emit: Emit,
  slice: (value: string, from: number, to: number) => string,
  x: string,
  tables: readonly [string, string],
  half: number,
  output: string | undefined,
): string {
  const [cos, sin] = tables.map((table) => emit.add("Concat", [table, table], { axis: int(-1) }));
  const turned = emit.add("Neg", [slice(x, half, 2 ** 31 - 1)]);
  const swapped = emit.add("Concat", [turned, slice(x, 0, half)], { axis: int(-1) });
  const first = emit.add("Mul", [x, cos!]);
  return emit.add("Add", [first, emit.add("Mul", [swapped, sin!])], {}, output);
}

/** Pairs (x₀, x₁) → (x₀ cos − x₁ sin, x₀ sin + x₁ cos) for neighbours. */
function rotateNeighbours(
  emit: Emit,
  x: string,
  tables: readonly [string, string],
  half: number,
  output: string | undefined,
): string {
  const { rewriter } = emit;
  const pairs = emit.reshape(x, 0, 0, 0, half, 2);
  const side = (at: number) =>
    emit.add("Slice", [pairs, rewriter.ints(at), rewriter.ints(at + 1), rewriter.ints(4)]);
  const [even, odd] = [side(0), side(1)];
  const [cos, sin] = tables.map((table) => emit.unsqueeze(table, 4)) as [string, string];
  const first = emit.add("Sub", [emit.add("Mul", [even, cos]), emit.add("Mul", [odd, sin])]);
  const second = emit.add("Add", [emit.add("Mul", [odd, cos]), emit.add("Mul", [even, sin])]);
  const joined = emit.add("Concat", [first, second], { axis: int(-1) });
  return emit.add("Reshape", [joined, rewriter.ints(0, 0, 0, 2 * half)], {}, output);
}
