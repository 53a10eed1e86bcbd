/** @file Another task's circuit, and what a method finds of shuffled answers, beside the circuit. */

import { expect, test } from "vitest";
import { attributeEdges } from "../../src/discover/attribution/attribute-edges";
import { Circuit } from "../../src/graph/circuit";
import { shapeOf } from "../../src/graph/shape";
import { robustness } from "../../src/report/robustness";
import { shuffledAnswers } from "../../src/task/shuffled-answers";
import type { Task } from "../../src/task/task";
import { ln } from "../helpers/networks";
import { randomModel, someCircuit, someReport, someTask } from "./planted-report";

const options = { cells: [], randomCircuits: 0, resamples: 20 };

test("answers are shuffled so that no prompt keeps its own, with their wrong ones", () => {
  const shuffled = shuffledAnswers(someTask, { seed: 3 })!;
  const pairs = ({ prompts }: Pick<Task, "prompts">) =>
    prompts.map(({ answers, wrong }) => JSON.stringify([answers, wrong]));
  expect(pairs(shuffled).toSorted()).toEqual(pairs(someTask).toSorted());
  for (const [i, pair] of pairs(shuffled).entries()) expect(pair).not.toBe(pairs(someTask)[i]);
  const [first] = someTask.prompts;
  expect(shuffledAnswers({ ...someTask, prompts: [first!, first!] }, { seed: 0 })).toBeUndefined();
});

test("a circuit says in its file how it was found, through pruning, and the report finds again on shuffled answers", async () => {
  const model = await randomModel;
  const scores = await attributeEdges(model, someTask, { method: "eap-ig-inputs", steps: 2 });
  const { circuit } = scores.top(25).pruned();
  const read = Circuit.fromJSON(JSON.parse(JSON.stringify(circuit)));
  expect(read.found).toMatchObject({
    method: "eap-ig-inputs",
    options: { steps: 2 },
    choice: "top",
    of: 25,
    by: "absolute",
  });
  const { data, headline } = await robustness(model, someTask, read, options);
  const task = shuffledAnswers(someTask, { seed: 0 })!;
  const wanted = (await attributeEdges(model, task, { method: "eap-ig-inputs", steps: 2 }))
    .top(25)
    .pruned().circuit;
  const found = data.compared.find(({ role }) => role === "shuffled answers")!;
  expect(found).toMatchObject({ run: { applicable: true, size: { kept: wanted.size } } });
  expect(headline.text).toContain("what its method finds of shuffled answers");
  // The same circuit found on the true answers is another one.
  expect(wanted.elements).not.toEqual(circuit.elements);
});

test("circuits that are given are run in the author's cell, those that are not are named", async () => {
  const shape = shapeOf(ln.config);
  const other = Circuit.ofEdges(shape, ["input->m1@end", "m1->logits@end"], {
    name: "theirs",
    version: "1",
  });
  let asked: string | undefined;
  const report = await someReport({
    cells: [],
    controls: {
      other,
      method: (task) => {
        asked = task.name;
        return someCircuit;
      },
    },
  });
  expect(asked).toBe("some, answers shuffled");
  const [first, second] = report.data.compared;
  expect(first).toMatchObject({ role: "other task", name: "theirs" });
  const own = report.data.cells[0]!.run;
  if (!second || !("run" in second) || !second.run.applicable || !own.applicable)
    throw new Error("no run");
  expect(second.run.circuit).toEqual(own.circuit);
  expect(report.toHTML()).toContain("theirs: 2 edges");
  const { headline } = await someReport({ cells: [] });
  expect(headline.text).toContain("Missing is another task's circuit: no circuit of another task");
});

test("a method that cannot be done again is said to be missing", async () => {
  const model = await randomModel;
  const found = { method: "acdc", options: {}, choice: "top", of: 5, by: "absolute" } as const;
  const circuit = Circuit.ofEdges(shapeOf(ln.config), ["input->logits"], {
    name: "searched",
    version: "1",
    found,
  });
  const { data } = await robustness(model, someTask, circuit, options);
  expect(data.compared[1]).toEqual({
    role: "shuffled answers",
    missing: '"acdc" of edges is not done again by a report; give controls: { method }',
  });
});
