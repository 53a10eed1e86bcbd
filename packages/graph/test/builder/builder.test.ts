import { Builder, evaluate, type Graph } from "@diopter/graph";
import { tensor } from "@diopter/tensor";
import fc from "fast-check";
import { expect, test } from "vitest";

const ops = (graph: Graph) => graph.nodes.map((node) => node.op);

test("a graph holds its inputs, nodes in order, and the shapes of all of its values", () => {
  const b = new Builder({ name: "square", opset: 18 });
  const x = b.input("x", "float32", ["batch", 3]);
  const y = b.named("y", b.sum(b.mul(x, x), 1));
  const graph = b.build([y]);
  expect(graph.name).toBe("square");
  expect(graph.opsets).toEqual({ "": 18 });
  expect(graph.inputs).toEqual([{ name: "x", dtype: "float32", shape: ["batch", 3] }]);
  expect(graph.outputs).toEqual([{ name: "y", dtype: "float32", shape: ["batch"] }]);
  expect(graph.values.get("mul_0")).toEqual({
    name: "mul_0",
    dtype: "float32",
    shape: ["batch", 3],
  });
  expect(graph.nodes.map(({ op, inputs, outputs }) => [op, inputs, outputs])).toEqual([
    ["Mul", ["x", "x"], ["mul_0"]],
    ["ReduceSum", ["mul_0", "constant_0"], ["y"]],
  ]);
  expect(graph.nodes[1]!.attrs).toEqual({ keepdims: { type: "int", value: 0 } });
});

test("equal constants are one initializer, and -0 is not 0", () => {
  const b = new Builder();
  expect(b.constant(2)).toBe(b.constant(tensor(2)));
  expect(b.constant(2)).not.toBe(b.constant(2, "int64"));
  expect(b.constant(0)).not.toBe(b.constant(-0));
  expect(b.constant(tensor([1, 2]))).not.toBe(b.constant(tensor([[1, 2]])));
  const large = tensor(new Float32Array(100));
  expect(b.constant(large)).toBe(b.constant(large));
});

test("a constant that no node came to need is left out", () => {
  const b = new Builder();
  b.constant(7);
  b.initializer("kept", tensor([1]));
  expect([...b.build([b.neg(b.constant(2))]).initializers.keys()]).toEqual(["kept", "constant_1"]);
});

test("a number takes the dtype of the other operand", () => {
  const b = new Builder();
  const ids = b.input("ids", "int64", [2]);
  expect(b.add(ids, 1).dtype).toBe("int64");
  expect(b.sub(1, b.input("x", "float16", [2])).dtype).toBe("float16");
  expect(() => b.mul(ids, 0.5)).toThrow(new RangeError("constant: 0.5 is not an int64"));
  expect(() => b.add(1, 2)).toThrow(new TypeError("Add: every operand is a number"));
});

test("a named value is renamed where a node made it, and what holds the old handle goes on", () => {
  const b = new Builder();
  const x = b.input("x", "float32", [2]);
  const y = b.exp(x);
  const z = b.neg(y);
  expect(b.named("y", y)).toBe(y);
  expect(y.name).toBe("y");
  expect(b.has("exp_0")).toBe(false);
  const graph = b.build([z]);
  expect(graph.nodes[1]!.inputs).toEqual(["y"]);
});

test("an input, a constant and a value with a chosen name are copied under the new name", () => {
  const b = new Builder();
  const x = b.input("x", "float32", [2]);
  const y = b.named("y", b.exp(x));
  expect(b.named("y", y)).toBe(y);
  expect([b.named("x2", x).name, b.named("y2", y).name, y.name]).toEqual(["x2", "y2", "y"]);
  expect(ops(b.build(["y2"]))).toEqual(["Exp", "Identity", "Identity"]);
});

test("names are taken once, and a wrong name is answered with the nearest", () => {
  const b = new Builder();
  const x = b.input("hook_q", "float32", [2]);
  expect(() => b.input("hook_q", "float32", [])).toThrow(
    new RangeError('builder: value "hook_q" already exists'),
  );
  expect(() => b.named("hook_q", b.neg(x))).toThrow('builder: value "hook_q" already exists');
  expect(() => b.value("hook_p")).toThrow(
    new RangeError('builder: no value "hook_p"; did you mean "hook_q"?'),
  );
  expect(() => b.build([x, "hook_q"])).toThrow('builder: output "hook_q" is asked for twice');
  expect(() => new Builder().neg(x)).toThrow(
    new TypeError('builder: value "hook_q" belongs to another builder'),
  );
});

test("wrong shapes and dtypes throw where they are written, with op, names and shapes", () => {
  const b = new Builder();
  const x = b.input("x", "float32", ["batch", 4]);
  const w = b.input("w", "float32", [3, 5]);
  const n = b.input("n", "float32", ["pos", 4]);
  const ids = b.input("ids", "int64", [2]);
  const bad: [() => unknown, Error][] = [
    [
      () => b.matmul(x, w),
      new RangeError("MatMul: inner dimensions differ: x [batch, 4] x w [3, 5]"),
    ],
    [() => b.gemm(w, x), new RangeError("Gemm: inner dimensions differ: w [3, 5] x x [batch, 4]")],
    [() => b.add(x, w), new RangeError("Add: shapes do not broadcast: x [batch, 4] and w [3, 5]")],
    [
      () => b.add(x, n),
      new RangeError("Add: shapes do not broadcast: x [batch, 4] and n [pos, 4]"),
    ],
    [() => b.add(x, ids), new TypeError("Add: dtypes differ: x float32 and ids int64")],
    [() => b.softmax(x, 2), new RangeError("Softmax: axis 2 is outside [-2, 1]")],
    [() => b.softmax(ids), new TypeError("Softmax: ids is int64, expected a float")],
    [() => b.sum(x, [0, -2]), new RangeError("ReduceSum: axes [0, -2] name one axis twice")],
    [
      () => b.sum(x, []),
      new RangeError("ReduceSum: an empty list of axes; leave it out to reduce all of them"),
    ],
    [
      () => b.transpose(x, [0, 0]),
      new RangeError("Transpose: [0, 0] does not permute the axes of x [batch, 4]"),
    ],
    [() => b.reshape(w, [4, 4]), new RangeError("Reshape: cannot reshape w [3, 5] to [4, 4]")],
    [() => b.reshape(w, [4, -1]), new RangeError("Reshape: cannot reshape w [3, 5] to [4, -1]")],
    [() => b.squeeze(w, [0]), new RangeError("Squeeze: dimension 0 of w [3, 5] is not 1")],
    [() => b.expand(w, [2, 5]), new RangeError("Expand: w [3, 5] does not broadcast to [2, 5]")],
    [
      () => b.concat([x, w], 0),
      new RangeError("Concat: shapes differ beside axis 0: x [batch, 4], w [3, 5]"),
    ],
    [
      () => b.split(w, [2, 2], 0),
      new RangeError("Split: sizes [2, 2] do not add up to dimension 0 of w [3, 5]"),
    ],
    [() => b.gather(w, x), new TypeError("Gather: x is float32, expected int64 or int32")],
    [
      () => b.gatherElements(w, ids),
      new RangeError("GatherElements: ranks differ: w [3, 5] and ids [2]"),
    ],
    [
      () => b.scatterND(w, b.unsqueeze(ids, [1]), x),
      new RangeError("ScatterND: x [batch, 4] should be [2, 5]"),
    ],
    [
      () => b.layerNorm(x, b.input("g", "float32", [3])),
      new RangeError("LayerNormalization: shapes do not broadcast: x [batch, 4] and g [3]"),
    ],
    [() => b.where(x, x, x), new TypeError("Where: x is float32, expected bool")],
    [() => b.topK(w, 6), new RangeError("TopK: k = 6 is more than dimension 1 of w, 5")],
    [
      () => b.einsum("ab,cd->ad", x),
      new RangeError('Einsum: equation "ab,cd->ad" has 2 operands, got 1'),
    ],
    [
      () => b.einsum("abc->a", x),
      new RangeError('Einsum: "abc" does not name the axes of x [batch, 4]'),
    ],
    [() => b.einsum("ab,cb->ac", x, w), new RangeError('Einsum: "b" is 4 and also 5 in w [3, 5]')],
    [() => b.node("MatMul", [x]), new RangeError("MatMul: expected 2 inputs, got 1")],
  ];
  for (const [write, error] of bad) expect(write).toThrow(error);
});

test("an op that the operator set does not have yet is refused", () => {
  const b = new Builder({ opset: 17 });
  expect(() => b.gelu(b.input("x", "float32", [2]))).toThrow(
    new RangeError("Gelu: needs operator set 20, this graph has 17"),
  );
});

test("an op that the table does not know may be written; its shape is unknown until it is stated", () => {
  const b = new Builder();
  const x = b.input("x", "float32", [2]);
  const [y] = b.node(
    "Frobnicate",
    [x, undefined],
    { mode: "fast", rate: 0.5, axes: [0, 1] },
    { domain: "com.example" },
  );
  expect(() => y!.shape).toThrow('value "frobnicate_0": its rank is unknown');
  expect(b.assume(y!, [2, "n"]).shape).toEqual([2, "n"]);
  expect(() => b.assume(y!, [3, 4])).toThrow("builder: frobnicate_0 is [2, n], not [3, 4]");
  const { nodes, opsets } = b.build([y!]);
  expect(opsets).toEqual({ "": 20, "com.example": 1 });
  expect(nodes[0]).toMatchObject({
    inputs: ["x"],
    attrs: {
      mode: { type: "string", value: "fast" },
      rate: { type: "float", value: 0.5 },
      axes: { type: "ints", value: [0, 1] },
    },
  });
});

test("attributes have the type that the op declares, whatever the number looks like", () => {
  const b = new Builder();
  const x = b.input("x", "float32", [2, 2]);
  b.gemm(x, x, undefined, { alpha: 1 });
  const [node] = b.build([]).nodes;
  expect(node!.attrs.alpha).toEqual({ type: "float", value: 1 });
  expect(node!.attrs.transA).toEqual({ type: "int", value: 0 });
});

test("reshape copies symbols that stay in place, infers one, and needs no run-time shape for that", () => {
  const b = new Builder();
  const x = b.input("x", "float32", ["batch", "pos", 6]);
  const y = b.reshape(x, ["batch", "pos", 2, 3]);
  const z = b.reshape(y, ["batch*pos", 6]);
  const graph = b.build([y, z]);
  expect(ops(graph)).toEqual(["Reshape", "Reshape"]);
  const targets = graph.nodes.map((node) => {
    const target = graph.initializers.get(node.inputs[1]!)!;
    return "data" in target ? Array.from(target.data, Number) : [];
  });
  expect(targets).toEqual([
    [0, 0, 2, 3],
    [-1, 6],
  ]);
  expect(b.reshape(z, [-1, 6])).toBe(z);
  expect(b.reshape(x, [-1]).shape).toEqual(["6*batch*pos"]);
  expect(() => b.reshape(x, ["batch", "key", 6])).toThrow(
    "Reshape: cannot reshape x [batch, pos, 6] to [batch, key, 6]",
  );
});

test("reshape to several symbols that moved reads them at run time", () => {
  const b = new Builder();
  const x = b.input("x", "float32", ["batch", "pos", 2]);
  const y = b.reshape(b.exp(b.reshape(x, [-1, 2])), ["batch", "pos", 2]);
  expect(y.shape).toEqual(["batch", "pos", 2]);
  expect(ops(b.build([y]))).toEqual(["Reshape", "Exp", "Shape", "Shape", "Concat", "Reshape"]);
});

test("symbols add up where values are joined, and come apart again", () => {
  const b = new Builder();
  const past = b.input("k_past", "float32", ["past", 4]);
  const now = b.input("k", "float32", ["pos", 4]);
  const all = b.concat([past, now], 0);
  expect(all.shape).toEqual(["past+pos", 4]);
  expect(b.concat([all, now], 0).shape).toEqual(["past+2*pos", 4]);
  expect(b.slice(all, { axis: 0, start: "past" }).shape).toEqual(["pos", 4]);
  expect(b.slice(now, { axis: 0, start: 1 }).shape).toEqual(["pos-1", 4]);
  expect(b.slice(now, { axis: 0, start: -3 }).shape).toEqual([3, 4]);
  expect(b.add(all, b.fill(["past+pos", 4], 0, all)).shape).toEqual(["past+pos", 4]);
});

test("the arithmetic of symbols is that of the numbers behind them", () => {
  const dims = fc.constantFrom<readonly (number | string)[]>(
    ["a"],
    ["b"],
    [2],
    ["a", "b"],
    [3, "b"],
  );
  const bound = { a: 3, b: 5 };
  fc.assert(
    fc.property(dims, dims, fc.boolean(), (p, q, flat) => {
      const b = new Builder();
      const side = (name: string, shape: readonly (number | string)[]) =>
        b.reshape(b.input(name, "float32", shape), [-1]);
      const joined = b.concat([side("p", p), side("q", q)], 0);
      const y = flat
        ? joined
        : b.reshape(b.mul(b.unsqueeze(joined, [1]), b.unsqueeze(joined, [0])), [-1]);
      const size = (shape: readonly (number | string)[]) =>
        shape.reduce<number>(
          (n, dim) => n * (typeof dim === "number" ? dim : bound[dim as "a"]),
          1,
        );
      const total = size(p) + size(q);
      const text = String(y.shape[0]);
      const received = Number(new Function("a", "b", `return ${text}`)(bound.a, bound.b));
      expect(received).toBe(flat ? total : total ** 2);
    }),
    { seed: 1 },
  );
});

test("einsum of one or two operands is written with products of matrices", () => {
  const b = new Builder();
  const x = b.input("x", "float32", ["batch", "pos", 8]);
  const w = b.input("w", "float32", [2, 8, 3]);
  const y = b.einsum("bpd,hdk->bphk", x, w);
  expect(y.shape).toEqual(["batch", "pos", 2, 3]);
  expect(ops(b.build([y]))).toEqual(["Transpose", "Reshape", "MatMul", "Reshape"]);
});

test("a builder goes on from a graph", () => {
  const first = new Builder();
  const x = first.input("x", "float32", ["batch"]);
  const graph = first.build([first.named("y", first.exp(x))]);
  const b = Builder.from(graph);
  const z = b.add(b.value("y"), b.value("x"));
  expect(z.shape).toEqual(["batch"]);
  const more = b.build(["y", b.named("z", z)]);
  expect(graph.outputs.length).toBe(1);
  // e⁰ + 0 = 1
  expect(evaluate(more, { x: tensor([0]) }).z!.toArray()).toEqual([1]);
});
