import { Builder, cut, evaluate } from "@diopter/graph";
import { tensor } from "@diopter/tensor";
import { expect, test } from "vitest";

/** y = exp(tanh(x w)) + z */
function chain() {
  const b = new Builder();
  const x = b.input("x", "float32", ["batch", 2]);
  const z = b.input("z", "float32", [2]);
  const w = b.initializer(
    "w",
    tensor([
      [1, 2],
      [3, 4],
    ]),
  );
  const product = b.named("product", b.matmul(x, w));
  const inner = b.named("inner", b.tanh(product));
  return b.build([b.named("y", b.add(b.exp(inner), z))]);
}

test("a cut value is an input, and what only it needed is gone", () => {
  const graph = cut(chain(), "inner");
  expect(graph.inputs).toEqual([
    { name: "z", dtype: "float32", shape: [2] },
    { name: "inner", dtype: "float32", shape: ["batch", 2] },
  ]);
  expect(graph.nodes.map(({ op }) => op)).toEqual(["Exp", "Add"]);
  expect(graph.initializers.size).toBe(0);
  // exp(0) + [5, 6] = [6, 7]
  const { y } = evaluate(graph, { inner: tensor([[0, 0]]), z: tensor([5, 6]) });
  expect(y!.toArray()).toEqual([[6, 7]]);
});

test("going on from a computed value gives what the whole graph gives", () => {
  const feeds = {
    x: tensor([
      [0.1, -0.2],
      [0.3, 0.4],
    ]),
    z: tensor([1, 2]),
  };
  const { y, inner } = evaluate(chain(), feeds, { outputs: ["y", "inner"] });
  const rest = evaluate(cut(chain(), "inner"), { inner: inner!, z: feeds.z });
  expect(rest.y!.toArray()).toEqual(y!.toArray());
});

test("several values are cut at once, and one that is an input already stays in place", () => {
  const graph = cut(chain(), ["inner", "z", "product"]);
  expect(graph.inputs.map(({ name }) => name)).toEqual(["z", "inner", "product"]);
});

test("a cut initializer becomes an input without numbers", () => {
  const graph = cut(chain(), "w");
  expect(graph.inputs.map(({ name }) => name)).toEqual(["x", "z", "w"]);
  expect(graph.initializers.has("w")).toBe(false);
});

test("a cut output is both input and output", () => {
  const graph = cut(chain(), "y");
  expect(graph.nodes).toEqual([]);
  expect(evaluate(graph, { y: tensor([[3, 4]]) }).y!.toArray()).toEqual([[3, 4]]);
});

test("cutting one output of a node leaves the others", () => {
  const b = new Builder();
  const x = b.input("x", "float32", [4]);
  const [left, right] = b.node("Split", [x], { axis: 0, num_outputs: 2 }, { outputs: ["l", "r"] });
  const graph = cut(b.build([b.named("y", b.sub(left!, right!))]), "r");
  // [1, 2] - [10, 20]
  const { y } = evaluate(graph, { x: tensor([1, 2, 3, 4]), r: tensor([10, 20]) });
  expect(y!.toArray()).toEqual([-9, -18]);
});

test("the type of a value that the file does not declare is inferred", () => {
  const graph = cut({ ...chain(), values: new Map() }, "inner");
  expect(graph.inputs.at(-1)).toEqual({ name: "inner", dtype: "float32", shape: ["batch", 2] });
});

test("an unknown value throws with the nearest name, one of unknown dtype throws too", () => {
  expect(() => cut(chain(), "iner")).toThrow(
    new RangeError('cut: no value "iner"; did you mean "inner"?'),
  );
  const b = new Builder();
  const x = b.input("x", "float32", [1]);
  const [h] = b.node("Mystery", [x], {}, { domain: "elsewhere", outputs: ["h"] });
  const [y] = b.node("Mystery", [h!], {}, { domain: "elsewhere", outputs: ["y"] });
  expect(() => cut(b.build([y!]), "h")).toThrow(new RangeError('cut: the dtype of "h" is unknown'));
});
