/** @file Reads and writes attributes of rewriter nodes. */

import type { Attribute, Node } from "@diopter/graph";

export const int = (value: number): Attribute => ({ type: "int", value });
export const float = (value: number): Attribute => ({ type: "float", value });
export const string = (value: string): Attribute => ({ type: "string", value });
export const ints = (value: readonly number[]): Attribute => ({ type: "ints", value });

/** The value of an integer attribute. */
export function intOf(node: Node, name: string, otherwise: number): number {
  const attribute = node.attrs[name];
  return attribute?.type === "int" ? Number(attribute.value) : otherwise;
}

/** The value of a float attribute. */
export function floatOf(node: Node, name: string, otherwise: number): number {
  const attribute = node.attrs[name];
  return attribute?.type === "float" ? attribute.value : otherwise;
}

/** The values of a list of integers, if the node has it. */
export function intsOf(node: Node, name: string): number[] | undefined {
  const attribute = node.attrs[name];
  return attribute?.type === "ints" ? attribute.value.map(Number) : undefined;
}

export function stringOf(node: Node, name: string, otherwise: string): string {
  const attribute = node.attrs[name];
  if (attribute?.type === "bytes") return new TextDecoder().decode(attribute.value);
  return attribute?.type === "string" ? attribute.value : otherwise;
}

/** A node of the standard domain. */
export function nodeOf(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attrs: Record<string, Attribute> = {},
): Node {
  return { op, domain: "", inputs: [...inputs], outputs: [...outputs], attrs };
}
