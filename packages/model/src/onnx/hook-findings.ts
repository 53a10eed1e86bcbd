/** @file Which value of a file is behind each hook, in which order of axes and with which factor. */

import type { ModelConfig } from "../config/config";
import { hookNames } from "../hooks/names";
import type { Norm } from "./match/norm";
import { open, withoutBias, withoutFactor } from "./match/query";
import type { Layer, Transformer } from "./match/transformer";
import { type Anchor, asVar, type Body, keyOf, type Var } from "./read/body";
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
  /** The norm that it is a step of. */
  readonly norm?: Norm | undefined;
}

/** A graph that was read, and what of it is in the file. */
export interface Source {
  readonly reading: Reading;
  /** The node of the file by the value that is made in its place. */
  readonly origins: ReadonlyMap<string, string>;
  readonly inFile: (value: string) => boolean;
}

/** A finding for every hook of the model. */
export function hookFindings(
  found: Transformer,
  config: ModelConfig,
  source: Source,
): HookFinding[] {
  const index = indexValues(source.reading);
  const targets = new Map(targetsOf(found, config).map((target) => [target.hook, target]));
  return hookNames(config).map((hook) => {
    const target = targets.get(hook);
    if (!target) return { hook, values: [], reason: computedReason(hook) };
    const every = target.body ? valuesOf(target, target.body, index) : [];
    const values = every.filter(({ value }) => source.inFile(value));
    return values.length > 0
      ? { hook, values }
      : { hook, values, reason: reasonOf(target, every[0]?.value, index, source) };
  });
}

function computedReason(hook: string): string {
  if (hook.endsWith("hook_result"))
    return "the file adds heads up inside one matrix product; Diopter computes it from hook_z and W_O";
  return "a copy per head of the stream, which only Diopter's graph makes";
}

/** Why no value of the file is an activation; `hidden` is a value in the place of one of its nodes that would be. */
function reasonOf(
  { body, norm }: Target,
  hidden: string | undefined,
  { byKey, byAnchor }: Index,
  { origins, inFile }: Source,
): string {
  const inside = hidden === undefined ? undefined : origins.get(hidden);
  if (inside) return `the file computes it inside ${inside}`;
  const step = norm && open(norm.normalized, "LayerNorm", "RMSNorm");
  if (step) {
    const what = body === norm.normalized ? "norms and scales in one node" : "keeps no divisor";
    return `${step.anchor.label} ${what}`;
  }
  const { body: bare, bias } = body ? withoutBias(withoutFactor(body).body) : {};
  const unbiased = bias && byKey.get(sizedKey(bare!))?.find(({ name }) => inFile(name));
  if (unbiased) return `"${unbiased.name}" lacks its bias, which the file adds elsewhere`;
  const leaf = bare && withoutFactor(bare).body;
  const whole = leaf?.k === "act" ? byAnchor.get(leaf.anchor)?.find(inFile) : undefined;
  if (whole) return `it is a part of "${whole}"`;
  return "no value of the file holds it alone; Diopter computes it";
}

interface Indexed {
  readonly name: string;
  readonly field: Field;
  readonly factor: number;
  readonly names: ReadonlyMap<Var, number>;
}

interface Index {
  /** Values by what they are up to a factor and the names of coordinates. */
  readonly byKey: ReadonlyMap<string, readonly Indexed[]>;
  /** Values that are the whole result of an operation, up to a factor and a bias. */
  readonly byAnchor: ReadonlyMap<Anchor, readonly string[]>;
}

/** A key that tells a part from its whole: what a body is, and how far its coordinates run. */
function sizedKey(body: Body, names: Map<Var, number> = new Map()): string {
  const key = keyOf(body, names);
  return `${key} ${[...names.keys()].map(({ size }) => size.key)}`;
}

function indexValues({ meanings, graph }: Reading): Index {
  const byKey = new Map<string, Indexed[]>();
  const byAnchor = new Map<Anchor, string[]>();
  for (const [name, meaning] of meanings) {
    if (meaning.kind !== "field" || graph.initializers.has(name)) continue;
    const { factor, body } = withoutFactor(meaning.body);
    const names = new Map<Var, number>();
    const key = sizedKey(body, names);
    const list = byKey.get(key) ?? [];
    list.push({ name, field: meaning, factor, names });
    byKey.set(key, list);
    const { body: leaf } = withoutFactor(withoutBias(body).body);
    if (leaf.k === "act" && leaf.index.every((i) => asVar(i))) {
      byAnchor.set(leaf.anchor, [name, ...(byAnchor.get(leaf.anchor) ?? [])]);
    }
  }
  return { byKey, byAnchor };
}

function valuesOf({ words, groups }: Target, body: Body, { byKey }: Index): HookValue[] {
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
    const key = sizedKey(form.body, names);
    const wordAt = new Map([...names].map(([v, n]) => [n, form.words.get(v) ?? "?"]));
    return (byKey.get(key) ?? []).map(({ name, field, factor, names: theirs }): HookValue => {
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
  const plain = (hook: string, body: Body | undefined, word = "dModel"): Target => ({
    hook,
    body,
    words: withRest(body, stream, word),
    groups: [],
  });
  const norm = (name: string, n: Norm | undefined): Target[] => [
    { ...plain(`${name}.hook_normalized`, n?.normalized), norm: n },
    { ...plain(`${name}.hook_scale`, n?.scale, "one"), norm: n },
  ];
  const post = config.normPlacement === "post";
  return [
    plain("hook_embed", embedding.tokens.value),
    plain("hook_pos_embed", embedding.positions?.value),
    plain("hook_token_type_embed", embedding.types?.value),
    plain("hook_full_embed", embedding.result),
    ...norm("embed.ln", embedding.norm),
    ...layers.flatMap((layer, l) => blockTargets(layer, l, post, stream, plain, norm)),
    ...norm("ln_final", finalNorm),
    plain("unembed.hook_in", unembedding.x),
    plain("unembed.hook_out", logits, "dVocab"),
  ];
}

type Plain = (hook: string, body: Body | undefined, word?: string) => Target;

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
    plain(`${block}.hook_attn_out`, attn.result),
    plain(`${block}.hook_resid_mid`, single || !mlp ? undefined : attnStep.sum),
    plain(`${block}.hook_mlp_in`, mlp && (single ? attnStep.stream : attnStep.result)),
    ...norm(`${block}.ln2`, post ? mlpStep?.norm : mlp?.before),
    ...norm(`${block}.ln2_post`, mlp?.after),
    plain(`${block}.mlp.hook_pre`, mlp?.part.pre, "dMlp"),
    plain(`${block}.mlp.hook_pre_linear`, mlp?.part.preLinear, "dMlp"),
    plain(`${block}.mlp.hook_post`, mlp?.part.post, "dMlp"),
    plain(`${block}.hook_mlp_out`, mlp?.result),
    plain(`${block}.hook_resid_post`, (mlpStep ?? attnStep).sum),
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
