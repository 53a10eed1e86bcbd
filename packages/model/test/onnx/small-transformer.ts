/** @file A transformer of one block, each of whose parts can be written another way. */

import { Builder, type Graph, type Value } from "@diopter/graph";
import type { TensorLike } from "@diopter/tensor";

export const WIDTH = 8;
export const HEADS = 2;
const MLP = 12;
const WORDS = 11;
const LENGTH = 6;

/** How each part is written; plainly where nothing is said. */
export interface Forms {
  readonly norm: (b: Builder, x: Value, gain: Value, bias: Value) => Value;
  readonly activation: (b: Builder, x: Value) => Value;
  readonly linear: (b: Builder, x: Value, W: TensorLike, bias: TensorLike) => Value;
  /** The product of queries and keys [batch, head, pos, dHead], scaled. */
  readonly scores: (b: Builder, q: Value, k: Value) => Value;
  readonly pattern: (b: Builder, masked: Value) => Value;
  /** [batch, pos, dModel] → [batch, head, pos, dHead] */
  readonly split: (b: Builder, x: Value) => Value;
  /** Queries or keys as they are compared. */
  readonly turned: (b: Builder, x: Value) => Value;
  readonly keyHeads: number;
  /** [batch, keyHead, pos, dHead] → [batch, head, pos, dHead] */
  readonly repeated: (b: Builder, x: Value) => Value;
  readonly joined: (b: Builder, z: Value) => Value;
  /** Whether the vocabulary matrix is the embedding, which the file may keep in columns. */
  readonly tied: boolean | "columns";
  /** The mask of which keys are seen [pos, pos]. */
  readonly mask: (b: Builder, seen: Value) => Value;
  /** Outputs made of the logits. */
  readonly outputs: (b: Builder, logits: Value) => Readonly<Record<string, Value>>;
  /** Whether queries, keys and values come out of one matrix. */
  readonly packed: boolean;
  /** Whether the MLP has a gate, and whether both of its matrices are one. */
  readonly gate: "none" | "apart" | "packed";
}

const plain: Forms = {
  norm: (b, x, gain, bias) => b.layerNorm(x, gain, bias),
  activation: (b, x) => b.gelu(x),
  linear: (b, x, W, bias) => b.add(b.matmul(x, b.constant(W)), b.constant(bias)),
  scores: (b, q, k) => b.mul(b.matmul(q, b.transpose(k, [0, 1, 3, 2])), 0.5),
  pattern: (b, masked) => b.softmax(masked),
  split: (b, x) => {
    const heads = (x.shape.at(-1) as number) / (WIDTH / HEADS);
    return b.transpose(b.reshape(x, ["batch", "pos", heads, WIDTH / HEADS]), [0, 2, 1, 3]);
  },
  turned: (_, x) => x,
  keyHeads: HEADS,
  repeated: (_, x) => x,
  joined: (b, z) => b.reshape(b.transpose(z, [0, 2, 1, 3]), ["batch", "pos", WIDTH]),
  tied: false,
  mask: (_, seen) => seen,
  outputs: (_, logits) => ({ logits }),
  packed: false,
  gate: "none",
};

/** Numbers that differ everywhere. */
export function numbers(...shape: number[]): TensorLike {
  const size = shape.reduce((n, dim) => n * dim, 1);
  const data = Float32Array.from({ length: size }, (_, i) => Math.sin(3 * i + size) / 4);
  return { dtype: "float32", shape, data };
}

/** input_ids [batch, pos] → logits [batch, pos, dVocab] */
export function transformer(forms: Partial<Forms> = {}): Graph {
  const f = { ...plain, ...forms };
  const b = new Builder();
  const ids = b.input("input_ids", "int64", ["batch", "pos"]);
  const places = b.range(0, "pos");
  const rows = numbers(WORDS, WIDTH);
  const kept = f.tied === "columns" && b.initializer("words", turned(rows));
  const embedding = kept ? b.transpose(kept, [1, 0]) : b.initializer("words", rows);
  const positions = b.initializer("places", numbers(LENGTH, WIDTH));
  const norm = (x: Value) =>
    f.norm(b, x, b.constant(numbers(WIDTH)), b.constant({ ...numbers(WIDTH), data: BIAS }));
  const linear = (x: Value, from: number, to: number) =>
    f.linear(b, x, numbers(from, to), numbers(to));
  let x = b.add(b.gather(embedding, ids), b.gather(positions, places));
  const normed = norm(x);
  const keyWidth = (f.keyHeads * WIDTH) / HEADS;
  const sizes = [WIDTH, keyWidth, keyWidth];
  const parts = f.packed
    ? b.split(linear(normed, WIDTH, WIDTH + 2 * keyWidth), sizes, 2)
    : sizes.map((size) => linear(normed, WIDTH, size));
  const [query, k, v] = parts.map((part) => f.split(b, part));
  const q = f.turned(b, query!);
  const scores = f.scores(b, q, f.repeated(b, f.turned(b, k!)));
  const seen = b.lessOrEqual(b.unsqueeze(places, [0]), b.unsqueeze(places, [1]));
  const added = f.mask(b, b.where(seen, b.constant(0, "float32"), -1e9));
  const pattern = f.pattern(b, b.add(scores, added));
  const z = b.matmul(pattern, f.repeated(b, v!));
  x = b.add(x, linear(f.joined(b, z), WIDTH, WIDTH));
  const read = norm(x);
  const [pre, up] =
    f.gate === "packed"
      ? b.split(linear(read, WIDTH, 2 * MLP), [MLP, MLP], 2)
      : [linear(read, WIDTH, MLP), f.gate === "none" ? undefined : linear(read, WIDTH, MLP)];
  const post = up ? b.mul(f.activation(b, pre!), up) : f.activation(b, pre!);
  x = b.add(x, linear(post, MLP, WIDTH));
  const words =
    kept || (f.tied ? b.transpose(embedding, [1, 0]) : b.constant(numbers(WIDTH, WORDS)));
  const outputs = Object.entries(f.outputs(b, b.matmul(norm(x), words)));
  return b.build(outputs.map(([name, value]) => b.named(name, value)));
}

/** Rows as columns. */
function turned({ shape, data }: TensorLike): TensorLike {
  const [rows, columns] = shape as [number, number];
  const at = (i: number) => Number(data[(i % rows) * columns + Math.floor(i / rows)]);
  return {
    dtype: "float32",
    shape: [columns, rows],
    data: Float32Array.from({ length: rows * columns }, (_, i) => at(i)),
  };
}

const BIAS = Float32Array.from({ length: WIDTH }, (_, i) => Math.cos(i) / 3);
