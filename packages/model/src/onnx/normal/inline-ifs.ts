/**
 * @file Puts one branch of each `If` whose condition is known in its place.
 *
 * Seen in merged decoders of optimum (`decoder_model_merged.onnx`, gpt2 and gpt_neox optimum1-merged): the branch
 * without a past is taken. Also where a condition is a constant, as torch leaves them around Squeeze.
 */

import type { Graph, Node, Rewriter } from "@diopter/graph";
import { inferKnown } from "./infer";

export function inlineIfs(rewriter: Rewriter, notes: Set<string>): void {
  while (inlineKnown(rewriter) || inferred(rewriter, notes)) {}
}

function inlineKnown(rewriter: Rewriter): boolean {
  const found = rewriter.nodes().find((node) => node.op === "If" && branchOf(rewriter, node));
  if (found === undefined) return false;
  inline(rewriter, found, branchOf(rewriter, found)!);
  return true;
}

/** Whether inference tells a condition, such as one over sizes. */
function inferred(rewriter: Rewriter, notes: Set<string>): boolean {
  const open = rewriter.nodes().filter((node) => node.op === "If");
  if (open.length === 0) return false;
  inferKnown(rewriter, notes);
  return open.some((node) => branchOf(rewriter, node));
}

function branchOf(rewriter: Rewriter, node: Node): Graph | undefined {
  const taken = conditionOf(rewriter, node.inputs[0] ?? "");
  if (taken === undefined) return undefined;
  const branch = node.attrs[taken ? "then_branch" : "else_branch"];
  if (branch?.type !== "graph") return undefined;
  const graph = branch.value;
  const nested = graph.nodes.some(({ attrs }) =>
    Object.values(attrs).some(({ type }) => type === "graph"),
  );
  if (nested && clashes(rewriter, node, graph)) return undefined;
  return graph;
}

function conditionOf(rewriter: Rewriter, name: string): boolean | undefined {
  const number = rewriter.scalar(name) ?? rewriter.known(name)?.contents?.[0];
  if (typeof number === "number") return number !== 0;
  return rewriter.isInput(name) && /use_(cache|past)/.test(name) ? false : undefined;
}

function clashes(rewriter: Rewriter, node: Node, graph: Graph): boolean {
  const made = [...graph.initializers.keys(), ...graph.nodes.flatMap(({ outputs }) => outputs)];
  return made.some((name) => name !== "" && !node.outputs.includes(name) && rewriter.isTaken(name));
}

function inline(rewriter: Rewriter, node: Node, graph: Graph): void {
  const names = new Map<string, string>();
  const own = new Set(node.outputs);
  const results = new Map(graph.outputs.map(({ name }, i) => [name, node.outputs[i]!]));
  const declare = (name: string) => {
    if (name === "") return;
    const clash = rewriter.isTaken(name) && !(own.has(name) && results.get(name) === name);
    names.set(name, clash ? rewriter.fresh(name) : name);
  };
  for (const name of graph.initializers.keys()) declare(name);
  for (const { outputs } of graph.nodes) outputs.forEach(declare);
  const renamed = (name: string) => names.get(name) ?? name;
  for (const [name, tensor] of graph.initializers) rewriter.initializers.set(renamed(name), tensor);
  const body = graph.nodes.map((inner) => ({
    op: inner.op,
    domain: inner.domain === "ai.onnx" ? "" : inner.domain,
    ...(inner.name !== undefined && { name: inner.name }),
    inputs: inner.inputs.map(renamed),
    outputs: inner.outputs.map(renamed),
    attrs: { ...inner.attrs },
  }));
  const joints = graph.outputs.flatMap(({ name }, i): Node[] => {
    const outer = node.outputs[i] ?? "";
    if (outer === "" || outer === renamed(name)) return [];
    return [{ op: "Identity", domain: "", inputs: [renamed(name)], outputs: [outer], attrs: {} }];
  });
  rewriter.replace(node, [...body, ...joints]);
}
