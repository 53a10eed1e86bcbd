/** @file What a program is asked for; its structure decides the graph, its numbers arrive as feeds. */

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

/** Numbers for functions, by identity. */
export type Identify = (fn: (...args: never[]) => unknown) => number;

/** Equal for requests that build equal graphs; functions are told apart by `identify`. */
export function requestKey(request: Request, identify: Identify): string {
  const { read = [], logits = "all", edits = [], splice = [], start = [] } = request;
  const { extension, view = "residual", past } = request;
  return JSON.stringify([
    [...read].sort(),
    logits,
    edits,
    [...start].sort(),
    extension && [identify(extension.build), extension.needs ?? [], extension.leaves ?? []],
    typeof view === "string" ? view : viewKey(view, identify),
    past,
    splice,
  ]);
}

function viewKey({ mixer, heads, mlp, norm, splitEmbedding }: FactorizedView, identify: Identify) {
  const functions = [mixer, heads, mlp, norm].map((fn) => fn && identify(fn));
  return [...functions, splitEmbedding === true];
}
