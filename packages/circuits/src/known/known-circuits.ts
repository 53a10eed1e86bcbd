/** @file The published circuits, by id. */

import { didYouMean, quoted } from "@diopter/graph";
import type { Circuit } from "../graph/circuit";
import { docstringCircuit } from "./docstring";
import { greaterThanCircuit } from "./greater-than";
import { ioiCircuit } from "./ioi";
import { sportsCircuit } from "./sports";
import { reverseCircuit, xProportionCircuit } from "./tracr";

/** Makers of the published circuits; the number in an id is the published size. */
export const knownCircuits: Readonly<Record<string, () => Circuit>> = {
  "ioi-26-heads": () => ioiCircuit("heads"),
  "ioi-182": () => ioiCircuit("attention"),
  "ioi-242": () => ioiCircuit("mlp0"),
  "ioi-739": () => ioiCircuit("739"),
  "ioi-771": () => ioiCircuit("771"),
  "ioi-869-positions": () => ioiCircuit("positions"),
  "ioi-1041-acdc": () => ioiCircuit("acdc"),
  "docstring-24": () => docstringCircuit("edges"),
  "docstring-34-positions": () => docstringCircuit("positions"),
  "docstring-nodes": () => docstringCircuit("nodes"),
  "greater-than-235": () => greaterThanCircuit("edges"),
  "greater-than-262-acdc": () => greaterThanCircuit("acdc"),
  "sports-2276": () => sportsCircuit("edges"),
  "sports-4518-positions": () => sportsCircuit("positions"),
  "reverse-2": () => reverseCircuit("resample"),
  "reverse-2-positions": () => reverseCircuit("resample-positions"),
  "reverse-10": () => reverseCircuit("zero"),
  "x-proportion-3": () => xProportionCircuit("resample"),
  "x-proportion-3-positions": () => xProportionCircuit("resample-positions"),
  "x-proportion-5": () => xProportionCircuit("zero"),
  "x-proportion-5-split": () => xProportionCircuit("zero-split"),
};

/** A published circuit by id. Throws `RangeError` with the nearest id when there is none. */
export function knownCircuit(id: string): Circuit {
  const make = Object.hasOwn(knownCircuits, id) ? knownCircuits[id] : undefined;
  if (make !== undefined) return make();
  throw new RangeError(
    `circuit: no known circuit ${quoted(id)}${didYouMean(id, Object.keys(knownCircuits))}`,
  );
}
