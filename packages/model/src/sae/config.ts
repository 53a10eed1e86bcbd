/** @file `cfg.json` of SAELens, flat (before version 6) or with its metadata apart, as one configuration. */

import { Fields } from "../checkpoint/families/fields";
import { UnsupportedModelError } from "../config/errors";

/** How features come from the input; `jumprelu` is also how a trained batch-top-k SAE runs. */
export type SaeEncoder = "relu" | "jumprelu" | "topk" | "gated";

/** What decides the computation of an SAE or transcoder; those with equal structures share their programs. */
export interface SaeStructure {
  readonly encoder: SaeEncoder;
  /** What follows the threshold or stands alone. */
  readonly activation: "relu" | "tanh-relu";
  readonly dIn: number;
  readonly dOut: number;
  readonly dSae: number;
  /** Features that stay, for `topk`. */
  readonly k: number | undefined;
  /** Whether it predicts another activation than the one that it reads. */
  readonly transcoder: boolean;
  /** Whether a transcoder adds a linear map of its input. */
  readonly skip: boolean;
  readonly applyBDecToInput: boolean;
  readonly normalizeActivations: "none" | "constant_norm_rescale" | "layer_norm";
  /** Whether features are chosen as if every decoder row had length 1. */
  readonly rescaleActsByDecoderNorm: boolean;
  /** Whether features are multiplied by a factor each before they are decoded. */
  readonly finetuningScalingFactor: boolean;
}

/** An SAE or transcoder without its weights. */
export interface SaeConfig extends SaeStructure {
  /** The name that `cfg.json` gives. */
  readonly architecture: string;
  /** Hook that it reads. */
  readonly hookName: string | undefined;
  /** Hook that it replaces: that of a transcoder's target, else `hookName`. */
  readonly hookNameOut: string | undefined;
  /** The one head that it was trained on. */
  readonly hookHeadIndex: number | undefined;
  /** Factor of activations that has still to be folded into the weights (`expected_average_only_in`). */
  readonly needsScale: boolean;
  readonly modelName: string | undefined;
  readonly prependBos: boolean | undefined;
  readonly contextSize: number | undefined;
  readonly dtype: string;
  /** SAELens's notes on training and use, as they are. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

interface Architecture {
  readonly encoder: SaeEncoder;
  readonly transcoder?: true;
  readonly skip?: true;
}

const architectures: ReadonlyMap<string, Architecture> = new Map<string, Architecture>([
  ["standard", { encoder: "relu" }],
  ["jumprelu", { encoder: "jumprelu" }],
  ["topk", { encoder: "topk" }],
  ["batchtopk", { encoder: "jumprelu" }],
  ["matryoshka_batchtopk", { encoder: "jumprelu" }],
  ["gated", { encoder: "gated" }],
  ["transcoder", { encoder: "relu", transcoder: true }],
  ["skip_transcoder", { encoder: "relu", transcoder: true, skip: true }],
  ["jumprelu_transcoder", { encoder: "jumprelu", transcoder: true }],
  ["jumprelu_skip_transcoder", { encoder: "jumprelu", transcoder: true, skip: true }],
]);

/**
 * Reads what `cfg.json` holds, of either generation of SAELens; `subject` begins every message.
 *
 * @throws {UnsupportedModelError} for an architecture or setting that is not known here
 */
export function readSaeConfig(
  json: Readonly<Record<string, unknown>>,
  subject = "sae: cfg.json",
): SaeConfig {
  const c = new Fields(subject, json);
  const meta = c.object("metadata") ?? c.object("meta") ?? c;
  const architecture = c.choice("architecture", [...architectures.keys()], "standard");
  const { transcoder = false, skip = false, ...kind } = architectures.get(architecture)!;
  c.refuse("is_transcoder", "transcoders before version 6 of SAELens center their input otherwise");
  const { encoder, activation } = encoderOf(c, kind.encoder);
  const dIn = c.size("d_in");
  const dSae = c.size("d_sae");
  const dOut = transcoder ? c.size("d_out") : dIn;
  const hookName = text(meta, "hook_name", "hook_point");
  const normalization = normalizationOf(c);
  const applyBDecToInput = c.boolean("apply_b_dec_to_input", !transcoder);
  if (transcoder && applyBDecToInput) {
    throw new UnsupportedModelError(
      `${subject} has apply_b_dec_to_input true, which is not supported: a transcoder's b_dec is not on the side of its input`,
    );
  }
  c.choice("reshape_activations", ["none", "hook_z"], "none");
  return {
    architecture,
    encoder,
    activation,
    dIn,
    dOut,
    dSae,
    k: encoder === "topk" ? featuresKept(c, dSae) : undefined,
    transcoder,
    skip,
    applyBDecToInput,
    normalizeActivations: normalization === "expected_average_only_in" ? "none" : normalization,
    needsScale: normalization === "expected_average_only_in",
    rescaleActsByDecoderNorm: c.boolean("rescale_acts_by_decoder_norm", false),
    finetuningScalingFactor: c.boolean("finetuning_scaling_factor", false),
    hookName,
    hookNameOut: (transcoder ? text(meta, "hook_name_out") : undefined) ?? hookName,
    hookHeadIndex: headIndex(meta),
    modelName: text(meta, "model_name"),
    prependBos: meta.boolean("prepend_bos", undefined),
    contextSize: meta.sizeOr(undefined, "context_size"),
    dtype: dtypeOf(c),
    metadata: (json.metadata ?? json.meta ?? json) as Readonly<Record<string, unknown>>,
  };
}

/** Before version 6 top-k was an activation function of the standard architecture. */
function encoderOf(c: Fields, encoder: SaeEncoder): Pick<SaeStructure, "encoder" | "activation"> {
  const field = c.has("activation_fn_str") ? "activation_fn_str" : "activation_fn";
  const choices = encoder === "relu" ? ["relu", "tanh-relu", "topk"] : ["relu", "tanh-relu"];
  const usual = encoder === "topk" ? [...choices, "topk"] : choices;
  const name = c.choice(field, usual, "relu");
  if (name === "topk") return { encoder: "topk", activation: "relu" };
  return { encoder, activation: name === "tanh-relu" ? "tanh-relu" : "relu" };
}

function featuresKept(c: Fields, dSae: number): number {
  const where = c.has("k") ? c : (c.object("activation_fn_kwargs") ?? c);
  const k = where.size("k");
  if (k > dSae) throw new RangeError(`${where.subject} has k ${k}; there are ${dSae} features`);
  return k;
}

/** Early files say whether, later ones how. */
function normalizationOf(
  c: Fields,
): SaeStructure["normalizeActivations"] | "expected_average_only_in" {
  const value = c.value("normalize_activations");
  if (typeof value === "boolean") return value ? "expected_average_only_in" : "none";
  const choices = [
    "none",
    "expected_average_only_in",
    "constant_norm_rescale",
    "layer_norm",
  ] as const;
  return c.choice("normalize_activations", choices, "none");
}

function dtypeOf(c: Fields): string {
  const value = text(c, "dtype") ?? "float32";
  const name = value.replace(/^torch\./, "");
  if (!["float32", "float64", "float16", "bfloat16"].includes(name))
    throw c.unsupported("dtype", ["float32", "float64", "float16", "bfloat16"]);
  return name;
}

function headIndex(meta: Fields): number | undefined {
  const field = meta.has("hook_point_head_index") ? "hook_point_head_index" : "hook_head_index";
  return meta.number(field, undefined);
}

function text(c: Fields, ...names: string[]): string | undefined {
  const name = names.find((each) => c.has(each));
  if (name === undefined) return undefined;
  const value = c.value(name);
  if (typeof value === "string") return value === "" ? undefined : value;
  throw new TypeError(`${c.subject} has ${name} ${JSON.stringify(value)}; expected a string`);
}
