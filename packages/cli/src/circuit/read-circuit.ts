/** @file A circuit from a file, or a published one by its id. */

import { extname } from "node:path";
import { Circuit, knownCircuit } from "@diopter/circuits";
import type { Io } from "../io";
import { readJson } from "../read-json";

/** The circuit of a `.json` file that `toJSON` wrote, or the published one of this id. */
export async function readCircuit(io: Io, name: string): Promise<Circuit> {
  if (extname(name) !== ".json") return knownCircuit(name);
  return readJson(io, name, (json) => Circuit.fromJSON(json));
}
