/** @file Sources, norms and patterns that stay as in the base run. */

import { describe, expect, test } from "vitest";
import { type Ablation, mean, resample, zero } from "../../src/ablation/ablation";
import { evaluate } from "../../src/evaluate/evaluate";
import { EdgeGraph } from "../../src/graph/edge-graph";
import { shapeOf } from "../../src/graph/shape";
import { bruteForce } from "../helpers/brute-force";
import type { Network } from "../helpers/network";
import { attnOnly, bidirectional, gqa, ln, parallel } from "../helpers/networks";
import type { Rows } from "../helpers/plain-layers";
import { furthest } from "../helpers/rows";
import {
  circuitOf,
  everyLogit,
  type Kept,
  logitsOf,
  onReference,
  randomKept,
  randomTask,
} from "./slow";

const task = randomTask();

function graphOf({ config }: Network): EdgeGraph {
  return new EdgeGraph(shapeOf(config));
}

function edges(graph: EdgeGraph, where: (name: string) => boolean): Kept {
  const names = Array.from({ length: graph.edgeCount }, (_, edge) => graph.edgeName(edge));
  return new Map(names.filter(where).map((name) => [name, undefined]));
}

/** Logits with the elements replaced, or kept where `ablation` says so. */
async function run(network: Network, of: Kept, ablation: Partial<Ablation>): Promise<Rows> {
  const component = [...of.keys()].every((name) => !name.includes("->")) ? "node" : "edge";
  const circuit = circuitOf(graphOf(network).shape, component, of);
  const model = await onReference(network);
  const metrics = everyLogit(network.config);
  return logitsOf(
    await evaluate(model, task, circuit, { ablation: { set: "circuit", ...ablation }, metrics }),
  );
}

const near = (a: Rows, b: Rows) => expect(furthest(a, b)).toBeLessThan(1e-9);
const apart = (a: Rows, b: Rows) => expect(furthest(a, b)).toBeGreaterThan(1e-2);
const base = (network: Network) =>
  run(
    network,
    edges(graphOf(network), () => false),
    {},
  );

describe.each([ln, gqa, parallel, attnOnly])("of $name", (network) => {
  test("frozen sources leave what the logits read: direct effects alone", async () => {
    const graph = graphOf(network);
    const some = randomKept(graph, "edge", 0.5, { seed: 1 });
    const direct = new Map([...some].filter(([name]) => name.endsWith("->logits")));
    const nodes = randomKept(graph, "node", 0.5, { seed: 2 });
    const out = edges(graph, (name) => {
      const [source, reader] = name.split("->");
      return reader === "logits" && nodes.has(source!);
    });
    for (const value of [resample(), zero(), mean()]) {
      const frozen = { value, recomputation: "frozen" } as const;
      const rows = await run(network, some, frozen);
      near(rows, await run(network, direct, { value }));
      near(
        await run(network, nodes, { ...frozen, component: "node" }),
        await run(network, out, { value }),
      );
      apart(rows, await run(network, some, { value }));
    }
  });

  test("patterns that are frozen as well as sources, and norms, change nothing more", async () => {
    const some = randomKept(graphOf(network), "edge", 0.5, { seed: 1 });
    const frozen = { recomputation: "frozen" } as const;
    near(
      await run(network, some, { ...frozen, freeze: { norm: false, pattern: true } }),
      await run(network, some, frozen),
    );
    const direct = new Map([...some].filter(([name]) => name.endsWith("->logits")));
    const freeze = { norm: true, pattern: false };
    near(await run(network, some, { ...frozen, freeze }), await run(network, direct, { freeze }));
  });

  test("frozen patterns do not see queries and keys", async () => {
    const graph = graphOf(network);
    const asks = edges(graph, (name) => /<[qk]>$/.test(name));
    const freeze = { norm: false, pattern: true };
    const whole = await base(network);
    near(await run(network, asks, { freeze }), whole);
    apart(await run(network, asks, {}), whole);
    const some = randomKept(graph, "edge", 0.4, { seed: 3 });
    const rest = new Map([...some].filter(([name]) => !asks.has(name)));
    near(await run(network, some, { freeze }), await run(network, rest, { freeze }));
  });

  test("nothing replaced is the base run, whatever is frozen", async () => {
    const freeze = { norm: true, pattern: true };
    near(await run(network, new Map(), { freeze }), await base(network));
    near(
      await run(network, new Map(), { freeze, recomputation: "frozen", value: zero() }),
      await base(network),
    );
  });
});

test("LayerNorm is applied to each destination after mixing: frozen scales give other numbers", async () => {
  const freeze = { norm: true, pattern: false };
  for (const network of [ln, attnOnly, bidirectional]) {
    const some = randomKept(graphOf(network), "edge", 0.3, { seed: 4 });
    const [frozen, live] = [await run(network, some, { freeze }), await run(network, some, {})];
    (network === bidirectional ? near : apart)(frozen, live);
  }
});

test("with its scale frozen the last norm is linear: logits move by the centred difference", async () => {
  const graph = graphOf(ln);
  const model = await onReference(ln);
  const rows = await run(ln, new Map([["a1.h2->logits", undefined]]), {
    freeze: { norm: true, pattern: false },
  });
  const whole = await base(ln);
  const gain = ln.weights.get("ln_final.w")!.data;
  const unembed = ln.weights.get("unembed.W_U")!;
  for (const [i, { clean, corrupt }] of task.prompts.entries()) {
    const writes = (tokens: readonly number[]) =>
      bruteForce({ ...ln, graph, tokens })
        .sources.get("a1.h2")!
        .at(-1)!;
    const own = writes(clean);
    const delta = writes(corrupt.other!).map((x, d) => x - own[d]!);
    const center = delta.reduce((a, b) => a + b, 0) / delta.length;
    const { cache } = await model.runWithCache([[...clean]], { names: ["ln_final.hook_scale"] });
    const scale = Number(cache.get("ln_final.hook_scale").data.at(-1));
    const expected = whole[i]!.map((logit, token) =>
      delta.reduce(
        (sum, x, d) =>
          sum +
          ((x - center) / scale) *
            Number(gain[d]) *
            Number(unembed.data[d * unembed.shape[1]! + token]),
        logit,
      ),
    );
    near([rows[i]!], [expected]);
  }
});

test("attention with frozen scales and patterns is linear: effects of edges side by side add up", async () => {
  const graph = graphOf(attnOnly);
  const into = (reader: RegExp) => edges(graph, (name) => reader.test(name));
  const [a, b] = [into(/->a1\.h0<v>$/), into(/->a1\.h1<v>$/)];
  const freeze = { norm: true, pattern: true };
  for (const [choices, check] of [
    [{ freeze }, near],
    [{}, apart],
  ] as const) {
    const whole = await base(attnOnly);
    const both = await run(attnOnly, new Map([...a, ...b]), choices);
    const [one, other] = [await run(attnOnly, a, choices), await run(attnOnly, b, choices)];
    const added = one.map((row, i) => row.map((x, d) => x + other[i]![d]! - whole[i]![d]!));
    check(both, added);
    apart(both, whole);
  }
});
