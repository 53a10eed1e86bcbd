import { logitDifference } from "@diopter/model";
import { node } from "@diopter/model/node";
import { reference } from "@diopter/model/reference";
import { add, fromData, sub, type Tensor } from "@diopter/tensor";
import { describe, expect, test } from "vitest";
import { EdgeGraph } from "../../src/graph/edge-graph";
import { shapeOf } from "../../src/graph/shape";
import { patchPaths } from "../../src/patch/paths";
import type { PatchState } from "../../src/patch/record";
import { type BruteForceRun, bruteForce } from "../helpers/brute-force";
import type { Network } from "../helpers/network";
import {
  attnOnly,
  gqa,
  linear,
  ln,
  parallel,
  randomPrompts,
  rms,
  sharedNorm,
} from "../helpers/networks";

const clean = randomPrompts(2, 6, 1);
const corrupt = randomPrompts(2, 6, 2);
const metric = logitDifference([3, 4], [5, 6]);
const exact = { rtol: 0, atol: 1e-9 };

/** Short, since the slow reference adds up every edge. */
const short = {
  clean: clean.map((ids) => ids.slice(0, 3)),
  corrupt: corrupt.map((ids) => ids.slice(0, 3)),
};

describe.each([ln, rms, gqa, parallel, sharedNorm, attnOnly])("in $name", (net) => {
  test("each direct path is its edge, replaced in a run that adds up every input by itself", async () => {
    const model = await net.load(reference());
    const graph = new EdgeGraph(shapeOf(net.config));
    const senders = graph.sources.map(({ name }) => name);
    const receivers = graph.destinations.map(({ name }) => name);
    const { values } = await patchPaths(model, {
      ...short,
      metric,
      senders,
      receivers,
    });
    const others = short.clean.map((tokens) => plain(net, graph, tokens).sources);
    senders.forEach((sender, s) => {
      receivers.forEach((receiver, r) => {
        const edge = graph.edgeBetween(graph.source(sender), graph.destination(receiver));
        short.clean.forEach((_, prompt) => {
          const other = others[prompt]!.get(sender)!;
          const run = bruteForce({
            ...net,
            graph,
            tokens: short.corrupt[prompt]!,
            replace: (e, pos) => (e === edge ? other[pos] : undefined),
          });
          expect(values.at(s, r, prompt), `${sender}->${receiver}`).toBeCloseTo(
            measured(run, prompt),
            9,
          );
        });
      });
    });
  });

  test("with MLPs recomputed, the receiver hears the sender through them too", async () => {
    const model = await net.load(reference());
    const graph = new EdgeGraph(shapeOf(net.config));
    const last = net.config.nLayers - 1;
    const group = net.config.nKeyValueHeads < net.config.nHeads ? "kv" : "h";
    const receivers = [`a${last}.h1<q>`, `a${last}.${group}0<v>`, "logits"];
    const senders = ["input", "a0.h0", ...(net.config.attnOnly ? [] : ["m0"])];
    const { values } = await patchPaths(model, {
      ...short,
      metric,
      senders,
      receivers,
      through: "mlps",
      direction: "noise",
    });
    senders.forEach((sender, s) => {
      receivers.forEach((receiver, r) => {
        short.clean.forEach((tokens, prompt) => {
          const own = plain(net, graph, tokens).sources;
          const other = plain(net, graph, short.corrupt[prompt]!).sources.get(sender)!;
          const frozen = (e: number) => {
            const { name, kind } = graph.sources[graph.ends(e).source]!;
            if (name === sender) return other;
            return kind === "head" ? own.get(name)! : undefined;
          };
          const heard = bruteForce({
            ...net,
            graph,
            tokens,
            replace: (e, pos) => frozen(e)?.[pos],
          });
          const into = graph.destination(receiver);
          const run = bruteForce({
            ...net,
            graph,
            tokens,
            replace: (e, pos) => {
              const { source, destination } = graph.ends(e);
              if (destination !== into) return undefined;
              return (frozen(e) ?? heard.sources.get(graph.sources[source]!.name)!)[pos];
            },
          });
          expect(values.at(s, r, prompt), `${sender}->${receiver}`).toBeCloseTo(
            measured(run, prompt),
            9,
          );
        });
      });
    });
  });
});

test("receivers of a list are patched together, as hook functions at each of them would", async () => {
  const model = await rms.load(reference());
  const set = ["a1.h1<q>", "a2.h0<v>", "m1"];
  const options = { clean, corrupt, metric, senders: ["a0.h1"], receivers: [set] };
  const { values } = await patchPaths(model, {
    ...options,
    through: "mlps",
    at: { receiver: [-1] },
  });
  const { cache: base } = await model.runWithCache(corrupt);
  const { cache: other } = await model.runWithCache(clean);
  const heard = await model.runWithHooks(corrupt, {
    fwdHooks: [
      [
        "blocks.*.attn.hook_z",
        (_z, { name, layer }) => {
          const own = base.get(name);
          return layer() === 0 ? withHead(own, other.get(name), 1) : own;
        },
      ],
    ],
  });
  const { logits } = await model.runWithHooks(corrupt, {
    logits: "last",
    fwdHooks: [
      ["blocks.1.attn.hook_q", (q, { name }) => withHead(q, heard.cache.get(name), 1, 5)],
      ["blocks.2.attn.hook_v", (v, { name }) => withHead(v, heard.cache.get(name), 0, 5)],
      ["blocks.1.mlp.hook_post", (post, { name }) => withHead(post, heard.cache.get(name), 0, 5)],
    ],
  });
  const expected = [0, 1].map((row) => logits.at(row, 3 + row) - logits.at(row, 5 + row));
  expect(values.data).toBeAllclose(expected, exact);
});

test("the direct path to the logits adds the head's change to the last residual state, norm live or frozen", async () => {
  const model = await ln.load(reference());
  const hook = "blocks.1.hook_resid_post";
  const names = ["**.hook_result", hook];
  const [a, b] = await Promise.all([clean, corrupt].map((p) => model.runWithCache(p, { names })));
  for (const norm of ["live", "frozen"] as const) {
    const { values } = await patchPaths(model, {
      clean,
      corrupt,
      metric,
      senders: ["a0.h2"],
      norm,
    });
    const name = "blocks.0.attn.hook_result";
    const change = sub(a!.cache.get(name), b!.cache.get(name)).slice([2], [3], [2]);
    const moved = add(b!.cache.get(hook), change.reshape(b!.cache.get(hook).shape));
    const scaled = norm === "frozen" ? [{ at: "ln_final.hook_scale", do: "freeze" } as const] : [];
    const { logits } = await model.run(corrupt, {
      logits: "last",
      edits: [{ at: hook, do: "set", value: moved }, ...scaled],
    });
    const expected = [0, 1].map((row) => logits.at(row, 3 + row) - logits.at(row, 5 + row));
    expect(values.data, norm).toBeAllclose(expected, exact);
  }
});

test("with norms frozen, queries move linearly, as in TransformerLens's direct path patching", async () => {
  const model = await attnOnly.load(reference());
  const names = ["**.hook_z", "**.hook_scale"];
  const { values } = await patchPaths(model, {
    clean,
    corrupt,
    metric,
    senders: ["a0.h0"],
    receivers: ["a2.h1<q>"],
    norm: "frozen",
  });
  const { cache: other } = await model.runWithCache(clean, { names });
  const { cache: base } = await model.runWithCache(corrupt, { names });
  const { dModel, dHead, nHeads } = model.config;
  const z = "blocks.0.attn.hook_z";
  const W_O = net(attnOnly, "blocks.0.attn.W_O");
  const W_Q = net(attnOnly, "blocks.2.attn.W_Q");
  const change = (row: number, pos: number): number[] => {
    const write = range(dModel).map((d) =>
      range(dHead).reduce(
        (sum, k) =>
          sum +
          (other.get(z).at(row, pos, 0, k) - base.get(z).at(row, pos, 0, k)) * W_O[k * dModel + d]!,
        0,
      ),
    );
    const mean = write.reduce((sum, x) => sum + x, 0) / dModel;
    const scale = base.get("blocks.2.ln1.hook_scale").at(row, pos, 0);
    return range(dHead).map((k) =>
      range(dModel).reduce(
        (sum, d) => sum + ((write[d]! - mean) / scale) * W_Q[d * nHeads * dHead + dHead + k]!,
        0,
      ),
    );
  };
  const value = [0, 1].map((row) => range(6).map((pos) => [change(row, pos)]));
  const { logits } = await model.run(corrupt, {
    logits: "last",
    edits: [{ at: "blocks.2.attn.hook_q", head: 1, do: "add", value }],
  });
  const expected = [0, 1].map((row) => logits.at(row, 3 + row) - logits.at(row, 5 + row));
  expect(values.data).toBeAllclose(expected, exact);
});

test("in an affine network, direct paths to the logits add up to the whole difference", async () => {
  const model = await linear.load(reference());
  const graph = new EdgeGraph(shapeOf(linear.config));
  const senders = graph.sources.map(({ name }) => name);
  const paths = await patchPaths(model, { clean, corrupt, metric, senders });
  const total = [0, 1].map((prompt) =>
    senders.reduce((sum, _, s) => sum + paths.effects().at(s, 0, prompt), 0),
  );
  expect(total).toBeAllclose(
    [0, 1].map((i) => paths.clean[i]! - paths.corrupt[i]!),
    exact,
  );
});

test("ONNX Runtime agrees, in small runs too, and an interrupted sweep goes on where it was", async () => {
  const runtime = node();
  const model = await ln.load(runtime);
  const options = {
    clean,
    corrupt,
    metric,
    receivers: ["a1.h0<k>", ["a1.h0<q>", "a1.h1<q>"], "logits"],
  };
  const expected = await patchPaths(await ln.load(reference()), options);
  expect(expected.coordinates[0]).toEqual(["a0.h0", "a0.h1", "a0.h2", "a1.h0", "a1.h1", "a1.h2"]);
  let kept: PatchState | undefined;
  const stop = new AbortController();
  const small = { ...options, tokensPerRun: 6 };
  const interrupted = patchPaths(model, {
    ...small,
    signal: stop.signal,
    onState: (state) => {
      kept = JSON.parse(JSON.stringify(state));
    },
    onProgress: ({ done }) => {
      if (done > 10) stop.abort();
    },
  });
  await expect(interrupted).rejects.toThrow();
  const reports: [number, number][] = [];
  const resumed = await patchPaths(model, {
    ...small,
    resume: kept!,
    onProgress: ({ done, total }) => reports.push([done, total]),
  });
  const whole = await patchPaths(model, small);
  expect(resumed.values.data).toEqual(whole.values.data);
  // 3 heads of layer 0 reach 3 receivers, 3 of layer 1 the logits: 12 cells and the run itself, 2 prompts.
  expect(reports.at(-1)).toEqual([26, 26]);
  expect(reports.length).toBeLessThan(24 - 8);
  expect(resumed.values).toBeAllclose(expected.values, { rtol: 1e-4, atol: 1e-4 });
  // What a head of the last layer writes is not read by queries and keys of that layer.
  expect(resumed.pick("sender", "a1.h0").pick("receiver", "a1.h0<k>").effects().toArray()).toEqual([
    0, 0,
  ]);
  await runtime.dispose();
});

test("senders can speak at some positions only", async () => {
  const model = await rms.load(reference());
  const receivers = ["a2.h0<v>"];
  const options = { clean, corrupt, metric, senders: ["a0.h1"], receivers };
  const positions = { subject: [1, 3] };
  const named = await patchPaths(model, { ...options, positions, at: { sender: ["subject"] } });
  const [one, three] = await Promise.all(
    [1, 3].map((pos) => patchPaths(model, { ...options, at: { sender: [pos - 6] } })),
  );
  expect(named.values.data[0]).toBe(one!.values.data[0]);
  expect(named.values.data[1]).toBe(three!.values.data[1]);
  expect(named.effects().data.every((x) => Math.abs(x) > 1e-6)).toBe(true);
  const unknown = patchPaths(model, { ...options, positions, at: { sender: ["object"] } });
  await expect(unknown).rejects.toThrow(
    'patchPaths: position "object" is not among the 6 tokens of prompt 0',
  );
});

test("ends that do not exist or run backwards are errors", async () => {
  const model = await ln.load(reference());
  const refused = (more: object) =>
    expect(patchPaths(model, { clean, corrupt, metric, ...more })).rejects;
  await refused({ senders: ["a1.h0"], receivers: ["a0.h1<q>"] }).toThrow(
    "patchPaths: a1.h0 writes after a0.h1<q> read",
  );
  await refused({ senders: ["a0.h7"] }).toThrow(/no source "a0.h7"/);
  await refused({ receivers: ["a1.h1<z>"] }).toThrow(/no destination "a1.h1<z>"/);
  await refused({ receivers: [["logits", "m1"]] }).toThrow("logits cannot be patched together");
  await refused({ receivers: [[]] }).toThrow("patchPaths: a set of receivers is empty");
});

function plain(network: Network, graph: EdgeGraph, tokens: readonly number[]): BruteForceRun {
  return bruteForce({ ...network, graph, tokens });
}

function measured({ logits }: BruteForceRun, prompt: number): number {
  const last = logits.at(-1)!;
  return last[3 + prompt]! - last[5 + prompt]!;
}

/** `x` with one head's part of `y`, at all positions or one; whole rows where there is no head axis. */
function withHead(x: Tensor, y: Tensor, head: number, at?: number): Tensor {
  const [batch, pos] = x.shape as [number, number];
  const heads = x.rank === 4 ? x.shape[2]! : 1;
  const width = x.shape.at(-1)!;
  const out = x.toFloat64().slice();
  for (let row = 0; row < batch; row++) {
    for (let p = 0; p < pos; p++) {
      if (at !== undefined && p !== at) continue;
      const from = ((row * pos + p) * heads + head) * width;
      out.set(y.toFloat64().subarray(from, from + width), from);
    }
  }
  return fromData(out, x.shape);
}

function net(network: Network, name: string): ArrayLike<number> {
  return network.weights.get(name)!.data as Float32Array;
}

function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}
