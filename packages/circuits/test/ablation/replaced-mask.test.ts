import { expect, test } from "vitest";
import { ablationOf, causalReading } from "../../src/ablation/ablation";
import { edgesOfSources, type MaskChoices, replacedMask } from "../../src/ablation/replaced-mask";
import { Circuit } from "../../src/graph/circuit";
import type { GraphShape } from "../../src/graph/shape";
import type { TaskPrompt } from "../../src/task/task";

/** Sources input, a0.h0; edges input->a0.h0<q>, <k>, <v>, input->logits, a0.h0->logits. */
const shape: GraphShape = {
  nLayers: 1,
  nHeads: 1,
  nKeyValueHeads: 1,
  attnOnly: true,
  parallel: false,
  inputs: "split",
  embedding: "joint",
};

const meta = { name: "x", version: "1" };

function prompt(S: number): TaskPrompt {
  return {
    id: `S at ${S}`,
    clean: [1, 2, 3],
    corrupt: {},
    answers: [1],
    wrong: [2],
    positions: { S },
    groups: {},
  };
}

function rowsOf(edges: readonly string[], choices: Partial<MaskChoices>, prompts: TaskPrompt[]) {
  const { tokens, set, prefix, component } = { ...ablationOf(), ...choices };
  const { batch, pos, values } = replacedMask(
    Circuit.ofEdges(shape, edges, meta),
    { tokens, set, prefix, component },
    prompts,
  );
  const rows = Array.from({ length: batch * pos }, (_, i) => [...values.slice(5 * i, 5 * i + 5)]);
  return { batch, pos, rows };
}

const all = [1, 1, 1, 1, 1];
const none = [0, 0, 0, 0, 0];

test("the complement is replaced, or the circuit, alike everywhere", () => {
  expect(rowsOf(["input->logits"], {}, [prompt(1), prompt(2)])).toEqual({
    batch: 1,
    pos: 1,
    rows: [[1, 1, 1, 0, 1]],
  });
  expect(rowsOf(["input->logits"], { set: "circuit" }, [prompt(1)]).rows).toEqual([
    [0, 0, 0, 1, 0],
  ]);
});

test("at positions an element is kept where it is named, prompt by prompt only where they differ", () => {
  const edges = ["input->logits@S"];
  const kept = [1, 1, 1, 0, 1];
  expect(rowsOf(edges, { tokens: "specific" }, [prompt(1), prompt(1)])).toEqual({
    batch: 1,
    pos: 3,
    rows: [all, kept, all],
  });
  expect(rowsOf(edges, { tokens: "specific" }, [prompt(1), prompt(2)])).toEqual({
    batch: 2,
    pos: 3,
    rows: [all, kept, all, all, all, kept],
  });
});

test("outside the given tokens, and in the prefix, nothing is replaced", () => {
  const kept = [1, 1, 1, 0, 1];
  expect(rowsOf(["input->logits"], { tokens: ["S"] }, [prompt(2)]).rows).toEqual([
    none,
    none,
    kept,
  ]);
  expect(rowsOf(["input->logits"], { prefix: 1 }, [prompt(2)]).rows).toEqual([none, kept, kept]);
  expect(rowsOf(["input->logits"], { tokens: [0, 1], prefix: 1 }, [prompt(2)]).rows).toEqual([
    none,
    kept,
    none,
  ]);
  const circuit = { set: "circuit", tokens: "specific", prefix: 1 } as const;
  expect(rowsOf(["input->logits@0", "input->logits@2"], circuit, [prompt(2)]).rows).toEqual([
    none,
    none,
    [0, 0, 0, 1, 0],
  ]);
});

test("a node that is replaced is replaced on every edge that leaves it", () => {
  const { graph } = Circuit.ofNodes(shape, ["input"], meta);
  const mask = edgesOfSources({ batch: 1, pos: 2, values: Float32Array.of(1, 0, 0, 1) }, graph);
  expect([...mask.values]).toEqual([1, 1, 1, 1, 0, 0, 0, 0, 0, 1]);
});

test("each side and direction reads differently, and each reading is told", () => {
  const readings = (["ablate-clean", "restore-clean"] as const).flatMap((direction) =>
    (["complement", "circuit"] as const).map((set) =>
      causalReading(ablationOf({ direction, set })),
    ),
  );
  expect(readings.map((reading) => reading.split(":")[0])).toEqual([
    "sufficiency, direct",
    "necessity, direct",
    "necessity, mediated",
    "sufficiency, mediated",
  ]);
});
