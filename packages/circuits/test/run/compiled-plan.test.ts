import { expect, test } from "vitest";
import { EdgeGraph } from "../../src/graph/edge-graph";
import type { GraphShape } from "../../src/graph/shape";
import { compiledPlan } from "../../src/run/compiled-plan";

const shape: GraphShape = {
  nLayers: 2,
  nHeads: 2,
  nKeyValueHeads: 2,
  attnOnly: false,
  parallel: false,
  inputs: "split",
  embedding: "joint",
};

function planned(kept: readonly string[], isRun: boolean, own: Partial<GraphShape> = {}) {
  const graph = new EdgeGraph({ ...shape, ...own });
  const flags = new Uint8Array(graph.edgeCount);
  for (const name of kept) flags[graph.edge(name)] = 1;
  const { alive, constant, heads, mlps } = compiledPlan(graph, flags, isRun);
  const names = (indices: readonly number[]) => indices.map((i) => graph.sources[i]!.name);
  return { alive: names(alive), constant: names(constant), heads, mlps };
}

test("only what is on a kept path to the logits is there", () => {
  const kept = ["input->a0.h1<v>", "a0.h1->m1", "m1->logits", "input->a0.h0<q>", "input->m0"];
  for (const isRun of [true, false])
    expect(planned(kept, isRun)).toEqual({
      alive: ["input", "a0.h1", "m1"],
      constant: [],
      heads: [[1], []],
      mlps: [false, true],
    });
});

test("what only sees replacements is a constant, or writes its replacement in a run", () => {
  const kept = ["m0->a1.h0<v>", "a1.h0->logits"];
  expect(planned(kept, false)).toEqual({
    alive: ["a1.h0"],
    constant: ["m0"],
    heads: [[], [0]],
    mlps: [false, false],
  });
  expect(planned(kept, true)).toMatchObject({ alive: [], constant: [] });
});

test("nothing kept is nothing there", () => {
  for (const isRun of [true, false])
    expect(planned([], isRun)).toMatchObject({ alive: [], constant: [], mlps: [false, false] });
});

test("heads that share keys are there together", () => {
  const kept = ["input->a0.kv0<v>", "a0.h1->logits"];
  const own = { nHeads: 4, nKeyValueHeads: 2 };
  expect(planned(kept, true, own).alive).toEqual(["input", "a0.h0", "a0.h1", "a0.h2", "a0.h3"]);
  // h2 reads the other group, so it sees nothing of the input.
  expect(planned(["input->a0.kv0<v>", "a0.h2->logits"], true, own).alive).toEqual([]);
});
