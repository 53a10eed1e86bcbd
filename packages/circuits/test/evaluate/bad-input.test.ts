/** @file What has no number: "not applicable" with the reason, or an error that says what to do. */

import { expect, test } from "vitest";
import {
  type Ablation,
  type AblationValue,
  mean,
  noise,
  resample,
  zero,
} from "../../src/ablation/ablation";
import { type EvaluateOptions, evaluate } from "../../src/evaluate/evaluate";
import { Circuit } from "../../src/graph/circuit";
import { shapeOf } from "../../src/graph/shape";
import { recovered } from "../../src/metrics/recovered";
import { network } from "../helpers/network";
import { gqa, ln, rms } from "../helpers/networks";
import { circuitOf, onReference, randomTask, withPrompts } from "./slow";

const task = randomTask();
const shape = shapeOf(ln.config);
const one = circuitOf(shape, "edge", new Map([["a0.h0->logits", undefined]]));

async function reasonFor(
  ablation: Partial<Ablation>,
  of = task,
  circuit = one,
  options: EvaluateOptions = {},
): Promise<string> {
  const cell = await evaluate(await onReference(ln), of, circuit, { ...options, ablation });
  expect(cell).toMatchObject({ applicable: false });
  expect(cell).not.toHaveProperty("prompts");
  return cell.applicable ? "" : cell.reason;
}

const longer = withPrompts(task, (prompt) => ({
  ...prompt,
  corrupt: { ...prompt.corrupt, other: [...prompt.clean, 0] },
}));

test("corruptions of another length have no resampled number, but a zero-ablated one", async () => {
  const reason = 'prompt "prompt 0" has 5 tokens and its corruption "other" has 6';
  expect(await reasonFor({ value: resample() }, longer)).toBe(reason);
  expect(await reasonFor({ value: zero(), direction: "restore-clean" }, longer)).toBe(reason);
  const model = await onReference(ln);
  for (const value of [zero(), mean({ over: "clean" })])
    expect(await evaluate(model, longer, one, { ablation: { value } })).toMatchObject({
      applicable: true,
    });
});

test("a draw from the set of corruptions takes those that are as long", async () => {
  const mixed = withPrompts(task, (prompt) =>
    prompt.id === "prompt 1" ? longer.prompts[1]! : prompt,
  );
  const model = await onReference(ln);
  const value = resample({ from: "set", draws: 2 });
  expect(await evaluate(model, mixed, one, { ablation: { value } })).toMatchObject({
    applicable: true,
  });
  expect(await reasonFor({ value }, longer)).toBe(
    'no corruption has the 5 tokens of prompt "prompt 0"',
  );
});

test("a mean over prompts that do not vary is not applicable, by group where groups do not vary", async () => {
  const [first] = task.prompts;
  const same = withPrompts(task, ({ id }) => ({ ...first!, id }));
  const reason = "prompts that do not vary, so it would restore what they say";
  for (const by of ["position", "span", "all", "group"] as const)
    expect(await reasonFor({ value: mean({ over: "clean", by }) }, same)).toMatch(reason);
  expect(await reasonFor({ value: mean({ n: 1 }) })).toMatch(`over 1 of 1 ${reason}`);
  const lonely = withPrompts(task, (prompt) => ({ ...prompt, groups: { template: prompt.id } }));
  expect(await reasonFor({ value: mean({ over: "clean", by: "group" }) }, lonely)).toMatch(
    new RegExp(`of template "[^"]+" is over 1 of \\d ${reason}`),
  );
});

test("a mean over no prompts, or more than there are, is an error", async () => {
  const model = await onReference(ln);
  const of = (value: AblationValue) => evaluate(model, task, one, { ablation: { value } });
  await expect(of(mean({ over: [] }))).rejects.toThrow(/mean over 0 prompts/);
  await expect(of(mean({ n: 5 }))).rejects.toThrow(/a mean over 5 prompts of 4/);
});

test("a mean by position over prompts of unequal lengths is not applicable; by span it is", async () => {
  const unequal = withPrompts(task, (prompt) =>
    prompt.id === "prompt 3"
      ? {
          ...prompt,
          clean: [...prompt.clean, 1],
          corrupt: { other: [...prompt.corrupt.other!, 1], again: [...prompt.corrupt.again!, 1] },
        }
      : prompt,
  );
  expect(await reasonFor({ value: mean({ over: "clean" }) }, unequal)).toBe(
    "a mean by position needs prompts of one length, got 5 and 6 tokens",
  );
  // A set of one length has no position for a longer prompt, nor is a longer set's beginning one for a shorter.
  const set = { over: unequal.prompts.slice(0, 2) };
  expect(await reasonFor({ value: mean(set) }, unequal)).toMatch(/got 5 and 6/);
  const long = withPrompts(task, (prompt) => ({ ...prompt, clean: [...prompt.clean, 1] })).prompts;
  expect(await reasonFor({ value: mean({ over: long }) })).toMatch(/got 6 and 5/);
  const model = await onReference(ln);
  for (const by of ["span", "all"] as const)
    expect(
      await evaluate(model, unequal, one, { ablation: { value: mean({ over: "clean", by }) } }),
    ).toMatchObject({ applicable: true });
});

test("restoring with noise is not applicable", async () => {
  for (const at of ["embedding", "sources"] as const)
    expect(await reasonFor({ direction: "restore-clean", value: noise({ at }) })).toBe(
      "restoring the clean run puts back what it was, not noise",
    );
});

test("a circuit without positions has none to keep", async () => {
  expect(await reasonFor({ tokens: "specific" })).toBe('circuit "random" names no positions');
});

test("joint circuits do not say what split ones ask, nor joint embeddings what split ones do", async () => {
  const joint = circuitOf(
    shapeOf(ln.config, { inputs: "joint" }),
    "edge",
    new Map([["a0.h0->a1.h0", undefined]]),
  );
  expect(await reasonFor({}, task, joint)).toMatch(/does not say which of q, k and v/);
  expect(await reasonFor({ embedding: "split" })).toMatch(/joint embeddings, the ablation split/);
});

test("heads that share keys and values have no joint input to ablate", async () => {
  const circuit = circuitOf(shapeOf(gqa.config), "edge", new Map([["a0.h0->logits", undefined]]));
  const ablation = { granularity: "joint" } as const;
  const cell = await evaluate(await onReference(gqa), task, circuit, { ablation });
  expect(cell).toMatchObject({
    applicable: false,
    reason: "heads that share keys and values have no joint input",
  });
});

test("groups and spans that prompts lack are not applicable", async () => {
  const value = mean({ by: "group", group: "order" });
  expect(await reasonFor({ value })).toBe('prompt "prompt 0" belongs to no "order"');
  const without = task.prompts.map((prompt) => ({ ...prompt, positions: {} }));
  expect(await reasonFor({ value: mean({ over: without, by: "span" }) })).toMatch(/no span "S"/);
});

test("unknown nodes, edges and names have a nearest one", async () => {
  const meta = { name: "x", version: "1" };
  expect(() => Circuit.ofEdges(shape, ["a0.h9->logits"], meta)).toThrow(/no source "a0.h9".*a0\.h/);
  expect(() => Circuit.ofNodes(shape, ["m9"], meta)).toThrow(/no source "m9"/);
  const model = await onReference(ln);
  const value = resample({ corruption: "othr" });
  await expect(evaluate(model, task, one, { ablation: { value } })).rejects.toThrow(
    /no corruption "othr".*other/,
  );
  await expect(evaluate(model, task, one, { metrics: ["logit-diference"] })).rejects.toThrow(
    /no "logit-diference".*logit-difference/,
  );
  const named = circuitOf(shape, "edge", new Map([["a0.h0->logits", ["ends"]]]));
  await expect(evaluate(model, task, named, { ablation: { tokens: "specific" } })).rejects.toThrow(
    /no position "ends".*end/,
  );
  await expect(evaluate(model, task, one, { ablation: { tokens: [5] } })).rejects.toThrow(
    /position 5 is outside the 5 tokens/,
  );
});

test("a circuit of another shape is an error", async () => {
  const model = await onReference(rms);
  await expect(evaluate(model, task, one)).rejects.toThrow(/for a model with nLayers 2, got 3/);
});

test("a task without prompts is an error", async () => {
  const model = await onReference(ln);
  await expect(evaluate(model, { ...task, prompts: [] }, one)).rejects.toThrow(/no prompts/);
});

test.each(["post", "both", "output"] as const)("norms placed %s have no edges", (normPlacement) => {
  const { config } = network("bert", { ...ln.config, normPlacement }, {});
  expect(() => shapeOf(config)).toThrow(
    /edges need outputs that add up unnormed, but by-hand norms/,
  );
});

test("engines that cannot do what is asked say so", async () => {
  const model = await onReference(ln);
  const frozen = { recomputation: "frozen" } as const;
  await expect(
    evaluate(model, task, one, { ablation: frozen, engine: "compiled" }),
  ).rejects.toThrow(/needs the dense engine/);
  await expect(evaluate(model, task, one, { engine: "nodes" })).rejects.toThrow(/single edges/);
});

test("a prompt without a margin has no ratio: it is listed, not dropped in silence", async () => {
  const tied = withPrompts(task, (prompt) =>
    prompt.id === "prompt 1" ? { ...prompt, wrong: prompt.answers } : prompt,
  );
  const cell = await evaluate(await onReference(ln), tied, one);
  if (!cell.applicable) throw new Error(cell.reason);
  const of = (side: "circuit" | "model") => cell.prompts.map((p) => p[side]["logit-difference"]!);
  const { undefinedAt, ratios, meanOfRatios } = recovered(of("circuit"), of("model"));
  expect(undefinedAt).toEqual([1]);
  expect(ratios[1]).toBeNaN();
  const defined = [0, 2, 3].map((i) => ratios[i]!);
  expect(meanOfRatios).toBeCloseTo(defined.reduce((a, b) => a + b) / 3, 9);
});
