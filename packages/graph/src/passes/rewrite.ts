/** @file Changes a graph node by node, while the maker and the readers of every value are known. */

import type { TensorLike } from "@diopter/tensor";
import { Builder } from "../builder/builder";
import { definedIn, readsOf } from "../graph/lookup";
import {
  type Attribute,
  type Dim,
  type Graph,
  type Initializer,
  type Node,
  UnknownRankError,
  type Value,
  type ValueInfo,
} from "../graph/types";
import { redirect } from "./rename";

/** What inference found of a value; `contents` are those of a small integer vector or scalar, as dimensions. */
export interface Known {
  readonly dtype: string;
  readonly shape: readonly Dim[] | undefined;
  readonly contents: readonly Dim[] | undefined;
}

/** Parts of a node that may change while it stays the same node. */
export interface NodeChange {
  readonly inputs?: readonly string[];
  readonly attrs?: Readonly<Record<string, Attribute>>;
}

/**
 * The graph that `change` leaves; the one that is given stays as it is.
 *
 * Shapes of values are dropped, since ops may have changed: `inferShapes` finds them again.
 *
 * @example
 * rewrite(graph, (r) => {
 *   for (const node of r.nodes()) {
 *     const [x, y] = [node.inputs[0]!, node.outputs[0]!];
 *     if (node.op === "Dropout") r.replace(node, [{ ...node, op: "Identity", inputs: [x], outputs: [y], attrs: {} }]);
 *   }
 *   r.prune();
 * });
 */
export function rewrite(graph: Graph, change: (rewriter: Rewriter) => void): Graph {
  const rewriter = new Rewriter(graph);
  change(rewriter);
  return rewriter.finish();
}

/** The longest constant whose contents `known` tells. */
const SHORT = 64;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A graph while it is rewritten. Its nodes keep their identity until they are replaced or removed. */
export class Rewriter {
  inputs: readonly ValueInfo[];
  outputs: readonly ValueInfo[];
  readonly initializers: Map<string, Initializer>;
  readonly opsets: Record<string, number>;

  readonly #source: Graph;
  /** Per node of the source what stands in its place. */
  readonly #slots: Node[][] = [];
  readonly #slotOf = new Map<Node, Node[]>();
  readonly #sourceOf = new Map<Node[], Node>();
  readonly #makers = new Map<string, Node>();
  readonly #readers = new Map<string, Set<Node>>();
  /** Names that new values cannot have: those of values, and those within graphs that nodes hold. */
  readonly #reserved: Set<string>;
  readonly #shared = new Map<string, string>();
  #known = new Map<string, Known>();

  constructor(source: Graph) {
    this.#source = source;
    this.inputs = source.inputs;
    this.outputs = source.outputs;
    this.initializers = new Map(source.initializers);
    this.opsets = { ...source.opsets };
    this.#reserved = definedIn(source);
    for (const node of source.nodes) {
      const slot: Node[] = [];
      this.#slots.push(slot);
      this.#sourceOf.set(slot, node);
      this.#place(slot, 0, { ...node, domain: node.domain === "ai.onnx" ? "" : node.domain });
    }
  }

  /** All nodes, in the order in which they run. */
  nodes(): Node[] {
    return this.#slots.flat();
  }

  /** Whether a node is still there. */
  has(node: Node): boolean {
    return this.#slotOf.has(node);
  }

  /** The node that makes a value. */
  maker(name: string): Node | undefined {
    return this.#makers.get(name);
  }

  /** The node of the graph that was given, in whose place a value is made now: the maker itself, unless it was replaced. */
  origin(name: string): Node | undefined {
    const maker = this.#makers.get(name);
    const slot = maker && this.#slotOf.get(maker);
    return slot && this.#sourceOf.get(slot);
  }

  /** The nodes that read a value, also within graphs that they hold. */
  readers(name: string): Node[] {
    return [...(this.#readers.get(name) ?? [])];
  }

  /** Whether one node reads a value, and no output of the graph is made of it. */
  isReadOnce(name: string): boolean {
    return !this.isOutput(name) && this.#readers.get(name)?.size === 1;
  }

  isInput(name: string): boolean {
    return this.inputs.some((input) => input.name === name);
  }

  isOutput(name: string): boolean {
    return this.outputs.some((output) => output.name === name);
  }

  /** Whether a value is an initializer that no input overrides. */
  isConstant(name: string): boolean {
    return this.initializers.has(name) && !this.isInput(name);
  }

  /** Whether the graph itself has a value of that name. */
  isTaken(name: string): boolean {
    return this.#makers.has(name) || this.initializers.has(name) || this.isInput(name);
  }

  /** The tensor of a constant, where its numbers are at hand. */
  tensor(name: string): TensorLike | undefined {
    const tensor = this.initializers.get(name);
    return tensor !== undefined && "data" in tensor && !this.isInput(name) ? tensor : undefined;
  }

  /** The number in a constant of one element. */
  scalar(name: string): number | undefined {
    const tensor = this.tensor(name);
    if (tensor?.data.length !== 1 || tensor.dtype === "float16") return undefined;
    return Number(tensor.data[0]);
  }

  /** What the last inference found of a value; of constants always what they are. */
  known(name: string): Known | undefined {
    const tensor = this.initializers.get(name);
    if (tensor === undefined || this.isInput(name)) return this.#known.get(name);
    const { dtype, shape } = tensor;
    const short = shape.length < 2 && shape.every((n) => n <= SHORT);
    const data = short && /int/.test(dtype) ? this.tensor(name)?.data : undefined;
    const contents = data && Array.from(data as ArrayLike<number | bigint>, Number);
    return { dtype, shape, contents };
  }

  /** The shape of a value, where it is known. */
  shape(name: string): readonly Dim[] | undefined {
    return this.known(name)?.shape;
  }

  /** A name that no value has, `stem` itself where it is free. */
  fresh(stem: string): string {
    let name = stem;
    for (let count = 1; this.#reserved.has(name); count++) name = `${stem}_${count}`;
    this.#reserved.add(name);
    return name;
  }

  /** Adds a constant under a fresh name, which it returns. */
  addInitializer(stem: string, tensor: Initializer): string {
    const name = this.fresh(stem);
    this.initializers.set(name, tensor);
    return name;
  }

  /** An int64 vector constant; equal ones are one. */
  ints(...values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt);
    return this.#share(`ints_${values.join("_")}`, { dtype: "int64", shape: [data.length], data });
  }

  /** An int64 scalar constant; equal ones are one. */
  int(value: number): string {
    const data = BigInt64Array.of(BigInt(value));
    return this.#share(`int_${value}`, { dtype: "int64", shape: [], data });
  }

  /** A float32 scalar constant; equal ones are one. */
  float(value: number): string {
    return this.#share(`float_${value}`, {
      dtype: "float32",
      shape: [],
      data: Float32Array.of(value),
    });
  }

  #share(stem: string, tensor: TensorLike): string {
    const known = this.#shared.get(stem);
    if (known !== undefined && this.initializers.has(known)) return known;
    const name = this.addInitializer(stem, tensor);
    this.#shared.set(stem, name);
    return name;
  }

  /**
   * Puts nodes in the place of one; they may make the values that it made.
   *
   * @throws RangeError where the node is no longer there.
   */
  replace(node: Node, by: readonly Node[]): void {
    const { slot, at } = this.#find(node, "replace");
    this.remove(node);
    by.forEach((next, i) => {
      this.#place(slot, at + i, { ...next });
    });
  }

  /**
   * Takes a node away; its readers keep the names that it made.
   *
   * @throws RangeError where the node is no longer there.
   */
  remove(node: Node): void {
    const { slot, at } = this.#find(node, "remove");
    slot.splice(at, 1);
    this.#slotOf.delete(node);
    for (const name of node.outputs) if (this.maker(name) === node) this.#makers.delete(name);
    for (const name of readsOf(node)) this.#readers.get(name)?.delete(node);
  }

  /**
   * Puts nodes in front of a node.
   *
   * @throws RangeError where the node is no longer there.
   */
  before(node: Node, added: readonly Node[]): void {
    const { slot, at } = this.#find(node, "before");
    added.forEach((next, i) => {
      this.#place(slot, at + i, { ...next });
    });
  }

  /**
   * Gives a node other inputs or attributes.
   *
   * @throws RangeError where the node is no longer there.
   */
  update(node: Node, change: NodeChange): void {
    this.#find(node, "update");
    for (const name of readsOf(node)) this.#readers.get(name)?.delete(node);
    const own = node as Mutable<Node>;
    if (change.inputs) own.inputs = change.inputs;
    if (change.attrs) own.attrs = change.attrs;
    this.#reads(node);
  }

  /** Lets all readers of a value read another one; an output of the graph of that name stays. */
  redirect(from: string, to: string): void {
    const names = new Map([[from, to]]);
    for (const node of this.readers(from)) {
      const { inputs, attrs } = redirect(node, names, "redirect");
      this.update(node, { inputs, attrs });
    }
  }

  /** Drops nodes and initializers that no output needs. */
  prune(): void {
    const isRead = (name: string) =>
      this.isOutput(name) || (this.#readers.get(name)?.size ?? 0) > 0;
    for (const node of this.nodes().reverse()) {
      if (!node.outputs.some((name) => name !== "" && isRead(name))) this.remove(node);
    }
    for (const name of [...this.initializers.keys()]) {
      if (!isRead(name)) this.initializers.delete(name);
    }
  }

  /**
   * Infers dtypes, shapes and small contents anew; `as` may show inference another node in a node's place.
   *
   * @throws RangeError or TypeError where the graph contradicts itself; then nothing is known.
   */
  infer(as: (node: Node) => Node = (node) => node): void {
    this.#known = new Map();
    for (const { name, dtype, shape } of this.inputs) {
      this.#known.set(name, { dtype, shape, contents: undefined });
    }
    const builder = Builder.from({ ...this.finish(), nodes: this.nodes().map(as) });
    for (const name of this.#makers.keys()) {
      if (!builder.has(name)) continue;
      const value = builder.value(name);
      const contents = builder.contents(value);
      this.#known.set(name, { dtype: value.dtype, shape: shapeOf(value), contents });
    }
  }

  /** The graph as it is now. */
  finish(): Graph {
    return {
      ...this.#source,
      inputs: this.inputs,
      outputs: this.outputs,
      nodes: this.nodes().map((node) => ({ ...node })),
      initializers: new Map(this.initializers),
      values: new Map(),
      opsets: { ...this.opsets },
    };
  }

  #find(node: Node, subject: string): { slot: Node[]; at: number } {
    const slot = this.#slotOf.get(node);
    if (slot === undefined) {
      throw new RangeError(`${subject}: ${node.op} "${node.outputs[0]}" is no longer in the graph`);
    }
    return { slot, at: slot.indexOf(node) };
  }

  #place(slot: Node[], at: number, node: Node): void {
    slot.splice(at, 0, node);
    this.#slotOf.set(node, slot);
    for (const name of node.outputs) {
      if (name === "") continue;
      this.#makers.set(name, node);
      this.#reserved.add(name);
    }
    this.#reads(node);
    for (const { type, value } of Object.values(node.attrs)) {
      if (type === "graph") this.#reserve(value);
    }
  }

  #reads(node: Node): void {
    for (const name of readsOf(node)) {
      const readers = this.#readers.get(name);
      if (readers === undefined) this.#readers.set(name, new Set([node]));
      else readers.add(node);
    }
  }

  #reserve(graph: Graph): void {
    for (const name of definedIn(graph)) this.#reserved.add(name);
    for (const node of graph.nodes) {
      for (const { type, value } of Object.values(node.attrs)) {
        if (type === "graph") this.#reserve(value);
      }
    }
  }
}

/** The getter throws where the rank is unknown. */
function shapeOf(value: Value): readonly Dim[] | undefined {
  try {
    return value.shape;
  } catch (error) {
    if (error instanceof UnknownRankError) return undefined;
    throw error;
  }
}
