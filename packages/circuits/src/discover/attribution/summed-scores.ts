/**
 * @file Edge scores summed over prompts and positions: the fast form of `scoreExtension`.
 *
 * Head-major layouts make a score the product of two long rows, so nothing is transposed or joined that has the
 * width of the model for every head. What the norm's derivative takes away is of rank two per token, and is had
 * from the heads' own queries, keys and values.
 */

import type { Value } from "@diopter/graph";
import {
  builtOnce,
  type Extension,
  type ExtensionContext,
  type Metric,
  type Outputs,
} from "@diopter/model";
import type { EdgeGraph } from "../../graph/edge-graph";
import type { GraphShape } from "../../graph/shape";
import { sourceGroups, stageOf } from "../../graph/sources";
import {
  changeOf,
  gradientsOf,
  leavesOf,
  neededHooks,
  normHooks,
  type ScoreForm,
  scoreOutput,
} from "./score-extension";

/** The same outputs as `scoreExtension`, summed: [reader, source]. */
export function summedScoreExtension(
  graph: EdgeGraph,
  metric: Metric,
  form: Omit<ScoreForm, "positions">,
): Extension<Outputs> {
  const { shape } = graph;
  const { build: measure } = metric;
  return {
    name: `summed edge scores by ${metric.name}`,
    leaves: leavesOf(shape),
    needs: neededHooks(shape, form),
    build: builtOnce([summedScoreExtension, measure], [shape, form], () =>
      scored(shape, measure, form),
    ),
    feeds: metric.feeds,
    read: (outputs) => outputs,
  };
}

function scored(
  shape: GraphShape,
  measure: Metric["build"],
  form: Omit<ScoreForm, "positions">,
): Extension<Outputs>["build"] {
  return (e) => {
    const names = leavesOf(shape);
    const gradient = gradientsOf(e, measure, names);
    const sources = new Sources(e, blocksOf(e, shape, form));
    const outputs: Record<string, Value> = {};
    for (let l = 0; l < shape.nLayers; l++) {
      outputs[scoreOutput(l, "attn")] = headScores(
        e,
        l,
        stageOf("heads", l, shape),
        gradient,
        sources,
      );
      if (shape.attnOnly) continue;
      const into = longRow(e, gradient.get(`blocks.${l}.hook_mlp_in`)!);
      outputs[scoreOutput(l, "mlp")] = sources.products(into, stageOf("mlp", l, shape));
    }
    const last = longRow(e, gradient.get(names.at(-1)!)!);
    const { nLayers } = shape;
    outputs[scoreOutput(nLayers, "logits")] = sources.products(
      last,
      stageOf("logits", nLayers, shape),
    );
    return outputs;
  };
}

/** Sources that write together: the embeddings, the heads of a layer, an MLP. */
interface Block {
  readonly layer: number;
  readonly stage: number;
  /** What each would change by, [source, batch*pos*dModel]. */
  readonly rows: Value;
  /** The same before the output matrix, [batch, pos, head, dHead], of heads. */
  readonly heads?: Value;
  /** The same of others, [batch, pos, dModel]. */
  readonly plain?: Value;
}

/** Blocks in their order; the rows of all that are no heads are joined, since a product with one row costs as much as with ten. */
class Sources {
  readonly #b: ExtensionContext["b"];
  readonly #blocks: readonly Block[];

  constructor({ b }: ExtensionContext, blocks: readonly Block[]) {
    this.#b = b;
    this.#blocks = blocks;
  }

  before(stage: number): Block[] {
    return this.#blocks.filter((block) => block.stage < stage);
  }

  /** Long rows [reader, n] times those of every source before a stage: [reader, source]. */
  products(into: Value, stage: number): Value {
    const b = this.#b;
    const times = (rows: Value) => b.gemm(into, rows, undefined, { transB: true });
    const read = this.before(stage);
    const plain = read.filter((block) => block.plain).map(({ rows }) => rows);
    const products = times(plain.length > 1 ? b.concat(plain, 0) : plain[0]!);
    let next = 0;
    const parts = read.map(({ heads, rows }) => {
      if (heads) return times(rows);
      const column = next++;
      return b.slice(products, { axis: 1, start: column, end: column + 1 });
    });
    return parts.length > 1 ? b.concat(parts, 1) : parts[0]!;
  }
}

function blocksOf(
  e: ExtensionContext,
  shape: GraphShape,
  form: Omit<ScoreForm, "positions">,
): Block[] {
  const { b, config: c, weights } = e;
  const difference = (hook: string, rest: readonly number[]) => changeOf(e, hook, rest, form);
  return sourceGroups(shape).map(({ kind, layer, hook, stage }) => {
    if (kind !== "heads") {
      const plain = difference(hook, [c.dModel]);
      return { stage, layer, plain, rows: longRow(e, plain) };
    }
    const heads = difference(hook, [c.nHeads, c.dHead]);
    const W = b.reshape(weights.get(`blocks.${layer}.attn.W_O`), [c.nHeads, c.dHead, c.dModel]);
    return { stage, layer, heads, rows: longRows(e, byReader(e, heads), W) };
  });
}

/** Scores into the heads of a layer: gradients through the projections, less what the norm takes away. */
function headScores(
  e: ExtensionContext,
  l: number,
  stage: number,
  gradient: ReadonlyMap<string, Value>,
  sources: Sources,
): Value {
  const { b, config: c } = e;
  const before = sources.before(stage);
  const kinds = ["q", "k", "v"] as const;
  const own = b.concat(
    kinds.map((kind) => gradient.get(`blocks.${l}.attn.hook_${kind}`)!),
    2,
  ); // [batch, pos, reader, dHead]
  const W = projections(e, l); // [reader, dHead, dModel]
  if (c.normalizationType === "none")
    return sources.products(longRows(e, byReader(e, own), W), stage);
  const [normalized, scale] = normHooks(l).map((hook) => e.hook(hook)) as [Value, Value];
  const scaled = b.div(own, b.unsqueeze(scale, [3]));
  const plain = sources.products(longRows(e, byReader(e, scaled), W), stage);
  // d norm / d x = (1 - 1 1^T / d - y y^T / d) / scale, without the middle term for RMSNorm; it is symmetric.
  const along = b.sum(b.mul(scaled, withoutBias(e, l)), [3], false); // gradient . y, [batch, pos, reader]
  const lost = b.matmul(tokensLast(e, along), alongNorm(e, before, normalized)); // [reader, source]
  const centered = !c.normalizationType.startsWith("RMS");
  const total = centered ? b.add(lost, meansLost(e, scaled, W, before)) : lost;
  return b.sub(plain, b.div(total, c.dModel));
}

/** Gradient . 1 times change . 1, summed over tokens: [reader, source]. */
function meansLost(e: ExtensionContext, scaled: Value, W: Value, sources: readonly Block[]): Value {
  const { b, config: c, weights } = e;
  const sums = b.sum(b.mul(scaled, b.sum(W, [2], false)), [3], false); // [batch, pos, reader]
  const changes = sources.map(({ heads, plain, layer }) => {
    if (plain) return b.sum(plain, [2], true); // [batch, pos, 1]
    const written = b.sum(weights.get(`blocks.${layer}.attn.W_O`), [1], false); // [head*dHead]
    return b.sum(b.mul(heads!, b.reshape(written, [c.nHeads, c.dHead])), [3], false);
  });
  return b.matmul(tokensLast(e, sums), tokensFirst(e, changes));
}

/** Change . y of every source, [batch*pos, source]; of heads through the output matrix, where it is narrow. */
function alongNorm(e: ExtensionContext, sources: readonly Block[], normalized: Value): Value {
  const { b, config: c, weights } = e;
  const [batch, pos] = normalized.shape;
  const rows = b.reshape(normalized, [`${batch}*${pos}`, c.dModel]);
  const changes = sources.map(({ heads, plain, layer }) => {
    if (plain) return b.sum(b.mul(plain, normalized), [2], true);
    const seen = b.gemm(rows, weights.get(`blocks.${layer}.attn.W_O`), undefined, { transB: true });
    return b.sum(b.mul(heads!, b.reshape(seen, [batch!, pos!, c.nHeads, c.dHead])), [3], false);
  });
  return tokensFirst(e, changes);
}

/** Queries, keys and values less what does not come from the normed stream: [batch, pos, reader, dHead]. */
function withoutBias(e: ExtensionContext, l: number): Value {
  const { b, config: c, weights } = e;
  const pre = c.normalizationType.endsWith("Pre");
  const shift = pre ? undefined : weights.optional(`blocks.${l}.ln1.b`);
  const values = (["q", "k", "v"] as const).map((kind) => {
    const upper = kind.toUpperCase();
    const value = e.hook(`blocks.${l}.attn.hook_${kind}`);
    const constants = [
      weights.optional(`blocks.${l}.attn.b_${upper}`),
      shift &&
        b.squeeze(
          b.matmul(b.unsqueeze(shift, [0]), weights.get(`blocks.${l}.attn.W_${upper}`)),
          [0],
        ),
    ].filter((x) => x !== undefined);
    return constants.reduce<Value>(
      (x, constant) => b.sub(x, b.reshape(constant, [value.shape[2]!, c.dHead])),
      value,
    );
  });
  return b.concat(values, 2);
}

/** W_Q, W_K and W_V with the norm's gain, [reader, dHead, dModel]. */
function projections({ b, config: c, weights }: ExtensionContext, l: number): Value {
  const matrices = (["Q", "K", "V"] as const).map((kind) => {
    const W = weights.get(`blocks.${l}.attn.W_${kind}`); // [dModel, head * dHead]
    return b.reshape(W, [c.dModel, (W.shape[1] as number) / c.dHead, c.dHead]);
  });
  const W = b.transpose(b.concat(matrices, 1), [1, 2, 0]);
  if (c.normalizationType === "none" || c.normalizationType.endsWith("Pre")) return W;
  const gain = weights.get(`blocks.${l}.ln1.w`);
  return b.mul(W, c.gainPlusOne ? b.add(gain, 1) : gain);
}

/** [batch, pos, reader, dHead] as [reader, batch*pos, dHead]. */
function byReader({ b }: ExtensionContext, x: Value): Value {
  const [batch, pos, readers, width] = x.shape;
  return b.reshape(b.transpose(x, [2, 0, 1, 3]), [readers!, `${batch}*${pos}`, width!]);
}

/** x [reader, tokens, dHead] times W [reader, dHead, dModel] as [reader, tokens*dModel]. */
function longRows({ b }: ExtensionContext, x: Value, W: Value): Value {
  const [readers, tokens] = x.shape;
  return b.reshape(b.matmul(x, W), [readers!, `${tokens}*${W.shape[2]}`]);
}

/** [batch, pos, dModel] as [1, batch*pos*dModel]. */
function longRow({ b }: ExtensionContext, x: Value): Value {
  return b.reshape(x, [1, x.shape.join("*")]);
}

/** [batch, pos, n] as [n, batch*pos]. */
function tokensLast({ b }: ExtensionContext, x: Value): Value {
  const [batch, pos, n] = x.shape;
  return b.transpose(b.reshape(x, [`${batch}*${pos}`, n!]), [1, 0]);
}

/** [batch, pos, n] each, as one [batch*pos, sum of n]. */
function tokensFirst({ b }: ExtensionContext, xs: readonly Value[]): Value {
  const joined = xs.length > 1 ? b.concat(xs, 2) : xs[0]!;
  const [batch, pos, n] = joined.shape;
  return b.reshape(joined, [`${batch}*${pos}`, n!]);
}
