/**
 * @file One step of training as one graph: forward, loss, backward, clipping and AdamW (Loshchilov and Hutter 2019).
 *
 * All parameters travel as one flat vector, so that the optimizer is a dozen operations over it
 * instead of a dozen for each tensor.
 */

import { Builder, backward, type Graph, type Value } from "@diopter/graph";
import { severalPerBatch } from "./batches";
import { type Parameter, parametersOf, type Spec, sizeOfParameters } from "./parameters";

type Weights = (name: string) => Value;

/** The graph of a step: what comes in, what goes out. */
export function trainingGraph(spec: Spec): Graph {
  const parameters = parametersOf(spec);
  const total = sizeOfParameters(parameters);
  const b = new Builder({ name: "training-step" });
  const theta = b.input("theta", "float32", [total]);
  const leaves = unpack(b, theta, parameters);
  const loss = lossOf(b, spec, (name) => leaves.get(name)!);
  const order = parameters.map(({ name }) => leaves.get(name)!);
  const gradients = backward(b, loss, order);
  const flat = b.concat(
    gradients.map((gradient, i) => b.reshape(gradient, [parameters[i]!.size])),
    0,
  );
  return b.build([b.named("loss", loss), ...adamw(b, spec, theta, flat, total)]);
}

/** The graph from tokens to logits [batch*pos, dVocab]. */
export function forwardGraph(spec: Spec): Graph {
  const parameters = parametersOf(spec);
  const b = new Builder({ name: "forward" });
  const theta = b.input("theta", "float32", [sizeOfParameters(parameters)]);
  const leaves = unpack(b, theta, parameters);
  return b.build([
    b.named(
      "logits",
      logitsOf(b, spec, (name) => leaves.get(name)!),
    ),
  ]);
}

function unpack(b: Builder, theta: Value, parameters: readonly Parameter[]): Map<string, Value> {
  const sizes = parameters.map(({ size }) => size);
  const parts = b.split(theta, sizes, 0);
  return new Map(parameters.map(({ name, shape }, i) => [name, b.reshape(parts[i]!, shape)]));
}

/** Weighted cross entropy; the fed weights add up to 1. */
function lossOf(b: Builder, spec: Spec, w: Weights): Value {
  const count = spec.rows * spec.context;
  const targets = b.input("targets", "int64", [count, 1]);
  const weights = b.input("weights", "float32", [count, 1]);
  const logits = logitsOf(b, spec, w); // [batch*pos, dVocab]
  const logProbabilities = b.logSoftmax(logits, -1);
  const picked = b.gatherElements(logProbabilities, targets, 1); // [batch*pos, 1]
  const loss = b.neg(b.sum(b.mul(picked, weights), [0, 1], false));
  if (spec.architecture === "masked") return loss;
  const places = b.input("sharedAt", "int64", [severalPerBatch]);
  const shared = b.input("shared", "float32", [severalPerBatch, spec.dVocab]);
  const several = b.mul(b.gather(logProbabilities, places, 0), shared);
  return b.sub(loss, b.sum(several, [0, 1], false));
}

function logitsOf(b: Builder, spec: Spec, w: Weights): Value {
  const { architecture, rows, context, dModel: d, nLayers } = spec;
  const causal = architecture === "causal";
  const tokens = b.input("tokens", "int64", [rows * context]);
  const embedded = b.gather(w("embed"), tokens, 0); // [batch*pos, dModel]
  let x: Value;
  if (causal) {
    const byRow = b.add(b.reshape(embedded, [rows, context, d]), w("positions"));
    x = b.reshape(byRow, [rows * context, d]);
  } else {
    const places = b.input("places", "int64", [rows * context]);
    x = norm(b, spec, w, "embed.norm", b.add(embedded, b.gather(w("positions"), places, 0)));
  }
  const mask = causal
    ? causalMask(b, context)
    : b.input("mask", "float32", [rows, 1, context, context]);
  for (let l = 0; l < nLayers; l++) x = block(b, spec, w, l, x, mask);
  if (causal)
    return b.gemm(norm(b, spec, w, "final.norm", x), w("embed"), undefined, { transB: true });
  const hidden = norm(b, spec, w, "head.norm", b.gelu(linear(b, w, "head", x), "none"));
  return b.add(b.gemm(hidden, w("embed"), undefined, { transB: true }), w("vocabulary.bias"));
}

/** Norms stand before each sublayer in GPT-2 and after each sum in BERT. x is [batch*pos, dModel]. */
function block(b: Builder, spec: Spec, w: Weights, l: number, x: Value, mask: Value): Value {
  if (spec.architecture === "causal") {
    const mid = b.add(x, attention(b, spec, w, l, norm(b, spec, w, `${l}.norm1`, x), mask));
    return b.add(mid, mlp(b, spec, w, l, norm(b, spec, w, `${l}.norm2`, mid)));
  }
  const mid = norm(b, spec, w, `${l}.norm1`, b.add(x, attention(b, spec, w, l, x, mask)));
  return norm(b, spec, w, `${l}.norm2`, b.add(mid, mlp(b, spec, w, l, mid)));
}

function attention(b: Builder, spec: Spec, w: Weights, l: number, x: Value, mask: Value): Value {
  const { rows, context, nHeads, dModel } = spec;
  const dHead = dModel / nHeads;
  const parts = b.split(linear(b, w, `${l}.qkv`, x), [dModel, dModel, dModel], 1);
  const [q, k, v] = parts.map((part) => b.reshape(part, [rows, context, nHeads, dHead]));
  const scaled = b.mul(b.transpose(q!, [0, 2, 1, 3]), 1 / Math.sqrt(dHead));
  const scores = b.matmul(scaled, b.transpose(k!, [0, 2, 3, 1])); // [batch, head, query, key]
  const pattern = b.softmax(b.add(scores, mask), -1);
  const z = b.transpose(b.matmul(pattern, b.transpose(v!, [0, 2, 1, 3])), [0, 2, 1, 3]);
  return linear(b, w, `${l}.out`, b.reshape(z, [rows * context, dModel]));
}

function mlp(b: Builder, spec: Spec, w: Weights, l: number, x: Value): Value {
  const approximate = spec.architecture === "causal" ? "tanh" : "none";
  return linear(b, w, `${l}.mlpOut`, b.gelu(linear(b, w, `${l}.mlpIn`, x), approximate));
}

const linear = (b: Builder, w: Weights, name: string, x: Value): Value =>
  b.add(b.matmul(x, w(`${name}.weight`)), w(`${name}.bias`));

function norm(b: Builder, spec: Spec, w: Weights, name: string, x: Value): Value {
  const epsilon = epsilonOf(spec);
  const inputs = [x, w(`${name}.weight`), w(`${name}.bias`)];
  return b.node("LayerNormalization", inputs, { axis: -1, epsilon })[0]!;
}

/** The customary epsilon of GPT-2's and BERT's norms. */
export const epsilonOf = ({ architecture }: Spec): number =>
  architecture === "causal" ? 1e-5 : 1e-12;

/** 0 where a key may be seen, -1e9 where it lies ahead, [query, key]. */
function causalMask(b: Builder, context: number): Value {
  const data = new Float32Array(context * context);
  for (let query = 0; query < context; query++)
    data.fill(-1e9, query * context + query + 1, (query + 1) * context);
  return b.constant({ dtype: "float32", shape: [context, context], data });
}

/** theta, m and v after the step; `rate1` and `rate2` are 1 / (1 - beta^t), `rate` the learning rate. */
function adamw(b: Builder, spec: Spec, theta: Value, gradient: Value, total: number): Value[] {
  const [beta1, beta2] = spec.betas;
  const vector = (name: string) => b.input(name, "float32", [total]);
  const scalar = (name: string) => b.input(name, "float32", [1]);
  const [m, v, decays] = [vector("m"), vector("v"), vector("decays")];
  const [rate, rate1, rate2] = [scalar("rate"), scalar("rate1"), scalar("rate2")];
  const length = b.sqrt(b.sum(b.mul(gradient, gradient), [0], true)); // [1]
  const shrink = b.div(1, b.where(b.greater(length, 1), length, b.constant(1, "float32")));
  const g = b.mul(gradient, shrink); // clipped to length 1
  const mean = b.add(b.mul(m, beta1), b.mul(g, 1 - beta1));
  const square = b.add(b.mul(v, beta2), b.mul(b.mul(g, g), 1 - beta2));
  const step = b.div(b.mul(mean, rate1), b.add(b.sqrt(b.mul(square, rate2)), 1e-8));
  const change = b.mul(b.add(step, b.mul(b.mul(theta, decays), spec.weightDecay)), rate);
  return [
    b.named("theta.next", b.sub(theta, change)),
    b.named("m.next", mean),
    b.named("v.next", square),
    b.named("length", length),
  ];
}
