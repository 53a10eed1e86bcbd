import { reference } from "@diopter/model/reference";
import { expect, test } from "vitest";
import { EdgeGraph } from "../../src/graph/edge-graph";
import { shapeOf } from "../../src/graph/shape";
import { bruteForce, mixed } from "./brute-force";
import { networks, randomPrompts } from "./networks";
import type { Rows } from "./plain-layers";
import { furthest, rowsOf } from "./rows";

const runtime = reference();
const prompts = randomPrompts(2, 6);

test.each(networks)("without interventions $name is the model", async (network) => {
  const model = await network.load(runtime);
  expect(model.config).toEqual(network.config);
  const { logits } = await model.run(prompts);
  const graph = new EdgeGraph(shapeOf(network.config));
  const rows = prompts.flatMap((tokens) => bruteForce({ ...network, graph, tokens }).logits);
  expect(furthest(rows, rowsOf(logits.data as Float64Array, rows[0]!.length))).toBeLessThan(1e-9);
});

test.each(networks)("sources and inputs of $name are what its hooks see", async (network) => {
  const model = await network.load(runtime);
  const tokens = prompts[0]!;
  const graph = new EdgeGraph(shapeOf(network.config));
  const { sources, inputs } = bruteForce({ ...network, graph, tokens });
  const { cache } = await model.runWithCache([tokens], {
    names: /hook_resid_pre|hook_result|hook_mlp_out|hook_resid_post/,
  });
  const { dModel, nHeads, nLayers, attnOnly } = network.config;
  const seen = (name: string) => rowsOf(cache.get(name).data as Float64Array, dModel);
  for (let layer = 0; layer < nLayers; layer++) {
    const results = seen(`blocks.${layer}.attn.hook_result`); // [pos * head][dModel]
    for (let head = 0; head < nHeads; head++) {
      const own = results.filter((_, i) => i % nHeads === head);
      expect(furthest(sources.get(`a${layer}.h${head}`)!, own)).toBeLessThan(1e-9);
    }
    const resid = seen(`blocks.${layer}.hook_resid_pre`);
    expect(furthest(inputs.get(`a${layer}.h0<q>`)!, resid)).toBeLessThan(1e-9);
    if (attnOnly) continue;
    const mlp = seen(`blocks.${layer}.hook_mlp_out`);
    expect(furthest(sources.get(`m${layer}`)!, mlp)).toBeLessThan(1e-9);
  }
  const last = seen(`blocks.${nLayers - 1}.hook_resid_post`);
  expect(furthest(inputs.get("logits")!, last)).toBeLessThan(1e-9);
});

test.each(networks)("no part of $name is small, and every token matters", (network) => {
  const graph = new EdgeGraph(shapeOf(network.config));
  const [clean, corrupt] = prompts.map((tokens) => bruteForce({ ...network, graph, tokens }));
  for (const { name, kind } of graph.sources) {
    const rows = clean!.sources.get(name)!;
    expect(size(rows), name).toBeGreaterThan(kind === "input" ? 0.5 : 0.15);
    expect(furthest(rows, corrupt!.sources.get(name)!), name).toBeGreaterThan(0.1);
  }
  expect(furthest(clean!.logits, corrupt!.logits)).toBeGreaterThan(1);
});

test.each(networks)(
  "all edges of $name resampled give the corrupt run; the mask is linear in its value",
  (network) => {
    const graph = new EdgeGraph(shapeOf(network.config));
    const [tokens, other] = prompts as [number[], number[]];
    const corrupt = bruteForce({ ...network, graph, tokens: other });
    const run = (m: number | boolean) =>
      bruteForce({ ...network, graph, tokens, replace: mixed(graph, () => m, corrupt.sources) });
    expect(furthest(run(true).logits, corrupt.logits)).toBeLessThan(1e-9);
    expect(furthest(run(1).logits, corrupt.logits)).toBeLessThan(1e-9);
    expect(furthest(run(0.5).logits, corrupt.logits)).toBeGreaterThan(0.1);
  },
);

test("joint inputs and split embeddings are the same model, and their edges are sums", () => {
  const network = networks.find(({ name }) => name === "ln")!;
  const tokens = prompts[0]!;
  const split = new EdgeGraph(shapeOf(network.config));
  const joint = new EdgeGraph(shapeOf(network.config, { inputs: "joint", embedding: "split" }));
  const whole = bruteForce({ ...network, graph: split, tokens });
  const again = bruteForce({ ...network, graph: joint, tokens });
  expect(furthest(whole.logits, again.logits)).toBeLessThan(1e-9);
  const off = new Set(["q", "k", "v"].map((part) => split.edge(`input->a1.h1<${part}>`)));
  const offJoint = new Set(["tok_embed", "pos_embed"].map((name) => joint.edge(`${name}->a1.h1`)));
  const one = bruteForce({
    ...network,
    graph: split,
    tokens,
    replace: mixed(split, (edge) => off.has(edge), "zero"),
  });
  const two = bruteForce({
    ...network,
    graph: joint,
    tokens,
    replace: mixed(joint, (edge) => offJoint.has(edge), "zero"),
  });
  expect(furthest(one.logits, two.logits)).toBeLessThan(1e-9);
  expect(furthest(one.logits, whole.logits)).toBeGreaterThan(0.01);
});

test("models that the loops are not are refused", () => {
  const [network] = networks;
  const config = { ...network!.config, windowSize: 2 };
  const graph = new EdgeGraph(shapeOf(config));
  expect(() => bruteForce({ ...network!, config, graph, tokens: [1] })).toThrow(/no windows/);
});

/** Root of the mean square. */
function size(rows: Rows): number {
  const all = rows.flatMap((x) => [...x]);
  return Math.sqrt(all.reduce((sum, x) => sum + x * x, 0) / all.length);
}
