/** @file Keys and values by head, as EAP-IG writes every model, and by group, as grouped-query models read them. */

import { node } from "@diopter/model/node";
import { Random } from "@diopter/tensor";
import { expect, test } from "vitest";
import { evaluate } from "../../src/evaluate/evaluate";
import { Circuit } from "../../src/graph/circuit";
import { EdgeGraph } from "../../src/graph/edge-graph";
import { fromEapIg, toEapIg } from "../../src/graph/names/eap-ig";
import { shapeOf } from "../../src/graph/shape";
import { randomTask } from "../evaluate/slow";
import { gqa } from "../helpers/networks";

const meta = { name: "grouped", version: "1" };
const shape = shapeOf(gqa.config); // four heads, two groups
const graph = new EdgeGraph(shape);

test("an edge of a group is kept where that of any of its heads is, at the positions of any", () => {
  const heads = { ...shape, nKeyValueHeads: 4 };
  const edges = ["input->a0.h0<k>@1", "input->a0.h1<k>@2", "a0.h3->a1.h3<v>", "m1->logits"];
  const circuit = Circuit.ofEdges(heads, edges, meta).toGroups(2);
  expect(circuit.elements).toEqual([
    { name: "input->a0.kv0<k>", at: [1, 2] },
    { name: "a0.h3->a1.kv1<v>" },
    { name: "m1->logits" },
  ]);
  expect(circuit.derivation).toEqual(["keys and values by group: 4 edges by head are 3 by group"]);
  expect(circuit.toHeads().size).toBe(5);
  expect(() => circuit.toGroups(1)).toThrow("read by 2 groups already; use toHeads first");
  expect(() => Circuit.ofEdges(heads, edges, meta).toGroups(3)).toThrow("a divisor of 4");
});

test("of random circuits, by head and back by group is the circuit itself, through EAP-IG's file too", () => {
  const random = new Random(2);
  for (let draw = 0; draw < 20; draw++) {
    const names = Array.from({ length: graph.edgeCount }, (_, edge) => graph.edgeName(edge));
    const kept = names.filter(() => random.uniform() < 0.3);
    const circuit = Circuit.ofEdges(shape, kept, meta);
    const { circuit: read } = fromEapIg(toEapIg(circuit.toHeads()), meta);
    expect(read.toGroups(2).elements).toEqual(circuit.elements);
    expect(read.toNodes().toGroups(2).elements).toEqual(circuit.toNodes().elements);
  }
  expect(() => toEapIg(Circuit.ofEdges(shape, [], meta))).toThrow("use toHeads first");
});

test("what EAP-IG wrote by head is evaluated by group, and the refusal says how", async () => {
  const model = await gqa.load(node());
  const task = randomTask();
  const byHead = Circuit.ofEdges(shape, ["input->a0.kv1<v>", "a0.h2->logits"], meta).toHeads();
  const { circuit } = fromEapIg(toEapIg(byHead), meta);
  await expect(evaluate(model, task, circuit)).rejects.toThrow(
    'circuit "grouped" is for a model with nKeyValueHeads 4, got 2; circuit.toGroups(2) puts it so',
  );
  expect(await evaluate(model, task, circuit.toGroups(2))).toMatchObject({ size: { kept: 2 } });
});
