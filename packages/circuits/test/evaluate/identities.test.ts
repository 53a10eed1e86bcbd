/** @file Identities of patching that hold for any network, and those that do not. */

import type { Model } from "@diopter/model";
import { node } from "@diopter/model/node";
import { describe, expect, test } from "vitest";
import { type Ablation, ablationOf, mean, resample, zero } from "../../src/ablation/ablation";
import { evaluate, evaluateCells } from "../../src/evaluate/evaluate";
import { EdgeGraph } from "../../src/graph/edge-graph";
import { shapeOf } from "../../src/graph/shape";
import { bruteForce } from "../helpers/brute-force";
import type { Network } from "../helpers/network";
import { linear, ln, networks, parallel, rms } from "../helpers/networks";
import type { Rows } from "../helpers/plain-layers";
import { furthest } from "../helpers/rows";
import { treeified } from "../helpers/treeified";
import {
  circuitOf,
  everyLogit,
  type Kept,
  logitsOf,
  onReference,
  randomKept,
  randomTask,
  withPrompts,
} from "./slow";

const task = randomTask();
const nothing: Kept = new Map();
const everyValue = {
  resample: resample(),
  zero: zero(),
  mean: mean(),
  pooled: mean({ by: "all" }),
};

interface Subject {
  readonly network: Network;
  readonly model: Model;
  readonly graph: EdgeGraph;
  readonly clean: Rows;
  readonly corrupt: Rows;
  /** Logits with these elements kept. */
  run(kept: Kept, ablation?: Partial<Ablation>, of?: typeof task): Promise<Rows>;
}

async function subject(network: Network, own?: Model): Promise<Subject> {
  const model = own ?? (await onReference(network));
  const graph = new EdgeGraph(shapeOf(network.config));
  const last = (side: "clean" | "corrupt") =>
    task.prompts.map((prompt) => {
      const tokens = side === "clean" ? prompt.clean : prompt.corrupt.other!;
      return bruteForce({ ...network, graph, tokens }).logits.at(-1)!;
    });
  const metrics = everyLogit(network.config);
  return {
    network,
    model,
    graph,
    clean: last("clean"),
    corrupt: last("corrupt"),
    run: async (kept, ablation = {}, of = task) => {
      const component = ablation.component ?? "edge";
      const nodes = component === "node" && [...kept.keys()].every((name) => !name.includes("->"));
      const circuit = circuitOf(graph.shape, nodes ? "node" : "edge", kept);
      return logitsOf(await evaluate(model, of, circuit, { ablation, metrics }));
    },
  };
}

function edges(graph: EdgeGraph, where: (name: string) => boolean = () => true): Kept {
  const names = Array.from({ length: graph.edgeCount }, (_, edge) => graph.edgeName(edge));
  return new Map(names.filter(where).map((name) => [name, undefined]));
}

const near = (a: Rows, b: Rows, what = "") => expect(furthest(a, b), what).toBeLessThan(1e-9);
const apart = (a: Rows, b: Rows, what = "") => expect(furthest(a, b), what).toBeGreaterThan(1e-2);

describe.each(networks)("of $name", (network) => {
  test("I1 I9: nothing ablated is the base run, whatever the value and the set", async () => {
    const { graph, clean, corrupt, run } = await subject(network);
    for (const [name, value] of Object.entries(everyValue)) {
      near(await run(edges(graph), { value }), clean, name);
      near(await run(nothing, { value, set: "circuit" }), clean, name);
      const restored = { value, direction: "restore-clean", set: "circuit" } as const;
      near(await run(nothing, restored), corrupt, name);
    }
  });

  test("I2 I8: everything resampled is the corrupt run, everything restored the clean one", async () => {
    const { graph, clean, corrupt, run } = await subject(network);
    near(await run(nothing), corrupt);
    near(await run(edges(graph), { direction: "restore-clean", set: "circuit" }), clean);
    near(await run(nothing, { component: "node" }), corrupt);
  });

  test("I3: everything mean- or zero-ablated says the same of every prompt", async () => {
    const { network: own, graph, run } = await subject(network);
    for (const value of [zero(), mean(), mean({ by: "all" })]) {
      const rows = await run(nothing, { value });
      near(
        rows,
        rows.map(() => rows[0]!),
      );
    }
    const none = bruteForce({
      ...own,
      graph,
      tokens: task.prompts[0]!.clean,
      replace: (_edge, _pos, current) => current.fill(0),
    }).logits.at(-1)!;
    const zeroed = await run(nothing, { value: zero() });
    near(
      zeroed,
      zeroed.map(() => none),
    );
  });

  test("I5: all edges into a node resampled are the node resampled", async () => {
    const { graph, clean, run } = await subject(network);
    // Heads that share keys are fed together, so the nodes here are all heads of layer 1.
    const into = edges(graph, (name) => !/->a1\./.test(name));
    const out = edges(graph, (name) => !/^a1\./.test(name));
    const rows = await run(into);
    near(await run(out), rows);
    apart(rows, clean);
  });

  test("I7: positions one by one are all positions", async () => {
    const { graph, run } = await subject(network);
    const kept = randomKept(graph, "edge", 0.4, { seed: 3 });
    const every = new Map([...kept.keys()].map((name) => [name, [0, 1, 2, 3, 4]]));
    for (const value of Object.values(everyValue)) {
      const whole = await run(kept, { value });
      near(await run(every, { value, tokens: "specific" }), whole);
      near(await run(kept, { value, tokens: [4, 3, 2, 1, 0] }), whole);
    }
  });

  test("I9: the circuit replaced is the complement of its complement", async () => {
    const { graph, clean, run } = await subject(network);
    const kept = randomKept(graph, "edge", 0.4, { seed: 4 });
    const rest = edges(graph, (name) => !kept.has(name));
    for (const value of Object.values(everyValue)) {
      const rows = await run(kept, { value, set: "circuit" });
      near(await run(rest, { value }), rows);
      apart(rows, clean);
    }
  });

  test("I10 I11: ablating the complement is AND along paths, restoring the circuit is OR", async () => {
    const { graph, run } = await subject(network);
    const kept = randomKept(graph, "edge", 0.5, { seed: 5 });
    const keep = (edge: number) => kept.has(graph.edgeName(edge));
    const trees = (mode: "and" | "or") =>
      task.prompts.map(
        ({ clean, corrupt }) =>
          treeified({ ...network, graph, clean, corrupt: corrupt.other!, keep, mode }).at(-1)!,
      );
    const restored = { direction: "restore-clean", set: "circuit" } as const;
    near(await run(kept), trees("and"));
    near(await run(kept, restored), trees("or"));
    apart(trees("and"), trees("or"));
  });

  test("I13: a prompt that is its own corruption gives the model's logits in every cell", async () => {
    const { graph, clean, run } = await subject(network);
    const same = withPrompts(task, (prompt) => ({ ...prompt, corrupt: { other: prompt.clean } }));
    const kept = randomKept(graph, "edge", 0.3, { seed: 6 });
    for (const direction of ["ablate-clean", "restore-clean"] as const)
      for (const set of ["circuit", "complement"] as const)
        near(await run(kept, { direction, set }, same), clean, `${direction} ${set}`);
  });

  test("I14: pruned edges change no resampled run, and what no last logit can see no run at all", async () => {
    const { model, graph, clean, run } = await subject(network);
    const last = network.config.nLayers - 1;
    const unseen = new RegExp(`->(a${last}\\.h\\d<q>|m${last}|logits)$`);
    const early = new Map(
      [...edges(graph, (name) => unseen.test(name)).keys()].map((name) => [name, [0, 3]]),
    );
    for (const value of Object.values(everyValue))
      near(await run(early, { value, set: "circuit", tokens: "specific" }), clean);
    const kept = randomKept(graph, "edge", 0.25, { seed: 7 });
    const circuit = circuitOf(graph.shape, "edge", kept);
    const { circuit: pruned, dropped } = circuit.pruned();
    expect(dropped.length).toBeGreaterThan(0);
    const metrics = everyLogit(network.config);
    const ablation = ablationOf();
    const [a, b] = await evaluateCells(
      model,
      task,
      [
        { circuit, ablation },
        { circuit: pruned, ablation },
      ],
      { metrics },
    );
    near(logitsOf(a!), logitsOf(b!));
  });

  test("I4 I15: keeping nodes is keeping every edge that leaves them, for any value", async () => {
    const { graph, clean, run } = await subject(network);
    const nodes = randomKept(graph, "node", 0.6, { seed: 8 });
    const out = edges(graph, (name) => nodes.has(name.split("->")[0]!));
    for (const value of Object.values(everyValue)) {
      const rows = await run(nodes, { value, component: "node" });
      near(await run(out, { value }), rows);
      apart(rows, clean);
    }
  });
});

test("I5: with means, edges into a nonlinear node are not the node", async () => {
  for (const value of [mean(), zero()]) {
    const { graph, run } = await subject(ln);
    const into = edges(graph, (name) => !name.endsWith("->m1"));
    const out = edges(graph, (name) => !name.startsWith("m1->"));
    near(await run(into), await run(out));
    apart(await run(into, { value }), await run(out, { value }));
  }
});

test.each([ln, rms])(
  "I6: q, k and v edges of $name together are the edge into the head",
  async (network) => {
    const { model, run } = await subject(network);
    const joint = new EdgeGraph(shapeOf(network.config, { inputs: "joint" }));
    const kept = randomKept(joint, "edge", 0.4, { seed: 9 });
    const split = new Map(
      [...kept.keys()].flatMap((name): [string, undefined][] =>
        /->a\d/.test(name)
          ? ["q", "k", "v"].map((part) => [`${name}<${part}>`, undefined])
          : [[name, undefined]],
      ),
    );
    const metrics = everyLogit(network.config);
    for (const value of Object.values(everyValue)) {
      const ablation = { value, granularity: "joint" } as const;
      const circuit = circuitOf(joint.shape, "edge", kept);
      const rows = logitsOf(await evaluate(model, task, circuit, { ablation, metrics }));
      near(await run(split, { value }), rows);
      near(await run(split, { value, granularity: "joint" }), rows);
    }
  },
);

test("I12: of an affine network a circuit and its complement add up to clean and corrupt; of another they do not", async () => {
  for (const network of [linear, ln]) {
    const { graph, clean, corrupt, run } = await subject(network);
    const kept = randomKept(graph, "edge", 0.5, { seed: 10 });
    const restore = { direction: "restore-clean" } as const;
    const sides = [
      [await run(kept), await run(kept, restore)],
      [await run(kept, { set: "circuit" }), await run(kept, { ...restore, set: "circuit" })],
    ] as const;
    for (const [ablated, restored] of sides)
      (network === linear ? near : apart)(sum(ablated, restored), sum(clean, corrupt));
  }
});

test.each([rms, parallel])(
  "I1 I2 I8 I10 I11: hold for $name in float32 on ONNX Runtime",
  async (network) => {
    const { graph, clean, corrupt, run } = await subject(network, await network.load(node()));
    const close = (a: Rows, b: Rows) => expect(furthest(a, b)).toBeLessThan(1e-4);
    const kept = randomKept(graph, "edge", 0.5, { seed: 5 });
    const keep = (edge: number) => kept.has(graph.edgeName(edge));
    const trees = (mode: "and" | "or") =>
      task.prompts.map(
        (prompt) =>
          treeified({
            ...network,
            graph,
            clean: prompt.clean,
            corrupt: prompt.corrupt.other!,
            keep,
            mode,
          }).at(-1)!,
      );
    const restore = { direction: "restore-clean", set: "circuit" } as const;
    close(await run(edges(graph)), clean);
    close(await run(nothing), corrupt);
    close(await run(edges(graph), restore), clean);
    close(await run(kept), trees("and"));
    close(await run(kept, restore), trees("or"));
  },
);

function sum(a: Rows, b: Rows): Rows {
  return a.map((row, i) => row.map((x, d) => x + b[i]![d]!));
}
