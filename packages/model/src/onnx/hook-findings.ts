/** @file Which value of a file is behind each hook, in which order of axes and with which factor. */

import type { ModelConfig } from "../config/config";
import { hookNames } from "../hooks/names";
import type { Norm } from "./match/norm";
import { withoutFactor } from "./match/query";
import type { Layer, Transformer } from "./match/transformer";
import { asVar, type Body, keyOf, type Var } from "./read/body";
import { type Field, joinCoordinates } from "./read/field";
import type { Reading } from "./read/read-values";

/** A value of a file that holds an activation. */
export interface HookValue {
  /** Name of the value in the file. */
  readonly value: string;
  /** Words per dimension, outer first: `"head*dHead"` where both are in one. */
  readonly axes: readonly string[];
  /** The value is the activation times this. */
  readonly factor: number;
}

/** What was found for one hook: values, or the reason why there is none. */
export interface HookFinding {
  readonly hook: string;
  readonly values: readonly HookValue[];
  readonly reason?: string;
}

/** An activation as a body, with words for its coordinates. */
interface Target {
  readonly hook: string;
  readonly body: Body | undefined;
  readonly words: ReadonlyMap<Var, string>;
  /** Coordinates that a file may keep in one. */
  readonly groups: readonly (readonly Var[])[];
  /** Why there may be no value. */
  readonly absent?: string;
}

/** A finding for every hook of the model. */
export function hookFindings(
  found: Transformer,
  config: ModelConfig,
  reading: Reading,
  inFile: (value: string) => boolean,
): HookFinding[] {
  const values = indexValues(reading, inFile);
  const targets = new Map(targetsOf(found, config).map((target) => [target.hook, target]));
  return hookNames(config).map((hook) => {
    const target = targets.get(hook);
    if (!target) return { hook, values: [], reason: computedReason(hook) };
    const hits = target.body ? valuesOf(target, target.body, values) : [];
    if (hits.length > 0) return { hook, values: hits };
    return {
      hook,
      values: [],
      reason: target.absent ?? "no value of the file holds it alone; Diopter computes it",
    };
  });
}

function computedReason(hook: string): string {
  if (hook.endsWith("hook_result"))
    return "the file adds heads up inside one matrix product; Diopter computes it from hook_z and W_O";
  return "a copy per head of the stream, which only Diopter's graph makes";
}

interface Indexed {
  readonly name: string;
  readonly field: Field;
  readonly factor: number;
  readonly names: ReadonlyMap<Var, number>;
}

function indexValues(
  { meanings, graph }: Reading,
  inFile: (value: string) => boolean,
): Map<string, Indexed[]> {
  const index = new Map<string, Indexed[]>();
  for (const [name, meaning] of meanings) {
    if (meaning.kind !== "field" || !inFile(name) || graph.initializers.has(name)) continue;
    const { factor, body } = withoutFactor(meaning.body);
    const names = new Map<Var, number>();
    const key = keyOf(body, names);
    const list = index.get(key) ?? [];
    list.push({ name, field: meaning, factor, names });
    index.set(key, list);
  }
  return index;
}

function valuesOf(
  { words, groups }: Target,
  body: Body,
  values: ReadonlyMap<string, readonly Indexed[]>,
): HookValue[] {
  const own = withoutFactor(body);
  const forms: { body: Body; words: ReadonlyMap<Var, string> }[] = [{ body: own.body, words }];
  for (const group of groups) {
    const joined = joinCoordinates(own.body, group);
    if (!joined) continue;
    const word = [...new Set(group.map((v) => words.get(v) ?? "?"))].join("*");
    forms.push({ body: joined.body, words: new Map([...words, [joined.joined, word]]) });
  }
  const found = forms.flatMap((form) => {
    const names = new Map<Var, number>();
    const key = keyOf(form.body, names);
    const wordAt = new Map([...names].map(([v, n]) => [n, form.words.get(v) ?? "?"]));
    return (values.get(key) ?? []).map(({ name, field, factor, names: theirs }): HookValue => {
      const axes = field.dims.map((dim) => {
        const parts = dim.map((v) => (theirs.has(v) ? wordAt.get(theirs.get(v)!)! : "repeated"));
        return parts.filter((word, i) => word !== parts[i - 1]).join("*") || "1";
      });
      return { value: name, axes, factor: factor / own.factor };
    });
  });
  const once = new Map(found.map((value) => [value.value, value]));
  return [...once.values()].sort((a, b) => rank(a) - rank(b));
}

/** Values that are the activation itself come first. */
function rank({ factor, axes }: HookValue): number {
  return (
    (Math.abs(factor - 1) < 1e-6 ? 0 : 2) + (axes.some((axis) => axis.includes("repeated")) ? 1 : 0)
  );
}

function targetsOf(
  { embedding, layers, finalNorm, unembedding, logits }: Transformer,
  config: ModelConfig,
): Target[] {
  const stream = streamWords(embedding.tokens.value, embedding.sum);
  const plain = (
    hook: string,
    body: Body | undefined,
    word = "dModel",
    absent?: string,
  ): Target => ({
    hook,
    body,
    words: withRest(body, stream, word),
    groups: [],
    ...(absent && { absent }),
  });
  const norm = (name: string, n: Norm | undefined): Target[] => [
    plain(
      `${name}.hook_normalized`,
      n?.normalized,
      "dModel",
      "the file norms, scales and shifts in one node",
    ),
    plain(`${name}.hook_scale`, n?.scale, "one", "the file norms in one node and keeps no divisor"),
  ];
  const post = config.normPlacement === "post";
  return [
    plain("hook_embed", embedding.tokens.value),
    plain(
      "hook_pos_embed",
      embedding.positions?.value,
      "dModel",
      "positions are added inside a fused node",
    ),
    plain("hook_token_type_embed", embedding.types?.value),
    plain("hook_full_embed", embedding.result),
    ...norm("embed.ln", embedding.norm),
    ...layers.flatMap((layer, l) => blockTargets(layer, l, post, stream, plain, norm)),
    ...norm("ln_final", finalNorm),
    plain("unembed.hook_in", unembedding.x),
    plain("unembed.hook_out", logits, "dVocab"),
  ];
}

type Plain = (hook: string, body: Body | undefined, word?: string, absent?: string) => Target;

function blockTargets(
  { attn, mlp, attnStep, mlpStep }: Layer,
  l: number,
  post: boolean,
  stream: ReadonlyMap<Var, string>,
  plain: Plain,
  norm: (name: string, n: Norm | undefined) => Target[],
): Target[] {
  const block = `blocks.${l}`;
  const { part } = attn;
  const rest = (body: Body | undefined, words: ReadonlyMap<Var, string>) =>
    withRest(body, words, "dHead");
  const split = (hook: string, kind: "q" | "k" | "v", body: Body | undefined): Target => {
    const { heads, width, pos } = part[kind];
    const words = new Map([
      ...stream,
      ...heads.map((v) => [v, "head"] as const),
      ...width.map((v) => [v, "dHead"] as const),
    ]);
    if (pos) words.set(pos, "pos");
    return {
      hook: `${block}.attn.${hook}`,
      body,
      words: rest(body, words),
      groups: [heads, [...heads, ...width]],
    };
  };
  const square = (hook: string, body: Body): Target => {
    const words = new Map([
      ...stream,
      ...part.heads.map((v) => [v, "head"] as const),
      [part.key, "key"] as const,
    ]);
    if (part.query) words.set(part.query, "query");
    return { hook: `${block}.attn.${hook}`, body, words, groups: [part.heads] };
  };
  const z = { heads: part.heads, width: part.out.over.filter((v) => !part.heads.includes(v)) };
  const zWords = new Map([
    ...stream,
    ...z.heads.map((v) => [v, "head"] as const),
    ...z.width.map((v) => [v, "dHead"] as const),
  ]);
  const single = attnStep === mlpStep;
  return [
    plain(`${block}.hook_resid_pre`, attnStep.stream),
    ...norm(`${block}.ln1`, post ? attnStep.norm : attn.before),
    ...norm(`${block}.ln1_post`, attn.after),
    split("hook_q", "q", part.q.value),
    split("hook_k", "k", part.k.value),
    split("hook_v", "v", part.v.value),
    split("hook_rot_q", "q", part.q.rotated),
    split("hook_rot_k", "k", part.k.rotated),
    square("hook_attn_scores", part.scores),
    square("hook_pattern", part.pattern),
    {
      hook: `${block}.attn.hook_z`,
      body: part.z,
      words: zWords,
      groups: [z.heads, [...z.heads, ...z.width]],
    },
    plain(`${block}.hook_attn_out`, attn.result, "dModel", "the file adds its bias later"),
    plain(`${block}.hook_resid_mid`, single || !mlp ? undefined : attnStep.sum),
    plain(`${block}.hook_mlp_in`, mlp && (single ? attnStep.stream : attnStep.result)),
    ...norm(`${block}.ln2`, post ? mlpStep?.norm : mlp?.before),
    ...norm(`${block}.ln2_post`, mlp?.after),
    plain(`${block}.mlp.hook_pre`, mlp?.part.pre, "dMlp", "bias and activation are one node"),
    plain(`${block}.mlp.hook_pre_linear`, mlp?.part.preLinear, "dMlp"),
    plain(`${block}.mlp.hook_post`, mlp?.part.post, "dMlp"),
    plain(`${block}.hook_mlp_out`, mlp?.result, "dModel", "the file adds its bias later"),
    plain(
      `${block}.hook_resid_post`,
      (mlpStep ?? attnStep).sum,
      "dModel",
      "sum and norm are one node",
    ),
    plain(`${block}.hook_normalized_resid_post`, (mlpStep ?? attnStep).result),
  ];
}

/** Words for the coordinates of the stream. */
function streamWords(tokens: Body, sum: Body): Map<Var, string> {
  const words = new Map<Var, string>();
  const visit = (body: Body): void => {
    if (body.k === "input") {
      const [b, t] = body.index.map(asVar);
      if (b) words.set(b, "batch");
      if (t) words.set(t, "pos");
    } else if (body.k === "act" || body.k === "const") body.index.forEach(visit);
    else if (body.k === "op") body.args.forEach(visit);
    if (body.k === "act" && body.anchor.kind === "Embed") {
      const [b, t] = body.index.map(asVar);
      if (b) words.set(b, "batch");
      if (t) words.set(t, "pos");
    }
  };
  visit(tokens);
  visit(sum);
  return words;
}

/** The one coordinate without a word is the activation's own. */
function withRest(
  body: Body | undefined,
  words: ReadonlyMap<Var, string>,
  word: string,
): Map<Var, string> {
  const all = new Map(words);
  if (!body) return all;
  const names = new Map<Var, number>();
  keyOf(body, names);
  for (const v of names.keys()) if (!all.has(v)) all.set(v, word);
  return all;
}
