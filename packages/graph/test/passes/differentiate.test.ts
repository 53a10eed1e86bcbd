import {
  Builder,
  backward,
  differentiate,
  evaluate,
  type GradientRule,
  type Graph,
  gradientRules,
} from "@diopter/graph";
import { tensor } from "@diopter/tensor";
import { expect, test } from "vitest";

const f64 = (values: number[] | number[][]) => tensor(values, { dtype: "float64" });
const names = (graph: Graph) => graph.nodes.map((node) => node.op);

test("the gradients are further outputs, named after what they are", () => {
  const b = new Builder();
  const x = b.input("x", "float32", ["batch"]);
  const w = b.initializer("w", tensor(3));
  const graph = b.build([b.named("loss", b.sum(b.mul(b.mul(x, x), w)))]);
  const both = differentiate(graph, { of: "loss", wrt: ["x", "w"] });
  expect(both.outputs).toEqual([
    { name: "loss", dtype: "float32", shape: [] },
    { name: "d loss / d x", dtype: "float32", shape: ["batch"] },
    { name: "d loss / d w", dtype: "float32", shape: [] },
  ]);
  const made = evaluate(both, { x: f64([1, 2]) });
  // loss = w Σ x² = 3 · 5, d/dx = 2 w x, d/dw = Σ x²
  expect(made.loss!.item()).toBe(15);
  expect(made["d loss / d x"]!.toArray()).toEqual([6, 12]);
  expect(made["d loss / d w"]!.item()).toBe(5);
  expect(graph.outputs.length).toBe(1);
});

test("a value that is used several times gets the sum, along every way", () => {
  const b = new Builder();
  const x = b.input("x", "float64", [2]);
  const graph = b.build([
    b.named(
      "y",
      b.add(
        b.mul(x, x),
        b.concat([b.slice(x, { axis: 0, start: 1 }), b.slice(x, { axis: 0, end: 1 })], 0),
      ),
    ),
  ]);
  const made = evaluate(differentiate(graph, { of: "y", wrt: ["x"] }), { x: f64([3, 4]) });
  // y₀ = x₀² + x₁, y₁ = x₁² + x₀: d Σy / dx = 2x + 1
  expect(made["d y / d x"]!.toArray()).toEqual([7, 9]);
});

test("a value in the middle has the gradient of what follows it, and passes it on", () => {
  const b = new Builder();
  const x = b.input("x", "float64", [2]);
  const h = b.named("h", b.mul(x, 3));
  const graph = b.build([b.named("y", b.sum(b.mul(h, h)))]);
  const made = evaluate(differentiate(graph, { of: "y", wrt: ["h", "x", "y"] }), {
    x: f64([1, 2]),
  });
  expect(made["d y / d h"]!.toArray()).toEqual([6, 12]);
  expect(made["d y / d x"]!.toArray()).toEqual([18, 36]);
  expect(made["d y / d y"]!.item()).toBe(1);
});

test("what does not reach the value has zeros of its own shape, symbols included", () => {
  const b = new Builder();
  const x = b.input("x", "float32", [2]);
  const far = b.input("far", "float32", ["batch", 3]);
  const k = b.argmax(far, 1);
  const graph = b.build([b.named("y", b.sum(x)), b.named("k", k)]);
  const both = differentiate(graph, { of: "y", wrt: ["far"] });
  expect(both.outputs[2]!.shape).toEqual(["batch", 3]);
  const made = evaluate(both, {
    x: f64([1, 2]),
    far: f64([
      [1, 2, 3],
      [4, 5, 6],
    ]),
  });
  expect(made["d y / d far"]!.toArray()).toEqual([
    [0, 0, 0],
    [0, 0, 0],
  ]);
});

test("a cotangent is the gradient that comes in; without one it is ones", () => {
  const b = new Builder();
  const x = b.input("x", "float64", [3]);
  b.input("seed", "float64", [3]);
  b.input("wrong", "float64", [2]);
  const graph = b.build([b.named("y", b.mul(x, x))]);
  const made = evaluate(differentiate(graph, { of: "y", wrt: ["x"], cotangent: "seed" }), {
    x: f64([1, 2, 3]),
    seed: f64([1, 0, -1]),
  });
  expect(made["d y / d x"]!.toArray()).toEqual([2, 0, -6]);
  expect(() => differentiate(graph, { of: "y", wrt: ["x"], cotangent: "wrong" })).toThrow(
    new RangeError("differentiate: cotangent wrong is [2], expected [3]"),
  );
});

test("a rule may be replaced by name", () => {
  const b = new Builder();
  const x = b.input("x", "float64", [2]);
  const graph = b.build([b.named("y", b.relu(x))]);
  const straight: GradientRule = (_, __, [dy]) => [dy];
  const at = { x: f64([-1, 1]) };
  const plain = differentiate(graph, { of: "y", wrt: ["x"] });
  const replaced = differentiate(graph, { of: "y", wrt: ["x"], rules: { Relu: straight } });
  expect(evaluate(plain, at)["d y / d x"]!.toArray()).toEqual([0, 1]);
  expect(evaluate(replaced, at)["d y / d x"]!.toArray()).toEqual([1, 1]);
});

test("a replacing rule may fall back on the table, and one of a wrong shape is named", () => {
  const b = new Builder();
  const x = b.input("x", "float64", [2]);
  const graph = b.build([b.named("y", b.exp(b.named("h", b.exp(x))))]);
  const half: GradientRule = (builder, node, dys) => {
    const rule = gradientRules.Exp!;
    if (node.outputs[0].name !== "h") return rule(builder, node, dys);
    return [builder.mul(dys[0], 0)];
  };
  const made = evaluate(differentiate(graph, { of: "y", wrt: ["x", "h"], rules: { Exp: half } }), {
    x: f64([0, 0]),
  });
  expect(made["d y / d x"]!.toArray()).toEqual([0, 0]);
  expect(made["d y / d h"]!.toArray()).toEqual([Math.E, Math.E]);
  const wrong: GradientRule = (builder, _, [dy]) => [builder.sum(dy)];
  expect(() => differentiate(graph, { of: "y", wrt: ["x"], rules: { Exp: wrong } })).toThrow(
    new RangeError("differentiate: the rule of Exp gave float64 [] for h, expected float64 [2]"),
  );
});

test("an op without a rule is named with its value, but only where it is on the way", () => {
  const b = new Builder();
  const x = b.input("x", "float32", [2]);
  const z = b.input("z", "float32", [2]);
  const [y] = b.node("Foo", [x], {}, { outputs: ["y"] });
  b.assume(y!, [2]);
  const graph = b.build([b.named("loss", b.add(b.node("Add", [y!, z])[0]!, 1))]);
  expect(() => differentiate(graph, { of: "loss", wrt: ["x"] })).toThrow(
    new RangeError('differentiate: op "Foo" (value "y") has no gradient rule'),
  );
  expect(differentiate(graph, { of: "loss", wrt: ["z"] }).outputs.length).toBe(2);
});

test("integers have no gradient", () => {
  const b = new Builder();
  const ids = b.input("ids", "int64", [2]);
  const graph = b.build([b.named("y", b.sum(b.cast(ids, "float32")))]);
  expect(() => differentiate(graph, { of: "y", wrt: ["ids"] })).toThrow(
    new TypeError("differentiate: ids is int64, not a float"),
  );
  expect(() => differentiate(graph, { of: "ids", wrt: ["y"] })).toThrow(TypeError);
  expect(() => differentiate(graph, { of: "z", wrt: ["y"] })).toThrow('builder: no value "z"');
});

test("the gradient of a shared weight is one product over all rows", () => {
  const b = new Builder();
  const x = b.input("x", "float32", ["batch", "pos", 4]);
  const w = b.input("w", "float32", [4, 3]);
  const seed = b.input("seed", "float32", ["batch", "pos", 3]);
  const y = b.matmul(x, w);
  const [dw] = backward(b, y, [w], { cotangent: seed });
  expect(names(b.build([dw!]))).toEqual(["MatMul", "Reshape", "Reshape", "Gemm"]);
  expect(dw!.shape).toEqual([4, 3]);
});

test("only gradients that are asked for are computed", () => {
  const b = new Builder();
  const x = b.input("x", "float32", [2, 4]);
  const w = b.input("w", "float32", [4, 3]);
  const [dx] = backward(b, b.matmul(x, w), [x]);
  expect(names(b.build([dx!]))).toEqual(["MatMul", "ConstantOfShape", "Transpose", "MatMul"]);
});

test("masked scores get a gradient of exactly 0", () => {
  const b = new Builder();
  const x = b.input("x", "float64", [3]);
  const seed = b.input("seed", "float64", [3]);
  const [dx] = backward(b, b.softmax(x), [x], { cotangent: seed });
  const graph = b.build([b.named("dx", dx!)]);
  const made = evaluate(graph, { x: f64([0, 0, Number.NEGATIVE_INFINITY]), seed: f64([1, 0, 5]) });
  // y = [1/2, 1/2, 0], Σ y dy = 1/2, dx = y (dy − 1/2)
  expect(made.dx!.toArray()).toEqual([0.25, -0.25, 0]);
});

test("the side that Where leaves out does not leak its NaN", () => {
  const b = new Builder();
  const x = b.input("x", "float64", [2]);
  // sqrt has an infinite slope at 0, which 0 · ∞ would turn into NaN.
  const safe = b.where(b.greater(x, 0), x, 1);
  const y = b.where(b.greater(x, 0), b.sqrt(safe), 0);
  const [dx] = backward(b, y, [x]);
  const made = evaluate(b.build([b.named("dx", dx!)]), { x: f64([4, 0]) });
  expect(made.dx!.toArray()).toEqual([0.25, 0]);
});

test("gradients can be differentiated again", () => {
  const b = new Builder();
  const x = b.input("x", "float64", [2]);
  const [first] = backward(b, b.sum(b.mul(b.tanh(x), b.exp(x))), [x]);
  const [second] = backward(b, first!, [x]);
  const graph = b.build([first!, second!]);
  const slope = (v: number) => evaluate(graph, { x: f64([v, 0]) })[first!.name]!.at(0);
  const exact = evaluate(graph, { x: f64([0.3, 0]) })[second!.name]!.at(0);
  expect(exact).toBeCloseTo((slope(0.3 + 1e-5) - slope(0.3 - 1e-5)) / 2e-5, 8);
});
