/** @file The graph under construction inside a builder: values, nodes, constants, names. */

import { didYouMean, type TensorLike } from "@diopter/tensor";
import { compatible, showShape } from "../graph/dim";
import {
  type Attribute,
  type Dim,
  type ElementType,
  type Graph,
  Handle,
  type Initializer,
  type Node,
  type Value,
  type ValueInfo,
} from "../graph/types";
import { inferNode, inferShapes } from "../interpret/infer-shapes";
import { rowOf } from "../ops";
import { dataOf } from "../ops/create";
import { type AttributeInput, tagged } from "../ops/row";

/** Values by name; a name is taken once. */
export class ValueTable {
  readonly #values = new Map<string, Handle>();
  readonly #counters = new Map<string, number>();
  readonly #carriers = new Map<string, { readonly value: Handle; readonly axis: number }>();

  add(handle: Handle): Handle {
    this.#values.set(handle.name, handle);
    this.carry(handle);
    return handle;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  get(name: string): Handle | undefined {
    return this.#values.get(name);
  }

  /** The value of a name; throws a RangeError with the nearest name when there is none. */
  named(name: string): Handle {
    const found = this.#values.get(name);
    if (found !== undefined) return found;
    throw new RangeError(`builder: no value "${name}"${didYouMean(name, this.#values.keys())}`);
  }

  rename(handle: Handle, name: string): Handle {
    this.#values.delete(handle.name);
    handle.name = name;
    handle.automatic = false;
    return this.add(handle);
  }

  expectFree(name: string): void {
    if (name === "") throw new RangeError("builder: a value needs a name");
    if (this.#values.has(name)) throw new RangeError(`builder: value "${name}" already exists`);
  }

  /** `stem_0`, `stem_1`, ... */
  freshName(stem: string): string {
    let count = this.#counters.get(stem) ?? 0;
    while (this.#values.has(`${stem}_${count}`)) count++;
    this.#counters.set(stem, count + 1);
    return `${stem}_${count}`;
  }

  /** Remembers a value as the place of symbols that no earlier one has: inputs come before what is computed. */
  carry(handle: Handle): void {
    handle.dims?.forEach((dim, axis) => {
      if (typeof dim === "string" && !this.#carriers.has(dim)) {
        this.#carriers.set(dim, { value: handle, axis });
      }
    });
  }

  /** Where a symbol can be read from at run time. */
  carrier(symbol: string): { readonly value: Handle; readonly axis: number } {
    const found = this.#carriers.get(symbol);
    if (found !== undefined) return found;
    throw new RangeError(`builder: no value carries the dimension "${symbol}"`);
  }
}

export interface BuilderOptions {
  /** The graph's name. */
  readonly name?: string;
  /** Version of the standard operator set; 20 unless said. */
  readonly opset?: number;
}

export interface NodeOptions {
  /** How many outputs, or their names; one unless the op has more. */
  readonly outputs?: number | readonly string[];
  /** Operator domain; the standard one unless said. */
  readonly domain?: string;
}

/** Constants up to this many elements are shared by their contents, larger ones by their array. */
const SHARED_BY_CONTENTS = 64;

/** A node under construction. */
export interface NodeRecord {
  readonly op: string;
  readonly domain: string;
  readonly name?: string;
  readonly inputs: readonly (Handle | undefined)[];
  readonly outputs: readonly (Handle | undefined)[];
  readonly attrs: Readonly<Record<string, Attribute>>;
  /** Where the gradient of its output goes, instead of to its inputs. */
  readonly through?: Handle;
}

/** Values, nodes and constants of a graph that grows. */
export class GraphWriter {
  readonly #name: string;
  readonly #opsets: Record<string, number>;
  readonly #values = new ValueTable();
  readonly #inputs: Handle[] = [];
  readonly #initializers = new Map<Handle, Initializer>();
  readonly #constants = new Map<unknown, Handle>();
  readonly #producers = new Map<Handle, NodeRecord>();
  readonly #nodes: NodeRecord[] = [];
  #extra: unknown;

  constructor(options: BuilderOptions = {}) {
    this.#name = options.name ?? "graph";
    this.#opsets = { "": options.opset ?? 20 };
  }

  /** Version of the standard operator set. */
  get opset(): number {
    return this.#opsets[""] ?? 20;
  }

  /** Nodes so far, in execution order. */
  get nodes(): readonly NodeRecord[] {
    return this.#nodes;
  }

  /** Takes over an existing graph, with everything that can be inferred of it. */
  adopt(graph: Graph): void {
    const inferred = inferShapes(graph);
    Object.assign(this.#opsets, graph.opsets);
    this.#extra = graph.extra;
    for (const info of inferred.inputs) {
      this.#inputs.push(this.#values.add(new Handle(info.name, info.dtype, info.shape)));
    }
    for (const [name, initializer] of graph.initializers) this.#addInitializer(name, initializer);
    for (const node of graph.nodes) {
      this.#append(
        node,
        node.inputs.map((name) => (name === "" ? undefined : this.#outer(name))),
        node.outputs,
        (name) => inferred.values.get(name),
      );
    }
  }

  /** A value that a node of an adopted graph reads, possibly one of an enclosing graph. */
  #outer(name: string): Handle {
    return this.#values.get(name) ?? this.#values.add(new Handle(name, "undefined", undefined));
  }

  /** Declares a graph input. */
  input(name: string, dtype: ElementType, shape: readonly Dim[]): Handle {
    this.#values.expectFree(name);
    const handle = this.#values.add(new Handle(name, dtype, [...shape]));
    this.#inputs.push(handle);
    return handle;
  }

  /** Adds a named tensor to the graph. */
  initializer(name: string, tensor: Initializer): Handle {
    this.#values.expectFree(name);
    return this.#addInitializer(name, tensor);
  }

  #addInitializer(name: string, tensor: Initializer): Handle {
    // ONNX lets an initializer give an input its default value.
    const handle =
      this.#inputs.find((input) => input.name === name) ??
      this.#values.add(
        new Handle(name, tensor.dtype, tensor.shape, "data" in tensor ? dataOf(tensor) : undefined),
      );
    this.#initializers.set(handle, tensor);
    return handle;
  }

  /** A constant; equal ones are one initializer. */
  constant(tensor: TensorLike): Handle {
    const small = tensor.data.length <= SHARED_BY_CONTENTS;
    const key = small
      ? `${tensor.dtype} ${tensor.shape} ${Array.from(tensor.data as ArrayLike<number>, (v) => (Object.is(v, -0) ? "-0" : v))}`
      : tensor.data;
    const known = this.#constants.get(key);
    const same = known?.dtype === tensor.dtype && String(known.shape) === String(tensor.shape);
    if (known !== undefined && same) return known;
    const handle = this.#addInitializer(this.#values.freshName("constant"), tensor);
    this.#constants.set(key, handle);
    return handle;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The value of a name; throws a RangeError with the nearest name when there is none. */
  value(name: string): Handle {
    return this.#values.named(name);
  }

  /** Appends any op. Dtypes and shapes are inferred where the table knows the op. */
  node(
    op: string,
    inputs: readonly (Value | undefined)[],
    attrs: Readonly<Record<string, AttributeInput>> = {},
    { outputs, domain = "" }: NodeOptions = {},
  ): Handle[] {
    const row = rowOf(op, domain, this.opset);
    if (row === undefined) this.#refuse(op, domain);
    const count = typeof outputs === "object" ? outputs.length : (outputs ?? row?.outputs ?? 1);
    if (typeof outputs === "object")
      for (const name of outputs) if (name !== "") this.#values.expectFree(name);
    const names =
      typeof outputs === "object" ? outputs : Array.from({ length: count }, () => undefined);
    const given = inputs.map((value) => value && this.own(value));
    while (given.length > 0 && given.at(-1) === undefined) given.pop();
    const record = this.#append({ op, domain, attrs: tagged(op, row, attrs) }, given, names);
    return record.outputs.map((handle) => handle!);
  }

  /** An op of the table that this operator set does not have yet would surface inside a runtime. */
  #refuse(op: string, domain: string): void {
    const since = rowOf(op, domain, Number.POSITIVE_INFINITY)?.since;
    if (since === undefined) return;
    throw new RangeError(`${op}: needs operator set ${since}, this graph has ${this.opset}`);
  }

  /** A copy of y that passes its gradient to x. */
  straightThrough(y: Handle, x: Handle): Handle {
    const identity = { op: "Identity", domain: "", attrs: {}, through: x };
    return this.#append(identity, [y], [undefined]).outputs[0]!;
  }

  #append(
    node: Pick<NodeRecord, "op" | "domain" | "attrs" | "name" | "through">,
    inputs: readonly (Handle | undefined)[],
    names: readonly (string | undefined)[],
    declared?: (name: string) => ValueInfo | undefined,
  ): NodeRecord {
    const known = infoOf(() => inferNode(node, inputs, names.length, this.opset), declared);
    if (!Object.hasOwn(this.#opsets, node.domain) && node.domain !== "ai.onnx")
      this.#opsets[node.domain] = 1;
    const outputs = names.map((name, i) => {
      if (name === "") return undefined;
      const info = name === undefined ? undefined : declared?.(name);
      const dtype = known?.[i]?.dtype ?? info?.dtype ?? "undefined";
      const shape =
        known?.[i] && !info?.shape ? known[i].shape : (info?.shape ?? known?.[i]?.shape);
      const chosen = name ?? this.#values.freshName(node.op.toLowerCase());
      return this.#values.add(
        new Handle(chosen, dtype, shape, known?.[i]?.data, name === undefined),
      );
    });
    const { op, domain, attrs } = node;
    const record: NodeRecord = {
      op,
      domain,
      attrs,
      inputs,
      outputs,
      ...(node.name !== undefined && { name: node.name }),
      ...(node.through !== undefined && { through: node.through }),
    };
    this.#nodes.push(record);
    for (const output of outputs) if (output !== undefined) this.#producers.set(output, record);
    return record;
  }

  /**
   * Gives a value a name of the caller's choice.
   *
   * A value that a node made here and that has no chosen name yet is renamed; any other is copied by Identity.
   */
  named(name: string, value: Value): Handle {
    const handle = this.own(value);
    if (handle.name === name) return handle;
    this.#values.expectFree(name);
    if (!handle.automatic) return this.node("Identity", [handle], {}, { outputs: [name] })[0]!;
    return this.#values.rename(handle, name);
  }

  /** States dimensions that inference could not find; throws a RangeError where they contradict what is known. */
  assume(value: Value, shape: readonly Dim[]): Handle {
    const handle = this.own(value);
    const known = handle.dims;
    const fits =
      known === undefined ||
      (known.length === shape.length && known.every((dim, i) => compatible(dim, shape[i]!)));
    if (!fits) {
      throw new RangeError(
        `builder: ${handle.name} is ${showShape(known)}, not ${showShape(shape)}`,
      );
    }
    handle.dims = shape.map((dim, i) => dim ?? known?.[i] ?? null);
    this.#values.carry(handle);
    return handle;
  }

  /** The tensor behind a constant or initializer that Diopter can compute with. */
  known(value: Value): TensorLike | undefined {
    const handle = this.own(value);
    const initializer = this.#inputs.includes(handle) ? undefined : this.#initializers.get(handle);
    if (initializer !== undefined) return "data" in initializer ? initializer : undefined;
    const producer = this.#producers.get(handle);
    const attribute = producer?.op === "Constant" ? producer.attrs.value : undefined;
    return attribute?.type === "tensor" && "data" in attribute.value ? attribute.value : undefined;
  }

  /** The contents of a small integer vector as dimensions, where they are known. */
  contents(value: Value): readonly Dim[] | undefined {
    return this.own(value).data;
  }

  /** The graph with these outputs. */
  build(outputs: readonly (Value | string)[]): Graph {
    const chosen = outputs.map((output) =>
      this.own(typeof output === "string" ? this.value(output) : output),
    );
    const twice = chosen.find((output, i) => chosen.indexOf(output) !== i);
    if (twice !== undefined)
      throw new RangeError(`builder: output "${twice.name}" is asked for twice`);
    const made = [...this.#inputs, ...this.#nodes.flatMap((node) => node.outputs)];
    const typed = made.filter(
      (value) => value !== undefined && (value.dtype !== "undefined" || value.dims !== undefined),
    );
    return {
      name: this.#name,
      inputs: this.#inputs.map(infoFrom),
      outputs: chosen.map(infoFrom),
      nodes: this.#nodes.map(nodeFrom),
      initializers: this.#usedInitializers(chosen),
      values: new Map(typed.map((value) => [value!.name, infoFrom(value!)])),
      opsets: { ...this.#opsets },
      ...(this.#extra !== undefined && { extra: this.#extra }),
    };
  }

  /** Initializers by name, without constants that no node came to need. */
  #usedInitializers(outputs: readonly Handle[]): Map<string, Initializer> {
    const used = new Set([...outputs, ...this.#nodes.flatMap((node) => node.inputs)]);
    const constants = new Set(this.#constants.values());
    const kept = [...this.#initializers].filter(
      ([handle]) => used.has(handle) || !constants.has(handle),
    );
    return new Map(kept.map(([handle, tensor]) => [handle.name, tensor]));
  }

  /** Where a symbol can be read from at run time. */
  carrier(symbol: string): { readonly value: Handle; readonly axis: number } {
    return this.#values.carrier(symbol);
  }

  /** The handle of a value; throws a TypeError for one of another builder. */
  own(value: Value): Handle {
    if (this.#values.get(value.name) === value) return value as Handle;
    throw new TypeError(`builder: value "${value.name}" belongs to another builder`);
  }
}

function infoOf<T>(infer: () => T, declared: unknown): T | undefined {
  try {
    return infer();
  } catch (error) {
    // Adopted graphs have been through inferShapes, which keeps what it cannot infer.
    if (declared !== undefined) return undefined;
    throw error;
  }
}

function infoFrom(handle: Handle): ValueInfo {
  return { name: handle.name, dtype: handle.dtype, shape: handle.dims };
}

function nodeFrom({ through: _, ...record }: NodeRecord): Node {
  return {
    ...record,
    inputs: record.inputs.map((value) => value?.name ?? ""),
    outputs: record.outputs.map((value) => value?.name ?? ""),
  };
}
