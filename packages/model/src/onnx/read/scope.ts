/** @file What the reading of one node is given: its operands, its attributes, and where anchors are made. */

import type { Graph, Node, Size } from "@diopter/graph";
import { labelOf, Refusal } from "../refusal";
import { type Anchor, at, type Body, hasAct, keyOf, type Var } from "./body";
import type { Field } from "./field";
import { fieldOf, type Meaning, type Nums } from "./meaning";

export class Scope {
  readonly meanings: Map<string, Meaning> = new Map();
  readonly #anchors = new Map<string, Anchor>();
  #made = 0;
  node!: Node;

  constructor(
    readonly graph: Graph,
    readonly origins: ReadonlyMap<string, string>,
  ) {}

  /** The node of the file that is read. */
  get label(): string {
    return this.origins.get(this.node.outputs[0]!) ?? labelOf(this.node);
  }

  has(i: number): boolean {
    return Boolean(this.node.inputs[i]);
  }

  input(i: number): Meaning {
    const name = this.node.inputs[i];
    const meaning = name ? this.meanings.get(name) : undefined;
    if (!meaning) throw new Refusal(`no input ${i}`);
    return meaning;
  }

  field(i: number): Field {
    return fieldOf(this.input(i));
  }

  nums(i: number): Nums {
    const meaning = this.input(i);
    if (meaning.kind === "nums") return meaning;
    throw new Refusal(`input ${i} is not known before the run`);
  }

  /** Whole numbers that are known, given as an input or (in older files) as an attribute. */
  ints(i: number, attribute?: string): number[] | undefined {
    if (attribute && this.node.attrs[attribute]) return this.intsAttr(attribute);
    if (!this.has(i)) return undefined;
    return this.nums(i).items.map((item) => {
      if (item.value === undefined) throw new Refusal(`input ${i} is not a number`);
      return item.value;
    });
  }

  /** Sizes given as an input or as an attribute. */
  sizes(i: number): readonly Size[] {
    return this.nums(i).items;
  }

  int(name: string, fallback: number): number {
    const attr = this.node.attrs[name];
    return attr?.type === "int" ? Number(attr.value) : fallback;
  }

  float(name: string, fallback: number): number {
    const attr = this.node.attrs[name];
    return attr?.type === "float" ? attr.value : fallback;
  }

  text(name: string, fallback: string): string {
    const attr = this.node.attrs[name];
    return attr?.type === "string" ? attr.value : fallback;
  }

  intsAttr(name: string): number[] | undefined {
    const attr = this.node.attrs[name];
    return attr?.type === "ints" ? attr.value.map(Number) : undefined;
  }

  axis(rank: number, fallback: number): number {
    const axis = this.int("axis", fallback);
    return axis < 0 ? axis + rank : axis;
  }

  /** The result of an operation that mixes elements; equal operations on equal operands give the same anchor. */
  anchor(
    kind: string,
    dims: readonly (readonly Var[])[],
    args: readonly Body[],
    over: readonly Var[] = [],
    attrs: Readonly<Record<string, unknown>> = {},
  ): Field {
    const axes = dims.flat();
    const names = new Map([...axes, ...over].map((v, i) => [v, i]));
    const key = `${kind} ${JSON.stringify(attrs)} ${axes.map((v) => v.size.key)} ${args.map((arg) => keyOf(arg, names))}`;
    let anchor = this.#anchors.get(key);
    if (!anchor) {
      this.#made += 1;
      const side = !args.some(hasAct) && kind !== "Embed";
      anchor = { id: this.#made, kind, axes, args, over, attrs, side, label: this.label };
      this.#anchors.set(key, anchor);
    }
    return { dims, body: { k: "act", anchor, index: axes.map(at) } };
  }
}
