import { Builder, backward, evaluate, ops, type Value } from "@diopter/graph";
import { expect, test } from "vitest";
import { goldenPath, readJson, readTensors } from "../../../../test/golden";

/** Every attribute of the index; a case has those of its op. */
interface Attributes {
  readonly equation: string;
  readonly exponent: number;
  readonly cap: number;
  readonly epsilon: number;
  readonly axis: number;
  readonly axes: readonly number[];
  readonly keepdims: number;
  readonly shape: readonly number[];
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly steps: readonly number[];
  readonly split: readonly number[];
  readonly min: number;
  readonly max: number;
  readonly indices: readonly (readonly number[])[];
  readonly is_causal: number;
}

interface Case {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly gradients: readonly string[];
  readonly attributes: Attributes;
}

type Write = (b: Builder, xs: readonly Value[], attributes: Attributes) => Value;

const unary =
  (op: string): Write =>
  (b, xs, attrs) =>
    b.node(op, xs, { ...(attrs as unknown as Record<string, number>) })[0]!;
const reduce =
  (op: "sum" | "mean" | "logSumExp" | "reduceMax" | "sumSquare" | "l2"): Write =>
  (b, [x], { axes, keepdims }) =>
    b[op](x!, axes, keepdims === 1);
const norm = { axis: -1, epsilon: 1e-6 };

/** How to write the ops whose attributes in the index are not those of ONNX. */
const writers: Readonly<Record<string, Write>> = {
  Einsum: (b, xs, { equation }) => b.einsum(equation, ...xs),
  Pow: (b, [x], { exponent }) => b.pow(x!, exponent),
  Silu: (b, [x]) => b.silu(x!),
  QuickGelu: (b, [x]) => b.quickGelu(x!),
  SoftCap: (b, [x], { cap }) => b.softCap(x!, cap),
  "LayerNormalization.no_affine": (b, [x], { epsilon }) =>
    b.layerNorm(x!, b.fill([6], 1, x!), undefined, { epsilon }),
  "RMSNormalization.one_plus_scale": (b, [x, scale]) =>
    b.node("RMSNormalization", [x!, b.add(scale!, 1)], norm)[0]!,
  Where: (b, [condition, x, y]) => b.where(b.cast(condition!, "bool"), x!, y!),
  ReduceSum: reduce("sum"),
  ReduceMean: reduce("mean"),
  ReduceLogSumExp: reduce("logSumExp"),
  ReduceMax: reduce("reduceMax"),
  ReduceSumSquare: reduce("sumSquare"),
  ReduceL2: reduce("l2"),
  Reshape: (b, [x], { shape }) => b.reshape(x!, shape),
  Slice: (b, [x], { starts, ends, axes, steps }) =>
    b.slice(x!, { axis: axes[0]!, start: starts[0]!, end: ends[0]!, step: steps[0]! }),
  Concat: (b, [p, q], { axis }) => b.concat([p!, q!, p!], axis),
  Split: (b, [x], { axis, split }) => {
    const [first, second] = b.split(x!, split, axis);
    return b.mul(first!, second!);
  },
  Expand: (b, [x], { shape }) => b.expand(x!, shape),
  Unsqueeze: (b, [x], { axes }) => b.unsqueeze(x!, axes),
  Squeeze: (b, [x], { axes }) => b.squeeze(x!, axes),
  Clip: (b, [x], { min, max }) => b.clip(x!, min, max),
  CumSum: (b, [x], { axis }) => b.cumsum(x!, axis),
  Trilu: (b, [x]) => b.trilu(x!, 0, false),
  ScatterND: (b, [x, updates], { indices }) => {
    return b.scatterND(x!, b.reshape(b.ints(indices.flat()), [2, 2]), updates!);
  },
  "RotaryEmbedding.half_split": (b, [x, cos, sin]) => rotateHalf(b, x!, cos!, sin!),
  "RotaryEmbedding.interleaved": (b, [x, cos, sin]) => rotatePairs(b, x!, cos!, sin!),
  "RotaryEmbedding.partial": (b, [x, cos, sin]) => {
    const [turned, rest] = b.split(x!, [4, 2], -1);
    return b.concat([rotateHalf(b, turned!, cos!, sin!), rest!], -1);
  },
  Attention: (b, [q, k, v], { is_causal }) => {
    const keys = b.transpose(k!, [0, 1, 3, 2]);
    let scores = b.mul(b.matmul(q!, keys), 1 / Math.sqrt(3));
    if (is_causal) {
      const mask = b.trilu(b.fill([4, 4], Number.NEGATIVE_INFINITY, q!), 1, true);
      scores = b.add(scores, mask);
    }
    return b.matmul(b.softmax(scores), v!);
  },
  CrossEntropy: (b, [x, labels]) => {
    const right = b.gatherElements(b.logSoftmax(x!), b.unsqueeze(labels!, [-1]), 1);
    return b.neg(b.mean(right));
  },
  KLDivergence: (b, [x, target]) => {
    const gap = b.sub(b.logSoftmax(target!), b.logSoftmax(x!));
    return b.mean(b.sum(b.mul(b.softmax(target!), gap), -1));
  },
};

function rotateHalf(b: Builder, x: Value, cos: Value, sin: Value): Value {
  const [first, second] = b.split(x, [2, 2], -1);
  return b.add(b.mul(x, cos), b.mul(b.concat([b.neg(second!), first!], -1), sin));
}

function rotatePairs(b: Builder, x: Value, cos: Value, sin: Value): Value {
  const even = b.slice(x, { axis: -1, start: 0, step: 2 });
  const odd = b.slice(x, { axis: -1, start: 1, step: 2 });
  const turned = [
    b.sub(b.mul(even, cos), b.mul(odd, sin)),
    b.add(b.mul(even, sin), b.mul(odd, cos)),
  ];
  const pairs = turned.map((part) => b.unsqueeze(part, [-1]));
  return b.reshape(b.concat(pairs, -1), x);
}

const cases = readJson<Case[]>(goldenPath("grad/operations.json"));
const tensors = readTensors(goldenPath("grad/operations.f64.safetensors"));

test("the golden file has all of its 79 cases", () => {
  expect(cases.length).toBe(79);
});

test.each(cases.map((c) => [c.name, c] as const))(
  "%s has torch's output and gradients",
  (name, { op, inputs, gradients, attributes }) => {
    const b = new Builder({ opset: Math.max(20, ops[op]?.since ?? 1) });
    const get = (part: string) => tensors.get(`${name}/${part}`)!;
    const xs = inputs.map((input) => {
      const { dtype, shape } = get(input);
      return b.input(input, dtype, shape);
    });
    const write = writers[name] ?? writers[op] ?? unary(op);
    const y = b.named("output", write(b, xs, attributes));
    const seed = b.input("grad_output", "float64", get("grad_output").shape);
    const wrt = gradients.map((input) => b.value(input));
    const results = backward(b, y, wrt, { cotangent: seed });
    const graph = b.build([y, ...results.map((g, i) => b.named(`grad.${gradients[i]}`, g))]);
    const feeds = Object.fromEntries([...inputs, "grad_output"].map((part) => [part, get(part)]));
    const made = evaluate(graph, feeds);
    for (const part of Object.keys(made)) {
      const scale = Math.max(...get(part).toFloat64().filter(Number.isFinite).map(Math.abs));
      expect(made[part]).toBeAllclose(get(part), { rtol: 1e-11, atol: 1e-11 * scale });
    }
  },
);
