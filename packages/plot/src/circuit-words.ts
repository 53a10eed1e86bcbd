/** @file What a circuit graph shows, in words. */

import type { Edge, Node } from "./circuit-input";
import { quoted } from "./visible";
import { counted } from "./words";

export function countsInWords(
  nodes: readonly Node[],
  edges: readonly Edge[],
  drawn: readonly Edge[],
): string {
  const joined = (list: readonly Edge[]) =>
    new Set(list.flatMap(({ from, to }) => [from, to])).size;
  const [of, with_] = [joined(edges), joined(drawn)];
  const alone = nodes.length - of;
  const scored = edges.some(({ score }) => score !== undefined);
  return [
    drawn.length === edges.length
      ? `${counted(of, "node")}, ${counted(edges.length, "edge")}`
      : `${scored ? "strongest " : ""}${drawn.length} of ${counted(edges.length, "edge")} drawn${scored ? "" : ", the nearest to the top"}, ${with_} of ${counted(of, "node")}`,
    ...(alone > 0 ? [`${counted(alone, "node")} without edges not drawn`] : []),
  ].join("; ");
}

export function inWords(
  { from, to, score, input, note }: Edge,
  print: (value: number) => string,
): string {
  const place = (node: Node) => quoted(node.id);
  return `${place(from)} to ${place(to)}${input ? ` ${input}` : ""}${score === undefined ? "" : `: ${print(score)}`}${note ? `, ${note}` : ""}`;
}
