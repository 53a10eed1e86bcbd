/**
 * @file The factorized view: each head, MLP and the output read their own sum of earlier outputs.
 *
 * Same blocks, same weights, equal logits; but every edge between two components exists, so that edges can
 * be masked, scored and cut. Conmy et al. 2023; Syed et al. 2023.
 */

import type { Value } from "@diopter/graph";
import type { TensorLike } from "@diopter/tensor";
import { mix as attend, headResults, joinedResults, projectByHead } from "./attention";
import type { Context } from "./context";
import { embed, embedSeparately } from "./embedding";
import { mlp } from "./mlp";
import { norm, normAtOnce } from "./norm";

/** Something that writes into the residual stream: an embedding, the heads of a layer, an MLP, a bias. */
export interface Source {
  readonly kind: "input" | "token" | "position" | "heads" | "mlp" | "bias";
  /** Layer that writes; -1 for embeddings. */
  readonly layer: number;
  /** Heads that exist, in order; undefined for the others. */
  readonly heads?: readonly number[];
  /** z [batch, pos, head, dHead] for heads, [dModel] for a bias, else [batch, pos, dModel]. */
  readonly value: Value;
  /** All that is written, given values in the place of `value` where told: [batch, pos, dModel] ([dModel] for a bias). */
  total(value?: Value): Value;
  /** What each writer writes, given values in the place of `value`: [batch, pos, writer, dModel]. */
  each(value: Value): Value;
}

/** Something that reads from the residual stream. */
export interface Destination {
  readonly kind: "q" | "k" | "v" | "mlp" | "logits";
  /** Layer that reads; `nLayers` for the logits. */
  readonly layer: number;
  /** How many readers share this destination: heads for q, k and v, else 1. */
  readonly readers: number;
}

/**
 * What a destination reads: [batch, pos, reader, dModel] for q, k and v, else [batch, pos, dModel].
 * Edge masks and compiled circuits are other functions of this type.
 */
export type Mixer = (t: Context, destination: Destination, sources: readonly Source[]) => Value;

/**
 * How destinations read, and which components there are.
 *
 * Programs are kept by the identity of its functions, which must depend on nothing that changes.
 */
export interface FactorizedView {
  readonly mixer: Mixer;
  /** Numbers that the functions read by `t.feed`. */
  readonly feeds?: Readonly<Record<string, TensorLike>>;
  /** Heads that exist in a layer, in order; all when absent. Needs as many keys and values as heads. */
  readonly heads?: (layer: number) => readonly number[];
  /** Whether the MLP of a layer exists; yes when absent. */
  readonly mlp?: (layer: number) => boolean;
  /** Token and position embeddings are two sources. */
  readonly splitEmbedding?: boolean;
  /** Stands in for a norm of what a destination reads, such as one whose scale is frozen. */
  readonly norm?: (t: Context, name: string, x: Value, destination: Destination) => Value;
}

/** Every destination reads every earlier source: the model itself. */
export const readEverything: FactorizedView = {
  mixer: ({ b }, { kind, readers }, sources) => {
    const total = sumOf(b, sources); // [batch, pos, dModel]
    if (kind === "mlp" || kind === "logits") return total;
    const [batch, pos, dModel] = total.shape;
    return b.expand(b.unsqueeze(total, [2]), [batch!, pos!, readers, dModel!]);
  },
};

/** Everything that some sources write, [batch, pos, dModel]. */
export function sumOf(b: Context["b"], sources: readonly Source[]): Value {
  return sources.map((source) => source.total()).reduce((sum, term) => b.add(sum, term));
}

/** The last residual state of the factorized view, [batch, pos, dModel]. Throws where edges are not defined. */
export function factorized(t: Context, view: FactorizedView = readEverything): Value {
  const { c, h, w } = t;
  if (c.normPlacement !== "pre") {
    throw new RangeError(
      `model: the factorized view needs outputs that add up unnormed, but ${c.family} norms them on their way into the residual stream`,
    );
  }
  const { mixer } = view;
  const sources = embeddings(t, view);
  for (let l = 0; l < c.nLayers; l++) {
    const before = [...sources];
    const heads = view.heads?.(l) ?? Array.from({ length: c.nHeads }, (_, head) => head);
    if (heads.length > 0) sources.push(attentionSource(t, l, heads, before, view));
    const bias = w.optional(`blocks.${l}.attn.b_O`);
    if (bias) sources.push(plainSource(t, "bias", l, bias));
    if (c.attnOnly || view.mlp?.(l) === false) continue;
    const seen = c.parallelAttnMlp ? before : [...sources];
    const destination: Destination = { kind: "mlp", layer: l, readers: 1 };
    const read = mixer(t, destination, seen);
    const input = h.at(`blocks.${l}.hook_mlp_in`, read);
    const name = `blocks.${l}.${c.sharedNorm ? "ln1" : "ln2"}`;
    const normed = view.norm ? view.norm(t, name, input, destination) : norm(t, name, input);
    sources.push(plainSource(t, "mlp", l, h.at(`blocks.${l}.hook_mlp_out`, mlp(t, l, normed))));
  }
  const last = mixer(t, { kind: "logits", layer: c.nLayers, readers: 1 }, sources);
  return h.at(`blocks.${c.nLayers - 1}.hook_resid_post`, last);
}

function embeddings(t: Context, { splitEmbedding }: FactorizedView): Source[] {
  const name = "blocks.0.hook_resid_pre";
  if (!splitEmbedding) return [plainSource(t, "input", -1, t.h.at(name, embed(t)))];
  const [token, position] = embedSeparately(t);
  return [plainSource(t, "token", -1, token), plainSource(t, "position", -1, position)];
}

function plainSource({ b }: Context, kind: Source["kind"], layer: number, value: Value): Source {
  return { kind, layer, value, total: (x = value) => x, each: (x) => b.unsqueeze(x, [2]) };
}

/** The heads of one layer as a source; what each of them writes is only computed where somebody asks. */
function attentionSource(
  t: Context,
  l: number,
  heads: readonly number[],
  before: readonly Source[],
  view: FactorizedView,
): Source {
  const { b, c, h } = t;
  const subset = heads.length < c.nHeads ? heads : undefined;
  const z = attendByHead(t, l, heads, before, view);
  const each = (x: Value) => headResults(t, l, x, subset);
  const name = `blocks.${l}.attn.hook_result`;
  const results = h.wants(name) ? h.at(name, each(z)) : undefined;
  const written = (x: Value) => joinedResults(t, l, x, subset);
  const own = once(() => (results ? b.sum(results, [2]) : written(z)));
  return {
    kind: "heads",
    layer: l,
    heads,
    value: z,
    total: (x = z) => (x === z ? own() : written(x)),
    each: (x) => (x === z && results ? results : each(x)),
  };
}

function attendByHead(
  t: Context,
  l: number,
  heads: readonly number[],
  before: readonly Source[],
  { mixer, norm: normed }: FactorizedView,
): Value {
  const { c } = t;
  const subset = heads.length < c.nHeads ? heads : undefined;
  if (subset && c.nKeyValueHeads !== c.nHeads)
    throw new RangeError("model: heads that share keys and values cannot be left out one by one");
  const project = (kind: "q" | "k" | "v") => {
    const all = kind === "q" ? c.nHeads : c.nKeyValueHeads;
    const destination: Destination = { kind, layer: l, readers: subset?.length ?? all };
    const input = t.h.at(`blocks.${l}.hook_${kind}_input`, mixer(t, destination, before)); // [batch, pos, head, dModel]
    const name = `blocks.${l}.ln1`;
    const x = normed ? normed(t, name, input, destination) : normAtOnce(t, name, input);
    return projectByHead(t, l, kind, x, subset);
  };
  return attend(t, l, { q: project("q"), k: project("k"), v: project("v") }, subset);
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
