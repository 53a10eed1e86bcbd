/**
 * @file Puts one branch of each `If` whose condition is known in its place.
 *
 * Seen in merged decoders of optimum (`decoder_model_merged.onnx`, gpt2 and gpt_neox optimum1-merged): the branch
 * without a past is taken. Also where a condition is a constant, as torch leaves them around Squeeze.
 */

import type { Graph } from "@diopter/graph";
import type { Draft, DraftNode } from "./draft";

export function inlineIfs(draft: Draft): void {
  while (inlineKnown(draft) || inferred(draft)) {}
}

function inlineKnown(draft: Draft): boolean {
  const found = draft.nodes().find((node) => node.op === "If" && branchOf(draft, node));
  if (found === undefined) return false;
  inline(draft, found, branchOf(draft, found)!);
  return true;
}

/** Whether inference tells a condition, such as one over sizes. */
function inferred(draft: Draft): boolean {
  const open = draft.nodes().filter((node) => node.op === "If");
  if (open.length === 0) return false;
  draft.infer();
  return open.some((node) => branchOf(draft, node));
}

function branchOf(draft: Draft, node: DraftNode): Graph | undefined {
  const taken = conditionOf(draft, node.inputs[0] ?? "");
  if (taken === undefined) return undefined;
  const branch = node.attrs[taken ? "then_branch" : "else_branch"];
  if (branch?.type !== "graph") return undefined;
  const graph = branch.value;
  const nested = graph.nodes.some(({ attrs }) =>
    Object.values(attrs).some(({ type }) => type === "graph"),
  );
  if (nested && clashes(draft, node, graph)) return undefined;
  return graph;
}

function conditionOf(draft: Draft, name: string): boolean | undefined {
  const number = draft.scalar(name) ?? draft.info(name)?.contents?.[0];
  if (typeof number === "number") return number !== 0;
  return draft.isInput(name) && /use_(cache|past)/.test(name) ? false : undefined;
}

function clashes(draft: Draft, node: DraftNode, graph: Graph): boolean {
  const made = [...graph.initializers.keys(), ...graph.nodes.flatMap(({ outputs }) => outputs)];
  return made.some((name) => name !== "" && !node.outputs.includes(name) && draft.isTaken(name));
}

function inline(draft: Draft, node: DraftNode, graph: Graph): void {
  const names = new Map<string, string>();
  const own = new Set(node.outputs);
  const results = new Map(graph.outputs.map(({ name }, i) => [name, node.outputs[i]!]));
  const declare = (name: string) => {
    if (name === "") return;
    const clash = draft.isTaken(name) && !(own.has(name) && results.get(name) === name);
    names.set(name, clash ? draft.fresh(name) : name);
  };
  for (const name of graph.initializers.keys()) declare(name);
  for (const { outputs } of graph.nodes) outputs.forEach(declare);
  const renamed = (name: string) => names.get(name) ?? name;
  for (const [name, tensor] of graph.initializers) draft.initializers.set(renamed(name), tensor);
  const body = graph.nodes.map((inner) => ({
    op: inner.op,
    domain: inner.domain === "ai.onnx" ? "" : inner.domain,
    ...(inner.name !== undefined && { name: inner.name }),
    inputs: inner.inputs.map(renamed),
    outputs: inner.outputs.map(renamed),
    attrs: { ...inner.attrs },
  }));
  const joints = graph.outputs.flatMap(({ name }, i): DraftNode[] => {
    const outer = node.outputs[i] ?? "";
    if (outer === "" || outer === renamed(name)) return [];
    return [{ op: "Identity", domain: "", inputs: [renamed(name)], outputs: [outer], attrs: {} }];
  });
  draft.replace(node, [...body, ...joints]);
}
