/** @file The nodes and constants that take the place of one node, and ops spelled out in simpler ones. */

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

/** `"Gelu.tanh"` or `"Gelu.none"`, as the node's attribute says. */
export function geluForm(node: Node): string {
  const attribute = node.attrs.approximate;
  return `Gelu.${attribute?.type === "string" ? attribute.value : "none"}`;
}

/** Appends x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), or x/2 (1 + erf(x / sqrt 2)). */
export function spellGelu(fragment: Fragment, node: Node): void {
  const [x = ""] = node.inputs;
  const [output = ""] = node.outputs;
  const dtype = fragment.float(x, `Gelu "${output}"`);
  const number = (value: number) => fragment.scalar(value, dtype);
  const op = (name: string, ...inputs: string[]) => fragment.one(name, inputs);
  const tanh = () => {
    // x x x, not Pow: that is slow everywhere and wrong for negative x in some shaders.
    const cube = op("Mul", op("Mul", x, x), x);
    const inner = op("Add", x, op("Mul", cube, number(0.044715)));
    return op("Tanh", op("Mul", inner, number(Math.sqrt(2 / Math.PI))));
  };
  const erf = () => op("Erf", op("Mul", x, number(Math.SQRT1_2)));
  const gate = geluForm(node) === "Gelu.tanh" ? tanh() : erf();
  const half = op("Mul", x, number(0.5));
  fragment.one("Mul", [half, op("Add", gate, number(1))], output);
}

/** Largest finite number: infinity minus itself would be NaN. */
const LARGEST: Partial<Record<DType, number>> = {
  float16: 65504,
  float32: 3.4028234663852886e38,
  float64: Number.MAX_VALUE,
};

/** Appends max + log(sum(exp(x - max))); the sum is ReduceL1, which takes its axes as ReduceLogSumExp does in every opset. */
export function spellLogSumExp(fragment: Fragment, node: Node): void {
  const [x = "", ...axes] = node.inputs;
  const [output = ""] = node.outputs;
  const dtype = fragment.float(x, `ReduceLogSumExp "${output}"`);
  const largest = LARGEST[dtype]!;
  const reduce = (op: string, of: string, attrs = node.attrs) =>
    fragment.node(op, [of, ...axes], attrs)[0]!;
  const max = (attrs = node.attrs) => {
    const limits = [fragment.scalar(-largest, dtype), fragment.scalar(largest, dtype)];
    return fragment.one("Clip", [reduce("ReduceMax", x, attrs), ...limits]);
  };
  const centered = fragment.one("Sub", [x, max({ ...node.attrs, keepdims: int(1) })]);
  const sum = reduce("ReduceL1", fragment.one("Exp", [centered]));
  fragment.one("Add", [fragment.one("Log", [sum]), max()], output);
}

/** Since this opset the axes of ReduceMean are an input. */
const AXES_ARE_INPUT = 18;

/** Appends the norm with one output, and mean and 1 / sqrt(variance + epsilon) where they are asked for. */
export function spellStatistics(fragment: Fragment, node: Node): void {
  const [x = ""] = node.inputs;
  const [output = "", mean = "", inverse = ""] = node.outputs;
  if (output !== "") fragment.nodes.push({ ...node, outputs: [output] });
  if (mean === "" && inverse === "") return;
  const subject = `LayerNormalization "${output || mean || inverse}"`;
  const dtype = fragment.float(x, subject);
  const single = dtype === "float16" && intOf(node, "stash_type", 1) === 1;
  const data = single ? fragment.node("Cast", [x], { to: int(1) })[0]! : x;
  const average = reduceMean(fragment, node, subject);
  const center = average(data, mean || undefined);
  if (inverse === "") return;
  const deviation = fragment.one("Sub", [data, center]);
  const variance = average(fragment.one("Mul", [deviation, deviation]));
  const epsilon = node.attrs.epsilon?.type === "float" ? node.attrs.epsilon.value : 1e-5;
  const constant = fragment.scalar(epsilon, single ? "float32" : dtype);
  const scale = fragment.one("Sqrt", [fragment.one("Add", [variance, constant])]);
  fragment.one("Reciprocal", [scale], inverse);
}

/** A mean over the axes from the node's `axis` on, which stay with length 1. */
function reduceMean(fragment: Fragment, node: Node, subject: string) {
  const first = intOf(node, "axis", -1);
  const rank = fragment.info(node.inputs[0]!)?.shape?.length;
  if (first >= 0 && rank === undefined) {
    throw new RangeError(`legalize: ${subject} needs the rank of "${node.inputs[0]}"`);
  }
  const from = first < 0 ? first : first - rank!;
  const axes = Array.from({ length: -from }, (_, i) => from + i);
  const keep = { keepdims: int(1) };
  return (data: string, output?: string) => {
    if (fragment.opset >= AXES_ARE_INPUT) {
      return fragment.node("ReduceMean", [data, fragment.ints(...axes)], keep, [output])[0]!;
    }
    const attribute: Attribute = { type: "ints", value: axes };
    return fragment.node("ReduceMean", [data], { ...keep, axes: attribute }, [output])[0]!;
  };
}
