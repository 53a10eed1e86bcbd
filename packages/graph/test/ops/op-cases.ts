/** @file One small case per way of using an op: what the op tests build, run and differentiate. */

import type { Builder, Dim, Value } from "@diopter/graph";
import { type DType, fromData, type Tensor, tensor } from "@diopter/tensor";

/** Sizes that a second run of every case declares as symbols. */
export const SYMBOLS: Readonly<Record<number, string>> = { 5: "batch", 7: "pos" };

export interface Dims {
  readonly batch: Dim;
  readonly pos: Dim;
}

export interface OpCase {
  readonly name: string;
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly write: (
    b: Builder,
    v: Readonly<Record<string, Value>>,
    dims: Dims,
  ) => Value | readonly Value[];
  /** Float inputs to differentiate with respect to; all of them unless said. */
  readonly wrt?: readonly string[];
  /** Where the op is younger than the builder's operator set. */
  readonly opset?: number;
}

const sizeOf = (shape: readonly number[]) => shape.reduce((n, size) => n * size, 1);

/** Different numbers of either sign, between -1.5 and 1.5. */
export function floats(seed: number, ...shape: number[]): Tensor {
  const at = (i: number) => 1.5 * Math.sin(1.7 * (seed + 1) + 2.399 * i + 0.013 * i * i);
  return fromData(
    Float64Array.from({ length: sizeOf(shape) }, (_, i) => at(i)),
    shape,
  );
}

/** Numbers between 0.5 and 2. */
export function positive(seed: number, ...shape: number[]): Tensor {
  const { data } = floats(seed, ...shape) as Tensor<"float64">;
  return fromData(
    data.map((value) => 0.5 + Math.abs(value)),
    shape,
  );
}

export function integers(
  values: readonly number[],
  shape: readonly number[],
  dtype: DType = "int64",
) {
  return tensor([...values], { dtype, shape });
}

const truth = (...shape: number[]) =>
  integers(
    Array.from({ length: sizeOf(shape) }, (_, i) => Number(Math.sin(3 * i + 1) > 0)),
    shape,
    "bool",
  );

type Unary =
  | "neg"
  | "exp"
  | "tanh"
  | "sigmoid"
  | "erf"
  | "relu"
  | "abs"
  | "sin"
  | "cos"
  | "sign"
  | "floor"
  | "softplus"
  | "silu"
  | "quickGelu"
  | "identity"
  | "log"
  | "sqrt"
  | "reciprocal";

const unary = (name: Unary, x = floats(0, 5, 3)): OpCase => ({
  name,
  feeds: { x },
  write: (b, { x }) => b[name](x!),
});

type Binary = "add" | "sub" | "mul" | "div" | "min" | "max";

const binary = (name: Binary, p: Tensor, q: Tensor): OpCase => ({
  name: `${name} ${JSON.stringify(p.shape)} ${JSON.stringify(q.shape)}`,
  feeds: { p, q },
  write: (b, { p, q }) => b[name](p!, q!),
});

const compared = ["equal", "less", "lessOrEqual", "greater", "greaterOrEqual"] as const;
const reductions = [
  "sum",
  "mean",
  "reduceMax",
  "reduceMin",
  "sumSquare",
  "l1",
  "l2",
  "logSumExp",
  "prod",
] as const;

const elementwise: OpCase[] = [
  ...(["neg", "exp", "tanh", "sigmoid", "erf", "relu", "abs", "sin", "cos", "sign"] as const).map(
    (n) => unary(n),
  ),
  ...(["floor", "softplus", "silu", "quickGelu", "identity"] as const).map((n) => unary(n)),
  ...(["log", "sqrt", "reciprocal"] as const).map((n) => unary(n, positive(0, 5, 3))),
  ...(["add", "sub", "mul", "div", "min", "max"] as const).flatMap((n) => [
    binary(n, floats(1, 5, 7, 3), positive(2, 7, 1)),
    binary(n, floats(1, 3), positive(2, 5, 3)),
    binary(n, floats(1), positive(2, 5)),
  ]),
  {
    name: "arithmetic with numbers",
    feeds: { x: positive(0, 5, 2) },
    write: (b, { x }) => b.sub(1, b.div(2, b.add(b.mul(x!, 0.5), 3))),
  },
  {
    name: "sum of several",
    feeds: { p: floats(0, 5, 3), q: floats(1, 3), r: floats(2, 5, 1) },
    write: (b, { p, q, r }) => b.node("Sum", [p, q, r]),
  },
  {
    name: "max of three with ties",
    feeds: { p: floats(0, 4), q: floats(0, 4), r: floats(1, 4) },
    write: (b, { p, q, r }) => b.max(p!, b.add(q!, 0.5), r!),
  },
  { name: "pow with a number", feeds: { x: floats(0, 5, 3) }, write: (b, { x }) => b.pow(x!, 3) },
  {
    name: "pow with a root",
    feeds: { x: positive(0, 5, 3) },
    write: (b, { x }) => b.pow(x!, -0.5),
  },
  {
    name: "pow of two values",
    feeds: { x: positive(0, 5, 3), p: floats(1, 3) },
    write: (b, { x, p }) => b.pow(x!, p!),
  },
  {
    name: "clip on both sides",
    feeds: { x: floats(0, 5, 4) },
    write: (b, { x }) => b.clip(x!, -0.5, 0.8),
  },
  {
    name: "clip to values",
    feeds: {
      x: floats(0, 5, 4),
      low: tensor(-0.4, { dtype: "float64" }),
      high: tensor(0.7, { dtype: "float64" }),
    },
    write: (b, { x, low, high }) => b.clip(x!, low, high),
  },
  {
    name: "clip above only",
    feeds: { x: floats(0, 5, 4) },
    write: (b, { x }) => b.clip(x!, undefined, 0.3),
  },
  { name: "gelu", feeds: { x: floats(0, 5, 3) }, write: (b, { x }) => b.gelu(x!) },
  { name: "gelu by tanh", feeds: { x: floats(0, 5, 3) }, write: (b, { x }) => b.gelu(x!, "tanh") },
  { name: "softCap", feeds: { x: floats(0, 5, 3) }, write: (b, { x }) => b.softCap(x!, 2) },
  {
    name: "leaky relu",
    feeds: { x: floats(0, 5, 3) },
    write: (b, { x }) => b.node("LeakyRelu", [x], { alpha: 0.2 }),
  },
  {
    name: "ceil and round",
    feeds: { x: tensor([-1.5, -0.5, 0.5, 1.5, 2.2], { dtype: "float64" }) },
    wrt: [],
    write: (b, { x }) => [...b.node("Ceil", [x]), ...b.node("Round", [x])],
  },
  {
    name: "mod of floats",
    feeds: { x: floats(0, 5, 3) },
    wrt: [],
    write: (b, { x }) => b.node("Mod", [x, b.constant(0.4, x!.dtype)], { fmod: 1 }),
  },
  {
    name: "integer arithmetic",
    feeds: { p: integers([7, -7, 3, 8], [4]), q: integers([2, 2, -5, 4], [4]) },
    write: (b, { p, q }) => [
      b.add(p!, q!),
      b.mul(p!, q!),
      b.div(p!, q!),
      b.mod(p!, q!),
      b.neg(p!),
      b.max(p!, q!),
    ],
  },
  {
    name: "cast between floats",
    feeds: { x: floats(0, 5, 3) },
    write: (b, { x }) => {
      const other = x!.dtype === "float32" ? "float64" : "float32";
      return b.cast(b.mul(b.cast(x!, other), 2), x!.dtype);
    },
  },
  {
    name: "cast to integers and back",
    feeds: { x: floats(0, 5, 3) },
    wrt: [],
    write: (b, { x }) => [
      b.cast(x!, "int64"),
      b.cast(b.cast(x!, "int32"), "float32"),
      b.cast(b.greater(x!, 0), "float32"),
    ],
  },
];

const choices: OpCase[] = [
  ...compared.map(
    (name): OpCase => ({
      name,
      feeds: { p: integers([1, 2, 3, 4, 5, 6], [2, 3]), q: integers([3, 2, 3], [3]) },
      write: (b, { p, q }) => [
        b[name](p!, q!),
        b[name](b.cast(p!, "float32"), b.cast(q!, "float32")),
      ],
    }),
  ),
  {
    name: "logic",
    feeds: { p: truth(5, 3), q: truth(3) },
    write: (b, { p, q }) => [b.and(p!, q!), b.or(p!, q!), b.not(p!), ...b.node("Xor", [p, q])],
  },
  {
    name: "not a number, infinite",
    feeds: {
      x: tensor([1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], {
        dtype: "float64",
      }),
    },
    wrt: [],
    write: (b, { x }) => [
      b.isNaN(x!),
      b.isInf(x!),
      ...b.node("IsInf", [x], { detect_negative: 0 }),
    ],
  },
  {
    name: "where",
    feeds: { c: truth(5, 7, 1), x: floats(0, 7, 3), y: floats(1, 5, 1, 1) },
    write: (b, { c, x, y }) => b.where(c!, x!, y!),
  },
  {
    name: "where with a number",
    feeds: { c: truth(5, 3), x: floats(0, 5, 3) },
    write: (b, { c, x }) => b.where(c!, x!, -2),
  },
];

const reduced: OpCase[] = reductions.flatMap((name): OpCase[] => [
  {
    name: `${name} of the last axis`,
    feeds: { x: floats(0, 5, 7, 3) },
    write: (b, { x }) => b[name](x!, -1),
  },
  {
    name: `${name} of two axes, kept`,
    feeds: { x: floats(0, 5, 2, 3) },
    write: (b, { x }) => b[name](x!, [0, 2], true),
  },
  {
    name: `${name} of everything`,
    feeds: { x: floats(0, 5, 2, 3) },
    write: (b, { x }) => b[name](x!),
  },
]);

/** A causal mask under which the first two rows see nothing at all. */
const mask = tensor(
  Array.from({ length: 25 }, (_, i) =>
    i > 9 && i % 5 <= Math.floor(i / 5) ? 0 : Number.NEGATIVE_INFINITY,
  ),
  { dtype: "float64", shape: [5, 5] },
);

const more: OpCase[] = [
  {
    name: "prod with one zero",
    feeds: {
      x: tensor(
        [
          [2, 0, 3],
          [1, 2, 4],
        ],
        { dtype: "float64" },
      ),
    },
    write: (b, { x }) => b.prod(x!, 1),
  },
  {
    name: "prod of integers",
    feeds: { x: integers([1, 2, 3, 4], [2, 2]) },
    write: (b, { x }) => [b.prod(x!, 0), b.sum(x!), b.reduceMax(x!, [0, 1])],
  },
  {
    name: "argmax, argmin",
    feeds: { x: floats(0, 5, 7, 3) },
    wrt: [],
    write: (b, { x }) => [
      b.argmax(x!, 1),
      b.argmin(x!, -1, true),
      b.argmax(b.cast(x!, "int32"), 0),
    ],
  },
  {
    name: "cumsum",
    feeds: { x: floats(0, 5, 4) },
    write: (b, { x }) => [
      b.cumsum(x!, 1),
      b.cumsum(x!, 0, { exclusive: true }),
      b.cumsum(x!, -1, { reverse: true }),
    ],
  },
  {
    name: "cumsum of integers",
    feeds: { x: integers([1, 0, 1, 1], [1, 4]) },
    write: (b, { x }) => b.cumsum(x!, 1, { exclusive: true }),
  },
  { name: "topK", feeds: { x: floats(0, 5, 6) }, write: (b, { x }) => b.topK(x!, 3) },
  {
    name: "smallest of the first axis",
    feeds: { x: floats(0, 6, 3) },
    write: (b, { x }) => b.topK(x!, 2, 0, { largest: false }),
  },
  {
    name: "softmax",
    feeds: { x: floats(0, 5, 7, 3) },
    write: (b, { x }) => [b.softmax(x!), b.softmax(x!, 1)],
  },
  {
    name: "softmax under a mask, with a guard for rows that see nothing",
    feeds: { x: floats(0, 2, 5, 5), mask },
    wrt: ["x"],
    write: (b, { x, mask }) => {
      const y = b.softmax(b.add(x!, mask!));
      return b.where(b.isNaN(y), 0, y);
    },
  },
  {
    name: "logSoftmax",
    feeds: { x: floats(0, 5, 7, 3) },
    write: (b, { x }) => [b.logSoftmax(x!), b.logSoftmax(x!, 0)],
  },
  {
    name: "layerNorm",
    feeds: { x: floats(0, 5, 7, 6), w: floats(1, 6), c: floats(2, 6) },
    write: (b, { x, w, c }) => b.layerNorm(x!, w!, c!, { epsilon: 1e-3 }),
  },
  {
    name: "layerNorm without bias over two axes",
    feeds: { x: floats(0, 5, 2, 3), w: floats(1, 2, 3) },
    write: (b, { x, w }) => b.layerNorm(x!, w!, undefined, { axis: 1 }),
  },
  {
    name: "layerNorm with its statistics",
    feeds: { x: floats(0, 5, 7, 6), w: floats(1, 6), c: floats(2, 6) },
    write: (b, { x, w, c }) =>
      b.node("LayerNormalization", [x, w, c], { axis: -1, epsilon: 1e-3 }, { outputs: 3 }),
  },
  {
    name: "rmsNorm",
    feeds: { x: floats(0, 5, 7, 6), w: floats(1, 6) },
    write: (b, { x, w }) => b.rmsNorm(x!, w!, { epsilon: 1e-3 }),
  },
  {
    name: "RMSNormalization",
    feeds: { x: floats(0, 5, 7, 6), w: floats(1, 6) },
    opset: 23,
    write: (b, { x, w }) => b.node("RMSNormalization", [x, w], { epsilon: 1e-3 }),
  },
  {
    name: "trilu",
    feeds: { x: floats(0, 5, 4, 4) },
    write: (b, { x }) => [b.trilu(x!), b.trilu(x!, -1, false), b.trilu(x!, 1)],
  },
];

const products: OpCase[] = [
  {
    name: "matmul of matrices",
    feeds: { p: floats(0, 5, 3), q: floats(1, 3, 4) },
    write: (b, { p, q }) => b.matmul(p!, q!),
  },
  {
    name: "matmul with a shared weight",
    feeds: { p: floats(0, 5, 7, 3), q: floats(1, 3, 4) },
    write: (b, { p, q }) => b.matmul(p!, q!),
  },
  {
    name: "matmul of batches",
    feeds: { p: floats(0, 5, 2, 7, 3), q: floats(1, 5, 2, 3, 7) },
    write: (b, { p, q }) => b.matmul(p!, q!),
  },
  {
    name: "matmul with broadcast batches",
    feeds: { p: floats(0, 5, 1, 2, 3), q: floats(1, 4, 3, 2) },
    write: (b, { p, q }) => b.matmul(p!, q!),
  },
  {
    name: "matmul of a shared left matrix",
    feeds: { p: floats(0, 2, 3), q: floats(1, 5, 3, 2) },
    write: (b, { p, q }) => b.matmul(p!, q!),
  },
  {
    name: "matmul of vectors",
    feeds: { p: floats(0, 3), q: floats(1, 3), r: floats(2, 5, 2, 3) },
    write: (b, { p, q, r }) => [
      b.matmul(p!, q!),
      b.matmul(r!, q!),
      b.matmul(p!, b.transpose(r!, [0, 2, 1])),
    ],
  },
  ...[0, 1, 2, 3].map((flags): OpCase => {
    const [transA, transB] = [(flags & 1) > 0, (flags & 2) > 0];
    return {
      name: `gemm, transA ${transA}, transB ${transB}`,
      feeds: {
        p: transA ? floats(0, 3, 5) : floats(0, 5, 3),
        q: transB ? floats(1, 2, 3) : floats(1, 3, 2),
        c: floats(2, 2),
      },
      write: (b, { p, q, c }) => b.gemm(p!, q!, c!, { alpha: 0.5, beta: 2, transA, transB }),
    };
  }),
  ...["bqhd,bkhd->bhqk", "bqhd,bqhe->bhde"].map(
    (equation): OpCase => ({
      name: `einsum ${equation}`,
      feeds: { p: floats(0, 5, 7, 2, 3), q: floats(1, 5, 7, 2, 3) },
      write: (b, { p, q }) => b.einsum(equation, p!, q!),
    }),
  ),
  {
    name: "einsum bpd,hdk->bphk",
    feeds: { p: floats(0, 5, 7, 3), q: floats(1, 2, 3, 4) },
    write: (b, { p, q }) => b.einsum("bpd,hdk->bphk", p!, q!),
  },
  {
    name: "einsum bphk,hkd->bpd",
    feeds: { p: floats(0, 5, 7, 2, 4), q: floats(1, 2, 4, 3) },
    write: (b, { p, q }) => b.einsum("bphk,hkd->bpd", p!, q!),
  },
  {
    name: "einsum bphk,hkd->bphd",
    feeds: { p: floats(0, 5, 7, 2, 4), q: floats(1, 2, 4, 3) },
    write: (b, { p, q }) => b.einsum("bphk,hkd->bphd", p!, q!),
  },
  {
    name: "einsum of one operand",
    feeds: { p: floats(0, 5, 2, 3) },
    write: (b, { p }) => [b.einsum("abc->cb", p!), b.einsum("abc->bca", p!)],
  },
  {
    name: "einsum of three operands",
    feeds: { p: floats(0, 5, 3), q: floats(1, 3, 4), r: floats(2, 5, 4) },
    write: (b, { p, q, r }) => b.einsum("ij,jk,ik->i", p!, q!, r!),
  },
  {
    name: "einsum op with a letter of its own",
    feeds: { p: floats(0, 5, 3), q: floats(1, 3) },
    write: (b, { p, q }) => b.node("Einsum", [p, q], { equation: "ij,j->j" }),
  },
];

const rearranged: OpCase[] = [
  {
    name: "reshape, splitting the last axis",
    feeds: { x: floats(0, 5, 7, 6) },
    write: (b, { x }, { batch, pos }) => b.reshape(x!, [batch, pos, 2, 3]),
  },
  {
    name: "reshape, joining axes",
    feeds: { x: floats(0, 5, 7, 2, 3) },
    write: (b, { x }, { batch, pos }) => [
      b.reshape(x!, [batch, pos, 6]),
      b.reshape(x!, [-1, 6]),
      b.flatten(x!, 2),
    ],
  },
  {
    name: "reshape, taking joined axes apart",
    feeds: { x: floats(0, 5, 7, 2) },
    write: (b, { x }, { batch, pos }) =>
      b.reshape(b.exp(b.reshape(x!, [-1, 2])), [batch, pos, 2, 1]),
  },
  {
    name: "flatten as an op",
    feeds: { x: floats(0, 5, 2, 3) },
    write: (b, { x }) => b.node("Flatten", [x], { axis: 2 }),
  },
  {
    name: "transpose",
    feeds: { x: floats(0, 5, 2, 3) },
    write: (b, { x }) => [b.transpose(x!, [2, 0, 1]), ...b.node("Transpose", [x])],
  },
  {
    name: "unsqueeze, squeeze",
    feeds: { x: floats(0, 5, 3) },
    write: (b, { x }) => {
      const y = b.unsqueeze(x!, [0, -1]);
      return [y, b.squeeze(b.exp(y), [0])];
    },
  },
  {
    name: "squeeze of every 1",
    feeds: { x: floats(0, 1, 2, 1, 3) },
    write: (b, { x }) => b.node("Squeeze", [x]),
  },
  {
    name: "expand",
    feeds: { x: floats(0, 7, 1) },
    write: (b, { x }, { pos }) => b.expand(x!, [2, pos, 3]),
  },
  {
    name: "expand like another value",
    feeds: { x: floats(0, 3), y: floats(1, 5, 7, 3) },
    write: (b, { x, y }) => b.mul(b.expand(x!, y!), y!),
  },
  {
    name: "slice",
    feeds: { x: floats(0, 5, 6, 3) },
    write: (b, { x }) => [
      b.slice(x!, { axis: 1, start: 1, end: 4 }),
      b.slice(x!, [
        { axis: 0, start: -1 },
        { axis: 2, end: -1 },
      ]),
    ],
  },
  {
    name: "slice with steps",
    feeds: { x: floats(0, 5, 6, 3) },
    write: (b, { x }) => [
      b.slice(x!, { axis: 1, step: 2 }),
      b.slice(x!, { axis: 1, start: 1, step: 2 }),
      b.slice(x!, { axis: 1, step: -1 }),
      b.slice(x!, { axis: 1, start: 4, end: 0, step: -2 }),
    ],
  },
  {
    name: "slice at a position given as a feed",
    feeds: { x: floats(0, 5, 7, 3), at: integers([2], [1]) },
    write: (b, { x, at }) => b.slice(x!, { axis: 1, start: at!, end: b.add(at!, 3) }),
  },
  {
    name: "slice of the last symbolic positions",
    feeds: { x: floats(0, 5, 7, 3) },
    write: (b, { x }) => [
      b.slice(x!, { axis: 1, start: -2 }),
      b.slice(x!, { axis: 1, start: 1 }),
      b.slice(x!, { axis: 1, end: -1 }),
    ],
  },
  {
    name: "pad",
    feeds: { x: floats(0, 5, 3) },
    write: (b, { x }) => [
      b.pad(x!, { axis: 1, before: 1, after: 2 }),
      b.pad(
        x!,
        [
          { axis: 0, after: 1 },
          { axis: 1, before: 1 },
        ],
        -3,
      ),
    ],
  },
  {
    name: "concat",
    feeds: { p: floats(0, 5, 2, 3), q: floats(1, 5, 7, 3) },
    write: (b, { p, q }) => [b.concat([p!, q!, p!], 1), b.concat([p!, p!], -1)],
  },
  {
    name: "concat of a symbolic past",
    feeds: { p: floats(0, 5, 3), q: floats(1, 7, 3) },
    write: (b, { p, q }) => b.concat([p!, q!], 0),
  },
  { name: "split", feeds: { x: floats(0, 5, 6) }, write: (b, { x }) => b.split(x!, [1, 2, 3], -1) },
  {
    name: "split, one part used",
    feeds: { x: floats(0, 5, 6) },
    write: (b, { x }) => b.mul(b.split(x!, [2, 4], 1)[1]!, 2),
  },
  {
    name: "split evenly",
    feeds: { x: floats(0, 5, 6) },
    write: (b, { x }) => b.node("Split", [x], { axis: 1, num_outputs: 3 }, { outputs: 3 }),
  },
  { name: "tile", feeds: { x: floats(0, 5, 3) }, write: (b, { x }) => b.tile(x!, [2, 3]) },
  {
    name: "shape, size, range",
    feeds: { x: floats(0, 5, 7, 3) },
    wrt: [],
    write: (b, { x }) => [
      b.shapeOf(x!),
      b.add(b.shapeOf(x!, 1), 0),
      b.size(x!),
      b.range(0, b.shapeOf(x!, 1)),
      b.range(2, 8, 3),
    ],
  },
  {
    name: "fill, constants",
    feeds: { x: floats(0, 5, 7) },
    wrt: [],
    write: (b, { x }, { batch, pos }) => [
      b.fill(x!, 2),
      b.fill([pos, 2, batch], 3, x!),
      ...b.node("Constant", [], { value: tensor([1, 2]) }),
      ...b.node("Constant", [], { value_ints: [3, 4] }),
      ...b.node("ConstantOfShape", [b.ints([2])]),
    ],
  },
];

const indexed: OpCase[] = [
  {
    name: "gather rows",
    feeds: { x: floats(0, 6, 3), i: integers([1, 4, 1, -1, 0, 1, 5], [7]) },
    write: (b, { x, i }) => b.gather(x!, i!),
  },
  {
    name: "gather an embedding of a batch",
    feeds: {
      x: floats(0, 4, 3),
      i: integers(
        Array.from({ length: 35 }, (_, n) => (n * n) % 4),
        [5, 7],
      ),
    },
    write: (b, { x, i }) => b.gather(x!, i!),
  },
  {
    name: "gather along axis 1",
    feeds: { x: floats(0, 5, 4, 3), i: integers([3, -1, 0, 3], [2, 2]) },
    write: (b, { x, i }) => b.gather(x!, i!, 1),
  },
  {
    name: "gather one position",
    feeds: { x: floats(0, 5, 7, 3) },
    write: (b, { x }) => [b.gather(x!, -1, 1), b.gather(x!, 2, 2), b.gather(x!, [0], 1)],
  },
  {
    name: "gather a list",
    feeds: { x: floats(0, 5, 4) },
    write: (b, { x }) => b.gather(x!, [2, 0, 2], 1),
  },
  {
    name: "gather a position given as a feed",
    feeds: { x: floats(0, 5, 7, 3), i: integers([3], []) },
    write: (b, { x, i }) => b.gather(x!, i!, 1),
  },
  {
    name: "gatherElements",
    feeds: {
      x: floats(0, 5, 4),
      i: integers(
        Array.from({ length: 15 }, (_, n) => (n * 3) % 4),
        [5, 3],
      ),
    },
    write: (b, { x, i }) => b.gatherElements(x!, i!, 1),
  },
  {
    name: "gatherND",
    feeds: { x: floats(0, 5, 4, 3), i: integers([1, 2, 0, -1, 1, 2], [3, 2]) },
    write: (b, { x, i }) => b.gatherND(x!, i!),
  },
  {
    name: "gatherND of each row's position",
    feeds: { x: floats(0, 5, 7, 3), i: integers([1, 6, 0, 3, -1], [5, 1]) },
    write: (b, { x, i }) => b.gatherND(x!, i!, 1),
  },
  {
    name: "gatherND of single elements",
    feeds: { x: floats(0, 2, 3), i: integers([1, 2, 0, 0, 1, 2], [3, 2]) },
    write: (b, { x, i }) => b.gatherND(x!, i!),
  },
  {
    name: "scatterElements",
    feeds: {
      x: floats(0, 5, 4),
      i: integers([0, 3, 2, 1, 1, 0, 3, 2, 0, 1], [5, 2]),
      u: floats(1, 5, 2),
    },
    write: (b, { x, i, u }) => b.scatterElements(x!, i!, u!, 1),
  },
  {
    name: "scatterElements that adds",
    feeds: {
      x: floats(0, 5, 4),
      i: integers([0, 0, 2, 1, 1, 1, 3, 2, 0, 1], [5, 2]),
      u: floats(1, 5, 2),
    },
    write: (b, { x, i, u }) => b.scatterElements(x!, i!, u!, 1, "add"),
  },
  {
    name: "scatterND",
    feeds: { x: floats(0, 5, 4, 3), i: integers([1, 2, 0, 2], [2, 2]), u: floats(1, 2, 3) },
    write: (b, { x, i, u }) => b.scatterND(x!, i!, u!),
  },
  {
    name: "scatterND that adds",
    feeds: { x: floats(0, 5, 3), i: integers([1, 0, 1], [3, 1]), u: floats(1, 3, 3) },
    write: (b, { x, i, u }) => b.scatterND(x!, i!, u!, "add"),
  },
  {
    name: "oneHot",
    feeds: { i: integers([0, 2, -1, 5], [2, 2]) },
    write: (b, { i }) => [b.oneHot(i!, 3), b.oneHot(i!, 4, 0, "int64")],
  },
];

export const opCases: readonly OpCase[] = [
  ...elementwise,
  ...choices,
  ...reduced,
  ...more,
  ...products,
  ...rearranged,
  ...indexed,
];
