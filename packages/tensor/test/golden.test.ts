import {
  abs,
  add,
  concat,
  cumsum,
  div,
  erf,
  exp,
  expand,
  gather,
  gatherElements,
  l2,
  log,
  logSoftmax,
  logSumExp,
  matmul,
  max,
  maximum,
  mean,
  mul,
  neg,
  pow,
  relu,
  reshape,
  scatterND,
  sigmoid,
  slice,
  softmax,
  split,
  sqrt,
  squeeze,
  sub,
  sum,
  sumSquare,
  type Tensor,
  tanh,
  tensor,
  transpose,
  trilu,
  unsqueeze,
  where,
} from "@diopter/tensor";
import { expect, test } from "vitest";
import { goldenPath, readJson, readTensors } from "../../../test/golden";

/** Forward values of PyTorch operations in float64; origin and attributes in that folder's README. */
const folder = goldenPath("grad");

interface Case {
  name: string;
  op: string;
  inputs: string[];
  attributes: Record<string, unknown>;
}

type Attributes = { [key: string]: number } & { [key: string]: number[] };
type Operation = (inputs: Tensor[], attributes: Attributes) => Tensor;

const reduceOptions = (a: Attributes) => ({ axes: a.axes ?? [], keepDims: a.keepdims === 1 });

const operations: Record<string, Operation> = {
  MatMul: ([a, b]) => matmul(a!, b!),
  Gemm: ([a, b, c]) => add(matmul(a!, b!.transpose()), c!),
  Add: ([a, b]) => add(a!, b!),
  Sub: ([a, b]) => sub(a!, b!),
  Mul: ([a, b]) => mul(a!, b!),
  Div: ([a, b]) => div(a!, b!),
  Pow: ([x], a) => pow(x!, a.exponent!),
  Sqrt: ([x]) => sqrt(x!),
  Reciprocal: ([x]) => pow(x!, -1),
  Log: ([x]) => log(x!),
  Neg: ([x]) => neg(x!),
  Exp: ([x]) => exp(x!),
  Tanh: ([x]) => tanh(x!),
  Erf: ([x]) => erf(x!),
  Sigmoid: ([x]) => sigmoid(x!),
  Relu: ([x]) => relu(x!),
  Abs: ([x]) => abs(x!),
  Silu: ([x]) => mul(x!, sigmoid(x!)),
  SoftCap: ([x], a) => mul(tanh(div(x!, a.cap!)), a.cap!),
  Softmax: ([x], a) => softmax(x!, a.axis),
  LogSoftmax: ([x], a) => logSoftmax(x!, a.axis),
  Gather: ([x, i], a) => gather(x!, i!, a.axis),
  GatherElements: ([x, i], a) => gatherElements(x!, i!, a.axis),
  Where: ([c, x, y]) => where(c!, x!, y!),
  ReduceSum: ([x], a) => sum(x!, reduceOptions(a)),
  ReduceMean: ([x], a) => mean(x!, reduceOptions(a)),
  ReduceLogSumExp: ([x], a) => logSumExp(x!, reduceOptions(a)),
  ReduceMax: ([x], a) => max(x!, reduceOptions(a)),
  ReduceSumSquare: ([x], a) => sumSquare(x!, reduceOptions(a)),
  ReduceL2: ([x], a) => l2(x!, reduceOptions(a)),
  Transpose: ([x], a) => transpose(x!, a.perm),
  Reshape: ([x], a) => reshape(x!, a.shape!),
  Slice: ([x], a) => slice(x!, a.starts!, a.ends!, a.axes, a.steps),
  Concat: ([a, b], { axis }) => concat([a!, b!, a!], axis),
  Split: ([x], a) => {
    const [first, second] = split(x!, a.split!, a.axis);
    return mul(first!, second!);
  },
  Expand: ([x], a) => expand(x!, a.shape!),
  Unsqueeze: ([x], a) => unsqueeze(x!, a.axes!),
  Squeeze: ([x], a) => squeeze(x!, a.axes),
  Max: ([a, b]) => maximum(a!, b!),
  CumSum: ([x], a) => cumsum(x!, a.axis),
  Trilu: ([x], a) => trilu(x!, 0, a.upper === 1),
  ScatterND: ([x, u], a) => scatterND(x!, tensor(a.indices!, { dtype: "int64" }), u!),
};

test("every kernel gives PyTorch's float64 values", () => {
  const cases = readJson<Case[]>(`${folder}/operations.json`);
  const tensors = readTensors(`${folder}/operations.f64.safetensors`);
  let checked = 0;
  for (const { name, op, inputs, attributes } of cases) {
    const operation = operations[op];
    if (!operation) continue;
    const names = op === "Where" || op.startsWith("Gather") ? whole[op]! : inputs;
    const output = operation(
      names.map((input) => tensors.get(`${name}/${input}`)!),
      attributes as Attributes,
    );
    expect(output, name).toBeAllclose(tensors.get(`${name}/output`)!, { rtol: 1e-12, atol: 1e-14 });
    checked++;
  }
  expect(checked).toBe(60);
});

/** Operations whose integer inputs the case does not list, since they have no gradient. */
const whole: Record<string, string[]> = {
  Where: ["condition", "X", "Y"],
  Gather: ["data", "indices"],
  GatherElements: ["data", "indices"],
};
