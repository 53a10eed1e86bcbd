/** @file Masks that are not whole numbers and differ by prompt and position, as feeds of the dense engine. */

import { reference } from "@diopter/model/reference";
import { Random } from "@diopter/tensor";
import { expect, test } from "vitest";
import { EdgeGraph } from "../../src/graph/edge-graph";
import { shapeOf } from "../../src/graph/shape";
import { maskFeeds, readersOf } from "../../src/run/feeds";
import { readSources } from "../../src/run/read-sources";
import { runDense } from "../../src/run/run-batch";
import { randomTask } from "../evaluate/slow";
import { bruteForce, mixed } from "../helpers/brute-force";
import { gqa, ln, manyHeads, networks, parallel } from "../helpers/networks";
import { furthest } from "../helpers/rows";

const prompts = randomTask(4).prompts.slice(0, 2);
const rows = prompts.map(({ clean }) => clean);
const others = prompts.map(({ corrupt }) => corrupt.other!);
const pos = rows[0]!.length;

test.each([...networks, manyHeads])(
  "masks between 0 and 1 interpolate, in $name, by prompt and position",
  async (network) => {
    const model = await network.load(reference());
    const graph = new EdgeGraph(shapeOf(network.config));
    const replacements = await readSources(model, graph.shape, others);
    const random = new Random(3);
    const otherRuns = others.map((tokens) => bruteForce({ ...network, graph, tokens }));
    for (const [batch, at] of [
      [1, 1],
      [1, pos],
      [rows.length, 1],
      [rows.length, pos],
    ] as const) {
      const { edgeCount } = graph;
      const values = Float64Array.from({ length: batch * at * edgeCount }, () => random.uniform());
      const logits = await runDense(
        { model, graph, prompts, rows, replacements },
        { batch, pos: at, values },
      );
      rows.forEach((tokens, i) => {
        const mask = (edge: number, p: number) =>
          values[((batch > 1 ? i : 0) * at + (at > 1 ? p : 0)) * edgeCount + edge]!;
        const replace = mixed(graph, mask, otherRuns[i]!.sources);
        const expected = bruteForce({ ...network, graph, tokens, replace }).logits.at(-1)!;
        expect(furthest([Float64Array.from(logits[i]![0]!)], [expected])).toBeLessThan(1e-9);
      });
    }
  },
);

test.each([ln, gqa, parallel])(
  "every edge of $name is in one feed, in the order of the graph",
  (network) => {
    const graph = new EdgeGraph(shapeOf(network.config));
    const groups = readersOf(graph);
    const feeds = maskFeeds(groups, {
      batch: 1,
      pos: 1,
      values: Float32Array.from({ length: graph.edgeCount }, (_, i) => i),
    });
    const joined = groups.flatMap(({ feed }) => [...(feeds[feed]!.data as Float32Array)]);
    expect(joined).toEqual(Array.from({ length: graph.edgeCount }, (_, i) => i));
    for (const { feed, readers, reads } of groups)
      expect(feeds[feed]!.shape).toEqual([1, 1, readers, reads]);
    const { nHeads, nKeyValueHeads } = network.config;
    expect(feeds["mask.1.q"]!.shape[2]).toBe(nHeads);
    expect(feeds["mask.1.k"]!.shape[2]).toBe(nKeyValueHeads);
  },
);
