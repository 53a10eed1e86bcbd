/** @file What a program is asked for; its structure decides the graph, its numbers arrive as feeds. */

import type { OptionKeys } from "@diopter/tensor";
import type { EditStructure } from "../edits/edits";
import type { SpliceStructure } from "../sae/splice";
import type { FactorizedView } from "../transformer";
import type { Extension } from "./extension";

export interface Request {
  /** Hooks to bring to JavaScript. */
  readonly read?: readonly string[];
  readonly logits?: "all" | "last" | "none";
  readonly edits?: readonly EditStructure[];
  /** SAEs in the place of activations. */
  readonly splice?: readonly SpliceStructure[];
  /** Hooks whose values are fed instead of computed. */
  readonly start?: readonly string[];
  readonly extension?: AppendedGraph;
  /** Residual by default; a view of one's own decides what each destination of the factorized view reads. */
  readonly view?: "residual" | "factorized" | FactorizedView;
  /** Whether keys and values of this run are given out, and whether it continues earlier ones. */
  readonly past?: "write" | "extend";
}

/** The part of an extension that decides the graph. */
export type AppendedGraph = Pick<Extension<unknown>, "name" | "needs" | "leaves" | "build">;

export const requestKeys: OptionKeys<Request> = {
  read: "optional",
  logits: "optional",
  edits: "optional",
  splice: "optional",
  start: "optional",
  extension: "optional",
  view: "optional",
  past: "optional",
};
