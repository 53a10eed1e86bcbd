/** @file What an export ends in: the logits of every token, or something else that a refusal names. */

import { type Graph, quoted } from "@diopter/graph";
import { withoutFactor } from "./match/query";
import { isPresent } from "./normal/drop-past";
import { type Body, keyOf } from "./read/body";
import { sizeOfDim } from "./read/field";
import type { FieldMeaning } from "./read/meaning";
import type { Reading } from "./read/read-values";
import { Refusal } from "./refusal";

/**
 * The logits of every token: the output that is called so, or the only one.
 *
 * Throws a Refusal that says what the file ends in where that is something else, or something besides.
 */
export function logitsOf(reading: Reading): Body {
  const { outputs } = reading.graph;
  const output = outputs.find(({ name }) => /logits/i.test(name)) ?? outputs[0];
  if (!output) throw new Refusal("the graph has no output");
  const subject = `output ${quoted(output.name)}`;
  const meaning = reading.meanings.get(output.name);
  if (meaning?.kind === "unknown") throw new Refusal(`${subject}: ${meaning.reason}`);
  if (meaning?.kind !== "field") throw new Refusal(`${subject}: it does not depend on any input`);
  const other = headBeside(output.name, reading);
  if (other !== undefined)
    throw new Refusal(
      `${subject} and output ${quoted(other)} come from two heads, and a model here has one, over the vocabulary`,
    );
  expectTokens(subject, meaning);
  return meaning.body;
}

/** Numbers per text or per token come from another head than one over the vocabulary. */
function expectTokens(subject: string, { dims }: FieldMeaning): void {
  const sizes = dims.map((dim) => sizeOfDim(dim));
  const shown = `${subject} is [${sizes.map(({ key }) => key).join(", ")}]`;
  const [first, second, ...more] = sizes;
  if (first?.key !== "batch") return;
  if (sizes.length === 2 && second!.value !== undefined)
    throw new Refusal(`${shown}: one row for a whole text, by a head that classifies`);
  if (sizes.length === 2 && second!.key === "pos")
    throw new Refusal(`${shown}: one number per token, by a head that marks parts of a text`);
  if (second?.key === "1" && more.length === 1)
    throw new Refusal(`${shown}: logits of one position, and those of all are needed`);
}

/** An output that is neither the cache nor a value on the way to the logits. */
function headBeside(logits: string, { graph, meanings }: Reading): string | undefined {
  const others = graph.outputs.filter(({ name }) => name !== logits && !isPresent(name));
  if (others.length === 0) return undefined;
  const way = ancestors(graph, logits);
  const keyFor = (name: string) => {
    const meaning = meanings.get(name);
    return meaning?.kind === "field" ? keyOf(withoutFactor(meaning.body).body) : undefined;
  };
  const known = new Set([...way].map(keyFor));
  return others.find(({ name }) => {
    const key = keyFor(name);
    return !way.has(name) && (key === undefined || !known.has(key));
  })?.name;
}

/** All values that a value is made of, itself included. */
function ancestors({ nodes }: Graph, name: string): ReadonlySet<string> {
  const found = new Set([name]);
  for (const { inputs, outputs } of [...nodes].reverse()) {
    if (outputs.some((output) => found.has(output))) for (const input of inputs) found.add(input);
  }
  return found;
}
