/** @file Writes a graph operation by operation, checking dtypes and shapes at every step. */

import { cast, checkOptions, type DType, type TensorLike } from "@diopter/tensor";
import {
  compatible,
  divDims,
  productOf,
  sameDim,
  sameShape,
  showShape,
  termsOf,
} from "../graph/dim";
import { codeOf } from "../graph/element-types";
import type { Dim, ElementType, Graph, Initializer, Value } from "../graph/types";
import { farEnd } from "../ops/movement";
import type { AttributeInput } from "../ops/row";
import { axesOf, axisOf } from "../ops/rules";
import { lowerEinsum } from "./einsum";
import { type BuilderOptions, GraphWriter, type NodeOptions } from "./writer";

/** A value, or a number that becomes a constant of the other operand's dtype. */
export type Operand = Value | number;

export type Axes = number | readonly number[];

/** A position that may only be known at run time: a number, a symbol, or an integer value of one element. */
export type Index = Dim | Value;

/** Elements start (included) to end (excluded) along an axis, negative ones counted from the back. */
export interface SliceRange {
  readonly axis: number;
  readonly start?: Index;
  readonly end?: Index;
  readonly step?: number;
}

export interface PadRange {
  readonly axis: number;
  readonly before?: Index;
  readonly after?: Index;
}

const ARRAYS = {
  float64: Float64Array,
  float32: Float32Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

/**
 * A graph under construction.
 *
 * Every method appends nodes and returns their value, with its dtype and dimensions. Mistakes throw at once: a
 * RangeError for shapes, a TypeError for dtypes, naming op, values and shapes.
 *
 * Elementwise methods broadcast as numpy does. Reductions go over one axis, several, or (left out) all of them; the axes
 * go unless they are to stay as 1.
 *
 * ```ts
 * const b = new Builder();
 * const x = b.input("x", "float32", ["batch", 3]);
 * const graph = b.build([b.named("y", b.sum(b.mul(x, x), 1))]);   // y [batch]
 * ```
 */
export class Builder {
  /** The graph so far, for code that goes over its nodes. */
  readonly writer: GraphWriter;

  constructor(options: BuilderOptions = {}) {
    checkOptions("Builder", options, { name: "optional", opset: "optional" });
    this.writer = new GraphWriter(options);
  }

  /** A builder that goes on from an existing graph. */
  static from(graph: Graph): Builder {
    const builder = new Builder({ name: graph.name });
    builder.writer.adopt(graph);
    return builder;
  }

  /** Version of the standard operator set. */
  get opset(): number {
    return this.writer.opset;
  }

  /** Declares a graph input. */
  input(name: string, dtype: ElementType, shape: readonly Dim[]): Value {
    return this.writer.input(name, dtype, shape);
  }

  /** Adds a named tensor to the graph. */
  initializer(name: string, tensor: Initializer): Value {
    return this.writer.initializer(name, tensor);
  }

  /** A constant; equal ones are one initializer. A number alone is a scalar of `dtype`, float32 unless said. */
  constant(value: number | TensorLike, dtype: ElementType = "float32"): Value {
    return this.writer.constant(typeof value === "number" ? scalar(value, dtype) : value);
  }

  /** A constant int64 vector. */
  ints(values: readonly (number | bigint)[]): Value {
    const data = BigInt64Array.from(values, BigInt);
    return this.constant({ dtype: "int64", shape: [data.length], data });
  }

  /** Whether there is a value of this name. */
  has(name: string): boolean {
    return this.writer.has(name);
  }

  /** The value of a name; throws a RangeError with the nearest name when there is none. */
  value(name: string): Value {
    return this.writer.value(name);
  }

  /** Appends any op. Dtypes and shapes are inferred where the table knows the op. */
  node(
    op: string,
    inputs: readonly (Value | undefined)[],
    attrs: Readonly<Record<string, AttributeInput>> = {},
    options: NodeOptions = {},
  ): Value[] {
    checkOptions("Builder.node", options, { outputs: "optional", domain: "optional" });
    return this.writer.node(op, inputs, attrs, options);
  }

  /** The only output of a node. */
  #one(
    op: string,
    inputs: readonly (Value | undefined)[],
    attrs: Readonly<Record<string, AttributeInput>> = {},
  ): Value {
    return this.writer.node(op, inputs, attrs)[0]!;
  }

  /**
   * Gives a value a name of the caller's choice.
   *
   * A value that a node made here and that has no chosen name yet is renamed; any other is copied by Identity.
   */
  named(name: string, value: Value): Value {
    return this.writer.named(name, value);
  }

  /** States dimensions that inference could not find; throws a RangeError where they contradict what is known. */
  assume(value: Value, shape: readonly Dim[]): Value {
    return this.writer.assume(value, shape);
  }

  /** The tensor behind a constant or initializer that Diopter can compute with. */
  known(value: Value): TensorLike | undefined {
    return this.writer.known(value);
  }

  /** The contents of a small integer vector as dimensions, where they are known. */
  contents(value: Value): readonly Dim[] | undefined {
    return this.writer.contents(value);
  }

  /** The graph with these outputs. */
  build(outputs: readonly (Value | string)[]): Graph {
    return this.writer.build(outputs);
  }

  /** a + b */
  add(a: Operand, b: Operand): Value {
    return this.#joined("Add", a, b);
  }

  /** a − b */
  sub(a: Operand, b: Operand): Value {
    return this.#joined("Sub", a, b);
  }

  /** a b, element by element */
  mul(a: Operand, b: Operand): Value {
    return this.#joined("Mul", a, b);
  }

  /** a / b; integers are cut towards zero */
  div(a: Operand, b: Operand): Value {
    return this.#joined("Div", a, b);
  }

  /** x to the power of an exponent */
  pow(x: Operand, exponent: Operand): Value {
    return this.#joined("Pow", x, exponent);
  }

  /** The remainder of a / b, with the sign of b */
  mod(a: Operand, b: Operand): Value {
    return this.#joined("Mod", a, b);
  }

  /** The smallest of several values, element by element */
  min(...xs: readonly Operand[]): Value {
    return this.#joined("Min", ...xs);
  }

  /** The largest of several values, element by element */
  max(...xs: readonly Operand[]): Value {
    return this.#joined("Max", ...xs);
  }

  /** Whether a = b [bool] */
  equal(a: Operand, b: Operand): Value {
    return this.#joined("Equal", a, b);
  }

  /** Whether a < b [bool] */
  less(a: Operand, b: Operand): Value {
    return this.#joined("Less", a, b);
  }

  /** Whether a ≤ b [bool] */
  lessOrEqual(a: Operand, b: Operand): Value {
    return this.#joined("LessOrEqual", a, b);
  }

  /** Whether a > b [bool] */
  greater(a: Operand, b: Operand): Value {
    return this.#joined("Greater", a, b);
  }

  /** Whether a ≥ b [bool] */
  greaterOrEqual(a: Operand, b: Operand): Value {
    return this.#joined("GreaterOrEqual", a, b);
  }

  /** Whether both hold [bool] */
  and(a: Value, b: Value): Value {
    return this.#joined("And", a, b);
  }

  /** Whether one or both hold [bool] */
  or(a: Value, b: Value): Value {
    return this.#joined("Or", a, b);
  }

  /** Whether x does not hold [bool] */
  not(x: Value): Value {
    return this.#one("Not", [x]);
  }

  /** x where the condition [bool] holds, else y. */
  where(condition: Value, x: Operand, y: Operand): Value {
    const [p, q] = this.#alike("Where", [x, y]);
    return this.#one("Where", [condition, p, q]);
  }

  /** Where x is not a number [bool] */
  isNaN(x: Value): Value {
    return this.#one("IsNaN", [x]);
  }

  /** Where x is infinite [bool] */
  isInf(x: Value): Value {
    return this.#one("IsInf", [x]);
  }

  /** −x */
  neg(x: Value): Value {
    return this.#one("Neg", [x]);
  }

  /** e to the power of x */
  exp(x: Value): Value {
    return this.#one("Exp", [x]);
  }

  /** Natural logarithm. */
  log(x: Value): Value {
    return this.#one("Log", [x]);
  }

  /** Square root */
  sqrt(x: Value): Value {
    return this.#one("Sqrt", [x]);
  }

  /** |x| */
  abs(x: Value): Value {
    return this.#one("Abs", [x]);
  }

  /** 1 / x */
  reciprocal(x: Value): Value {
    return this.#one("Reciprocal", [x]);
  }

  /** Sine of x in radians */
  sin(x: Value): Value {
    return this.#one("Sin", [x]);
  }

  /** Cosine of x in radians */
  cos(x: Value): Value {
    return this.#one("Cos", [x]);
  }

  /** −1, 0 or 1 */
  sign(x: Value): Value {
    return this.#one("Sign", [x]);
  }

  /** The largest whole number that is not above x */
  floor(x: Value): Value {
    return this.#one("Floor", [x]);
  }

  /** Hyperbolic tangent */
  tanh(x: Value): Value {
    return this.#one("Tanh", [x]);
  }

  /** 1 / (1 + exp(−x)) */
  sigmoid(x: Value): Value {
    return this.#one("Sigmoid", [x]);
  }

  /** Error function */
  erf(x: Value): Value {
    return this.#one("Erf", [x]);
  }

  /** max(x, 0) */
  relu(x: Value): Value {
    return this.#one("Relu", [x]);
  }

  /** log(1 + exp(x)) */
  softplus(x: Value): Value {
    return this.#one("Softplus", [x]);
  }

  /** x Φ(x), or its tanh approximation (Hendrycks and Gimpel 2016). */
  gelu(x: Value, approximate: "none" | "tanh" = "none"): Value {
    return this.#one("Gelu", [x], { approximate });
  }

  /** x sigmoid(x) */
  silu(x: Value): Value {
    return this.mul(x, this.sigmoid(x));
  }

  /** x sigmoid(1.702 x) */
  quickGelu(x: Value): Value {
    return this.mul(x, this.sigmoid(this.mul(x, 1.702)));
  }

  /** cap tanh(x / cap) */
  softCap(x: Value, cap: number): Value {
    return this.mul(this.tanh(this.div(x, cap)), cap);
  }

  /** Limits x to [low, high]; undefined leaves a side open. */
  clip(x: Value, low?: Operand, high?: Operand): Value {
    const bound = (value: Operand | undefined) =>
      typeof value === "number" ? this.constant(value, x.dtype) : value;
    return this.#one("Clip", [x, bound(low), bound(high)]);
  }

  /** x in another element type; x itself where it has that already. */
  cast(x: Value, dtype: ElementType): Value {
    return x.dtype === dtype ? x : this.#one("Cast", [x], { to: codeOf(dtype) });
  }

  /** A copy of x, as a value of its own */
  identity(x: Value): Value {
    return this.#one("Identity", [x]);
  }

  /**
   * y, whose gradient goes to x as if y were x: the straight-through estimator (Bengio, Léonard, Courville 2013).
   *
   * For `backward` on this builder; the graph that is built holds a copy of y.
   *
   * @throws RangeError where y and x differ in shape
   */
  straightThrough(y: Value, x: Value): Value {
    const fits =
      y.shape.length === x.shape.length && y.shape.every((dim, i) => compatible(dim, x.shape[i]!));
    if (!fits)
      throw new RangeError(
        `straightThrough: y is ${showShape(y.shape)}, x is ${showShape(x.shape)}; expected equal shapes`,
      );
    return this.writer.straightThrough(this.writer.own(y), this.writer.own(x));
  }

  /** Sum over axes */
  sum(x: Value, axes?: Axes, keepDims = false): Value {
    return this.#reduce("ReduceSum", x, axes, keepDims);
  }

  /** Mean over axes */
  mean(x: Value, axes?: Axes, keepDims = false): Value {
    return this.#reduce("ReduceMean", x, axes, keepDims);
  }

  /** The largest element over axes */
  reduceMax(x: Value, axes?: Axes, keepDims = false): Value {
    return this.#reduce("ReduceMax", x, axes, keepDims);
  }

  /** The smallest element over axes */
  reduceMin(x: Value, axes?: Axes, keepDims = false): Value {
    return this.#reduce("ReduceMin", x, axes, keepDims);
  }

  /** Product over axes */
  prod(x: Value, axes?: Axes, keepDims = false): Value {
    return this.#reduce("ReduceProd", x, axes, keepDims);
  }

  /** Sum of squares over axes */
  sumSquare(x: Value, axes?: Axes, keepDims = false): Value {
    return this.#reduce("ReduceSumSquare", x, axes, keepDims);
  }

  /** Sum of absolute values over axes */
  l1(x: Value, axes?: Axes, keepDims = false): Value {
    return this.#reduce("ReduceL1", x, axes, keepDims);
  }

  /** Square root of the sum of squares over axes */
  l2(x: Value, axes?: Axes, keepDims = false): Value {
    return this.#reduce("ReduceL2", x, axes, keepDims);
  }

  /** log Σ exp(x) over axes */
  logSumExp(x: Value, axes?: Axes, keepDims = false): Value {
    return this.#reduce("ReduceLogSumExp", x, axes, keepDims);
  }

  /** Index [int64] of the first largest element along an axis. */
  argmax(x: Value, axis: number, keepDims = false): Value {
    return this.#one("ArgMax", [x], { axis, keepdims: keepDims });
  }

  /** Index [int64] of the first smallest element along an axis. */
  argmin(x: Value, axis: number, keepDims = false): Value {
    return this.#one("ArgMin", [x], { axis, keepdims: keepDims });
  }

  /** Running sums along an axis: up to each element, or from it on */
  cumsum(x: Value, axis: number, options: { exclusive?: boolean; reverse?: boolean } = {}): Value {
    checkOptions("Builder.cumsum", options, { exclusive: "optional", reverse: "optional" });
    const { exclusive = false, reverse = false } = options;
    return this.#one("CumSum", [x, this.constant(axis, "int64")], { exclusive, reverse });
  }

  #reduce(op: string, x: Value, axes: Axes | undefined, keepDims: boolean): Value {
    const list = axes === undefined ? undefined : typeof axes === "number" ? [axes] : axes;
    // To ONNX no axes are all axes.
    if (list?.length === 0) {
      throw new RangeError(`${op}: an empty list of axes; leave it out to reduce all of them`);
    }
    // The axes became an input in operator set 13 for sums, in 18 for the others.
    if (list !== undefined && this.opset < (op === "ReduceSum" ? 13 : 18)) {
      return this.#one(op, [x], { keepdims: keepDims, axes: list });
    }
    return this.#one(op, [x, list && this.ints(list)], { keepdims: keepDims });
  }

  #joined(op: string, ...operands: readonly Operand[]): Value {
    return this.#one(op, this.#alike(op, operands));
  }

  /** Turns numbers among operands into constants of the dtype of the first value. */
  #alike(op: string, operands: readonly Operand[]): Value[] {
    const typed = operands.find((operand) => typeof operand !== "number");
    if (typed === undefined) throw new TypeError(`${op}: every operand is a number`);
    return operands.map((x) => (typeof x === "number" ? this.constant(x, typed.dtype) : x));
  }

  /** A dimension as an int64 vector of one element. */
  dim(dim: Index): Value {
    if (dim === null) throw new RangeError("builder: an unknown dimension has no value");
    if (typeof dim === "number") return this.ints([dim]);
    if (typeof dim === "object") return dim.shape.length === 1 ? dim : this.reshape(dim, [1]);
    const terms = termsOf(dim).map(({ coefficient, symbols }) => {
      const factors = symbols.map((symbol) => {
        const { value, axis } = this.writer.carrier(symbol);
        return this.shapeOf(value, axis);
      });
      if (coefficient !== 1 || factors.length === 0) factors.push(this.ints([coefficient]));
      return factors.reduce((a, b) => this.mul(a, b));
    });
    return terms.reduce((a, b) => this.add(a, b));
  }

  /** Dimensions as an int64 vector. */
  dims(dims: readonly Dim[]): Value {
    if (dims.every((dim) => typeof dim === "number")) return this.ints(dims);
    return this.concat(
      dims.map((dim) => this.dim(dim)),
      0,
    );
  }

  /** The shape of x as an int64 vector, or with an axis the vector of that dimension alone. */
  shapeOf(x: Value, axis?: number): Value {
    if (axis === undefined) return this.#one("Shape", [x]);
    const start = axisOf("Shape", axis, x.shape.length);
    const size = x.shape[start]!;
    if (typeof size === "number") return this.ints([size]);
    if (this.opset < 15) return this.#one("Gather", [this.#one("Shape", [x]), this.ints([start])]);
    return this.#one("Shape", [x], { start, end: start + 1 });
  }

  /** The number of elements of x, int64. */
  size(x: Value): Value {
    return this.#one("Size", [x]);
  }

  /** A tensor filled with one number, of given dimensions or those of a value, and the dtype of `like`. */
  fill(shape: readonly Dim[] | Value, number: number, like?: Value): Value {
    const dims = "name" in shape ? shape.shape : shape;
    const dtype = (like ?? (shape as Value)).dtype;
    const scalar = this.constant(number, dtype);
    if (dims.length === 0) return scalar;
    const value = { ...this.known(scalar)!, shape: [1] } as TensorLike;
    const known = !("name" in shape) || dims.every((dim) => typeof dim === "number");
    return this.#one("ConstantOfShape", [known ? this.dims(dims) : this.shapeOf(shape)], { value });
  }

  /** New dimensions, or those of another value; -1 takes what is left. */
  reshape(x: Value, shape: readonly Dim[] | Value): Value {
    const like = "name" in shape ? shape : undefined;
    const dims = [...(like?.shape ?? (shape as readonly Dim[]))];
    const rest = dims.indexOf(-1);
    if (rest >= 0)
      dims[rest] = divDims(productOf(x.shape), productOf(dims.filter((_, i) => i !== rest)));
    if (sameShape(x.shape, dims)) return x;
    if (!compatible(productOf(x.shape), productOf(dims))) {
      throw new RangeError(
        `Reshape: cannot reshape ${x.name} ${showShape(x.shape)} to ${showShape(dims)}`,
      );
    }
    const code = dims.map((dim, i) => {
      if (typeof dim === "number") return dim;
      return dim !== null && i < x.shape.length && sameDim(dim, x.shape[i]!) ? 0 : -1;
    });
    const open = code.filter((n) => n === -1).length;
    const target =
      open <= 1 ? this.ints(code) : like ? this.shapeOf(like) : this.#target(dims, code);
    return this.assume(this.#one("Reshape", [x, target]), dims);
  }

  /** A shape of which two or more dimensions are only known at run time; the first unknown one may stay -1. */
  #target(dims: readonly Dim[], code: readonly number[]): Value {
    const rest = dims.findIndex(
      (dim, i) => code[i] === -1 && (dim === null || !this.#carried(dim)),
    );
    const parts = dims.map((dim, i) => this.dim(code[i] !== -1 ? code[i]! : i === rest ? -1 : dim));
    return this.concat(parts, 0);
  }

  #carried(dim: Dim): boolean {
    try {
      if (typeof dim === "string") {
        for (const { symbols } of termsOf(dim))
          for (const symbol of symbols) this.writer.carrier(symbol);
      }
      return true;
    } catch {
      return false;
    }
  }

  /** The axes of x in another order. */
  transpose(x: Value, perm: readonly number[]): Value {
    if (perm.length === x.shape.length && perm.every((axis, i) => axis === i)) return x;
    return this.#one("Transpose", [x], { perm });
  }

  /** New axes of length 1, numbered as in the result. */
  unsqueeze(x: Value, axes: readonly number[]): Value {
    return axes.length === 0 ? x : this.#withAxes("Unsqueeze", x, axes);
  }

  /** Removes axes of length 1. */
  squeeze(x: Value, axes: readonly number[]): Value {
    return axes.length === 0 ? x : this.#withAxes("Squeeze", x, axes);
  }

  /** The axes became an input in operator set 13. */
  #withAxes(op: string, x: Value, axes: readonly number[]): Value {
    return this.opset < 13 ? this.#one(op, [x], { axes }) : this.#one(op, [x, this.ints(axes)]);
  }

  /** A matrix: the axes before `axis` as rows, the others as columns. */
  flatten(x: Value, axis = 1): Value {
    const at = axis === x.shape.length ? axis : axisOf("Flatten", axis, x.shape.length);
    return this.reshape(x, [productOf(x.shape.slice(0, at)), productOf(x.shape.slice(at))]);
  }

  /** Broadcasts to dimensions, or to those of another value. */
  expand(x: Value, shape: readonly Dim[] | Value): Value {
    const like = "name" in shape ? shape : undefined;
    const dims = like?.shape ?? (shape as readonly Dim[]);
    if (sameShape(x.shape, dims)) return x;
    const numeric = dims.every((dim) => typeof dim === "number");
    const target = like && !numeric ? this.shapeOf(like) : this.dims(dims);
    return this.#one("Expand", [x, target]);
  }

  /** x, repeated along each of its axes. */
  tile(x: Value, repeats: readonly number[]): Value {
    return this.#one("Tile", [x, this.ints(repeats)]);
  }

  /** Slices along one or more axes, as `x[start:end:step]` in numpy. */
  slice(x: Value, ranges: SliceRange | readonly SliceRange[]): Value {
    const list = [ranges].flat() as SliceRange[];
    const steps = list.map(({ step = 1 }) => step);
    const starts = list.map(({ start }, i) => start ?? (steps[i]! < 0 ? farEnd : 0));
    const ends = list.map(({ end }, i) => end ?? (steps[i]! < 0 ? -farEnd : farEnd));
    const axes = axesOf(
      "Slice",
      list.map(({ axis }) => axis),
      x.shape.length,
    );
    const stepped = steps.some((step) => step !== 1);
    return this.#one("Slice", [
      x,
      this.#indices(starts),
      this.#indices(ends),
      this.ints(axes),
      stepped ? this.ints(steps) : undefined,
    ]);
  }

  #indices(list: readonly Index[]): Value {
    if (list.every((index) => typeof index === "number")) return this.ints(list);
    return this.concat(
      list.map((index) => this.dim(index)),
      0,
    );
  }

  /** Adds elements before and after, along one or more axes. */
  pad(x: Value, ranges: PadRange | readonly PadRange[], value = 0): Value {
    const list = [ranges].flat() as PadRange[];
    const rank = x.shape.length;
    const before = new Array<Index>(rank).fill(0);
    const after = new Array<Index>(rank).fill(0);
    for (const range of list) {
      const axis = axisOf("Pad", range.axis, rank);
      before[axis] = range.before ?? 0;
      after[axis] = range.after ?? 0;
    }
    const fill = value === 0 ? undefined : this.constant(value, x.dtype);
    return this.#one("Pad", [x, this.#indices([...before, ...after]), fill]);
  }

  /** Values joined along an axis; symbols add up, as in `past+pos`. */
  concat(xs: readonly Value[], axis: number): Value {
    const [first] = xs;
    if (first === undefined) throw new RangeError("Concat: nothing to join");
    return xs.length === 1
      ? first
      : this.#one("Concat", xs, { axis: axisOf("Concat", axis, first.shape.length) });
  }

  /** Cuts x into parts of given sizes along an axis. */
  split(x: Value, sizes: readonly number[], axis: number): Value[] {
    const at = axisOf("Split", axis, x.shape.length);
    const outputs = sizes.length;
    if (this.opset < 13) return this.node("Split", [x], { axis: at, split: sizes }, { outputs });
    return this.node("Split", [x, this.ints(sizes)], { axis: at }, { outputs });
  }

  /** Matrix product with numpy's rules for vectors and leading dimensions. */
  matmul(a: Value, b: Value): Value {
    return this.#one("MatMul", [a, b]);
  }

  /** alpha a b + beta c for matrices, either transposed on request. */
  gemm(
    a: Value,
    b: Value,
    c?: Value,
    options: { alpha?: number; beta?: number; transA?: boolean; transB?: boolean } = {},
  ): Value {
    checkOptions("Builder.gemm", options, {
      alpha: "optional",
      beta: "optional",
      transA: "optional",
      transB: "optional",
    });
    const { alpha = 1, beta = 1, transA = false, transB = false } = options;
    return this.#one("Gemm", [a, b, c], { alpha, beta, transA, transB });
  }

  /** Einstein summation; one or two operands become Transpose, Reshape and MatMul, which run fast everywhere. */
  einsum(equation: string, ...xs: readonly Value[]): Value {
    return lowerEinsum(this, equation, xs) ?? this.#one("Einsum", xs, { equation });
  }

  /** exp(x) over its sum along an axis. */
  softmax(x: Value, axis = -1): Value {
    return this.#normalized("Softmax", x, axis);
  }

  /** Logarithm of the softmax along an axis, in nats. */
  logSoftmax(x: Value, axis = -1): Value {
    return this.#normalized("LogSoftmax", x, axis);
  }

  #normalized(op: "Softmax" | "LogSoftmax", x: Value, axis: number): Value {
    const at = axisOf(op, axis, x.shape.length);
    if (this.opset < 13 && at < x.shape.length - 1) {
      throw new RangeError(`${op}: along an axis that is not the last needs operator set 13`);
    }
    return this.#one(op, [x], { axis: at });
  }

  /** (x − mean) / sqrt(variance + epsilon) gain + bias over the axes from `axis` on (Ba et al. 2016). */
  layerNorm(
    x: Value,
    gain: Value,
    bias?: Value,
    options: { epsilon?: number; axis?: number } = {},
  ): Value {
    checkOptions("Builder.layerNorm", options, { epsilon: "optional", axis: "optional" });
    const { epsilon = 1e-5, axis = -1 } = options;
    return this.#one("LayerNormalization", [x, gain, bias], { axis, epsilon });
  }

  /** x / sqrt(mean(x²) + epsilon) gain over the last axis, in elementary ops (Zhang and Sennrich 2019). */
  rmsNorm(x: Value, gain: Value, options: { epsilon?: number } = {}): Value {
    checkOptions("Builder.rmsNorm", options, { epsilon: "optional" });
    const { epsilon = 1e-6 } = options;
    const scale = this.sqrt(this.add(this.mean(this.mul(x, x), -1, true), epsilon));
    return this.mul(this.div(x, scale), gain);
  }

  /** Entries of `data` along an axis; the axis is replaced by the axes of `indices` [int64]. */
  gather(data: Value, indices: Value | number | readonly number[], axis = 0): Value {
    const at = axisOf("Gather", axis, data.shape.length);
    return this.#one("Gather", [data, this.#indicesOf(indices)], { axis: at });
  }

  #indicesOf(indices: Value | number | readonly number[]): Value {
    if (typeof indices === "number") return this.constant(indices, "int64");
    return "name" in indices ? indices : this.ints(indices);
  }

  /** One entry of `data` per index, the other coordinates being those of the index. Source: ONNX GatherElements. */
  gatherElements(data: Value, indices: Value, axis = 0): Value {
    return this.#one("GatherElements", [data, indices], { axis });
  }

  /** Slices of `data` at indices [..., depth], which name its first axes after `batchDims`. Source: ONNX GatherND. */
  gatherND(data: Value, indices: Value, batchDims = 0): Value {
    return this.#one("GatherND", [data, indices], { batch_dims: batchDims });
  }

  /** `data` with one update per index written (or added) along an axis. Source: ONNX ScatterElements. */
  scatterElements(
    data: Value,
    indices: Value,
    updates: Value,
    axis = 0,
    reduction: "none" | "add" = "none",
  ): Value {
    return this.#one("ScatterElements", [data, indices, updates], { axis, reduction });
  }

  /**
   * `data` with slices written (or added) at indices [..., depth]. Source: ONNX ScatterND.
   *
   * With "add" no index may repeat: ONNX Runtime 1.30 adds on several threads at once and loses sums.
   */
  scatterND(
    data: Value,
    indices: Value,
    updates: Value,
    reduction: "none" | "add" = "none",
  ): Value {
    return this.#one("ScatterND", [data, indices, updates], { reduction });
  }

  /** The k largest (or smallest) elements along an axis, in order, and their indices [int64]. */
  topK(x: Value, k: Index, axis = -1, options: { largest?: boolean } = {}): [Value, Value] {
    checkOptions("Builder.topK", options, { largest: "optional" });
    const { largest = true } = options;
    const [values, indices] = this.node("TopK", [x, this.dim(k)], { axis, largest });
    return [values!, indices!];
  }

  /** The upper or lower triangle of matrices, from the k-th diagonal on, zeros elsewhere. */
  trilu(x: Value, k = 0, upper = true): Value {
    return this.#one("Trilu", [x, k === 0 ? undefined : this.constant(k, "int64")], { upper });
  }

  /** Integers [int64] from start to limit (excluded). */
  range(start: Index, limit: Index, step = 1): Value {
    const scalar = (index: Index) =>
      typeof index === "number"
        ? this.constant(index, "int64")
        : this.squeeze(this.dim(index), [0]);
    return this.#one("Range", [scalar(start), scalar(limit), this.constant(step, "int64")]);
  }

  /** 1 at each index and 0 elsewhere, along a new axis of length `depth`. */
  oneHot(indices: Value, depth: Index, axis = -1, dtype: ElementType = "float32"): Value {
    const values = this.cast(this.ints([0, 1]), dtype);
    return this.#one("OneHot", [indices, this.dim(depth), values], { axis });
  }
}

/** A scalar of an element type; an integer type refuses a fraction, a type that is only carried any number. */
function scalar(value: number, dtype: ElementType): TensorLike {
  const integer = dtype === "int64" || dtype === "int32" || dtype === "uint8" || dtype === "bool";
  if (integer && !Number.isInteger(value))
    throw new RangeError(`constant: ${value} is not an ${dtype}`);
  if (dtype === "int64") return { dtype, shape: [], data: BigInt64Array.of(BigInt(value)) };
  if (dtype === "float16")
    return cast({ dtype: "float64", shape: [], data: Float64Array.of(value) }, dtype);
  const array = ARRAYS[dtype as keyof typeof ARRAYS];
  if (array === undefined) throw new TypeError(`constant: cannot make a ${dtype}`);
  return { dtype: dtype as DType, shape: [], data: array.of(value) } as TensorLike;
}
