/** @file A circuit as data: a named set of edges or nodes of one graph, at positions or everywhere. */

import { quoted } from "@diopter/graph";
import { brief, checkOptions, inspectable, type OptionKeys, oneLine } from "@diopter/tensor";
import {
  type CircuitComponent,
  type CircuitElement,
  elementIndex,
  elementName,
  named,
  placed,
} from "./circuit-elements";
import { type CircuitJSON, type FoundBy, parseCircuitJSON } from "./circuit-json";
import {
  edgesAmongNodes,
  edgesFromNodes,
  everywhere,
  jointEdges,
  regroupedEdges,
  sourcesOfEdges,
} from "./circuit-projections";
import { EdgeGraph } from "./edge-graph";
import {
  type At,
  type CircuitPosition,
  intersectAt,
  type Placement,
  type Positions,
  positionIndices,
  sortedPositions,
  subtractAt,
  uniteAt,
} from "./positions";
import { liveEdges } from "./prune-circuit";
import type { GraphShape } from "./shape";

export type { CircuitComponent, CircuitElement } from "./circuit-elements";
export type { CircuitPosition } from "./positions";

/** What a circuit is called, which edition of it this is, and the paper or library that it comes from. */
export interface CircuitMeta {
  readonly name: string;
  readonly version: string;
  readonly source?: string | undefined;
  readonly derivation?: readonly string[];
  readonly found?: FoundBy | undefined;
}

export const metaKeys: OptionKeys<CircuitMeta> = {
  name: "required",
  version: "required",
  source: "optional",
  derivation: "optional",
  found: "optional",
};

/**
 * A set of edges or nodes with name, version and source; immutable.
 *
 * The elements are in the order of the graph, each once; the same element given several times is kept at the
 * union of the positions given.
 *
 * @example Circuit.ofEdges(shape, ["input->a0.h1<v>@S2", "a0.h1->logits"], { name: "toy", version: "1" })
 */
export class Circuit {
  readonly name: string;
  readonly version: string;
  /** Paper or library. */
  readonly source: string | undefined;
  readonly component: CircuitComponent;
  readonly shape: GraphShape;
  readonly graph: EdgeGraph;
  /** Projections and algebra applied so far, in words. */
  readonly derivation: readonly string[];
  /** How it was found, where a method of this library found it. */
  readonly found: FoundBy | undefined;
  /** Positions by index of the edge (of the source in node circuits), in rising order. */
  readonly placement: Placement;
  #elements: readonly CircuitElement[] | undefined;

  private constructor(
    graph: EdgeGraph,
    component: CircuitComponent,
    placement: Placement,
    { name, version, source, derivation = [], found }: CircuitMeta,
  ) {
    inspectable(this);
    this.name = name;
    this.version = version;
    this.source = source;
    this.component = component;
    this.graph = graph;
    this.shape = graph.shape;
    this.derivation = derivation;
    this.found = found;
    this.placement = new Map([...placement].sort(([a], [b]) => a - b));
  }

  /** A set of edges; `"…@S2"` in a name is a position. Throws `RangeError` for unknown names, with the nearest. */
  static ofEdges(
    shape: GraphShape,
    edges: Iterable<string | CircuitElement>,
    meta: CircuitMeta,
  ): Circuit {
    checkOptions("Circuit.ofEdges", meta, metaKeys);
    return Circuit.#of(shape, "edge", edges, meta);
  }

  /** A set of sources (`input`, `a0.h1`, `m0`). Throws `RangeError` for unknown names, with the nearest. */
  static ofNodes(
    shape: GraphShape,
    nodes: Iterable<string | CircuitElement>,
    meta: CircuitMeta,
  ): Circuit {
    checkOptions("Circuit.ofNodes", meta, metaKeys);
    return Circuit.#of(shape, "node", nodes, meta);
  }

  /** The circuit that `toJSON` wrote. Throws `TypeError` or `RangeError` naming the field that is wrong. */
  static fromJSON(json: unknown): Circuit {
    const { shape, component, elements, ...meta } = parseCircuitJSON(json);
    return Circuit.#of(shape, component, elements, meta);
  }

  static #of(
    shape: GraphShape,
    component: CircuitComponent,
    elements: Iterable<string | CircuitElement>,
    meta: CircuitMeta,
  ): Circuit {
    const graph = new EdgeGraph(shape);
    return new Circuit(graph, component, placed(graph, component, elements), meta);
  }

  /** The elements by name, in the order of the graph. */
  get elements(): readonly CircuitElement[] {
    this.#elements ??= named(this.graph, this.component, this.placement);
    return this.#elements;
  }

  /** Number of elements, whatever their positions. */
  get size(): number {
    return this.placement.size;
  }

  /** Number of (element, position) pairs; an element at every position, or at a span, counts once. */
  get sizeAtPositions(): number {
    let size = 0;
    for (const at of this.placement.values()) size += at?.length ?? 1;
    return size;
  }

  /** Number of (element, position) pairs in prompts of `length` tokens. Throws `RangeError` for unresolved names. */
  sizeAt(length: number): number {
    let size = 0;
    for (const [index, at] of this.placement) {
      for (const position of at ?? [])
        if (typeof position === "string" || position >= length)
          throw new RangeError(
            `circuit: ${elementName(this.graph, this.component, index)} is at ${quoted(position)}, not an index below ${length}`,
          );
      size += at?.length ?? length;
    }
    return size;
  }

  get hasPositions(): boolean {
    for (const at of this.placement.values()) if (at !== undefined) return true;
    return false;
  }

  /** Whether an element is kept at a position, or at any. Throws `RangeError` for unknown elements. */
  has(name: string, at?: CircuitPosition): boolean {
    const index = elementIndex(this.graph, this.component, name);
    if (!this.placement.has(index)) return false;
    const positions = this.placement.get(index);
    return at === undefined || positions === undefined || positions.includes(at);
  }

  /** Per edge of the graph 1 when kept at any position; of node circuits the edges whose source is a member. */
  kept(): Uint8Array {
    const kept = new Uint8Array(this.graph.edgeCount);
    for (const edge of this.#edges().keys()) kept[edge] = 1;
    return kept;
  }

  /** Elements of either circuit. Throws `RangeError` for circuits of another graph or component, as all algebra. */
  union(other: Circuit): Circuit {
    requireAlike(this, other);
    return this.#derived(unite(this.placement, other.placement), `union with ${label(other)}`);
  }

  /** Elements of both circuits. */
  intersect(other: Circuit): Circuit {
    requireAlike(this, other);
    return this.#derived(
      intersect(this.placement, other.placement),
      `intersection with ${label(other)}`,
    );
  }

  /** Elements of this circuit only; `positions` are the ones there are, for elements at every position. */
  minus(other: Circuit, options: { readonly positions?: Positions } = {}): Circuit {
    checkOptions("Circuit.minus", options, { positions: "optional" });
    const { positions } = options;
    requireAlike(this, other);
    return this.#derived(
      subtract(this.placement, other.placement, positions),
      `minus ${label(other)}`,
    );
  }

  /** All else; `positions` are the ones there are, needed when the circuit has positions. */
  complement(options: { readonly positions?: Positions } = {}): Circuit {
    checkOptions("Circuit.complement", options, { positions: "optional" });
    const { positions } = options;
    const count = this.component === "edge" ? this.graph.edgeCount : this.graph.sources.length;
    return this.#derived(complementOf(this.placement, count, positions), "complement");
  }

  /**
   * The elements on a path input -> ... -> logits inside the circuit, and those dropped.
   *
   * Pruning changes no resampled run; where ablation is not by another prompt, what is cut off from the input may still write.
   */
  pruned(): { readonly circuit: Circuit; readonly dropped: readonly CircuitElement[] } {
    const edges = liveEdges(this.graph, this.#edges());
    const live = this.component === "edge" ? edges : sourcesOfEdges(this.graph, edges);
    return {
      circuit: this.#derived(live, "pruned"),
      dropped: named(this.graph, this.component, subtract(this.placement, live)),
    };
  }

  /** The sources of the edges; the logits are left out. */
  toNodes(): Circuit {
    if (this.component === "node") return this;
    return this.#derived(sourcesOfEdges(this.graph, this.placement), "nodes of the edges", {
      component: "node",
    });
  }

  /** All edges among the nodes at the positions of their source; the logits always count as a node, the input only if it is one. */
  toEdges(): Circuit {
    if (this.component === "edge") return this;
    return this.#derived(edgesAmongNodes(this.graph, this.placement), "edges among the nodes", {
      component: "edge",
    });
  }

  /** The same elements at every position. */
  toAllTokens(): Circuit {
    return this.hasPositions ? this.#derived(everywhere(this.placement), "all tokens") : this;
  }

  /** Heads with one input, kept where q, k or v is. Throws `RangeError` for grouped-query attention. */
  toJoint(): Circuit {
    if (this.shape.inputs === "joint") return this;
    if (this.shape.nKeyValueHeads !== this.shape.nHeads)
      throw new RangeError("circuit: heads that share keys and values have no joint input");
    const graph = new EdgeGraph({ ...this.shape, inputs: "joint" });
    const placement =
      this.component === "edge" ? jointEdges(this.graph, graph, this.placement) : this.placement;
    return this.#derived(placement, "joint inputs (any of q, k, v)", { graph });
  }

  /**
   * Keys and values read once by each of `nKeyValueHeads` groups, as in grouped-query attention: an edge of a group is
   * kept where that of any of its heads is. EAP-IG writes such models by head.
   *
   * @throws RangeError where the groups do not divide the heads, or the circuit has groups of another number.
   * @example fromEapIg(json, { name: "ioi", version: "1" }).circuit.toGroups(model.config.nKeyValueHeads)
   */
  toGroups(nKeyValueHeads: number): Circuit {
    if (this.shape.nKeyValueHeads === nKeyValueHeads) return this;
    if (this.shape.nKeyValueHeads !== this.shape.nHeads)
      throw new RangeError(
        `circuit: keys and values are read by ${this.shape.nKeyValueHeads} groups already; use toHeads first`,
      );
    return this.#regrouped(nKeyValueHeads, "group");
  }

  /** Keys and values read by every head for itself: an edge of a group becomes one of each of its heads. */
  toHeads(): Circuit {
    const { nHeads, nKeyValueHeads } = this.shape;
    return nKeyValueHeads === nHeads ? this : this.#regrouped(nHeads, "head");
  }

  #regrouped(nKeyValueHeads: number, by: "group" | "head"): Circuit {
    const graph = new EdgeGraph({ ...this.shape, nKeyValueHeads });
    if (this.component === "node")
      return this.#derived(this.placement, `keys and values by ${by}`, { graph });
    const placement = regroupedEdges(this.graph, graph, this.placement);
    const before = by === "group" ? "head" : "group";
    const step = `keys and values by ${by}: ${this.size} edges by ${before} are ${placement.size} by ${by}`;
    return this.#derived(placement, step, { graph });
  }

  /** Names replaced by the token indices of one prompt. Throws `RangeError` for names that it lacks. */
  resolve(positions: Readonly<Record<string, number>>): Circuit {
    if (!this.hasPositions) return this;
    const resolved = new Map<number, At>();
    for (const [index, at] of this.placement) {
      const indices = at?.flatMap((position) => positionIndices(position, positions));
      resolved.set(index, indices && sortedPositions(indices));
    }
    return this.#derived(resolved, "positions resolved");
  }

  toJSON(): CircuitJSON {
    const { name, version, source, component, shape, derivation, found } = this;
    return {
      kind: "diopter/circuit",
      schema: 1,
      name,
      version,
      ...(source === undefined ? {} : { source }),
      component,
      shape,
      derivation,
      ...(found === undefined ? {} : { found }),
      elements: this.elements.map(({ name, at }) => (at === undefined ? name : { name, at })),
    };
  }

  /** Name, version and size, on one line. */
  toString(): string {
    const { graph, component, size, hasPositions } = this;
    const all = component === "edge" ? graph.edgeCount : graph.sources.length;
    const title = `${brief(this.name, 50)} ${brief(this.version, 20)}`;
    const at = hasPositions ? " at positions" : "";
    return oneLine(`Circuit ${title}: ${size} of ${all} ${component}s${at}`);
  }

  #edges(): Placement {
    return this.component === "edge" ? this.placement : edgesFromNodes(this.graph, this.placement);
  }

  #derived(
    placement: Placement,
    step: string,
    {
      graph = this.graph,
      component = this.component,
    }: Partial<Pick<Circuit, "graph" | "component">> = {},
  ): Circuit {
    const { name, version, source, found } = this;
    return new Circuit(graph, component, placement, {
      name,
      version,
      source,
      found,
      derivation: [...this.derivation, step],
    });
  }
}

/** Algebra needs two circuits of one graph and one component. */
function requireAlike(a: Circuit, b: Circuit): void {
  if (a.component !== b.component) {
    throw new RangeError(
      `circuit: ${quoted(a.name)} is a set of ${a.component}s, ${quoted(b.name)} of ${b.component}s; project one of them first`,
    );
  }
  for (const key of Object.keys(a.shape) as (keyof GraphShape)[]) {
    if (a.shape[key] !== b.shape[key])
      throw new RangeError(
        `circuit: ${quoted(a.name)} and ${quoted(b.name)} are of different graphs: ${key} ${a.shape[key]} and ${b.shape[key]}`,
      );
  }
}

function label({ name, version }: Circuit): string {
  return `${name} (${version})`;
}

/** Elements of either. */
export function unite(a: Placement, b: Placement): Map<number, At> {
  const out = new Map(a);
  for (const [element, at] of b)
    out.set(element, out.has(element) ? uniteAt(out.get(element), at) : at);
  return out;
}

/** Elements of both. */
export function intersect(a: Placement, b: Placement): Map<number, At> {
  const out = new Map<number, At>();
  for (const [element, at] of a) {
    if (!b.has(element)) continue;
    const inBoth = intersectAt(at, b.get(element));
    if (inBoth !== "none") out.set(element, inBoth);
  }
  return out;
}

/** Elements of the first that are not in the second. Throws `RangeError` where that needs `positions`. */
export function subtract(a: Placement, b: Placement, positions?: Positions): Map<number, At> {
  const out = new Map<number, At>();
  for (const [element, at] of a) {
    const left = b.has(element) ? subtractAt(at, b.get(element), positions) : at;
    if (left !== "none") out.set(element, left);
  }
  return out;
}

/** All of `count` elements that are not in `a`. Throws `RangeError` where that needs `positions`. */
export function complementOf(a: Placement, count: number, positions?: Positions): Map<number, At> {
  const everything = new Map<number, At>();
  for (let element = 0; element < count; element++) everything.set(element, undefined);
  return subtract(everything, a, positions);
}
