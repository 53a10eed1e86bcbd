/** @file Ops that make a tensor from little: constants, fills, ranges, casts, shapes as values. */

import * as t from "@diopter/tensor";
import { productOf } from "../graph/dim";
import { elementTypeOf } from "../graph/element-types";
import type { ElementType, Initializer } from "../graph/types";
import { type AttributeSpec, int, op } from "./row";
import { ints, isFloat, lengthOf, numbers, sameDtype, unknownDims } from "./rules";

const optionalTensor: AttributeSpec<Initializer | undefined> = { type: "tensor", value: undefined };

/** The value of one of Constant's spellings. */
function constantOf(attrs: Readonly<Record<string, unknown>>): Initializer {
  if (attrs.value !== undefined) return attrs.value as Initializer;
  if (attrs.value_float !== undefined) return t.scalar(attrs.value_float as number, "float32");
  if (attrs.value_int !== undefined) return t.scalar(attrs.value_int as number, "int64");
  const floats = attrs.value_floats as number[] | undefined;
  if (floats !== undefined)
    return t.fromData(Float32Array.from(floats), [floats.length], "float32");
  const values = attrs.value_ints as number[] | undefined;
  if (values !== undefined)
    return t.fromData(BigInt64Array.from(values, BigInt), [values.length], "int64");
  throw new RangeError("Constant: no value that can be computed with");
}

function tensorOf(name: string, value: Initializer): t.TensorLike {
  if ("data" in value) return value;
  throw new RangeError(`${name}: a tensor of ${value.dtype} is carried, not computed with`);
}

export const Constant = op({
  arity: [0, 0],
  attrs: { value: optionalTensor },
  infer: (_, attrs) => {
    const value = constantOf(attrs);
    return [
      { dtype: value.dtype, shape: value.shape, data: "data" in value ? dataOf(value) : undefined },
    ];
  },
  evaluate: (_, attrs) => {
    const value = tensorOf("Constant", constantOf(attrs));
    return [t.fromData(value.data, value.shape, value.dtype)];
  },
});

/** The contents of a small integer tensor. */
export function dataOf(value: t.TensorLike): number[] | undefined {
  const integer = value.dtype === "int64" || value.dtype === "int32";
  return integer && value.shape.length < 2 && value.data.length <= 64 ? ints(value) : undefined;
}

export const ConstantOfShape = op({
  attrs: { value: optionalTensor },
  infer: ([shape], { value }, context) => {
    const dims = shape.data ?? unknownDims(lengthOf(context.op, shape));
    const [length] = dims;
    const filled = dims.length === 1 && typeof length === "number" && length <= 64;
    const number =
      value?.dtype === "int64" && filled ? Number(tensorOf("", value).data[0]) : undefined;
    const data =
      number === undefined ? undefined : new Array<number>(length as number).fill(number);
    return [{ dtype: value?.dtype ?? "float32", shape: dims, data }];
  },
  evaluate: ([shape], { value }, context) => {
    if (value === undefined) return [t.full(ints(shape), 0, "float32")];
    const given = tensorOf(context.op, value);
    return [t.full(ints(shape), Number(given.data[0]), given.dtype)];
  },
});

export const Range = op({
  arity: [3, 3],
  infer: ([start, limit, delta], _, context) => {
    const [from] = numbers(start) ?? [];
    const to = limit.data?.[0];
    const [by] = numbers(delta) ?? [];
    let length = null as number | string | null;
    if (from !== undefined && by !== undefined && typeof to === "number") {
      length = Math.max(0, Math.ceil((to - from) / by));
    } else if (from === 0 && by === 1 && to !== undefined) length = to;
    return [{ dtype: sameDtype(context.op, start, limit, delta), shape: [length] }];
  },
  evaluate: ([start, limit, delta]) => {
    const [from, to, by] = [Number(start.data[0]), Number(limit.data[0]), Number(delta.data[0])];
    const count = Math.max(0, Math.ceil((to - from) / by));
    const values = t.fromData(
      Float64Array.from({ length: count }, (_, i) => from + i * by),
      [count],
    );
    return [t.cast(values, start.dtype)];
  },
});

function castTo(code: number): ElementType {
  const dtype = elementTypeOf(code);
  if (dtype === undefined) throw new RangeError(`Cast: no element type has the number ${code}`);
  return dtype;
}

/** A float stays float64 in a float64 evaluation, whichever float it is cast to. */
export const Cast = op({
  attrs: { to: int(1), saturate: int(1) },
  infer: ([x], { to }) => {
    const dtype = castTo(to);
    return [{ dtype, shape: x.shape, data: isFloat(dtype) ? undefined : x.data }];
  },
  evaluate: ([x], { to }, { precision }) => {
    const dtype = castTo(to);
    if (isFloat(dtype) && precision === "float64") return [t.cast(x, "float64")];
    return [t.cast(x, dtype as t.DType)];
  },
});

export const Shape = op({
  attrs: { start: int(0), end: int(Number.MAX_SAFE_INTEGER) },
  infer: ([x], { start, end }) => {
    const dims = x.shape.slice(start, end);
    return [{ dtype: "int64", shape: [dims.length], data: dims }];
  },
  evaluate: ([x], { start, end }) => {
    const dims = x.shape.slice(start, end);
    return [t.fromData(BigInt64Array.from(dims, BigInt), [dims.length], "int64")];
  },
});

export const Size = op({
  infer: ([x]) => [{ dtype: "int64", shape: [], data: [productOf(x.shape)] }],
  evaluate: ([x]) => [t.scalar(x.size, "int64")],
});
