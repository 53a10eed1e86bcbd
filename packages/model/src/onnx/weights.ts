/** @file Writes the weights of a transformer that was found in a file, as views of the file where they lie there in that order. */

import { Size } from "@diopter/graph";
import { bfloat16ToFloat32, cast, type TensorLike } from "@diopter/tensor";
import type { ModelConfig } from "../config/config";
import type { Projected } from "./match/attention";
import type { Table } from "./match/embedding";
import { type Constants, isConstant, type Linear } from "./match/linear";
import type { Norm } from "./match/norm";
import type { Transformer } from "./match/transformer";
import { at, type Body, freshVar, num, type Var, varsOf } from "./read/body";
import { substitute } from "./read/simplify";
import { Refusal } from "./refusal";

/** All weights under canonical names, and the names of those that read inputs rounded to 8 bits. */
export function weightsOf(
  config: ModelConfig,
  { embedding, layers, finalNorm, unembedding }: Transformer,
  constants: Constants,
): { weights: Map<string, TensorLike>; quantized: string[] } {
  const weights = new Map<string, TensorLike>();
  const quantized: string[] = [];
  const put = (name: string, body: Body | undefined, dims: readonly (readonly Var[])[]) => {
    if (body) weights.set(name, writeWeight(body, dims, constants));
  };
  const table = (name: string, { name: source, transposed }: Table) => {
    if (transposed) {
      const [width, rows] = constants.get(source)!.shape as [number, number];
      const [row, column] = [freshVar(Size.of(rows)), freshVar(Size.of(width))];
      put(name, { k: "const", name: source, index: [at(column), at(row)] }, [[row], [column]]);
      return;
    }
    const tensor = constants.tensor(source);
    if (!tensor) throw new Refusal(`weight "${source}" is not numbers that Diopter reads`);
    weights.set(
      name,
      tensor.dtype === "float32"
        ? tensor
        : {
            dtype: "float32",
            shape: tensor.shape,
            data: Float32Array.from(tensor.data as Float32Array),
          },
    );
  };
  const norm = (name: string, n: Norm | undefined, vars = n?.over ?? []) => {
    if (!n) return;
    put(`${name}.w`, n.gain, [vars]);
    put(`${name}.b`, n.bias, [vars]);
  };
  const affine = (
    W: string,
    b: string,
    { over, weight, bias, quantized: rounded }: Linear,
    outs: readonly Var[],
  ) => {
    if (rounded) quantized.push(W);
    put(W, weight, [over, outs]);
    put(b, bias, [outs]);
  };
  const outsOf = ({ weight, over }: Linear) => [...varsOf(weight)].filter((v) => !over.includes(v));
  const heads = (W: string, b: string, { linear, heads: h, width }: Projected) =>
    affine(W, b, linear, [...h, ...width]);
  table("embed.W_E", embedding.tokens);
  if (embedding.positions) table("pos_embed.W_pos", embedding.positions);
  if (embedding.types) table("embed.W_token_type", embedding.types);
  norm("embed.ln", embedding.norm);
  layers.forEach(({ attn, mlp, attnStep, mlpStep }, l) => {
    const block = `blocks.${l}`;
    const post = config.normPlacement === "post";
    norm(
      `${block}.ln1`,
      post ? attnStep.norm : config.normPlacement === "output" ? undefined : attn.before,
    );
    norm(`${block}.ln1_post`, attn.after);
    for (const kind of ["q", "k", "v"] as const) {
      const upper = kind.toUpperCase();
      heads(`${block}.attn.W_${upper}`, `${block}.attn.b_${upper}`, attn.part[kind]);
      if (kind !== "v") norm(`${block}.attn.${kind}_norm`, attn.part[kind].norm);
    }
    const { out, heads: order, q } = attn.part;
    const width = out.over.filter((v) => !order.includes(v));
    if (out.quantized) quantized.push(`${block}.attn.W_O`);
    put(`${block}.attn.W_O`, out.weight, [[...order, ...width], outsOf(out)]);
    put(`${block}.attn.b_O`, out.bias, [outsOf(out)]);
    if (!isConstant(out.weight) || (q.heads.length === 0 && config.nHeads > 1))
      throw new Refusal(`block ${l}: heads are not where they should be`);
    if (!mlp) return;
    if (!config.sharedNorm)
      norm(
        `${block}.ln2`,
        post ? mlpStep?.norm : config.normPlacement === "output" ? undefined : mlp.before,
      );
    norm(`${block}.ln2_post`, mlp.after);
    const { part } = mlp;
    // Neurons in the order in which the last matrix reads them.
    affine(`${block}.mlp.W_in`, `${block}.mlp.b_in`, part.in, part.out.over);
    if (part.gate) affine(`${block}.mlp.W_gate`, `${block}.mlp.b_gate`, part.gate, part.out.over);
    affine(`${block}.mlp.W_out`, `${block}.mlp.b_out`, part.out, outsOf(part.out));
  });
  norm("ln_final", finalNorm);
  if (unembedding.head) {
    affine("mlm_head.W", "mlm_head.b", unembedding.head.dense, unembedding.linear.over);
    norm("mlm_head.ln", unembedding.head.norm);
  }
  if (!config.tiedEmbeddings)
    put("unembed.W_U", unembedding.linear.weight, [
      unembedding.linear.over,
      outsOf(unembedding.linear),
    ]);
  if (unembedding.linear.quantized) quantized.push("unembed.W_U");
  put("unembed.b_U", unembedding.linear.bias, [outsOf(unembedding.linear)]);
  return { weights, quantized };
}

/** `body` over the given dimensions, each a list of coordinates (outer first). */
function writeWeight(
  body: Body,
  dims: readonly (readonly Var[])[],
  constants: Constants,
): TensorLike {
  const shape = dims.map((dim) => known(Size.product(dim.map((v) => v.size)).value));
  const coordinates = dims.flat();
  const sizes = coordinates.map((v) => known(v.size.value));
  const leaf = body.k === "const" ? stridesOf(body, coordinates, constants) : undefined;
  if (leaf) return { dtype: "float32", shape, data: gathered(leaf, sizes) };
  return { dtype: "float32", shape, data: computed(body, coordinates, sizes, constants) };
}

function known(n: number | undefined): number {
  if (n === undefined) throw new Refusal("a weight of unknown size");
  return n;
}

interface Strided {
  readonly data: Float32Array;
  readonly offset: number;
  readonly strides: readonly number[];
}

function stridesOf(
  body: Body & { k: "const" },
  coordinates: readonly Var[],
  constants: Constants,
): Strided | undefined {
  const tensor = constants.get(body.name);
  if (!tensor) throw new Refusal(`no weight "${body.name}"`);
  if (!("data" in tensor) && tensor.dtype !== "bfloat16")
    throw new Refusal(
      `weight "${body.name}" is ${tensor.dtype}, which Diopter does not compute with`,
    );
  let offset = 0;
  const strides = coordinates.map(() => 0);
  let step = 1;
  for (let axis = tensor.shape.length - 1; axis >= 0; axis--) {
    const index = body.index[axis]!;
    if (index.k === "num") offset += index.value * step;
    else if (index.k === "at") {
      const c = index.c.value;
      if (c === undefined) return undefined;
      offset += c * step;
      for (const [v, n] of index.terms) {
        const at = coordinates.indexOf(v);
        const coefficient = n.value;
        if (at < 0 || coefficient === undefined)
          throw new Refusal(`weight "${body.name}" varies along something else`);
        strides[at]! += coefficient * step;
      }
    } else return undefined;
    step *= tensor.shape[axis]!;
  }
  return { data: floats(tensor, body.name, constants), offset, strides };
}

function floats(
  tensor: NonNullable<ReturnType<Constants["get"]>>,
  name: string,
  constants: Constants,
): Float32Array {
  if (!("data" in tensor)) {
    const raw = (tensor as { raw: Uint8Array }).raw;
    const halves = new Uint16Array(
      raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength),
    );
    return bfloat16ToFloat32(halves);
  }
  const readable = constants.tensor(name)!;
  return (readable.dtype === "float32" ? readable : cast(readable, "float32")).data as Float32Array;
}

/** The numbers in row-major order of the coordinates; a view when they lie so. */
function gathered({ data, offset, strides }: Strided, sizes: readonly number[]): Float32Array {
  const count = sizes.reduce((a, b) => a * b, 1);
  let expected = 1;
  let inOrder = true;
  for (let i = sizes.length - 1; i >= 0; i--) {
    if (sizes[i] !== 1 && strides[i] !== expected) inOrder = false;
    expected *= sizes[i]!;
  }
  if (inOrder)
    return offset === 0 && data.length === count ? data : data.subarray(offset, offset + count);
  const out = new Float32Array(count);
  let at = 0;
  const walk = (depth: number, from: number): void => {
    const [size, stride] = [sizes[depth]!, strides[depth]!];
    if (depth === sizes.length - 1) {
      for (let i = 0, p = from; i < size; i++, p += stride) out[at++] = data[p]!;
      return;
    }
    for (let i = 0; i < size; i++) walk(depth + 1, from + i * stride);
  };
  if (sizes.length === 0) out[0] = data[offset]!;
  else walk(0, offset);
  return out;
}

/** Products and sums of constants, number by number. */
function computed(
  body: Body,
  coordinates: readonly Var[],
  sizes: readonly number[],
  constants: Constants,
): Float32Array {
  if (body.k === "op" && (body.op === "Add" || body.op === "Mul" || body.op === "Sub")) {
    const [x, y] = body.args.map(
      (arg) =>
        writeWeight(
          arg,
          coordinates.map((v) => [v]),
          constants,
        ).data as Float32Array,
    ) as [Float32Array, Float32Array];
    const f =
      body.op === "Add"
        ? (a: number, b: number) => a + b
        : body.op === "Mul"
          ? (a: number, b: number) => a * b
          : (a: number, b: number) => a - b;
    return x.map((value, i) => f(value, y[i]!));
  }
  const out = new Float32Array(sizes.reduce((a, b) => a * b, 1));
  const place = coordinates.map(() => 0);
  for (let i = 0; i < out.length; i++) {
    const value = constants.value(
      substitute(body, new Map(coordinates.map((v, j) => [v, num(place[j]!)]))),
    );
    if (value === undefined) throw new Refusal("a weight that depends on the run");
    out[i] = value;
    for (let j = place.length - 1; j >= 0; j--) {
      place[j]! += 1;
      if (place[j]! < sizes[j]!) break;
      place[j] = 0;
    }
  }
  return out;
}
