/** @file The numbers of the circuits package, relative to a forward pass. */

import {
  type AblationValue,
  attributeEdges,
  Circuit,
  EdgeGraph,
  evaluate,
  mean,
  patch,
  patchSweeps,
  promptMetric,
  resample,
  robustness,
  shapeOf,
} from "@diopter/circuits";
import type { Task } from "@diopter/circuits/tasks";
import { logitDifference, type Model } from "@diopter/model";
import { Random } from "@diopter/tensor";
import type { EdgeMask } from "../packages/circuits/src/ablation/replaced-mask";
import { AcdcRuns } from "../packages/circuits/src/discover/acdc/runs";
import { ioiHeads } from "../packages/circuits/src/known/ioi";
import { replacementsFor } from "../packages/circuits/src/run/replacements/replacements";
import {
  type CompiledRun,
  compiledRun,
  constantsOf,
  executed,
  type Logits,
  runDense,
} from "../packages/circuits/src/run/run-batch";
import { gpt2Small, randomPrompts } from "./gpt2-small";
import type { Row } from "./measure";

const shape = "GPT-2 small, random weights, 16 x 20 tokens";

/** The graph of the kept edges only. */
async function runCompiled(run: CompiledRun, mask: EdgeMask): Promise<Logits> {
  return (await executed(run, await compiledRun(run, mask))).logits;
}

export async function rows(): Promise<Row[]> {
  const model = await gpt2Small();
  const clean = randomPrompts(16, 20);
  const corrupt = randomPrompts(16, 20, 5);
  const task: Task = {
    name: "random",
    version: "1",
    corruptions: ["other"],
    metric: "logit-difference",
    prompts: clean.map((ids, i) => ({
      id: String(i),
      clean: ids,
      corrupt: { other: corrupt[i]! },
      answers: [11],
      wrong: [22],
      positions: { S2: 9, end: 19 },
      groups: { template: String(i % 4) },
    })),
  };
  const graph = new EdgeGraph(shapeOf(model.config));
  const random = new Random(3);
  const pair = [randomPrompts(1, 20, 2), randomPrompts(1, 20, 3)] as const;
  const names = (edges: Iterable<number>) => Array.from(edges, (edge) => graph.edgeName(edge));
  const circuitOf = (edges: Iterable<number>, name: string) =>
    Circuit.ofEdges(graph.shape, names(edges), { name, version: "1" });
  const half = circuitOf(
    [...Array(graph.edgeCount).keys()].filter(() => random.uniform() < 0.5),
    "half of all edges",
  );
  const heads = new Set<string>();
  for (let l = 0; l < 12; l++) for (let i = 0; i < 5; i++) heads.add(`a${l}.h${(i * 5 + l) % 12}`);
  const among = edgesAmong(graph, heads, true);
  const thousand = circuitOf(random.sample(among, 1000), "1,000 edges");
  const ours = new Set(
    Object.values(ioiHeads)
      .flat()
      .map(([layer, head]) => `a${layer}.h${head}`),
  );
  const ioi = circuitOf(edgesAmong(graph, ours, true), "26 heads and MLPs");
  const ioiAlone = circuitOf(edgesAmong(graph, ours, false), "26 heads");
  const placed = names(edgesAmong(graph, ours, true)).slice(0, 400);
  const atPositions = Circuit.ofEdges(
    graph.shape,
    placed.map((name, i) => ({ name, at: [i % 2 ? "S2" : "end"] })),
    { name: "400 edges at two positions", version: "1" },
  );
  const runs = await prepared(model, task, graph);
  const acdcRuns = await AcdcRuns.of(model, graph, task, {
    value: resample(),
    restart: true,
    batchSize: 16,
  });
  // One edge from every eighth of all edges: a search visits each of them once.
  const steps = Array.from({ length: 8 }, (_, i) => {
    const edge = Math.floor(((i + 0.5) / 8) * graph.edgeCount);
    const { destination } = graph.ends(edge);
    const { firstEdge, reads } = graph.destinations[destination]!;
    const later = (other: number) => other >= firstEdge + reads && random.uniform() < 0.5;
    return Float32Array.from({ length: graph.edgeCount }, (_, other) =>
      other === edge || later(other) ? 1 : 0,
    );
  });
  let fresh = 0;
  const score = promptMetric("logit-difference");
  const forward: Row = {
    name: "forward",
    shape: `${shape}, logits at the last position`,
    run: () => model.run(clean, { logits: "last" }),
  };
  return [
    forward,
    {
      name: "edges.dense",
      shape: `${shape}, half of ${graph.edgeCount} edges resampled, sources cached`,
      atMost: 4.5,
      run: () => runDense(runs.resample, maskOf(half)),
    },
    {
      name: "edges.compiled.1000",
      shape: `${shape}, 1,000 edges over 60 heads and 12 MLPs, the rest at its mean`,
      atMost: 1.6,
      run: () => runCompiled(runs.mean, maskOf(thousand)),
    },
    {
      name: "edges.compiled.ioi",
      shape: `${shape}, ${ioi.size} edges among 26 heads and 12 MLPs, the rest at its mean`,
      atMost: 1.3,
      run: () => runCompiled(runs.mean, maskOf(ioi)),
    },
    {
      name: "edges.compiled.ioi-heads",
      shape: `${shape}, ${ioiAlone.size} edges among 26 heads, the rest at its mean`,
      atMost: 0.4,
      run: () => runCompiled(runs.mean, maskOf(ioiAlone)),
    },
    {
      name: "eap",
      shape: `${shape}, corrupt run, clean run, gradients and all ${graph.edgeCount} scores`,
      atMost: 6,
      run: () => attributeEdges(model, task, { method: "eap", batchSize: 16 }),
    },
    {
      name: "eap-ig.5",
      shape: `${shape}, 5 steps on the inputs`,
      atMost: 27,
      run: () => attributeEdges(model, task, { method: "eap-ig-inputs", steps: 5, batchSize: 16 }),
    },
    {
      name: "circuit.new",
      shape: `${shape}, another 1,000 edges each time: planned, built, opened, run, scored; sources cached`,
      // The limit is 2 beyond the compiled run, whose own is 1.6.
      atMost: 3.6,
      run: async () => {
        const other = new Random(100 + fresh++);
        const circuit = circuitOf(other.sample(among, 1000), `circuit ${fresh}`);
        const logits = await runCompiled(runs.resample, maskOf(circuit));
        return logits.map((row, i) =>
          score.value({ prompt: task.prompts[i]!, model: row, circuit: row }, task),
        );
      },
    },
    {
      name: "circuit.evaluate",
      shape: `${shape}, the same with the model's own run and the corrupt one`,
      run: () => {
        const other = new Random(1000 + fresh++);
        const circuit = circuitOf(other.sample(among, 1000), `circuit ${fresh}`);
        return evaluate(model, task, circuit, { engine: "compiled", batchSize: 16 });
      },
    },
    {
      name: "forward.x8",
      shape: `${shape}, eight forward passes`,
      run: async () => {
        for (let i = 0; i < 8; i++) await model.run(clean, { logits: "last" });
      },
    },
    {
      name: "acdc.step",
      shape: `${shape}, one edge tested by KL, mean over 8 drawn from all edges, later ones half removed`,
      baseline: "forward.x8",
      atMost: 2.5,
      run: async () => {
        for (const mask of steps) await acdcRuns.measure(mask);
      },
    },
    {
      name: "patch.heads",
      shape:
        "GPT-2 small, random weights, one pair of 20 tokens, 144 heads patched at all positions",
      atMost: 7,
      run: () =>
        patch(model, {
          clean: pair[0],
          corrupt: pair[1],
          metric: logitDifference(11, 22),
          ...patchSweeps.get_act_patch_attn_head_out_all_pos,
        }),
    },
    {
      name: "robustness.miller",
      shape: `${shape}, 8 cells, every control but random circuits`,
      atMost: 60,
      run: () =>
        robustness(model, task, atPositions, {
          preset: "miller",
          randomCircuits: 0,
          resamples: 200,
        }),
    },
  ];
}

/** Replacements that are there already, by value. */
async function prepared(model: Model, task: Task, graph: EdgeGraph) {
  const { prompts } = task;
  const rows = prompts.map(({ clean }) => clean);
  const context = {
    model,
    shape: graph.shape,
    task,
    direction: "ablate-clean",
    batchSize: 16,
  } as const;
  const of = async (value: AblationValue) => {
    const replacements = await replacementsFor(value, context);
    const run = { model, graph, prompts, rows, replacements: await replacements.at(prompts) };
    let known: ReturnType<typeof constantsOf> | undefined;
    const constants = () => {
      known ??= constantsOf(run);
      return known;
    };
    return { ...run, isRun: replacements.isRun, constants };
  };
  return { resample: await of(resample()), mean: await of(mean({ over: "corrupt" })) };
}

function maskOf(circuit: Circuit) {
  return { batch: 1, pos: 1, values: Float32Array.from(circuit.kept(), (kept) => 1 - kept) };
}

/** Edges among input, some heads, logits and, where told, MLPs. */
function edgesAmong(graph: EdgeGraph, heads: ReadonlySet<string>, mlps: boolean): number[] {
  const isIn = (name: string) => {
    const [head] = name.split("<") as [string];
    return name.startsWith("a") ? heads.has(head) : name.startsWith("m") ? mlps : true;
  };
  return [...Array(graph.edgeCount).keys()].filter((edge) => {
    const { source, destination } = graph.ends(edge);
    return isIn(graph.sources[source]!.name) && isIn(graph.destinations[destination]!.name);
  });
}
