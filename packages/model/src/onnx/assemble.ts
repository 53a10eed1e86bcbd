/** @file From matched patterns to the canonical configuration and weights. */

import type { TensorLike } from "@diopter/tensor";
import { type ConfigChoices, completeConfig } from "../checkpoint/families/complete-config";
import type { ModelConfig, QueryKeyNorm } from "../config/config";
import type { Attention, Projected } from "./match/attention";
import { type Embedding, matchEmbedding } from "./match/embedding";
import { rotaryBase } from "./match/frequencies";
import { isConstant, type Linear } from "./match/linear";
import type { Mlp } from "./match/mlp";
import { matchNorm, type Norm } from "./match/norm";
import type { Constants } from "./match/numbers";
import { NoMatch, near } from "./match/query";
import { type Branch, matchStream, reads, type Step } from "./match/residual";
import { matchUnembedding, type Unembedding } from "./match/unembedding";
import { type Body, type Var, varsOf } from "./read/body";
import { writeWeight } from "./weight";

/** One block of the file. */
export interface Layer {
  readonly attn: Branch & { readonly part: Attention };
  readonly mlp: (Branch & { readonly part: Mlp }) | undefined;
  readonly attnStep: Step;
  readonly mlpStep: Step | undefined;
}

/** A transformer as it was found in a file. */
export interface Found {
  readonly config: ModelConfig;
  readonly weights: ReadonlyMap<string, TensorLike>;
  readonly embedding: Embedding;
  readonly layers: readonly Layer[];
  readonly finalNorm: Norm | undefined;
  readonly unembedding: Unembedding;
  readonly logits: Body;
}

/** The transformer whose logits are `logits`. Throws NoMatch with what does not fit. */
export function assemble(logits: Body, constants: Constants): Found {
  const unembedding = matchUnembedding(logits);
  const direct = matchStream(unembedding.state, constants);
  const norm = matchNorm(unembedding.state);
  // The last norm may be the model's, or the last block's own (BERT).
  const throughNorm = norm && direct.steps.at(-1)?.norm !== undefined && !isPost(direct.steps);
  const finalNorm = norm && (direct.steps.length === 0 || throughNorm) ? norm : undefined;
  const { steps, embedding: entering } = finalNorm ? matchStream(finalNorm.x, constants) : direct;
  const layers = group(steps);
  const rows = (name: string) => constants.get(name)?.shape[0] ?? 0;
  const embedding = matchEmbedding(entering, rows);
  const config = configure({ embedding, layers, finalNorm, unembedding }, constants);
  const { weights, quantized } = collect(
    config,
    { embedding, layers, finalNorm, unembedding },
    constants,
  );
  const whole = quantized.length > 0 ? { ...config, dynamicQuantization: quantized } : config;
  return { config: whole, weights, embedding, layers, finalNorm, unembedding, logits };
}

type Parts = Pick<Found, "embedding" | "layers" | "finalNorm" | "unembedding">;

/** Whether the blocks read the stream as it is, which their own norms have left. */
function isPost(steps: readonly Step[]): boolean {
  const last = steps.at(-1)!;
  return last.branches.every(
    (branch) => branch.after === undefined && reads(branch, last.stream) === "stream",
  );
}

function group(steps: readonly Step[]): Layer[] {
  const layers: Layer[] = [];
  if (steps.length === 0)
    throw new NoMatch("no block: nothing reads the residual stream and adds to it");
  const flat = steps.flatMap((step) => {
    const sorted = [...step.branches].sort((a) => (a.part.kind === "attn" ? -1 : 1));
    return sorted.map((branch) => ({ branch, step }));
  });
  for (let i = 0; i < flat.length; i++) {
    const { branch, step } = flat[i]!;
    if (branch.part.kind !== "attn") throw new NoMatch(`block ${layers.length} begins with an MLP`);
    const next = flat[i + 1];
    const mlp = next?.branch.part.kind === "mlp" ? next : undefined;
    if (mlp) i += 1;
    layers.push({
      attn: branch as Layer["attn"],
      mlp: mlp?.branch as Layer["mlp"],
      attnStep: step,
      mlpStep: mlp?.step,
    });
  }
  return layers;
}

/** The one value that all layers agree on. */
function agreed<T>(what: string, values: readonly T[]): T {
  const [first, ...others] = values;
  const odd = others.findIndex((value) => JSON.stringify(value) !== JSON.stringify(first));
  if (odd >= 0)
    throw new NoMatch(
      `${what} of block ${odd + 1} is ${JSON.stringify(others[odd])}, of block 0 ${JSON.stringify(first)}`,
    );
  return first as T;
}

function configure(
  { embedding, layers, finalNorm, unembedding }: Parts,
  constants: Constants,
): ModelConfig {
  const attns = layers.map(({ attn }) => attn.part);
  const shape = (name: string) => constants.get(name)!.shape;
  const [dVocab, dModel] = shape(embedding.tokens.name) as [number, number];
  const attnOnly = layers.every(({ mlp }) => mlp === undefined);
  if (!attnOnly && layers.some(({ mlp }) => mlp === undefined))
    throw new NoMatch("some blocks have no MLP");
  const wiring = agreed("the wiring", layers.map(wiringOf));
  const norms = [
    finalNorm,
    embedding.norm,
    unembedding.head?.norm,
    ...layers.flatMap((layer) => normsOf(layer)),
  ].filter((n) => n !== undefined);
  const type =
    norms.length === 0
      ? undefined
      : agreed(
          "the kind of norm",
          norms.map((n) => n.type),
        );
  const eps =
    norms.length === 0
      ? 1e-5
      : agreed(
          "eps",
          norms.map((n) => Number(n.eps.toPrecision(6))),
        );
  const gains = norms.map((n) => n.gain !== undefined);
  if (gains.includes(true) && gains.includes(false))
    throw new NoMatch("some norms have a gain, some have none");
  const nHeads = agreed(
    "the number of heads",
    attns.map((a) => a.nHeads),
  );
  const dHead = agreed(
    "the size of heads",
    attns.map((a) => a.dHead),
  );
  const mlps = layers.flatMap(({ mlp }) => (mlp ? [mlp.part] : []));
  const mlpActs = mlps.map((m) => m.actFn);
  const actFn =
    agreed("the activation function", [
      ...mlpActs,
      ...(unembedding.head ? [unembedding.head.actFn] : []),
    ]) ?? "gelu";
  const vocabulary = unembedding.linear;
  const dVocabOut = outputSize(vocabulary);
  const masks = attns.map((a) => a.mask);
  const windows = masks.map((m) => m.window);
  const window = windows.find((w) => w !== undefined);
  if (windows.some((w) => w !== undefined && w !== window))
    throw new NoMatch("windows of different sizes");
  const scale = agreed(
    "the scale of scores",
    attns.map((a) => Number(a.scale.toPrecision(5))),
  );
  const divisor = 1 / attns[0]!.scale;
  const choices: ConfigChoices = {
    family: "onnx",
    nLayers: layers.length,
    dModel,
    dVocab,
    dVocabOut,
    nHeads,
    dHead,
    eps,
    actFn,
    nKeyValueHeads: agreed(
      "the number of key/value heads",
      attns.map((a) => a.nKeyValueHeads),
    ),
    nCtx: embedding.positions
      ? shape(embedding.positions.name)[0]! - embedding.positions.position.offset
      : 2 ** 31 - 1,
    dMlp: mlps[0] ? sizeOf(mlps[0].out.over) : 0,
    normalizationType: type === undefined ? "none" : gains[0] === false ? `${type}Pre` : type,
    ...wiring,
    attnOnly,
    gatedMlp:
      agreed(
        "the gate",
        mlps.map((m) => m.gate !== undefined),
      ) ?? false,
    finalNorm: finalNorm !== undefined,
    attentionDir: agreed(
      "the direction",
      masks.map((m) => m.causal),
    )
      ? "causal"
      : "bidirectional",
    attnScale: near(divisor, Math.sqrt(dHead), 1e-5)
      ? Math.sqrt(dHead)
      : near(scale, 1, 1e-6)
        ? 1
        : divisor,
    ...rotation(attns, dHead),
    ...(embedding.positions && {
      positionalEmbeddingType: "standard" as const,
      positionOffset: embedding.positions.position.offset,
    }),
    qkNorm: queryKeyNorm(attns),
    windowSize: window,
    attnTypes:
      window !== undefined && windows.some((w) => w === undefined)
        ? windows.map((w) => (w === undefined ? "global" : "local"))
        : undefined,
    attnScoresSoftCap:
      agreed(
        "the soft cap of scores",
        attns.map((a) => a.softCap ?? null),
      ) ?? undefined,
    outputLogitsSoftCap: unembedding.softCap,
    logitScale: near(unembedding.scale, 1, 1e-6) ? undefined : unembedding.scale,
    embeddingScale: near(embedding.scale, 1, 1e-6) ? undefined : embedding.scale,
    postEmbeddingNorm: embedding.norm !== undefined,
    tokenTypes: embedding.types ? shape(embedding.types.name)[0]! : 0,
    mlmHead: unembedding.head !== undefined,
    tiedEmbeddings: isTied(vocabulary, embedding),
  };
  return completeConfig(choices);
}

function outputSize({ weight, over }: Linear): number {
  const outs = [...varsOf(weight)].filter((v) => !over.includes(v));
  return sizeOf(outs);
}

export function sizeOf(vars: readonly Var[]): number {
  return vars.reduce((n, v) => n * (v.size.value ?? Number.NaN), 1);
}

/** Whether the vocabulary matrix is the embedding, transposed. */
function isTied({ weight, over }: Linear, { tokens }: Embedding): boolean {
  if (weight.k !== "const" || weight.name !== tokens.name) return false;
  const [, column] = weight.index;
  return over.length === 1 && column?.k === "at" && column.terms.has(over[0]!);
}

/** All norms of a block; what a post-norm block reads is the norm of the block before. */
function normsOf({ attn, mlp, attnStep, mlpStep }: Layer): (Norm | undefined)[] {
  const branches = mlp ? [attn, mlp] : [attn];
  return [
    ...branches.flatMap(({ before, after }) => [before, after]),
    attnStep.norm,
    mlpStep?.norm,
  ];
}

type Wiring = Pick<ModelConfig, "normPlacement" | "parallelAttnMlp" | "sharedNorm">;

function wiringOf({ attn, mlp, attnStep, mlpStep }: Layer): Wiring {
  const after = attn.after !== undefined;
  if (mlp && (mlp.after !== undefined) !== after)
    throw new NoMatch("only one of attention and MLP norms what it writes");
  const attnReads = reads(attn, attnStep.stream);
  if (attnStep.norm) {
    if (attnReads !== "stream" || (mlp && reads(mlp, mlpStep!.stream) !== "stream"))
      throw new NoMatch("norms before and after each sum");
    return { normPlacement: "post", parallelAttnMlp: false, sharedNorm: false };
  }
  if (!mlp)
    return {
      normPlacement: attnReads === "norm" ? (after ? "both" : "pre") : "output",
      parallelAttnMlp: false,
      sharedNorm: false,
    };
  const parallel = mlpStep === attnStep || !readsStep(mlp, mlpStep!.stream);
  const mlpReads = reads(mlp, parallel ? attnStep.stream : mlpStep!.stream);
  if (attnReads !== mlpReads)
    throw new NoMatch("only one of attention and MLP norms what it reads");
  const normPlacement = attnReads === "norm" ? (after ? "both" : "pre") : "output";
  return {
    normPlacement,
    parallelAttnMlp: parallel,
    sharedNorm: parallel && attnReads === "norm" && sameNorm(attn.before!, mlp.before!),
  };
}

function readsStep(branch: Branch, stream: Body): boolean {
  try {
    reads(branch, stream);
    return true;
  } catch {
    return false;
  }
}

/** Whether two norms have the same weights. */
function sameNorm(a: Norm, b: Norm): boolean {
  const name = (body: Body | undefined): string => (body?.k === "const" ? body.name : "");
  return name(a.gain) === name(b.gain) && name(a.bias) === name(b.bias);
}

function rotation(attns: readonly Attention[], dHead: number) {
  const turned = attns.map(({ q, k }) => {
    if ((q.rotation === undefined) !== (k.rotation === undefined))
      throw new NoMatch("only one of queries and keys is rotated");
    return (
      q.rotation &&
      k.rotation &&
      agreed(
        "the rotation",
        [q.rotation, k.rotation].map(({ frequencies, dim, adjacent, magnitude }) => ({
          frequencies,
          dim,
          adjacent,
          magnitude,
        })),
      )
    );
  });
  const layersWithoutRotary = turned.flatMap((r, l) => (r ? [] : [l]));
  const all = turned.filter((r) => r !== undefined);
  if (all.length === 0) return { positionalEmbeddingType: "none" as const };
  const { frequencies, dim, adjacent, magnitude } = agreed("the rotation", all);
  if (dim > dHead) throw new NoMatch("more is rotated than a head has");
  const { base, scaling } = rotaryBase(frequencies, Math.abs(magnitude - 1) < 1e-6 ? 1 : magnitude);
  return {
    positionalEmbeddingType: "rotary" as const,
    rotaryDim: dim,
    rotaryBase: base,
    rotaryScaling: scaling,
    rotaryAdjacentPairs: adjacent,
    layersWithoutRotary: layersWithoutRotary.length > 0 ? layersWithoutRotary : undefined,
  };
}

function queryKeyNorm(attns: readonly Attention[]): QueryKeyNorm | undefined {
  const found = attns.map(({ q, k, dHead }) => {
    if ((q.norm === undefined) !== (k.norm === undefined))
      throw new NoMatch("only one of queries and keys is normed");
    if (!q.norm) return null;
    return { type: q.norm.type, over: sizeOf(q.norm.over) === dHead ? "head" : "layer" } as const;
  });
  return agreed("the norm of queries and keys", found) ?? undefined;
}

/** Writes all weights out. */
function collect(
  config: ModelConfig,
  { embedding, layers, finalNorm, unembedding }: Parts,
  constants: Constants,
): { weights: Map<string, TensorLike>; quantized: string[] } {
  const weights = new Map<string, TensorLike>();
  const quantized: string[] = [];
  const put = (name: string, body: Body | undefined, dims: readonly (readonly Var[])[]) => {
    if (body) weights.set(name, writeWeight(body, dims, constants));
  };
  const table = (name: string, source: string) => {
    const tensor = constants.tensor(source);
    if (!tensor) throw new NoMatch(`weight "${source}" is not numbers that Diopter reads`);
    weights.set(
      name,
      tensor.dtype === "float32"
        ? tensor
        : {
            dtype: "float32",
            shape: tensor.shape,
            data: Float32Array.from(tensor.data as Float32Array),
          },
    );
  };
  const norm = (name: string, n: Norm | undefined, vars = n?.over ?? []) => {
    if (!n) return;
    put(`${name}.w`, n.gain, [vars]);
    put(`${name}.b`, n.bias, [vars]);
  };
  const affine = (
    W: string,
    b: string,
    { over, weight, bias, quantized: rounded }: Linear,
    outs: readonly Var[],
  ) => {
    if (rounded) quantized.push(W);
    put(W, weight, [over, outs]);
    put(b, bias, [outs]);
  };
  const outsOf = ({ weight, over }: Linear) => [...varsOf(weight)].filter((v) => !over.includes(v));
  const heads = (W: string, b: string, { linear, heads: h, width }: Projected) =>
    affine(W, b, linear, [...h, ...width]);
  table("embed.W_E", embedding.tokens.name);
  if (embedding.positions) table("pos_embed.W_pos", embedding.positions.name);
  if (embedding.types) table("embed.W_token_type", embedding.types.name);
  norm("embed.ln", embedding.norm);
  layers.forEach(({ attn, mlp, attnStep, mlpStep }, l) => {
    const block = `blocks.${l}`;
    const post = config.normPlacement === "post";
    norm(
      `${block}.ln1`,
      post ? attnStep.norm : config.normPlacement === "output" ? undefined : attn.before,
    );
    norm(`${block}.ln1_post`, attn.after);
    for (const kind of ["q", "k", "v"] as const) {
      const upper = kind.toUpperCase();
      heads(`${block}.attn.W_${upper}`, `${block}.attn.b_${upper}`, attn.part[kind]);
      if (kind !== "v") norm(`${block}.attn.${kind}_norm`, attn.part[kind].norm);
    }
    const { out, heads: order, q } = attn.part;
    const width = out.over.filter((v) => !order.includes(v));
    if (out.quantized) quantized.push(`${block}.attn.W_O`);
    put(`${block}.attn.W_O`, out.weight, [[...order, ...width], outsOf(out)]);
    put(`${block}.attn.b_O`, out.bias, [outsOf(out)]);
    if (!isConstant(out.weight) || (q.heads.length === 0 && config.nHeads > 1))
      throw new NoMatch(`block ${l}: heads are not where they should be`);
    if (!mlp) return;
    if (!config.sharedNorm)
      norm(
        `${block}.ln2`,
        post ? mlpStep?.norm : config.normPlacement === "output" ? undefined : mlp.before,
      );
    norm(`${block}.ln2_post`, mlp.after);
    const { part } = mlp;
    // Neurons in the order in which the last matrix reads them.
    affine(`${block}.mlp.W_in`, `${block}.mlp.b_in`, part.in, part.out.over);
    if (part.gate) affine(`${block}.mlp.W_gate`, `${block}.mlp.b_gate`, part.gate, part.out.over);
    affine(`${block}.mlp.W_out`, `${block}.mlp.b_out`, part.out, outsOf(part.out));
  });
  norm("ln_final", finalNorm);
  if (unembedding.head) {
    affine("mlm_head.W", "mlm_head.b", unembedding.head.dense, unembedding.linear.over);
    norm("mlm_head.ln", unembedding.head.norm);
  }
  if (!config.tiedEmbeddings)
    put("unembed.W_U", unembedding.linear.weight, [
      unembedding.linear.over,
      outsOf(unembedding.linear),
    ]);
  if (unembedding.linear.quantized) quantized.push("unembed.W_U");
  put("unembed.b_U", unembedding.linear.bias, [outsOf(unembedding.linear)]);
  return { weights, quantized };
}
