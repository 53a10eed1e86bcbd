/** @file An activation times a constant matrix, plus a bias on either side: MatMul + Add, Gemm, FullyConnected. */

import type { Initializer } from "@diopter/graph";
import { cast, type TensorLike } from "@diopter/tensor";
import { type Body, hasAct, hasConst, type Var } from "../read/body";
import { type Precision, precisionOfNumbers } from "../read/near";
import { op } from "../read/simplify";
import { open, withoutBias, withoutFactor } from "./query";

/** Initializers by name, with every number readable. */
export class Constants {
  readonly #tensors: ReadonlyMap<string, Initializer>;
  readonly #float = new Map<string, TensorLike>();
  readonly #precisions = new Map<string, Precision>();

  /** `precision` is what the file keeps its numbers in. */
  constructor(
    tensors: ReadonlyMap<string, Initializer>,
    readonly precision: Precision,
  ) {
    this.#tensors = tensors;
  }

  /** What the numbers of one tensor were kept in, also where they have been widened since. */
  precisionOf(name: string): Precision {
    const known = this.#precisions.get(name);
    if (known) return known;
    const tensor = this.tensor(name);
    const found =
      tensor?.dtype === "float32"
        ? precisionOfNumbers(tensor.data as Float32Array)
        : this.precision;
    this.#precisions.set(name, found);
    return found;
  }

  get(name: string): Initializer | undefined {
    return this.#tensors.get(name);
  }

  /** A tensor in a dtype that JavaScript reads as numbers. */
  tensor(name: string): TensorLike | undefined {
    const known = this.#float.get(name);
    if (known) return known;
    const tensor = this.#tensors.get(name);
    if (!tensor || !("data" in tensor)) return undefined;
    const readable = tensor.dtype === "float16" ? cast(tensor, "float32") : tensor;
    this.#float.set(name, readable);
    return readable;
  }

  /** The value of a body without coordinates, or undefined when it depends on the run. */
  value(body: Body): number | undefined {
    if (body.k === "num") return body.value;
    if (body.k === "const") {
      const tensor = this.tensor(body.name);
      if (!tensor) return undefined;
      let at = 0;
      for (const [axis, index] of body.index.entries()) {
        if (index.k !== "num") return undefined;
        at = at * tensor.shape[axis]! + index.value;
      }
      const value = tensor.data[at];
      return value === undefined ? undefined : Number(value);
    }
    if (body.k === "op") {
      const args = body.args.map((arg) => this.value(arg));
      if (args.some((arg) => arg === undefined)) return undefined;
      const result = op(
        body.op,
        args.map((value) => ({ k: "num" as const, value: value as number })),
      );
      if (result.k === "num") return result.value;
      if (body.op === "Div") return (args[0] as number) / (args[1] as number);
    }
    return undefined;
  }
}

export interface Linear {
  /** Coordinates of the input that are summed. */
  readonly over: readonly Var[];
  readonly x: Body;
  /** In terms of `over` and the coordinates of the output. */
  readonly weight: Body;
  readonly bias: Body | undefined;
  /** The input is rounded to 8 bits first (dynamic int8 exports). */
  readonly quantized: boolean;
}

/** The affine map that `body` is the result of. */
export function matchLinear(body: Body): Linear | undefined {
  const { body: scaled, bias } = withoutBias(body);
  const { factor, body: bare } = withoutFactor(scaled);
  const product = open(bare, "Linear");
  if (!product) return undefined;
  const [operand, weight] = product.args as [Body, Body];
  const rounded = open(operand, "FakeQuantize");
  const x = rounded ? rounded.args[0]! : operand;
  if (!hasAct(x) || !isConstant(weight)) return undefined;
  if (bias && !isConstant(bias)) return undefined;
  return {
    over: product.over,
    x,
    weight: factor === 1 ? weight : op("Mul", [weight, { k: "num", value: factor }]),
    bias,
    quantized: rounded !== undefined,
  };
}

/** Whether a body is made of weights and numbers only. */
export function isConstant(body: Body): boolean {
  if (body.k === "const") return body.index.every((i) => i.k === "at" || i.k === "num");
  if (body.k === "op") return body.args.every(isConstant);
  return body.k === "num" && !hasConst(body);
}
