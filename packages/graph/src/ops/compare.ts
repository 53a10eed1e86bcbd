/** @file Comparisons, logic and choice. */

import * as t from "@diopter/tensor";
import { sameDim } from "../graph/dim";
import type { Dim } from "../graph/types";
import { int, type Op, type Operand, op } from "./row";
import { broadcast, dataAt, expectDtype, sameDtype } from "./rules";

function comparison(f: (a: number, b: number) => boolean): Op {
  return op({
    arity: [2, 2],
    infer: ([a, b], _, context) => {
      sameDtype(context.op, a, b);
      return [{ dtype: "bool", shape: broadcast(context.op, a, b) }];
    },
    evaluate: ([a, b]) => [t.zip(a, b, (p, q) => Number(f(p, q)), "bool")],
  });
}

/** Exporters choose dimensions by Equal and Where, so these two also know the contents of shapes. */
export const Equal: Op = {
  ...comparison((a, b) => a === b),
  infer: ([a, b], _, context) => {
    sameDtype(context.op, a, b);
    return [{ dtype: "bool", shape: broadcast(context.op, a, b), data: equalData(a, b) }];
  },
};

function equalData({ data: a }: Operand, { data: b }: Operand): Dim[] | undefined {
  if (a === undefined || b === undefined) return undefined;
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) =>
    equalDims(dataAt(a, i), dataAt(b, i)),
  );
}

/** 1, 0, or null for "not known". */
function equalDims(a: Dim, b: Dim): Dim {
  if (a === null || b === null) return null;
  if (sameDim(a, b)) return 1;
  if (typeof a === "number" && typeof b === "number") return 0;
  // A dimension is never negative.
  return (typeof a === "number" && a < 0) || (typeof b === "number" && b < 0) ? 0 : null;
}

function chosenData(condition: Operand, x: Operand, y: Operand): Dim[] | undefined {
  const [c, p, q] = [condition.data, x.data, y.data];
  if (c === undefined || p === undefined || q === undefined) return undefined;
  return Array.from({ length: Math.max(c.length, p.length, q.length) }, (_, i) => {
    const chosen = dataAt(c, i);
    return chosen === null ? null : dataAt(chosen === 0 ? q : p, i);
  });
}

export const Less = comparison((a, b) => a < b);
export const LessOrEqual = comparison((a, b) => a <= b);
export const Greater = comparison((a, b) => a > b);
export const GreaterOrEqual = comparison((a, b) => a >= b);

function logical(f: (a: number, b: number) => boolean): Op {
  return op({
    arity: [2, 2],
    infer: ([a, b], _, context) => {
      expectDtype(context.op, a, "bool");
      expectDtype(context.op, b, "bool");
      return [{ dtype: "bool", shape: broadcast(context.op, a, b) }];
    },
    evaluate: ([a, b]) => [t.zip(a, b, (p, q) => Number(f(p, q)), "bool")],
  });
}

export const And = logical((a, b) => a !== 0 && b !== 0);
export const Or = logical((a, b) => a !== 0 || b !== 0);
export const Xor = logical((a, b) => (a !== 0) !== (b !== 0));

export const Not = op({
  infer: ([x], _, context) => {
    expectDtype(context.op, x, "bool");
    return [{ dtype: "bool", shape: x.shape }];
  },
  evaluate: ([x]) => [t.map(x, (v) => Number(v === 0))],
});

export const IsNaN = op({
  infer: ([x]) => [{ dtype: "bool", shape: x.shape }],
  evaluate: ([x]) => [t.map(x, (v) => Number(Number.isNaN(v)), "bool")],
});

export const IsInf = op({
  attrs: { detect_negative: int(1), detect_positive: int(1) },
  infer: ([x]) => [{ dtype: "bool", shape: x.shape }],
  evaluate: ([x], { detect_negative, detect_positive }) => {
    const f = (v: number) =>
      (v === Number.POSITIVE_INFINITY && detect_positive !== 0) ||
      (v === Number.NEGATIVE_INFINITY && detect_negative !== 0);
    return [t.map(x, (v) => Number(f(v)), "bool")];
  },
});

/** x where the condition holds, else y. */
export const Where = op({
  arity: [3, 3],
  infer: ([condition, x, y], _, context) => {
    expectDtype(context.op, condition, "bool");
    const shape = broadcast(context.op, condition, x, y);
    return [{ dtype: sameDtype(context.op, x, y), shape, data: chosenData(condition, x, y) }];
  },
  evaluate: ([condition, x, y]) => [t.where(condition, x, y)],
});
