import {
  type Edit,
  logitDifference,
  Model,
  type Prompt,
  type RunOptions,
  type SweepOptions,
  type SweepState,
} from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { expect, test } from "vitest";
import { tinyConfig, tinyWeights } from "./helpers/tiny-hooked";

const open = () =>
  Model.load({ config: tinyConfig, weights: tinyWeights(), id: "tiny" }, { runtime: reference() });

const refusedPrompts: [what: string, prompt: unknown, message: string][] = [
  ["a list of nothing", [], "model: no prompts"],
  ["one empty prompt", [[]], "model: prompt 0 is empty"],
  ["an empty prompt", [[1], []], "model: prompt 1 is empty"],
  ["a token id out of range", [1, 7], "model: token id 7 of prompt 0 is not in 0..6"],
  ["a negative token id", [[1], [-1]], "model: token id -1 of prompt 1 is not in 0..6"],
  ["a token id that is not whole", [1.5], "model: token id 1.5 of prompt 0 is not in 0..6"],
  [
    "a prompt beyond the context",
    [[0, 0, 0, 0, 0, 0, 0]],
    "model: prompt 0 has 7 tokens, the context holds 6",
  ],
  [
    "text without a tokenizer",
    "hello",
    "model: this model has no tokenizer; give token ids instead of text",
  ],
  ["a number", 3, "model: a prompt is text or token ids, got 3"],
  ["rows of different kinds", [[1], 2], "model: prompt 1 is number, expected text or token ids"],
  [
    "ragged explicit tokens",
    { tokens: [[1, 2], [3]] },
    "model: row 1 of tokens has 1 entries, expected 2",
  ],
  [
    "a mask of another size",
    { tokens: [[1, 2]], attentionMask: [[1]] },
    "model: row 0 of attentionMask has 1 entries, expected 2",
  ],
  [
    "a row of padding",
    { tokens: [[1], [2]], attentionMask: [[1], [0]] },
    "model: prompt 1 is empty",
  ],
];

test.each(refusedPrompts)("%s is refused", async (_, prompt, message) => {
  const model = await open();
  await expect(model.run(prompt as Prompt)).rejects.toMatchObject({ message });
});

const refusedEdits: [what: string, edit: unknown, message: string, options?: RunOptions][] = [
  [
    "an unknown hook",
    { at: "blocks.1.attn.hook_zz", do: "zero" },
    'model: no hook "blocks.1.attn.hook_zz"; did you mean "blocks.1.attn.hook_z"?',
  ],
  [
    "a glob without a hook",
    { at: "blocks.*.hook_none", do: "zero" },
    'model: no hook matches "blocks.*.hook_none"',
  ],
  [
    "an unknown verb",
    { at: "hook_embed", do: "remove" },
    'edit: unknown "do": "remove"; expected zero, set, add, scale, lerp, mean, patch, project or freeze',
  ],
  [
    "a selector in the plural",
    { at: "blocks.*.attn.hook_z", heads: [0], do: "zero" },
    'edit: no field "heads"; did you mean "head"?',
  ],
  [
    "a position by its long name",
    { at: "hook_embed", position: -1, do: "zero" },
    'edit: no field "position"; there are at, do, batch, pos, step, key, head, neuron, value, by, over, onto',
  ],
  ["an edit without its kind", { at: "hook_embed" }, 'edit: field "do" is missing'],
  ["no edit at all", "hook_embed", 'edit: expected an object with at, do, got "hook_embed"'],
  [
    "a number that the kind does not read",
    { at: "hook_embed", do: "zero", by: 2 },
    'edit: zero at "hook_embed" reads no by; it is for add, scale, lerp, project',
  ],
  [
    "a mean of a number",
    { at: "hook_embed", do: "mean", value: 0 },
    'edit: mean at "hook_embed" takes its values from a run; expected value: { cache } or { prompt }, or none',
  ],
  [
    "a mean over what it is not taken over",
    { at: "hook_embed", do: "mean", over: "pos" },
    'edit: over is "pos", expected "batch" or "batch pos"',
  ],
  [
    "a source with more than its prompt",
    { at: "hook_embed", do: "patch", value: { prompt: [1, 2, 3], prependBos: false } },
    'edit: value: no field "prependBos"; there are prompt',
  ],
  [
    "a value that is none",
    { at: "hook_embed", do: "set", value: { data: [1] } },
    'edit: value at "hook_embed" is an object with data, expected a number, lists, a typed array, a tensor, { cache } or { prompt }',
  ],
  [
    "a head that is not there",
    { at: "blocks.0.attn.hook_z", head: 2, do: "zero" },
    'edit: head 2 of "blocks.0.attn.hook_z" is not in 0..1',
  ],
  [
    "a head where there are none",
    { at: "hook_embed", head: 0, do: "zero" },
    'edit: "hook_embed" has no head axis',
  ],
  [
    "a key where there are none",
    { at: "hook_embed", key: 0, do: "zero" },
    'edit: "hook_embed" has no key axis',
  ],
  [
    "a neuron that is not there",
    { at: "blocks.0.mlp.hook_post", neuron: 5, do: "zero" },
    'edit: neuron 5 of "blocks.0.mlp.hook_post" is not in 0..4',
  ],
  [
    "a row that is not there",
    { at: "hook_embed", batch: 1, do: "zero" },
    'edit: batch 1 of "hook_embed" is not in 0..0',
  ],
  [
    "a neuron of keys",
    { at: "blocks.0.attn.hook_pattern", neuron: 0, do: "zero" },
    'edit: "blocks.0.attn.hook_pattern" has no neuron axis; its keys are chosen by key',
  ],
  [
    "a step where nothing is generated",
    { at: "hook_embed", step: 0, do: "zero" },
    'edit: step at "hook_embed" is for generate; here, choose by pos',
  ],
  [
    "a source with too many prompts",
    { at: "hook_embed", do: "patch", value: { prompt: [[1], [2]] } },
    'edit: source of "hook_embed" has shape [2, 1, 4], expected [1, 3, 4]',
  ],
  [
    "a position out of range",
    { at: "hook_embed", pos: 3, do: "zero" },
    'edit: position 3 at "hook_embed" is out of range for prompt 0 with 3 tokens',
  ],
  [
    "a negative position out of range",
    { at: "hook_embed", pos: -4, do: "zero" },
    'edit: position -4 at "hook_embed" is out of range for prompt 0 with 3 tokens',
  ],
  [
    "a position without a name",
    { at: "hook_embed", pos: "S2", do: "zero" },
    'edit: no position named "S2" for prompt 0; named positions: S1',
    { positions: { S1: 0 } },
  ],
  [
    "a position for more prompts than there are",
    { at: "hook_embed", pos: "S2", do: "zero" },
    'edit: position "S2" is given for 2 prompts, expected 1 or one number for all',
    { positions: { S2: [0, 1] } },
  ],
  [
    "a value of another shape",
    { at: "hook_embed", do: "set", value: [1, 2, 3] },
    'edit: value has shape [3], which does not broadcast to "hook_embed" [1, 3, 4]',
  ],
  ["a missing value", { at: "hook_embed", do: "set" }, 'edit: set at "hook_embed" needs a value'],
  [
    "a missing strength",
    { at: "hook_embed", do: "scale" },
    'edit: scale at "hook_embed" needs a strength in "by"',
  ],
  [
    "a strength that is not a number",
    { at: "hook_embed", do: "scale", by: Number.NaN },
    "edit: by is NaN, expected a finite number",
  ],
  [
    "a patch without a source",
    { at: "hook_embed", do: "patch", value: 1 },
    'edit: patch at "hook_embed" needs value: { cache } or { prompt }',
  ],
  [
    "a direction of length zero",
    { at: "hook_embed", do: "project", value: [0, 0, 0, 0] },
    'edit: project at "hook_embed" needs a direction, got length 0',
  ],
  [
    "a source of another length",
    { at: "hook_embed", do: "patch", value: { prompt: [1, 2] } },
    'edit: source of "hook_embed" has 2 tokens for prompt 0, expected 3; where lengths differ, give a pos',
  ],
];

test.each(refusedEdits)("an edit with %s is refused", async (_, edit, message, options = {}) => {
  const model = await open();
  await expect(model.run([1, 2, 3], { ...options, edits: [edit as Edit] })).rejects.toMatchObject({
    message,
  });
});

test("hooks, metrics and settings that make no sense are refused with what would", async () => {
  const model = await open();
  await expect(model.runWithCache([1], { names: "blocks.9.hook_resid_pre" })).rejects.toThrow(
    'model: no hook "blocks.9.hook_resid_pre"; did you mean "blocks.0.hook_resid_pre"?',
  );
  await expect(
    model.run([1], { start: { hook_embedd: tinyWeights()["embed.W_E"]! } }),
  ).rejects.toThrow('model: no hook "hook_embedd"; did you mean "hook_embed"?');
  const { cache } = await model.runWithCache([1], { names: "hook_embed" });
  expect(() => cache.get("hook_embd")).toThrow(
    'cache: no activation "hook_embd"; did you mean "hook_embed"?',
  );
  await expect(model.measure([1], logitDifference(7, 0))).rejects.toThrow(
    'metric "logit difference": token id 7 is not in 0..6',
  );
  await expect(model.measure([[1], [2], [3]], logitDifference([1, 2], 0))).rejects.toThrow(
    'metric "logit difference": right has 2 tokens, expected 3 (one per prompt)',
  );
  await expect(model.generate([1, 2], { maxNewTokens: 5 })).rejects.toThrow(
    "generate: 2 prompt tokens plus 5 new ones exceed the context of 6",
  );
  await expect(model.generate([1], { temperature: -1 })).rejects.toThrow(
    "generate: temperature is -1, expected 0 or more",
  );
  await expect(model.generate([1], { temperature: 1, topP: 0 })).rejects.toThrow(
    "generate: topP is 0, expected 0 < topP <= 1",
  );
  await expect(
    model.runWithHooks([1], { fwdHooks: [["hook_embed", (x) => x.slice([0], [1], [2])]] }),
  ).rejects.toThrow('model: the function at "hook_embed" gave shape [1, 1, 1], expected [1, 1, 4]');
});

test("a run that would exceed the budget is refused with what would fit", async () => {
  const model = await open();
  await expect(model.run([[1], [2], [3]], { budget: 10 })).rejects.toThrow(
    /^model: this run needs about \d+ kB, the budget is 10 B; not even one prompt would fit$/,
  );
  await expect(model.run(new Array(500).fill([1, 2, 3]), { budget: 100_000 })).rejects.toThrow(
    /^model: this run needs about \d+ [kM]B, the budget is 100 kB; \d+ prompts at a time would fit$/,
  );
});

test("a signal that has fired stops a run, a sweep and generation", async () => {
  const model = await open();
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(model.run([1], { signal })).rejects.toThrow("enough");
  await expect(model.generate([1], { signal, maxNewTokens: 2 })).rejects.toThrow("enough");
  const over: Edit[] = [{ at: "hook_embed", do: "zero" }];
  await expect(model.sweep([1], { over, metric: logitDifference(0, 1), signal })).rejects.toThrow(
    "enough",
  );
});

test("a sweep that is interrupted goes on from its values", async () => {
  const model = await open();
  const metric = logitDifference(0, 1);
  const over: Edit[] = [0, 1].flatMap((layer) =>
    [0, 1].map((head) => ({ at: `blocks.${layer}.attn.hook_z`, head, do: "zero" as const })),
  );
  const whole = await model.sweep([1, 2, 3], { over, metric, tokensPerRun: 3 });
  const controller = new AbortController();
  let partial: SweepState | undefined;
  const stopped = model.sweep([1, 2, 3], {
    over,
    metric,
    tokensPerRun: 3,
    signal: controller.signal,
    onState: (state) => {
      partial = JSON.parse(JSON.stringify(state));
    },
    onProgress: ({ done, total }) => {
      expect(total).toBe(4);
      if (done === 2) controller.abort(new Error("pause"));
    },
  });
  await expect(stopped).rejects.toThrow("pause");
  expect(partial!.data.filter((row) => row[0] !== null).length).toBe(2);
  const steps: number[] = [];
  const rest = await model.sweep([1, 2, 3], {
    over,
    metric,
    tokensPerRun: 3,
    resume: partial!,
    onProgress: ({ done }) => steps.push(done),
  });
  expect(rest).toEqual(whole);
  expect(steps[0]).toBeGreaterThan(2);
});

test("what another sweep left is refused with what differs, and what no sweep left with what it is", async () => {
  const model = await open();
  const at = "blocks.0.attn.hook_z";
  const own = {
    over: [0, 1].map((head): Edit => ({ at, head, do: "zero" })),
    metric: logitDifference(0, 1),
    tokensPerRun: 3,
  };
  let state: SweepState | undefined;
  await model.sweep([1, 2, 3], {
    ...own,
    onState: (last) => {
      state = last;
    },
  });
  const values = { do: "set" as const, at, value: 1 };
  const others: [prompt: number[], change: Partial<SweepOptions>, differs: RegExp][] = [
    [
      [1, 2, 4],
      {},
      /its prompt is \{"batch":1,"ids":\[1,2,3\].*, here \{"batch":1,"ids":\[1,2,4\]/,
    ],
    [[1, 2, 3], { metric: logitDifference(0, 2) }, /its metric is [0-9a-f]{8}…, here [0-9a-f]{8}…/],
    [[1, 2, 3], { over: [...own.over].reverse() }, /its over is /],
    [[1, 2, 3], { over: [values, { ...values, value: 2 }] }, /its over is /],
    [[1, 2, 3], { tokensPerRun: 6 }, /its tokensPerRun is 3, here 6/],
  ];
  for (const [prompt, change, differs] of others)
    await expect(model.sweep(prompt, { ...own, ...change, resume: state! })).rejects.toThrow(
      differs,
    );
  const none = [
    {},
    [],
    "state",
    { ...state, version: "0.0.1" },
    { ...state, data: undefined },
    { ...state, data: [[1]] },
  ];
  for (const resume of none)
    await expect(model.sweep([1, 2, 3], { ...own, resume: resume as never })).rejects.toThrow(
      /^sweep: the state to resume is not of this job: (its \w+ is .*|it has no data); give/,
    );
});
