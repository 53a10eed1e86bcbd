/** @file The nodes and constants that take the place of one node. */

import { cast, type DType, type TensorLike } from "@diopter/tensor";
import { isComputed } from "../../graph/element-types";
import { freshName } from "../../graph/lookup";
import type { Attribute, Dim, Graph, Initializer, Node, ValueInfo } from "../../graph/types";

/** Appends nodes under names that the graph does not have. */
export class Fragment {
  readonly nodes: Node[] = [];
  /** Constants of the whole graph, shared by their contents. */
  readonly constants = new Map<string, Initializer>();

  private readonly named = new Map<string, string>();

  constructor(
    private readonly graph: Graph,
    private readonly taken: Set<string>,
  ) {}

  get opset(): number {
    return this.graph.opsets[""] ?? 20;
  }

  /** What is known of a value. */
  info(name: string): ValueInfo | undefined {
    const initializer = this.graph.initializers.get(name);
    if (initializer === undefined) return this.graph.values.get(name);
    return { name, dtype: initializer.dtype, shape: initializer.shape };
  }

  /** The dtype of a float value that Diopter computes with; throws a RangeError where it is unknown. */
  float(name: string, subject: string): DType {
    const dtype = this.info(name)?.dtype;
    if (dtype !== undefined && isComputed(dtype) && dtype.startsWith("float")) return dtype;
    throw new RangeError(
      `legalize: ${subject} needs the float type of "${name}", which is ${dtype ?? "unknown"}`,
    );
  }

  size(name: string, axis: number): Dim {
    const shape = this.info(name)?.shape;
    return shape?.at(axis) ?? null;
  }

  /** The contents of an integer constant. */
  integers(name: string): number[] | undefined {
    const known = this.graph.initializers.get(name) ?? this.constants.get(name);
    const overridable = this.graph.inputs.some((input) => input.name === name);
    if (known === undefined || overridable || !("data" in known)) return undefined;
    return Array.from(known.data as ArrayLike<number | bigint>, Number);
  }

  /** Appends a node; an output without a name gets one beginning with the name of the op's first input. */
  node(
    op: string,
    inputs: readonly string[],
    attrs: Readonly<Record<string, Attribute>> = {},
    outputs: readonly (string | undefined)[] = [undefined],
  ): string[] {
    const names = outputs.map(
      (name) => name || freshName(`${inputs[0]}_${op.toLowerCase()}`, this.taken),
    );
    this.nodes.push({ op, domain: "", inputs, outputs: names, attrs });
    return names;
  }

  one(op: string, inputs: readonly string[], output?: string): string {
    return this.node(op, inputs, {}, [output])[0]!;
  }

  ints(...values: readonly number[]): string {
    return this.constant({
      dtype: "int64",
      shape: [values.length],
      data: BigInt64Array.from(values, BigInt),
    });
  }

  scalar(value: number, dtype: DType): string {
    return this.constant(
      cast({ dtype: "float64", shape: [], data: Float64Array.of(value) }, dtype),
    );
  }

  private constant(tensor: TensorLike): string {
    const { dtype, shape, data } = tensor;
    const key = `${dtype} [${shape.join()}] ${Array.from(data as ArrayLike<number>).join()}`;
    const known = this.named.get(key);
    if (known !== undefined) return known;
    const name = freshName(`legal_${dtype}`, this.taken);
    this.named.set(key, name);
    this.constants.set(name, { dtype, shape, data } as TensorLike);
    return name;
  }
}

export const int = (value: number): Attribute => ({ type: "int", value });

/** The value of an integer attribute. */
export function intOf(node: Node, name: string, otherwise: number): number {
  const attribute = node.attrs[name];
  return attribute?.type === "int" ? Number(attribute.value) : otherwise;
}
