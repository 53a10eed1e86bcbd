/** @file Names of the same activation in different libraries, by tables; what has no equal is refused, never guessed. */

import { checkOptions, didYouMean } from "@diopter/tensor";
import { families as allFamilies } from "../checkpoint/families";
import type { Family } from "../checkpoint/families/family";
import { Fields } from "../checkpoint/families/fields";
import type { ModelConfig } from "../config/config";
import { UnknownHookError } from "../config/errors";
import { hookNames } from "./names";
import { moduleEntries } from "./vocabularies/module-entries";
import { bridge, type Entry, interpEngine, nnterp, reasons } from "./vocabularies/tables";

const fixed = { "transformerlens-bridge": bridge, nnterp, "interp-engine": interpEngine } as const;

/**
 * How a library spells activations:
 * `blocks.5.hook_resid_pre` (TransformerLens, and Diopter), `blocks.5.hook_in` (TransformerBridge),
 * `transformer.h.5:input` (a module of transformers and its side), `model.transformer.h[5].input` (nnsight),
 * `layers_input[5]` (nnterp), `resid_pre.5` (interp-engine).
 */
export type Vocabulary = "transformerlens" | "hf" | "nnsight" | keyof typeof fixed;

export interface TranslateOptions {
  readonly from: Vocabulary;
  readonly to: Vocabulary;
  /**
   * A model's configuration, or a family's name for its usual settings. Needed for names of modules, and where one
   * name means different tensors in different models.
   */
  readonly family?: string | ModelConfig | undefined;
  /** Families to choose from; those of the package by default. */
  readonly families?: readonly Family[] | undefined;
}

/**
 * What another library calls an activation.
 *
 * Shapes are not translated: modules of transformers keep heads joined, and where one returns a tuple, its first
 * item is meant.
 *
 * @throws {UnknownHookError} when there is no such name, or no name for the same tensor
 *
 * @example
 * translate("blocks.5.attn.hook_z", { from: "transformerlens", to: "hf", family: "gpt2" });
 * // "transformer.h.5.attn.c_proj:input"
 */
export function translate(name: string, options: TranslateOptions): string {
  checkOptions("translate", options, {
    from: "required",
    to: "required",
    family: "optional",
    families: "optional",
  });
  const { from, to, family, families = allFamilies } = options;
  const config = typeof family === "string" ? usualConfig(family, families) : family;
  const hook = from === "transformerlens" ? name : find(name, "name", from, config, families);
  requireHook(hook, config, typeof family === "object");
  return to === "transformerlens" ? hook : find(hook, "hook", to, config, families);
}

/** The other name of the entry that has `name` on the side of `key`. */
function find(
  name: string,
  key: "hook" | "name",
  vocabulary: Vocabulary,
  config: ModelConfig | undefined,
  families: readonly Family[],
): string {
  const other = key === "hook" ? "name" : "hook";
  let refusal: string | undefined;
  for (const entry of entriesOf(vocabulary, config, families)) {
    const layer = layerIn(name, entry[key]);
    if (layer === undefined) continue;
    const why =
      entry.differs &&
      (config ? entry.differs(config) : "that depends on the model; give its family");
    if (why === undefined) return entry[other].replace("{l}", layer);
    refusal ??= why;
  }
  const noted = Object.entries(reasons).find(([each]) => layerIn(name, each) !== undefined)?.[1];
  const reason = refusal ?? (key === "name" ? noted : undefined);
  throw new UnknownHookError(
    key === "hook"
      ? `translate: ${vocabulary} has no name for "${name}"${reason ? `: ${reason}` : ""}`
      : `translate: "${name}" of ${vocabulary} is no hook${reason ? `: ${reason}` : ""}`,
  );
}

function entriesOf(
  vocabulary: Vocabulary,
  config: ModelConfig | undefined,
  families: readonly Family[],
): readonly Entry[] {
  if (Object.hasOwn(fixed, vocabulary)) return fixed[vocabulary as keyof typeof fixed];
  if (vocabulary !== "hf" && vocabulary !== "nnsight") {
    const known = ["transformerlens", "hf", "nnsight", ...Object.keys(fixed)];
    throw new RangeError(`translate: no vocabulary "${vocabulary}"; expected ${known.join(", ")}`);
  }
  if (!config) {
    throw new RangeError(
      `translate: names of modules differ by family; give a family for ${vocabulary}`,
    );
  }
  const entries = moduleEntries(familyNamed(config.family, families), config);
  return vocabulary === "hf"
    ? entries
    : entries.map((entry) => ({ ...entry, name: attributePath(entry.name) }));
}

/** `transformer.h.{l}.attn:input` as Python writes it on a model: `model.transformer.h[{l}].attn.input`. */
function attributePath(name: string): string {
  return `model.${name.replace(".{l}", "[{l}]").replace(":", ".")}`;
}

/** The layer that `name` has where `pattern` has `{l}`; "" without one, undefined when they do not match. */
function layerIn(name: string, pattern: string): string | undefined {
  const [before = "", after] = pattern.split("{l}");
  if (after === undefined) return name === pattern ? "" : undefined;
  if (!name.startsWith(before) || !name.endsWith(after)) return undefined;
  const layer = name.slice(before.length, name.length - after.length);
  return /^(0|[1-9]\d*)$/.test(layer) ? layer : undefined;
}

/** Throws when a model has no such hook; how many layers it has counts for `real` models only. */
function requireHook(name: string, config: ModelConfig | undefined, real: boolean): void {
  const configs = config
    ? [config]
    : ["gemma3", "bert", "gpt2"].map((each) => usualConfig(each, allFamilies));
  const known = [...new Set(configs.flatMap((each) => hookNames(each)))];
  const first = real ? name : name.replace(/^blocks\.(0|[1-9]\d*)\./, "blocks.0.");
  if (known.some((each) => each === first)) return;
  const model = config ? ` in ${real ? "this" : "a usual"} ${config.family} model` : "";
  throw new UnknownHookError(`translate: no hook "${name}"${model}${didYouMean(name, known)}`);
}

function familyNamed(name: string, families: readonly Family[]): Family {
  const family = families.find((each) => each.name === name);
  if (family) return family;
  const known = families.map((each) => each.name);
  throw new RangeError(`translate: no family "${name}"${didYouMean(name, known)}`);
}

/** A family with the settings that its files usually have, in four layers. */
function usualConfig(name: string, families: readonly Family[]): ModelConfig {
  const family = familyNamed(name, families);
  const sizes: Record<string, unknown> = { vocab_size: 256 };
  for (const key of ["num_hidden_layers", "num_layers", "n_layer", "n_layers"]) sizes[key] = 4;
  for (const key of ["hidden_size", "n_embd", "dim"]) sizes[key] = 256;
  for (const key of [
    "num_attention_heads",
    "num_key_value_heads",
    "num_heads",
    "n_head",
    "n_heads",
  ])
    sizes[key] = 4;
  for (const key of ["intermediate_size", "ffn_dim", "hidden_dim"]) sizes[key] = 512;
  for (const key of ["max_position_embeddings", "n_positions"]) sizes[key] = 64;
  const fields = new Fields(`translate: the usual ${name}`, sizes);
  return family.config(fields, { shape: () => undefined, layers: () => 0 });
}
