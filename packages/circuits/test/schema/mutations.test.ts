/** @file Files of every format, changed at random: what comes of them is a value, or an error of ours that says where. */

import { Random } from "@diopter/tensor";
import { describe, expect, test } from "vitest";
import { Scores } from "../../src/discover/scores/scores";
import { Circuit } from "../../src/graph/circuit";
import { EdgeGraph } from "../../src/graph/edge-graph";
import { fromAcdc, toAcdc } from "../../src/graph/names/acdc";
import { fromAutoCircuit, toAutoCircuit } from "../../src/graph/names/auto-circuit";
import { fromEapIg, toEapIg } from "../../src/graph/names/eap-ig";
import { loadTask } from "../../src/task/load-task";
import type { Task } from "../../src/task/task";
import { taskFromJSON, taskToJSON } from "../../src/task/task-json";
import { shape } from "../graph/shapes";
import { spaced } from "../task/fake-tokenizers";

const meta = { name: "toy", version: "1" };
const circuit = Circuit.ofEdges(
  shape(2, 2),
  ["input->a0.h1<v>", "a0.h1->m1@S2", "m1->logits"],
  meta,
);
const plain = circuit.toAllTokens();
const graph = new EdgeGraph(shape(1, 1));
const record = {
  method: "m",
  options: {},
  passes: { forward: 1, backward: 0 },
  prompts: 1,
  milliseconds: 0,
};

const task: Task = {
  name: "toy",
  version: "2",
  prompts: [
    {
      id: "a",
      clean: [1, 2, 3],
      corrupt: { ABC: [1, 4, 3] },
      answers: [5],
      wrong: [6],
      positions: { end: 2 },
      groups: { order: "ABBA" },
      sequence: [
        { pos: 1, answers: [2], wrong: [1] },
        { pos: 2, value: 0.5 },
      ],
    },
  ],
  corruptions: ["ABC"],
  metric: "logit-difference",
  candidates: [5, 6],
};

const prompts = {
  word_idxs: { IO: 2 },
  groups: { order: "ABBA" },
  prompts: [
    { clean: "Mary and John", corrupt: "Ann and Tom", answers: [" Mary"], wrong_answers: [" Sue"] },
    {
      clean: [[5, 6, 7]],
      corrupt: { corrupt: [8, 6, 7] },
      answers: [1, 2],
      id: "b",
      word_idxs: { S: 1 },
    },
    { clean: [3, 0, 1], corrupt: [3, 1, 1], answers: [[9], [1], [0]], groups: { template: "3" } },
  ],
};

const formats: readonly [name: string, file: unknown, read: (json: unknown) => unknown][] = [
  ["a circuit", circuit.toJSON(), (json) => Circuit.fromJSON(json)],
  [
    "scores",
    new Scores(graph, "node", Float64Array.of(1, 2, Number.POSITIVE_INFINITY), record, {
      first: [1],
    }).toJSON(),
    (json) => Scores.fromJSON(json),
  ],
  ["a task", taskToJSON(task), (json) => taskFromJSON(json)],
  ["a file of prompts", prompts, (json) => loadTask(json as never, spaced())],
  ["several files of prompts", [prompts, prompts], (json) => loadTask(json as never, spaced())],
  ["EAP-IG", toEapIg(plain), (json) => fromEapIg(json, meta)],
  ["ACDC", toAcdc(plain, { internal: true }), (json) => fromAcdc(shape(2, 2), json as never, meta)],
  [
    "AutoCircuit",
    toAutoCircuit(plain),
    (json) => fromAutoCircuit(shape(2, 2), json as never, meta),
  ],
];

const hostile: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e8,
  2 ** 53,
  Number.NaN,
  "",
  "constructor",
  "x".repeat(5000),
  [],
  [null],
  [[[]]],
  {},
  { toString: 1 },
  Array.from({ length: 300 }, () => "y"),
];

/** All places of a value: the containers, and what each holds under which key. */
function placesOf(value: unknown): { in: Record<string, unknown>; key: string }[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    { in: value as Record<string, unknown>, key },
    ...placesOf(inner),
  ]);
}

/** A copy with one thing or two left out, replaced, or renamed. */
function changed(file: unknown, random: Random): unknown {
  const root = { file: structuredClone(file) } as Record<string, unknown>;
  for (let i = 0; i <= random.integer(0, 2); i++) {
    const places = placesOf(root);
    const place = places[random.integer(0, places.length)];
    if (!place) break;
    const { in: holder, key } = place;
    const what = random.integer(0, 4);
    if (what === 0 && !Array.isArray(holder) && holder !== root) delete holder[key];
    else if (what === 1 && !Array.isArray(holder) && holder !== root) {
      const value = holder[key];
      delete holder[key];
      Object.defineProperty(
        holder,
        ["__proto__", "constructor", `${key}s`][random.integer(0, 3)]!,
        {
          value,
          enumerable: true,
          configurable: true,
          writable: true,
        },
      );
    } else holder[key] = structuredClone(hostile[random.integer(0, hostile.length)]);
  }
  return root.file;
}

describe.each(formats)("%s", (_, file, read) => {
  test("is read as it is", () => {
    expect(() => read(structuredClone(file))).not.toThrow();
  });

  test("changed at random is a value, or refused with the place and at most a line of what is there", () => {
    const random = new Random(7);
    const refused = new Set<string>();
    const wrong: string[] = [];
    for (let i = 0; i < 2000; i++) {
      const json = changed(file, random);
      try {
        read(json);
      } catch (error) {
        const { name, message } = error as Error;
        const isOurs =
          (name === "TypeError" || name === "RangeError") &&
          /^(circuit|scores|task|toy|EAP-IG|ACDC|AutoCircuit)\b/.test(message) &&
          !/undefined|not a function|not iterable|\[object|Invalid/.test(message) &&
          message.length < 400;
        if (!isOurs) wrong.push(`${name}: ${message} for ${JSON.stringify(json)?.slice(0, 500)}`);
        refused.add(message);
      }
    }
    expect(wrong).toEqual([]);
    // The changes are of many kinds, and so are the answers.
    expect(refused.size).toBeGreaterThan(20);
  });
});

test("a claim costs nothing: shapes that nobody has are refused before anything is made of them", () => {
  const json = circuit.toJSON();
  const claims = [
    { nLayers: 1e8 },
    { nLayers: 2 ** 53 - 1 },
    { nHeads: 1e8, nKeyValueHeads: 1 },
    { nLayers: 30_000, nHeads: 100, nKeyValueHeads: 100 },
  ];
  for (const claim of claims) {
    const huge = { ...json.shape, ...claim };
    expect(() => Circuit.fromJSON({ ...json, shape: huge })).toThrow(
      /^circuit JSON: shape\.nLayers: expected layers of \d+ heads with at most 2147483648 edges between them, got \d+$/,
    );
    expect(() => new EdgeGraph(huge)).toThrow(/^circuit: shape: nLayers: expected/);
  }
  const cfg = { n_layers: 1e8, n_heads: 12, parallel_attn_mlp: false };
  expect(() => fromEapIg({ cfg, nodes: {}, edges: {} }, meta)).toThrow("circuit: shape: nLayers");
});
