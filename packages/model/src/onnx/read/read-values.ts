/** @file Reads a graph from its inputs to its outputs: what every value is in terms of weights, tokens and positions. */

import {
  type Graph,
  type Initializer,
  type Node,
  quoted,
  Size,
  type ValueInfo,
} from "@diopter/graph";
import { Refusal } from "../refusal";
import { at, num, partsOf } from "./body";
import { BINARY, binary, extreme, UNARY, unary, whereOp } from "./elementwise";
import { freshDims } from "./field";
import * as layout from "./layout";
import { asField, initializerMeaning, type Meaning } from "./meaning";
import * as mixing from "./mixing";
import { Scope } from "./scope";

type Reader = (s: Scope) => Meaning | readonly Meaning[];

const READERS: Readonly<Record<string, Reader>> = {
  Identity: (s) => s.input(0),
  Cast: cast,
  Dropout: (s) => s.input(0),
  Shape: layout.shapeOp,
  Size: (s) => {
    const shape = layout.shapeOp(s) as { items: readonly Size[] };
    return {
      kind: "nums",
      items: [shape.items.reduce((a, b) => a.times(b), Size.one)],
      shape: [],
      int: true,
    };
  },
  Gather: layout.gather,
  GatherND: layout.gatherND,
  GatherElements: layout.gatherElements,
  ScatterND: layout.scatterND,
  Concat: layout.concatOp,
  Unsqueeze: layout.unsqueeze,
  Squeeze: layout.squeeze,
  Reshape: layout.reshapeOp,
  Flatten: layout.flatten,
  Transpose: layout.transposeOp,
  Slice: layout.sliceOp,
  Split: layout.split,
  Expand: layout.expand,
  Range: layout.range,
  ConstantOfShape: layout.constantOfShape,
  Trilu: layout.trilu,
  Tile: layout.tile,
  Where: whereOp,
  Max: (s) => extreme(s, "Max"),
  Min: (s) => extreme(s, "Min"),
  Neg: (s) => unary(s, "Neg"),
  IsNaN: isNaNOp,
  MatMul: (s) => asField(mixing.matmul(s, s.field(0), s.field(1))),
  Gemm: mixing.gemm,
  LayerNormalization: (s) => mixing.layerNorm(s, "LayerNorm"),
  RMSNormalization: (s) => mixing.layerNorm(s, "RMSNorm"),
  SimplifiedLayerNormalization: (s) => mixing.layerNorm(s, "RMSNorm"),
  Softmax: mixing.softmax,
  FakeQuantizeLinear: fakeQuantized,
  CumSum: mixing.cumsum,
  ...Object.fromEntries(
    ["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL2"].map((op) => [
      op,
      mixing.reduce,
    ]),
  ),
  ...Object.fromEntries(BINARY.map((op) => [op, (s: Scope) => binary(s, op)])),
  ...Object.fromEntries(UNARY.map((op) => [op, (s: Scope) => unary(s, op)])),
};

const STATIC =
  "rounds with scales that the file fixes; float, 4-bit weights and dynamic int8 are read";
const EXPERTS = "chooses among experts, which Diopter does not compute";

/** What is known of operations that are not read. */
const FOREIGN: Readonly<Record<string, string>> = {
  QuantizeLinear: STATIC,
  DequantizeLinear: STATIC,
  QLinearMatMul: STATIC,
  QGemm: STATIC,
  QAttention: STATIC,
  MoE: EXPERTS,
  QMoE: EXPERTS,
  TopK: EXPERTS,
  If: "has a condition that depends on the run",
  Loop: "repeats a part of the graph, which has to stand there as often as it runs",
  Scan: "repeats a part of the graph, which has to stand there as often as it runs",
};

/** A value that is added to itself again and again grows without end; masks and rotations have some dozens. */
const MOST_PARTS = 10000;

/** What each value of a graph is. */
export interface Reading {
  readonly graph: Graph;
  readonly meanings: ReadonlyMap<string, Meaning>;
}

/** Reads `graph`; what cannot be followed is `unknown` with the first reason. `origins` has the nodes of the file by value. */
export function readValues(
  graph: Graph,
  origins: ReadonlyMap<string, string> = new Map(),
): Reading {
  const s = new Scope(graph, origins);
  for (const [name, tensor] of graph.initializers)
    s.meanings.set(name, initializerMeaning(name, tensor));
  for (const input of graph.inputs) {
    if (!graph.initializers.has(input.name)) s.meanings.set(input.name, inputMeaning(input));
  }
  for (const node of graph.nodes) {
    s.node = node;
    const results = readNode(s, node);
    node.outputs.forEach((name, i) => {
      const result = results[i] ?? {
        kind: "unknown",
        reason: `${s.label}: output ${i} is not followed`,
      };
      if (name !== "") s.meanings.set(name, result as Meaning);
    });
  }
  return { graph, meanings: s.meanings };
}

function readNode(s: Scope, node: Node): readonly Meaning[] {
  const constant = constantOf(node);
  if (constant) return [initializerMeaning(node.outputs[0]!, constant)];
  const broken = node.inputs.map((name) => s.meanings.get(name)).find((m) => m?.kind === "unknown");
  if (broken) return node.outputs.map(() => broken);
  try {
    const known = ["", "com.microsoft", "diopter"].includes(node.domain);
    const reader = known && Object.hasOwn(READERS, node.op) ? READERS[node.op] : undefined;
    if (!reader)
      throw new Refusal(
        `${node.domain ? `${node.domain}.` : ""}${node.op} ${FOREIGN[node.op] ?? "is no operation of a transformer that Diopter knows"}`,
      );
    const result = reader(s);
    for (const meaning of Array.isArray(result)
      ? (result as readonly Meaning[])
      : [result as Meaning]) {
      if (meaning.kind === "field" && partsOf(meaning.body) > MOST_PARTS) {
        throw new Refusal(
          `an expression of more than ${MOST_PARTS} parts, which no transformer needs`,
        );
      }
    }
    return Array.isArray(result) ? result : [result as Meaning];
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return node.outputs.map(() => ({ kind: "unknown", reason: `${s.label}: ${error.message}` }));
  }
}

/** The tensor of a Constant node. */
export function constantOf(node: Node): Initializer | undefined {
  if (node.op !== "Constant" || node.domain !== "") return undefined;
  const { value } = node.attrs;
  return value?.type === "tensor" ? value.value : undefined;
}

/**
 * Whole numbers of rank 2 are per token: `[batch, pos]`, whatever symbols an exporter gave them.
 *
 * Keys and values of earlier tokens are there with length 0: Diopter runs whole sequences.
 */
function inputMeaning({ name, dtype, shape }: ValueInfo): Meaning {
  const rank = shape?.length;
  if (rank === 2) {
    const dims = freshDims([Size.of("batch"), Size.of("pos")]);
    return { kind: "field", dims, body: { k: "input", name, index: dims.map(([v]) => at(v!)) } };
  }
  if (rank === 4 && /past/i.test(name)) {
    const sizes = [
      Size.of("batch"),
      ...[1, 2, 3].map((i) =>
        typeof shape![i] === "number" ? Size.of(shape![i] as number) : Size.of(0),
      ),
    ];
    return { kind: "field", dims: freshDims(sizes), body: num(0) };
  }
  const of = `input ${quoted(name)} [${shape?.map((dim) => dim ?? "?") ?? "of unknown rank"}]`;
  const what = /encoder/i.test(name)
    ? "comes from an encoder, and encoder-decoders are not read"
    : /pixel|image|audio|input_features/i.test(name)
      ? "is no text"
      : /float/.test(dtype) && rank === 3
        ? "is embeddings, and tokens are needed"
        : "is neither tokens nor a cache";
  return { kind: "unknown", reason: `${of} ${what}` };
}

function cast(s: Scope): Meaning {
  const meaning = s.input(0);
  if (meaning.kind !== "nums") return meaning;
  const to = s.int("to", 1);
  const int = ![1, 10, 11, 16].includes(to);
  const items = int
    ? meaning.items.map((item) =>
        item.value === undefined
          ? item
          : Size.of(to === 9 ? (item.value ? 1 : 0) : Math.trunc(item.value)),
      )
    : meaning.items;
  return { ...meaning, items, int };
}

/** What a dynamic int8 product sees of an activation. */
function fakeQuantized(s: Scope): Meaning {
  const x = s.field(0);
  return asField(s.anchor("FakeQuantize", x.dims, [x.body]));
}

function isNaNOp(s: Scope): Meaning {
  const x = s.field(0);
  return asField({ dims: x.dims, body: { k: "op", op: "IsNaN", args: [x.body] } });
}
