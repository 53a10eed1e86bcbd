/** @file Which activations a patching sweep patches one by one: the grid, and the edits of each of its cells. */

import { type Edit, hookNames, type ModelConfig, type Position, selectHooks } from "@diopter/model";

/** Hooks by TransformerLens's word for what is patched. */
const hooks = {
  resid_pre: "hook_resid_pre",
  resid_mid: "hook_resid_mid",
  resid_post: "hook_resid_post",
  attn_out: "hook_attn_out",
  mlp_out: "hook_mlp_out",
  attn_head_out: "attn.hook_z",
  attn_head_q: "attn.hook_q",
  attn_head_k: "attn.hook_k",
  attn_head_v: "attn.hook_v",
  attn_head_pattern: "attn.hook_pattern",
} as const;

/** What can be patched; `attn_head_out` is `hook_z`, as in TransformerLens. */
export type PatchActivation = keyof typeof hooks;

/** An axis of a sweep. For patterns `pos` is the query's position. */
export type PatchAxis = "component" | "layer" | "head" | "pos" | "key";

export interface PatchSelection {
  /** One activation, or several stacked along the axis `component`. */
  readonly what: PatchActivation | readonly PatchActivation[];
  /**
   * Axes of the result, in order; along those left out, everything is patched together.
   * By default layer and position for whole streams, layer and head for heads.
   */
  readonly over?: readonly PatchAxis[];
}

/** The part that is patched: coordinates along the axes of the sweep, selectors along the others; absent ones mean all. */
export interface PatchPart {
  readonly layer?: readonly number[];
  readonly head?: readonly number[];
  readonly pos?: readonly Position[];
  readonly key?: readonly Position[];
}

/** The grid of a sweep. */
export interface PatchGrid {
  readonly axes: readonly PatchAxis[];
  /** Per axis: component names, indices, or positions. */
  readonly coordinates: readonly (readonly (number | string)[])[];
  /** Per cell, in row-major order: where values of the other run go; nowhere if that could change nothing. */
  readonly cells: readonly (readonly Pick<Edit, "at" | "head" | "pos" | "key">[])[];
}

/**
 * The grid of a selection, for prompts of `pos` real tokens (undefined when they differ in length).
 *
 * @throws RangeError for axes that an activation does not have, for indices outside the model, and for positions that
 * are not given though prompts differ in length; UnknownHookError for activations that the model does not have.
 */
export function patchGrid(
  config: ModelConfig,
  { what, over, at = {} }: PatchSelection & { readonly at?: PatchPart | undefined },
  pos: number | undefined,
): PatchGrid {
  const activations = typeof what === "string" ? [what] : what;
  activations.forEach(checkActivation);
  const axes = over ?? defaultAxes(what);
  checkAxes(axes, typeof what !== "string", activations, at);
  const layers = at.layer ?? range(config.nLayers);
  checkIndices("layer", layers, config.nLayers);
  const known = hookNames(config);
  // Throws for what this model does not compute, such as MLPs of attention-only models.
  for (const activation of activations) selectHooks(`blocks.0.${hooks[activation]}`, known);
  const coordinates = axes.map((axis): readonly (number | string)[] => {
    if (axis === "component") return activations;
    if (axis === "layer") return layers;
    if (axis === "head") return at.head ?? range(headCount(config, activations));
    return at[axis] ?? positions(pos);
  });
  const causal = config.attentionDir === "causal";
  const cells = product(coordinates).map((cell) => {
    const here = new Map(axes.map((axis, i) => [axis, cell[i]!]));
    const activation = (here.get("component") ?? what) as PatchActivation;
    const [query, key] = [here.get("pos"), here.get("key")];
    if (causal && typeof query === "number" && typeof key === "number" && key > query && query >= 0)
      return [];
    const inside = here.has("layer") ? [here.get("layer") as number] : layers;
    const where: Record<string, unknown> = {};
    for (const axis of ["head", "pos", "key"] as const) {
      const selected = here.get(axis) ?? at[axis];
      if (selected !== undefined) where[axis] = selected;
    }
    return inside.map((layer) => ({ at: `blocks.${layer}.${hooks[activation]}`, ...where }));
  });
  return { axes, coordinates, cells };
}

function defaultAxes(what: PatchSelection["what"]): PatchAxis[] {
  const list = typeof what === "string" ? [what] : what;
  const inner: PatchAxis[] = list.every(hasHeads) ? ["layer", "head"] : ["layer", "pos"];
  return typeof what === "string" ? inner : ["component", ...inner];
}

function hasHeads(activation: PatchActivation): boolean {
  return activation.startsWith("attn_head_");
}

function checkActivation(activation: string): void {
  if (Object.hasOwn(hooks, activation)) return;
  throw new RangeError(
    `patch: unknown activation "${activation}"; expected ${Object.keys(hooks).join(", ")}`,
  );
}

function checkAxes(
  axes: readonly PatchAxis[],
  several: boolean,
  activations: readonly PatchActivation[],
  at: PatchPart,
): void {
  if (new Set(axes).size !== axes.length)
    throw new RangeError(`patch: an axis is given twice in over: ${axes.join(", ")}`);
  if (several !== axes.includes("component")) {
    throw new RangeError(
      several
        ? `patch: several activations need the axis "component" in over, got ${axes.join(", ")}`
        : `patch: the axis "component" needs a list of activations`,
    );
  }
  for (const axis of new Set([...axes, ...(Object.keys(at) as PatchAxis[])])) {
    const without = activations.find((activation) => !hasAxis(activation, axis));
    if (without) throw new RangeError(`patch: "${without}" has no ${axis} axis`);
  }
}

function hasAxis(activation: PatchActivation, axis: PatchAxis): boolean {
  if (axis === "head") return hasHeads(activation);
  if (axis === "key") return activation === "attn_head_pattern";
  return ["component", "layer", "pos"].includes(axis);
}

function headCount(
  { nHeads, nKeyValueHeads }: ModelConfig,
  activations: readonly PatchActivation[],
): number {
  const counts = activations.map((activation) =>
    activation === "attn_head_k" || activation === "attn_head_v" ? nKeyValueHeads : nHeads,
  );
  if (new Set(counts).size > 1) {
    throw new RangeError(
      `patch: ${nHeads} heads share ${nKeyValueHeads} keys and values, so ${activations.join(", ")} do not stack; patch them one by one`,
    );
  }
  return counts[0]!;
}

function checkIndices(axis: string, indices: readonly number[], size: number): void {
  const bad = indices.find((i) => !Number.isInteger(i) || i < 0 || i >= size);
  if (bad !== undefined) throw new RangeError(`patch: ${axis} ${bad} is not in 0..${size - 1}`);
}

function positions(pos: number | undefined): number[] {
  if (pos !== undefined) return range(pos);
  throw new RangeError(
    "patch: prompts differ in length, so their positions do not line up; give at: { pos: [...] } by name or counted from the end",
  );
}

/** All combinations, the last axis fastest. */
function product<T>(lists: readonly (readonly T[])[]): T[][] {
  return lists.reduce<T[][]>(
    (cells, list) => cells.flatMap((cell) => list.map((item) => [...cell, item])),
    [[]],
  );
}

function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}
