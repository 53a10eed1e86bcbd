/** @file Reads operations that move elements without changing them. */

import { Size } from "@diopter/graph";
import { Refusal } from "../refusal";
import { asVar, at, type Body, freshVar, num, type Var } from "./body";
import {
  concat,
  coordinatesOf,
  type Field,
  fresh,
  freshDims,
  pickAlong,
  reshape,
  sizeOfDim,
  slice,
  transpose,
  unify,
} from "./field";
import { asField, fieldOf, type Meaning, type Nums, nums } from "./meaning";
import { isEmbedding } from "./mixing";
import type { Scope } from "./scope";
import { op, substitute } from "./simplify";

export function shapeOp(s: Scope): Meaning {
  const meaning = s.input(0);
  const sizes =
    meaning.kind === "nums"
      ? meaning.shape.map((n) => Size.of(n))
      : fieldOf(meaning).dims.map(sizeOfDim);
  const [start, end] = [s.int("start", 0), s.int("end", sizes.length)];
  const part = sizes.slice(start, end);
  return nums(part, [part.length], true);
}

export function gather(s: Scope): Meaning {
  const [data, index] = [s.input(0), s.input(1)];
  if (data.kind === "nums" && index.kind === "nums") {
    const items = index.items.map((i) => {
      const picked = i.value === undefined ? undefined : data.items.at(i.value);
      if (!picked) throw new Refusal("a number that is not there");
      return picked;
    });
    return nums(items, index.shape, data.int);
  }
  const table = fresh(fieldOf(data));
  const axis = s.axis(table.dims.length, 0);
  let { dims, body } = fresh(fieldOf(index));
  if (body.k === "num" && body.value < 0) {
    const size = sizeOfDim(table.dims[axis]!).value;
    if (size === undefined) throw new Refusal("an index from the end of an unknown size");
    body = num(body.value + size);
  }
  const found = pickAlong(table, axis, body, dims);
  return asField(isEmbedding(table, body) ? s.anchor("Embed", found.dims, [found.body]) : found);
}

export function gatherND(s: Scope): Meaning {
  const data = fresh(s.field(0));
  const index = fresh(s.field(1));
  if (s.int("batch_dims", 0) !== 0) throw new Refusal("GatherND with batch dimensions");
  const last = index.dims.at(-1)!;
  const depth = sizeOfDim(last).value;
  if (depth === undefined || last.length > 1) throw new Refusal("GatherND of unknown depth");
  let { body } = data;
  for (let i = 0; i < depth; i++) {
    const [v] = last;
    const here = v ? substitute(index.body, new Map([[v, num(i)]])) : index.body;
    body = substitute(body, coordinatesOf(data.dims[i]!, here));
  }
  return asField({ dims: [...index.dims.slice(0, -1), ...data.dims.slice(depth)], body });
}

/** Rows written over all of a tensor are the result; over a part of it they are not followed. */
export function scatterND(s: Scope): Meaning {
  const [data, index, updates] = [fresh(s.field(0)), fresh(s.field(1)), s.field(2)];
  const last = index.dims.at(-1)!;
  const depth = sizeOfDim(last).value;
  const whole =
    s.text("reduction", "none") === "none" &&
    depth === index.dims.length - 1 &&
    last.length < 2 &&
    index.dims.slice(0, -1).every((dim, i) => {
      const here = substitute(index.body, new Map(last.map((v) => [v, num(i)])));
      const every = sizeOfDim(data.dims[i]!).equals(sizeOfDim(dim));
      return (
        every && (dim.length === 0 ? isZero(here) : dim.length === 1 && asVar(here) === dim[0])
      );
    });
  if (!whole) throw new Refusal("writes into a part of a tensor, as masks made in place do");
  return asField(updates);
}

function isZero(body: Body): boolean {
  return body.k === "num" && body.value === 0;
}

/** Each element of the result says which one it takes along an axis. */
export function gatherElements(s: Scope): Meaning {
  const data = fresh(s.field(0));
  const index = fresh(s.field(1));
  const axis = s.axis(data.dims.length, 0);
  const [byIndex, byData] = [new Map<Var, Body>(), new Map<Var, Body>()];
  const dims = index.dims.map((dim, i) => {
    const own = data.dims[i]!;
    if (i === axis || own.length === 0) return dim;
    return dim.length === 0 ? dim : unify(dim, own, byIndex, byData);
  });
  const here = substitute(index.body, byIndex);
  const body = substitute(substitute(data.body, byData), coordinatesOf(data.dims[axis]!, here));
  return asField({ dims, body });
}

export function concatOp(s: Scope): Meaning {
  const inputs = s.node.inputs.map((_, i) => s.input(i));
  if (inputs.every((m): m is Nums => m.kind === "nums" && m.shape.length <= 1)) {
    const items = inputs.flatMap((m) => m.items);
    return nums(items, [items.length], inputs[0]!.int);
  }
  const fields = inputs.map(fieldOf);
  return asField(concat(fields, s.axis(fields[0]!.dims.length, 0)));
}

export function unsqueeze(s: Scope): Meaning {
  const meaning = s.input(0);
  const rank = meaning.kind === "nums" ? meaning.shape.length : fieldOf(meaning).dims.length;
  const axes = s.ints(1, "axes") ?? [];
  const wanted = axes.map((a) => (a < 0 ? a + rank + axes.length : a)).sort((a, b) => a - b);
  if (meaning.kind === "nums") {
    const shape = [...meaning.shape];
    for (const a of wanted) shape.splice(a, 0, 1);
    return nums(meaning.items, shape, meaning.int);
  }
  const { dims, body } = fieldOf(meaning);
  const next = [...dims];
  for (const a of wanted) next.splice(a, 0, []);
  return asField({ dims: next, body });
}

export function squeeze(s: Scope): Meaning {
  const meaning = s.input(0);
  const sizes =
    meaning.kind === "nums"
      ? meaning.shape.map((n) => Size.of(n))
      : fieldOf(meaning).dims.map(sizeOfDim);
  const axes = (s.ints(1, "axes") ?? sizes.flatMap((n, i) => (n.key === "1" ? [i] : []))).map(
    (a) => (a < 0 ? a + sizes.length : a),
  );
  const keep = (_: unknown, i: number) => !axes.includes(i);
  if (meaning.kind === "nums") return nums(meaning.items, meaning.shape.filter(keep), meaning.int);
  const { dims, body } = fieldOf(meaning);
  return asField({ dims: dims.filter(keep), body });
}

export function reshapeOp(s: Scope): Meaning {
  const meaning = s.input(0);
  const sizes = s.sizes(1);
  if (meaning.kind === "nums") {
    const known = sizes.map((size) => size.value);
    const rest = known.reduce<number>(
      (n, size) => (size === undefined || size < 0 ? n : n * size),
      1,
    );
    const shape = known.map((size) =>
      size === undefined || size < 0 ? meaning.items.length / rest : size,
    );
    return nums(meaning.items, shape, meaning.int);
  }
  return asField(reshape(fieldOf(meaning), sizes, s.int("allowzero", 0) === 1));
}

export function flatten(s: Scope): Meaning {
  const x = s.field(0);
  const axis = s.axis(x.dims.length, 1);
  const part = (dims: readonly (readonly Var[])[]) => Size.product(dims.map(sizeOfDim));
  return asField(reshape(x, [part(x.dims.slice(0, axis)), part(x.dims.slice(axis))]));
}

export function transposeOp(s: Scope): Meaning {
  const meaning = s.input(0);
  if (meaning.kind === "nums" && meaning.items.length === 1) return meaning;
  const x = fieldOf(meaning);
  return asField(transpose(x, s.intsAttr("perm") ?? x.dims.map((_, i) => x.dims.length - 1 - i)));
}

export function sliceOp(s: Scope): Meaning {
  const meaning = s.input(0);
  const given = (i: number, name: string) =>
    s.intsAttr(name)?.map((n) => Size.of(n)) ?? (s.has(i) ? s.sizes(i) : undefined);
  const [starts, ends] = [given(1, "starts")!, given(2, "ends")!];
  const rank = meaning.kind === "nums" ? 1 : fieldOf(meaning).dims.length;
  const axes = s.ints(3, "axes") ?? starts.map((_, i) => i);
  const steps = s.has(4) ? s.ints(4)! : starts.map(() => 1);
  if (meaning.kind === "nums") {
    const [a, b, step] = [starts[0]!.value, ends[0]!.value, steps[0]!];
    if (a === undefined || b === undefined || step < 1)
      throw new Refusal("a slice of numbers that depends on the run");
    const items = meaning.items.slice(a, b).filter((_, i) => i % step === 0);
    return nums(items, [items.length], meaning.int);
  }
  let field = fieldOf(meaning);
  axes.forEach((axis, i) => {
    const at = axis < 0 ? axis + rank : axis;
    const size = sizeOfDim(field.dims[at]!);
    const [start, end] = [bound(starts[i]!, size), bound(ends[i]!, size)];
    field = slice(field, at, start, counted(end.minus(start), steps[i]!), steps[i]!);
  });
  return asField(field);
}

/** A bound of a slice: negative ones count from the end, those past the end stop there. */
function bound(given: Size, size: Size): Size {
  const n = given.value;
  if (n === undefined) return given;
  if (n < 0) {
    if (n < -1e9) throw new Refusal("a slice backwards");
    return size.plus(given);
  }
  if (n > 2 ** 31 - 2) return size;
  return size.value !== undefined && n > size.value ? size : given;
}

function counted(length: Size, step: number): Size {
  if (step === 1) return length;
  if (length.value === undefined || step < 1) throw new Refusal("a slice with steps");
  return Size.of(Math.ceil(length.value / step));
}

export function split(s: Scope): Meaning[] {
  const x = s.field(0);
  const axis = s.axis(x.dims.length, 0);
  const size = sizeOfDim(x.dims[axis]!);
  const parts = s.node.outputs.length;
  const even = size.over(Size.of(parts));
  const sizes =
    s.ints(1, "split")?.map((n) => Size.of(n)) ?? Array.from({ length: parts }, () => even);
  let from = Size.of(0);
  return sizes.map((count) => {
    if (!count) throw new Refusal("parts of a size that does not divide");
    const part = slice(x, axis, from, count, 1);
    from = from.plus(count);
    return asField(part);
  });
}

export function expand(s: Scope): Meaning {
  const sizes = s.sizes(1);
  const x = s.field(0);
  const target: Field = { dims: freshDims(sizes), body: num(0) };
  const rank = Math.max(x.dims.length, sizes.length);
  // A coordinate of the target stays where the operand has size 1.
  const dims = Array.from({ length: rank }, (_, i) => {
    const own = x.dims[i - (rank - x.dims.length)] ?? [];
    const asked = target.dims[i - (rank - sizes.length)] ?? [];
    if (own.length === 0) return asked;
    if (asked.length > 0 && !sizeOfDim(own).equals(sizeOfDim(asked)))
      throw new Refusal("expand to another size");
    return own;
  });
  return asField({ dims, body: x.body });
}

export function range(s: Scope): Meaning {
  const [start, limit, delta] = [0, 1, 2].map((i) => s.nums(i).items[0]!) as [Size, Size, Size];
  if (delta.key !== "1") throw new Refusal("a range with steps");
  const count = limit.minus(start);
  if (count.key === "1") return nums([start], [1], true);
  const v = freshVar(count);
  const from: Body = start.value === undefined ? { k: "size", size: start } : num(start.value);
  return asField({ dims: [[v]], body: op("Add", [at(v), from]) });
}

export function constantOfShape(s: Scope): Meaning {
  const sizes = s.sizes(0);
  const attr = s.node.attrs.value;
  const tensor = attr?.type === "tensor" && "data" in attr.value ? attr.value : undefined;
  const value = tensor ? Number(tensor.data[0]) : 0;
  const int = tensor !== undefined && !tensor.dtype.startsWith("float");
  const known = sizes.map((size) => size.value);
  if (sizes.length <= 1 && known.every((n) => n !== undefined && n <= 8)) {
    const count = known[0] ?? 1;
    return nums(
      Array.from({ length: count }, () => Size.of(value)),
      known as number[],
      int,
    );
  }
  return asField({ dims: freshDims(sizes), body: num(value) });
}

/** The lower or upper triangle of the last two dimensions. */
export function trilu(s: Scope): Meaning {
  const x = s.field(0);
  const diagonal = s.has(1) ? s.ints(1)![0]! : 0;
  const [rows, columns] = x.dims.slice(-2) as [Var[], Var[]];
  const at0 = (dim: readonly Var[]): Body => {
    if (dim.length > 1) throw new Refusal("a triangle over joined dimensions");
    return dim[0] ? at(dim[0]) : num(0);
  };
  const edge = op("Add", [at0(rows), num(diagonal)]);
  const kept = op(s.int("upper", 1) ? "GreaterOrEqual" : "LessOrEqual", [at0(columns), edge]);
  return asField({ dims: x.dims, body: op("Where", [kept, x.body, num(0)]) });
}

export function tile(s: Scope): Meaning {
  const x = s.field(0);
  const repeats = s.sizes(1);
  const dims = x.dims.map((dim, i) => {
    if (repeats[i]!.key === "1") return dim;
    const again: Var[] = [freshVar(repeats[i]!)];
    return [...again, ...dim];
  });
  return asField({ dims, body: x.body });
}
