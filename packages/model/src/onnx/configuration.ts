/** @file The canonical configuration of a transformer that was found in a file. */

import { type ConfigChoices, completeConfig } from "../checkpoint/families/complete-config";
import type { ModelConfig, QueryKeyNorm, RotaryScaling } from "../config/config";
import type { Attention } from "./match/attention";
import type { Embedding, Table } from "./match/embedding";
import type { Constants, Linear } from "./match/linear";
import type { Norm } from "./match/norm";
import { reads, readsOf } from "./match/residual";
import type { Layer, Transformer } from "./match/transformer";
import { type Body, type Var, varsOf } from "./read/body";
import { FLOAT32, near } from "./read/near";
import { Refusal } from "./refusal";

/** The configuration; throws a Refusal where layers differ in what they must share. */
export function configurationOf(
  { embedding, layers, finalNorm, unembedding }: Transformer,
  constants: Constants,
): ModelConfig {
  const attns = layers.map(({ attn }) => attn.part);
  const shape = ({ name, transposed }: Table) => {
    const [rows, width] = constants.get(name)!.shape.slice(-2) as [number, number];
    return transposed ? ([width, rows] as const) : ([rows, width] as const);
  };
  const [dVocab, dModel] = shape(embedding.tokens);
  const attnOnly = layers.every(({ mlp }) => mlp === undefined);
  if (!attnOnly && layers.some(({ mlp }) => mlp === undefined))
    throw new Refusal("some blocks have no MLP");
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
    throw new Refusal("some norms have a gain, some have none");
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
    throw new Refusal("windows of different sizes");
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
      ? shape(embedding.positions)[0] - embedding.positions.position.offset
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
    attnScale: near(divisor, Math.sqrt(dHead), FLOAT32)
      ? Math.sqrt(dHead)
      : near(scale, 1, FLOAT32)
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
    logitScale: near(unembedding.scale, 1, FLOAT32) ? undefined : unembedding.scale,
    embeddingScale: near(embedding.scale, 1, FLOAT32) ? undefined : embedding.scale,
    postEmbeddingNorm: embedding.norm !== undefined,
    tokenTypes: embedding.types ? shape(embedding.types)[0] : 0,
    mlmHead: unembedding.head !== undefined,
    tiedEmbeddings: isTied(vocabulary, embedding),
  };
  return consistent(choices);
}

/** What a file may say that no model can be is a reason to refuse it. */
function consistent(choices: ConfigChoices): ModelConfig {
  try {
    return completeConfig(choices);
  } catch (error) {
    if (error instanceof RangeError) throw new Refusal(error.message);
    throw error;
  }
}

/** The one value that all layers agree on. */
function agreed<T>(what: string, values: readonly T[]): T {
  const [first, ...others] = values;
  const odd = others.findIndex((value) => JSON.stringify(value) !== JSON.stringify(first));
  if (odd >= 0)
    throw new Refusal(
      `${what} of block ${odd + 1} is ${JSON.stringify(others[odd])}, of block 0 ${JSON.stringify(first)}`,
    );
  return first as T;
}

function outputSize({ weight, over }: Linear): number {
  const outs = [...varsOf(weight)].filter((v) => !over.includes(v));
  return sizeOf(outs);
}

function sizeOf(vars: readonly Var[]): number {
  return vars.reduce((n, v) => n * (v.size.value ?? Number.NaN), 1);
}

/** Whether the vocabulary matrix is the embedding, transposed. */
function isTied({ weight, over }: Linear, { tokens }: Embedding): boolean {
  if (weight.k !== "const" || weight.name !== tokens.name) return false;
  const component = weight.index[tokens.transposed ? 0 : 1];
  return over.length === 1 && component?.k === "at" && component.terms.has(over[0]!);
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
    throw new Refusal("only one of attention and MLP norms what it writes");
  const attnReads = reads(attn, attnStep.stream);
  if (attnStep.norm) {
    if (attnReads !== "stream" || (mlp && reads(mlp, mlpStep!.stream) !== "stream"))
      throw new Refusal("norms before and after each sum");
    return { normPlacement: "post", parallelAttnMlp: false, sharedNorm: false };
  }
  if (!mlp)
    return {
      normPlacement: attnReads === "norm" ? (after ? "both" : "pre") : "output",
      parallelAttnMlp: false,
      sharedNorm: false,
    };
  const parallel = mlpStep === attnStep || readsOf(mlp, mlpStep!.stream) === undefined;
  const mlpReads = reads(mlp, parallel ? attnStep.stream : mlpStep!.stream);
  if (attnReads !== mlpReads)
    throw new Refusal("only one of attention and MLP norms what it reads");
  const normPlacement = attnReads === "norm" ? (after ? "both" : "pre") : "output";
  return {
    normPlacement,
    parallelAttnMlp: parallel,
    sharedNorm: parallel && attnReads === "norm" && sameNorm(attn.before!, mlp.before!),
  };
}

/** Whether two norms have the same weights. */
function sameNorm(a: Norm, b: Norm): boolean {
  const name = (body: Body | undefined): string => (body?.k === "const" ? body.name : "");
  return name(a.gain) === name(b.gain) && name(a.bias) === name(b.bias);
}

function rotation(attns: readonly Attention[], dHead: number) {
  const turned = attns.map(({ q, k }) => {
    if ((q.rotation === undefined) !== (k.rotation === undefined))
      throw new Refusal("only one of queries and keys is rotated");
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
  if (dim > dHead) throw new Refusal("more is rotated than a head has");
  const { base, scaling } = rotaryBase(frequencies, near(magnitude, 1, FLOAT32) ? 1 : magnitude);
  return {
    positionalEmbeddingType: "rotary" as const,
    rotaryDim: dim,
    rotaryBase: base,
    rotaryScaling: scaling,
    rotaryAdjacentPairs: adjacent,
    layersWithoutRotary: layersWithoutRotary.length > 0 ? layersWithoutRotary : undefined,
  };
}

interface RotaryBase {
  readonly base: number;
  readonly scaling: RotaryScaling | undefined;
}

/**
 * Base and scaling whose frequencies are those of the file, all of them checked.
 *
 * A plain base where there is one, one factor for all (`linear`), or else a factor for each (`longrope` has them), since
 * a file holds the frequencies and not the rule that they came from.
 */
function rotaryBase(frequencies: readonly number[], magnitude: number): RotaryBase {
  const dim = 2 * frequencies.length;
  const exponent = (i: number) => (-2 * i) / dim;
  const factor = 1 / frequencies[0]!;
  const last = frequencies.length - 1;
  const base = last === 0 ? 10000 : tidy((frequencies[last]! * factor) ** (1 / exponent(last)));
  const fits = frequencies.every((f, i) => near(f * factor, base ** exponent(i), FLOAT32));
  if (fits && magnitude === 1)
    return {
      base,
      scaling: near(factor, 1, FLOAT32) ? undefined : { type: "linear", factor: tidy(factor) },
    };
  const stretches = frequencies.map((f, i) => base ** exponent(i) / f);
  return {
    base,
    scaling: {
      type: "longrope",
      shortFactor: stretches,
      longFactor: stretches,
      originalContext: 1,
      attentionFactor: magnitude,
    },
  };
}

/** The whole number that a float32 computation was near. */
function tidy(x: number): number {
  const whole = Math.round(x);
  return near(whole, x, FLOAT32) ? whole : x;
}

function queryKeyNorm(attns: readonly Attention[]): QueryKeyNorm | undefined {
  const found = attns.map(({ q, k, dHead }) => {
    if ((q.norm === undefined) !== (k.norm === undefined))
      throw new Refusal("only one of queries and keys is normed");
    if (!q.norm) return null;
    return { type: q.norm.type, over: sizeOf(q.norm.over) === dHead ? "head" : "layer" } as const;
  });
  return agreed("the norm of queries and keys", found) ?? undefined;
}
