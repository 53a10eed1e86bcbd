import {
  attributeEdges,
  attributeNodes,
  Circuit,
  evaluate,
  learnMasks,
  patch,
  shapeOf,
} from "@diopter/circuits";
import { logitDifference, type Metric, metric } from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { expect, test } from "vitest";
import { twoPrompts } from "./discover/subject";
import { ln } from "./helpers/networks";

const load = () => ln.load(reference());
const { prompts } = twoPrompts;
const first = (key: "answers" | "wrong") => prompts.map((prompt) => prompt[key][0]!);

/** The task's own logit difference, as a user would write it: by a graph alone. */
const mine: Metric = metric({
  name: "mine",
  build: (e) => logitDifference(0, 0).build(e),
  feeds: logitDifference(first("answers"), first("wrong")).feeds,
});
/** Three times as much, under the very same name. */
const thrice: Metric = { ...mine, build: (e) => e.b.mul(mine.build(e), 3) };

test("edges and nodes are scored by a metric of one's own as by the task's", async () => {
  const model = await load();
  for (const method of ["eap", "eap-ig-inputs", "mask-ig"] as const) {
    const named = await attributeEdges(model, twoPrompts, { method });
    const own = await attributeEdges(model, twoPrompts, { method, metric: mine });
    const more = await attributeEdges(model, twoPrompts, { method, metric: thrice });
    expect(own.values).toBeAllclose(named.values);
    expect(more.values).toBeAllclose(named.values.map((x) => 3 * x));
    expect(own.record.options).toMatchObject({ metric: "mine" });
  }
  const nodes = await attributeNodes(model, twoPrompts);
  const more = await attributeNodes(model, twoPrompts, { metric: thrice });
  expect(more.values).toBeAllclose(nodes.values.map((x) => 3 * x));
});

test("masks are learned for a metric of one's own as for the task's", async () => {
  const model = await load();
  const options = { size: { penalty: 1 }, steps: 3, seed: 2 } as const;
  const named = await learnMasks(model, twoPrompts, { ...options, metric: "logit-difference" });
  const own = await learnMasks(model, twoPrompts, { ...options, metric: mine });
  expect(own.state.data.theta).toBeAllclose(named.state.data.theta);
});

test.each([
  ["edges", {}],
  ["nodes", { component: "node" }],
  ["edges, restored", { direction: "restore-clean" }],
] as const)(
  "%s are evaluated by it, prompt by prompt and in batches of one",
  async (_, ablation) => {
    const model = await load();
    const shape = shapeOf(model.config);
    const circuit = Circuit.ofEdges(shape, ["input->logits", "m0->logits"], {
      name: "some",
      version: "1",
    });
    const metrics = ["logit-difference", mine, { ...thrice, name: "thrice" }];
    for (const batchSize of [1, 64]) {
      const found = await evaluate(model, twoPrompts, circuit, { ablation, metrics, batchSize });
      if (!found.applicable) throw new Error(found.reason);
      for (const prompt of found.prompts) {
        for (const side of [prompt.circuit, prompt.model]) {
          expect(side.mine).toBeCloseTo(side["logit-difference"]!, 9);
          expect(side.thrice).toBeCloseTo(3 * side["logit-difference"]!, 9);
        }
      }
    }
  },
);

test("a metric for another number of prompts is refused", async () => {
  const model = await load();
  const other = logitDifference([1, 2, 3], 0);
  await expect(attributeEdges(model, twoPrompts, { method: "eap", metric: other })).rejects.toThrow(
    'metric "logit difference": right has 3 tokens, expected 2 (one per prompt)',
  );
});

test("options that a method does not read are refused", async () => {
  const model = await load();
  const given = { method: "eap", steps: -3, rule: "midpoint" } as { method: "eap" };
  await expect(attributeEdges(model, twoPrompts, given)).rejects.toThrow(
    'attribution: "eap" reads no steps; it is for eap-ig-inputs, eap-ig-activations and mask-ig',
  );
});

test("patching takes the same object", async () => {
  const model = await load();
  const clean = prompts.map((prompt) => prompt.clean);
  const corrupt = prompts.map((prompt) => Object.values(prompt.corrupt)[0]!);
  const run = (own: Metric) => patch(model, { clean, corrupt, metric: own, what: "attn_head_out" });
  const once = await run(mine);
  expect((await run(thrice)).values.data).toBeAllclose(once.values.data.map((x) => 3 * x));
  const named = await run(logitDifference(first("answers"), first("wrong")));
  expect(named.values.data).toBeAllclose(once.values.data);
});
