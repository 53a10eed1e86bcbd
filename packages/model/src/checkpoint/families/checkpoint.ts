/** @file Applies a family's description to a checkpoint: configuration first, then every name and shape, then the numbers. */

import { brief, quoted } from "@diopter/graph";
import type { TensorLike } from "@diopter/tensor";
import type { ModelConfig } from "../../config/config";
import { CheckpointError } from "../../config/errors";
import { type WeightShape, weightShapes } from "../../weights/weight-shapes";
import type { Family, TensorNames } from "./family";
import { Fields } from "./fields";
import { identity, type Recipe } from "./recipe";

/** Tensors of a checkpoint by name: shapes at once, numbers one tensor at a time. */
export interface Checkpoint {
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  read(name: string): Promise<TensorLike>;
  /** Several tensors that become weights as they are, and may share memory. */
  readMany?(names: readonly string[]): Promise<TensorLike[]>;
}

export interface CanonicalModel {
  readonly config: ModelConfig;
  /** In graph layout, under TransformerLens names. */
  readonly weights: ReadonlyMap<string, TensorLike>;
}

/** One weight to be made: the checkpoint tensor `source`, or an identity matrix when there is none. */
interface Plan {
  readonly weight: string;
  readonly recipe: Recipe;
  readonly shape: WeightShape;
  readonly source: string | undefined;
}

/**
 * The canonical configuration and weights of a checkpoint.
 *
 * @throws {CheckpointError} when a tensor is missing, extra or misshapen, before any is read.
 */
export async function readCheckpoint(
  family: Family,
  config: Readonly<Record<string, unknown>>,
  checkpoint: Checkpoint,
): Promise<CanonicalModel> {
  const naming = new TensorNaming(family, checkpoint.shapes);
  const model = family.config(new Fields(`${family.name}: config.json`, config), naming);
  requireLayers(family, model, checkpoint);
  const plans = plan(family, model, naming);
  refuseExtra(family, model, naming);
  const weights = new Map<string, TensorLike>();
  const unchanged = await readUnchanged(plans, checkpoint);
  let last: { readonly name: string; readonly tensor: TensorLike } | undefined;
  for (const { weight, recipe, shape, source } of plans) {
    if (source === undefined) {
      weights.set(weight, identity(requireSmall(family, weight, shape.shape[0] ?? 0)));
      continue;
    }
    // Weights cut from one fused tensor follow each other, so one tensor is kept, not all.
    if (last?.name !== source) {
      last = { name: source, tensor: unchanged.get(source) ?? (await checkpoint.read(source)) };
      requireFloats(family, last.name, last.tensor);
    }
    weights.set(weight, recipe.apply(last.tensor));
  }
  if (model.tiedEmbeddings) await requireTied(family, model, naming, checkpoint, weights);
  return { config: model, weights };
}

/** Most rows of an identity matrix that is made because none is in the file. */
const mostRows = 4096;

function requireSmall({ name }: Family, weight: string, rows: number): number {
  if (rows <= mostRows) return rows;
  throw new CheckpointError(
    `${name}: ${weight} is missing, and an identity matrix of ${rows} rows is not made in its place; at most ${mostRows}`,
    [weight],
  );
}

/** Tensors that say by their names what was saved in place of a bare model, and what to do about it. */
const wrappers: readonly (readonly [pattern: RegExp, what: string])[] = [
  [
    /(^|\.)(lora_(A|B|embedding_A|embedding_B)|lora_magnitude_vector|ia3_l)(\.|$)/,
    "adapter weights of PEFT; merge them into their model (merge_and_unload) and save that",
  ],
  [/^base_model\.model\./, "a model within PEFT; call merge_and_unload and save what it gives"],
  [/^(module\.)*_orig_mod\./, "a model compiled by torch.compile; save model._orig_mod instead"],
  [/^module\./, "a model within DistributedDataParallel; save model.module instead"],
];

/** What the names of the tensors say about a checkpoint that does not fit, if anything. */
function wrapping(naming: TensorNaming): string {
  const names = naming.relativeNames().map(({ full }) => full);
  for (const [pattern, what] of wrappers) {
    const name = names.find((each) => pattern.test(each));
    if (name !== undefined) return `; the checkpoint holds ${quoted(name)}: ${what}`;
  }
  return "";
}

/** What follows costs time for each layer, so there must be at least a tensor for each. */
function requireLayers({ name }: Family, { nLayers }: ModelConfig, { shapes }: Checkpoint): void {
  if (nLayers <= shapes.size) return;
  throw new CheckpointError(
    `${name}: config.json says ${nLayers} layers, the weights are ${shapes.size} tensors; is this the configuration of another model?`,
    [],
  );
}

/** Tensors that no recipe takes apart, when the checkpoint can read many at once. */
async function readUnchanged(
  plans: readonly Plan[],
  checkpoint: Checkpoint,
): Promise<ReadonlyMap<string, TensorLike>> {
  const names = plans.flatMap(({ recipe, source }) =>
    source !== undefined && recipe.unchanged ? [source] : [],
  );
  const tensors = (await checkpoint.readMany?.(names)) ?? [];
  return new Map(tensors.map((tensor, i) => [names[i]!, tensor]));
}

/** Which tensor each weight of `config` comes from, with names and shapes checked. */
function plan(family: Family, config: ModelConfig, naming: TensorNaming): Plan[] {
  const recipes = expand(family.weights(config), config.nLayers);
  const plans: Plan[] = [];
  const missing: { readonly name: string; readonly message: string }[] = [];
  for (const [weight, shape] of weightShapes(config)) {
    const recipe = recipes.get(weight);
    const name = recipe?.sources.find((each) => naming.shape(each));
    if (!recipe || (name === undefined && recipe.absent === "optional")) continue;
    if (name === undefined && recipe.absent === "missing") {
      const expected = naming.expectedName(recipe.sources[0] ?? "");
      missing.push({ name: expected, message: describeMissing(weight, recipe, shape, naming) });
      continue;
    }
    if (name !== undefined) requireShape(family, name, recipe.expected(shape), naming);
    plans.push({ weight, recipe, shape, source: name && naming.nameOf(name) });
  }
  if (missing[0]) {
    const more = missing.length > 1 ? ` (and ${missing.length - 1} more missing)` : "";
    throw new CheckpointError(
      `${family.name}: ${missing[0].message}${more}${wrapping(naming)}`,
      missing.map(({ name }) => name),
    );
  }
  return plans;
}

/** Recipes with `{l}` written out for every layer. */
function expand(recipes: Readonly<Record<string, Recipe>>, nLayers: number): Map<string, Recipe> {
  const expanded = new Map<string, Recipe>();
  for (const [pattern, recipe] of Object.entries(recipes)) {
    const layers = pattern.includes("{l}") ? nLayers : 1;
    for (let layer = 0; layer < layers; layer++) {
      expanded.set(pattern.replace("{l}", String(layer)), recipe.inLayer(layer));
    }
  }
  return expanded;
}

function describeMissing(
  weight: string,
  recipe: Recipe,
  shape: WeightShape,
  naming: TensorNaming,
): string {
  const names = recipe.sources.map((name) => `"${naming.expectedName(name)}"`).join(" or ");
  const { shape: sizes, words } = recipe.expected(shape);
  const untied = weight === "unembed.W_U" ? ", as config.json does not tie the embeddings" : "";
  return `tensor ${names} is missing, expected [${sizes.join(", ")}] (${words.join(" x ")}) for ${weight}${untied}`;
}

function requireShape(
  family: Family,
  name: string,
  { shape, words }: WeightShape,
  naming: TensorNaming,
): void {
  const found = naming.shape(name) ?? [];
  if (found.length === shape.length && found.every((n, i) => n === shape[i])) return;
  const full = naming.nameOf(name) ?? name;
  throw new CheckpointError(
    `${family.name}: tensor ${quoted(full)} has shape ${brief(`[${found.join(", ")}]`)}, ` +
      `expected [${shape.join(", ")}] (${words.join(" x ")})`,
    [full],
  );
}

function requireFloats(family: Family, name: string, { dtype }: TensorLike): void {
  if (dtype === "float32" || dtype === "float64") return;
  throw new CheckpointError(
    `${family.name}: tensor ${quoted(name)} has dtype ${dtype}, expected floating point`,
    [name],
  );
}

function refuseExtra(family: Family, config: ModelConfig, naming: TensorNaming): void {
  const known = new Set<string>();
  const shapes = weightShapes({ ...config, tiedEmbeddings: false });
  for (const [weight, recipe] of expand(family.weights(config), config.nLayers)) {
    if (shapes.has(weight)) for (const name of recipe.sources) known.add(name);
  }
  const extra = naming
    .relativeNames()
    .filter(({ name }) => !known.has(name) && !family.ignored.some((each) => each.test(name)))
    .map(({ full }) => full);
  if (extra.length === 0) return;
  const more = extra.length > 1 ? ` (and ${extra.length - 1} more)` : "";
  throw new CheckpointError(
    `${family.name}: unexpected tensor ${quoted(extra[0])}${more}; this configuration has no place for it${wrapping(naming)}`,
    extra,
  );
}

/** A tied checkpoint may repeat the embedding as its head; another matrix there would be dropped silently. */
async function requireTied(
  family: Family,
  config: ModelConfig,
  naming: TensorNaming,
  checkpoint: Checkpoint,
  weights: ReadonlyMap<string, TensorLike>,
): Promise<void> {
  const recipe = family.weights(config)["unembed.W_U"];
  const source = recipe?.sources.find((name) => naming.shape(name));
  const name = source && naming.nameOf(source);
  const embedding = weights.get("embed.W_E");
  if (name === undefined || embedding === undefined) return;
  const head = await checkpoint.read(name);
  if (
    head.data.length === embedding.data.length &&
    head.data.every((x, i) => x === embedding.data[i])
  )
    return;
  throw new CheckpointError(
    `${family.name}: config.json ties the embeddings, but tensor ${quoted(name)} differs from them`,
    [name],
  );
}

/** Tensor names with and without the prefix that a checkpoint happens to use. */
export class TensorNaming implements TensorNames {
  readonly #family: Family;
  readonly #shapes: ReadonlyMap<string, readonly number[]>;
  /** Prefix of most tensors. */
  readonly #prefix: string;

  constructor(family: Family, shapes: ReadonlyMap<string, readonly number[]>) {
    this.#family = family;
    this.#shapes = shapes;
    const names = [...shapes.keys()];
    this.#prefix =
      family.prefixes.find((prefix) => names.some((name) => name.startsWith(prefix))) ?? "";
  }

  shape(name: string): readonly number[] | undefined {
    return this.#shapes.get(this.expectedName(name));
  }

  layers(name: string): number {
    let count = 0;
    while (this.shape(name.replace("{l}", String(count)))) count++;
    return count;
  }

  /** Full name of a tensor that is there. */
  nameOf(name: string): string | undefined {
    const full = this.expectedName(name);
    return this.#shapes.has(full) ? full : undefined;
  }

  /** Full name that a tensor has, or would have. */
  expectedName(name: string): string {
    return this.#family.unprefixed?.test(name) ? name : this.#prefix + name;
  }

  /** All tensors, with the family's own names for them. */
  relativeNames(): { readonly full: string; readonly name: string }[] {
    return [...this.#shapes.keys()].map((full) => ({
      full,
      name: full.startsWith(this.#prefix) ? full.slice(this.#prefix.length) : full,
    }));
  }
}
