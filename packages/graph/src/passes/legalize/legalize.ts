/** @file The last pass before a runtime: rewrites what that runtime cannot do, or does wrongly. */

import { didYouMean } from "@diopter/tensor";
import { allNames, readsOf } from "../../graph/lookup";
import type { Attribute, Graph, Node } from "../../graph/types";
import { Fragment, geluForm, spellGelu, spellLogSumExp, spellStatistics } from "./fragment";
import { narrow, narrowSplit, VARIADIC } from "./narrow";

/** What a runtime computes right. */
export interface Limits {
  /** Most inputs of one `Concat`, `Sum`, `Max`, `Min` or `Mean`, and most outputs of one `Split`; at least 2. */
  readonly tensorsPerOp: number;
  /** Operations to spell out: `"Gelu.tanh"`, `"Gelu.none"`, `"LayerNormalization.outputs"`, `"ReduceLogSumExp"`. */
  readonly avoid: readonly string[];
}

const SPELLABLE = ["Gelu.tanh", "Gelu.none", "LayerNormalization.outputs", "ReduceLogSumExp"];

/**
 * A graph of equal meaning within the limits of a runtime; it is returned as it is when it keeps to them.
 *
 * Wide ops become trees of smaller ones. Values keep their names.
 *
 * @throws RangeError for a limit below 2, an operation that Diopter cannot spell out, or a node that cannot be rewritten.
 * @example
 * legalize(graph, { tensorsPerOp: 7, avoid: ["Gelu.tanh"] });
 */
export function legalize(graph: Graph, { tensorsPerOp, avoid }: Limits): Graph {
  if (!(tensorsPerOp >= 2)) {
    throw new RangeError(`legalize: tensorsPerOp must be at least 2, got ${tensorsPerOp}`);
  }
  for (const name of avoid) {
    if (!SPELLABLE.includes(name)) {
      const hint = didYouMean(name, SPELLABLE);
      throw new RangeError(
        `legalize: no way to avoid "${name}"${hint || `; known: ${SPELLABLE.join(", ")}`}`,
      );
    }
  }
  return legalized(graph, { tensorsPerOp, avoid }, allNames(graph));
}

function legalized(graph: Graph, limits: Limits, taken: Set<string>): Graph {
  const fragment = new Fragment(graph, taken);
  let changed = false;
  for (const node of graph.nodes) {
    const rewrite = ruleFor(node, limits);
    const inner = rewrite === undefined ? withLegalSubgraphs(node, limits, taken) : node;
    if (rewrite === undefined) fragment.nodes.push(inner);
    else rewrite(fragment);
    changed ||= rewrite !== undefined || inner !== node;
  }
  if (!changed) return graph;
  const result = { ...graph, nodes: fragment.nodes };
  const [before, after] = [readNames(graph), readNames(result)];
  // Sizes of a wide Split have no reader any more.
  const kept = [...graph.initializers].filter(([name]) => after.has(name) || !before.has(name));
  return { ...result, initializers: new Map([...kept, ...fragment.constants]) };
}

function readNames(graph: Graph): Set<string> {
  const names = new Set(graph.outputs.map(({ name }) => name));
  for (const node of graph.nodes) for (const name of readsOf(node)) names.add(name);
  return names;
}

/** How a node has to be rewritten; undefined where it may stay. */
function ruleFor(node: Node, { tensorsPerOp, avoid }: Limits) {
  if (node.domain !== "" && node.domain !== "ai.onnx") return undefined;
  if (node.op === "Split" && node.outputs.length > tensorsPerOp) {
    return (fragment: Fragment) => narrowSplit(fragment, node, tensorsPerOp);
  }
  if (VARIADIC.includes(node.op) && node.inputs.length > tensorsPerOp) {
    return (fragment: Fragment) => narrow(fragment, node, tensorsPerOp);
  }
  if (node.op === "Gelu" && avoid.includes(geluForm(node))) {
    return (fragment: Fragment) => spellGelu(fragment, node);
  }
  if (node.op === "ReduceLogSumExp" && avoid.includes("ReduceLogSumExp")) {
    return (fragment: Fragment) => spellLogSumExp(fragment, node);
  }
  const statistics =
    node.op === "LayerNormalization" && node.outputs.slice(1).some((name) => name !== "");
  if (statistics && avoid.includes("LayerNormalization.outputs")) {
    return (fragment: Fragment) => spellStatistics(fragment, node);
  }
  return undefined;
}

function withLegalSubgraphs(node: Node, limits: Limits, taken: Set<string>): Node {
  let changed = false;
  const attrs = Object.entries(node.attrs).map(([name, attribute]): [string, Attribute] => {
    if (attribute.type !== "graph") return [name, attribute];
    const value = legalized(attribute.value, limits, taken);
    changed ||= value !== attribute.value;
    return [name, { type: "graph", value }];
  });
  return changed ? { ...node, attrs: Object.fromEntries(attrs) } : node;
}
