import { Builder, evaluate, type Graph, type Node, rewrite } from "@diopter/graph";
import { tensor } from "@diopter/tensor";
import { expect, test } from "vitest";

/** y = tanh(x) + tanh(x) */
function twice(): Graph {
  const b = new Builder();
  const t = b.named("t", b.tanh(b.input("x", "float32", ["n", 3])));
  return b.build([b.named("y", b.add(t, t))]);
}

const node = (
  op: string,
  inputs: string[],
  outputs: string[],
  attrs: Node["attrs"] = {},
): Node => ({
  op,
  domain: "",
  inputs,
  outputs,
  attrs,
});

/** A graph with a branch that reads `name` from outside. */
function branching(name: string): Graph {
  const branch: Graph = {
    name: "branch",
    inputs: [],
    outputs: [{ name: "inner", dtype: "float32", shape: undefined }],
    nodes: [node("Neg", [name], ["inner"])],
    initializers: new Map(),
    values: new Map(),
    opsets: { "": 20 },
  };
  const attrs: Node["attrs"] = {
    then_branch: { type: "graph", value: branch },
    else_branch: { type: "graph", value: branch },
  };
  return {
    ...branch,
    inputs: [
      { name: "x", dtype: "float32", shape: [2] },
      { name: "flag", dtype: "bool", shape: [] },
    ],
    outputs: [{ name: "y", dtype: "float32", shape: [2] }],
    nodes: [
      node("Tanh", ["x"], ["a"]),
      node("Exp", ["x"], ["b"]),
      node("If", ["flag"], ["y"], attrs),
    ],
  };
}

test("makers and readers are known before and after a node is replaced", () => {
  const graph = rewrite(twice(), (r) => {
    const tanh = r.maker("t")!;
    expect(r.readers("t").map(({ op }) => op)).toEqual(["Add"]);
    r.replace(tanh, [node("Neg", ["x"], ["n"]), node("Abs", ["n"], ["t"])]);
    expect(r.has(tanh)).toBe(false);
    expect(r.maker("t")!.op).toBe("Abs");
    expect(r.readers("n")).toEqual([r.maker("t")]);
    expect(r.readers("x").map(({ op }) => op)).toEqual(["Neg"]);
  });
  expect(graph.nodes.map(({ op }) => op)).toEqual(["Neg", "Abs", "Add"]);
  // 2 |-x|
  expect(evaluate(graph, { x: tensor([[1, -2, 3]]) }).y!.toArray()).toEqual([[2, 4, 6]]);
});

test("the graph that is given stays as it is, and so do nodes that were handed in", () => {
  const source = twice();
  const before = JSON.stringify([source.nodes, source.inputs, source.outputs]);
  const own = node("Abs", ["x"], ["t"]);
  rewrite(source, (r) => {
    r.replace(r.maker("t")!, [own]);
    r.update(r.maker("t")!, { inputs: ["y"] });
    r.redirect("x", "t");
  });
  expect(JSON.stringify([source.nodes, source.inputs, source.outputs])).toBe(before);
  expect(own.inputs).toEqual(["x"]);
});

test("redirecting moves all readers, those in branches too", () => {
  const graph = rewrite(branching("a"), (r) => {
    expect(r.readers("a").map(({ op }) => op)).toEqual(["If"]);
    r.redirect("a", "b");
    expect(r.readers("a")).toEqual([]);
    r.prune();
  });
  expect(graph.nodes.map(({ op }) => op)).toEqual(["Exp", "If"]);
});

test("pruning keeps what a branch reads and drops the rest, initializers included", () => {
  const graph = rewrite(branching("a"), (r) => {
    r.addInitializer("spare", tensor([1]));
    r.prune();
  });
  expect(graph.nodes.map(({ op }) => op)).toEqual(["Tanh", "If"]);
  expect([...graph.initializers.keys()]).toEqual([]);
});

test("fresh names avoid those within branches", () => {
  rewrite(branching("a"), (r) => {
    expect(r.isTaken("inner")).toBe(false);
    expect(r.fresh("inner")).toBe("inner_1");
    expect(r.fresh("inner")).toBe("inner_2");
    expect(r.fresh("new")).toBe("new");
  });
});

test("nodes are put in front of others, and equal small constants are one", () => {
  const graph = rewrite(twice(), (r) => {
    const add = r.maker("y")!;
    expect(r.ints(1, 2)).toBe(r.ints(1, 2));
    expect(r.int(1)).not.toBe(r.ints(1));
    r.before(add, [node("Mul", ["t", r.float(0.5)], ["half"])]);
    r.update(add, { inputs: ["half", "half"] });
    expect(r.isReadOnce("half")).toBe(true);
    expect(r.isReadOnce("y")).toBe(false);
    r.prune();
  });
  expect(graph.nodes.map(({ op }) => op)).toEqual(["Tanh", "Mul", "Add"]);
  expect(evaluate(graph, { x: tensor([[0, 1, 2]]) }).y!.toArray()).toEqual([
    [0, Math.tanh(1), Math.tanh(2)],
  ]);
});

test("inference tells shapes and small contents, of ops it does not know through another node", () => {
  const b = new Builder();
  const x = b.input("x", "float32", ["n", 3]);
  const source = b.build([b.named("sizes", b.shapeOf(x)), b.neg(b.named("y", b.tanh(x)))]);
  const nodes = source.nodes.map((one) =>
    one.op === "Tanh" ? { ...one, op: "Mine", domain: "example" } : one,
  );
  rewrite({ ...source, nodes }, (r) => {
    r.infer();
    expect(r.known("sizes")).toEqual({ dtype: "int64", shape: [2], contents: ["n", 3] });
    expect(r.shape("y")).toBeUndefined();
    r.infer((one) => (one.op === "Mine" ? { ...one, op: "Identity", domain: "" } : one));
    expect(r.shape("y")).toEqual(["n", 3]);
    expect(r.known(r.ints(4, 5))).toEqual({ dtype: "int64", shape: [2], contents: [4, 5] });
  });
});

test("a graph that contradicts itself cannot be inferred", () => {
  const source = twice();
  const nodes = [...source.nodes, node("MatMul", ["t", "w"], ["z"])];
  rewrite({ ...source, nodes }, (r) => {
    r.initializers.set("w", tensor([[1, 2]]));
    expect(() => r.infer()).toThrow(/inner/);
    expect(r.shape("t")).toBeUndefined();
  });
});

test("a node that is gone cannot be replaced", () => {
  rewrite(twice(), (r) => {
    const tanh = r.maker("t")!;
    r.remove(tanh);
    expect(() => r.replace(tanh, [])).toThrow('replace: Tanh "t" is no longer in the graph');
  });
});
