/** @file Checkpoints that claim more than they hold, lie about it, or are something else: a message of ours, soon, whatever they say. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CheckpointError,
  createTokenizer,
  encodeSafetensors,
  type Files,
  families,
  loadCheckpoint,
  loadSae,
  Model,
  UnsupportedModelError,
} from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { fromData, zeros } from "@diopter/tensor";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { goldenPath, readJson, readTensors } from "../../../test/golden";
import { tinyConfig, tinyWeights } from "./helpers/tiny-hooked";

/** Words of the engine, which no reader of a file can do anything with. */
const internal =
  /cannot read propert|is not a function|is not iterable|undefined \(reading|call stack|internal|invalid array length|array buffer allocation|cannot convert|NaN\b/i;

/** That `work` succeeds, or fails with a message of ours that is not longer than a few lines. */
async function expectOwnWords(work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { message } = error as Error;
    expect(message).not.toMatch(internal);
    expect(message.length).toBeLessThan(2500);
    expect(error instanceof RangeError || error instanceof TypeError, message).toBe(true);
  }
}

const weights = encodeSafetensors(tinyWeights());
const hfNames = [
  "gpt2",
  "llama",
  "bert",
  "gpt_neo",
  "gpt_neox",
  "gptj",
  "phi3",
  "mistral",
  "qwen3",
];

test("a configuration of 10,000 layers costs no more than its tensors", async () => {
  await expect(
    loadCheckpoint({ config: { ...tinyConfig, n_layers: 10_000 }, weights }),
  ).rejects.toThrow(
    new CheckpointError(
      "hooked: config.json says 10000 layers, the weights are 38 tensors; is this the configuration of another model?",
      [],
    ),
  );
});

test("no value of a configuration gives a message of the engine", async () => {
  const values = fc.oneof(
    fc.constantFrom<unknown>(
      null,
      -1,
      0,
      1,
      1.5,
      1e5,
      1e9,
      2 ** 53,
      1e308,
      -0.5,
      "x",
      "",
      true,
      false,
    ),
    fc.constantFrom<unknown>([], {}, ["local"], [[["global"], 1e9]], "toString", "__proto__"),
    fc.constantFrom<unknown>(
      { type: "linear", factor: -1 },
      { rope_type: "longrope" },
      "x".repeat(1e5),
    ),
  );
  const configs = [
    { config: { ...tinyConfig } as Record<string, unknown>, weights: tinyWeights() },
    ...hfNames.map((name) => ({
      config: readJson(goldenPath(`hf/${name}/config.json`)),
      weights: readTensors(goldenPath(`hf/${name}/model.safetensors`)),
    })),
  ];
  const extra = [
    "rope_scaling",
    "rope_parameters",
    "sliding_window",
    "attention_types",
    "layer_types",
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.nat(),
      fc.array(fc.tuple(fc.nat(), values), { minLength: 1, maxLength: 3 }),
      async (pick, changes) => {
        const { config, weights: tensors } = configs[pick % configs.length]!;
        const names = [...Object.keys(config), ...extra];
        const changed: Record<string, unknown> = { ...config };
        for (const [at, value] of changes) {
          const name = names[at % names.length]!;
          if (value === "") delete changed[name];
          else changed[name] = value;
        }
        await expectOwnWords(() => loadCheckpoint({ config: changed, weights: tensors }));
      },
    ),
    { seed: 3, numRuns: 400 },
  );
});

test("no family breaks down over a configuration of nothing", async () => {
  for (const { matches, name } of families) {
    for (const model_type of [name, "xlm-roberta", "gemma3_text", "gpt-nano"]) {
      if (matches({ model_type }))
        await expectOwnWords(() => loadCheckpoint({ config: { model_type }, weights }));
    }
  }
});

test("no change of bytes in a safetensors file gives a message of the engine", async () => {
  const header = 8 + Number(new DataView(weights.buffer).getBigUint64(0, true));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(header - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      async (changes) => {
        const bytes = weights.slice();
        for (const [at, value] of changes) bytes[at] = value;
        await expectOwnWords(() => loadCheckpoint({ config: tinyConfig, weights: bytes }));
      },
    ),
    { seed: 5, numRuns: 300 },
  );
});

test("no value of cfg.json of an SAE gives a message of the engine", async () => {
  const config = {
    architecture: "standard",
    d_in: 2,
    d_sae: 3,
    hook_name: "blocks.0.hook_mlp_out",
  };
  const tensors = {
    W_enc: zeros([2, 3]),
    W_dec: zeros([3, 2]),
    b_enc: zeros([3]),
    b_dec: zeros([2]),
  };
  const names = [
    ...Object.keys(config),
    "activation_fn_kwargs",
    "k",
    "metadata",
    "dtype",
    "hook_head_index",
  ];
  const values = fc.constantFrom<unknown>(
    null,
    -1,
    0,
    1.5,
    1e9,
    "x",
    "topk",
    [],
    {},
    true,
    "toString",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom(...names), values)), async (changes) => {
      const changed = { ...config, ...Object.fromEntries(changes) };
      await expectOwnWords(() => loadSae({ config: changed, weights: tensors }));
    }),
    { seed: 7, numRuns: 200 },
  );
});

test("JSON files longer than any that is read are refused before they are read", async () => {
  const files: Files = {
    id: "hub",
    size: async () => 2 ** 40,
    read: async () => {
      throw new Error("read");
    },
  };
  await expect(loadCheckpoint(files)).rejects.toThrow(
    new RangeError(
      "hub/config.json: 1099511627776 bytes of JSON are more than the 134217728 that are read; is this the right file?",
    ),
  );
});

test("a tokenizer nested deeper than the stack is refused", async () => {
  const deep = "[".repeat(1e5) + "]".repeat(1e5);
  const tokenizer = JSON.parse(`{"model": ${deep}}`);
  await expect(loadCheckpoint({ config: tinyConfig, weights, tokenizer })).rejects.toThrow(
    new RangeError("tokenizer: tokenizer.json is nested too deeply"),
  );
});

test("an index whose entries are no names is refused", async () => {
  const at = folder({
    "config.json": JSON.stringify(tinyConfig),
    "model.safetensors.index.json": JSON.stringify({ weight_map: { a: [[1]] } }),
  });
  await expect(loadCheckpoint(at)).rejects.toThrow(
    new TypeError(
      `${at}/model.safetensors.index.json has [[1]] for tensor "a"; expected the name of a file`,
    ),
  );
});

test("an identity matrix is made up to 4096 rows", async () => {
  const config = {
    n_layers: 1,
    d_model: 5000,
    n_heads: 1,
    d_head: 1,
    n_ctx: 1,
    d_vocab: 1,
    d_vocab_out: 5000,
    attn_only: true,
    normalization_type: null,
    positional_embedding_type: "none",
  };
  const tensors = {
    "embed.W_E": zeros([1, 5000]),
    "blocks.0.attn.W_Q": zeros([1, 5000, 1]),
    "blocks.0.attn.W_K": zeros([1, 5000, 1]),
    "blocks.0.attn.W_V": zeros([1, 5000, 1]),
    "blocks.0.attn.W_O": zeros([1, 1, 5000]),
  };
  await expect(loadCheckpoint({ config, weights: tensors })).rejects.toThrow(
    /unembed\.W_U is missing, and an identity matrix of 5000 rows is not made in its place/,
  );
});

test("a quantized checkpoint is told apart by quantization_config, before its weights are read", async () => {
  const config = {
    ...readJson(goldenPath("hf/llama/config.json")),
    quantization_config: { quant_method: "gptq", bits: 4 },
  };
  const at = folder({ "config.json": JSON.stringify(config) });
  await expect(loadCheckpoint(at)).rejects.toThrow(
    new UnsupportedModelError(
      'llama: config.json has quantization_config (quant_method "gptq"): its weights are packed, and only floating point is read; load the model that it was made from, or save what its dequantize() gives',
    ),
  );
  await expect(loadCheckpoint({ config, weights: {} })).rejects.toThrow(UnsupportedModelError);
});

test.each([
  ["module.", "DistributedDataParallel; save model.module instead"],
  ["_orig_mod.", "torch.compile; save model._orig_mod instead"],
  ["module._orig_mod.", "torch.compile; save model._orig_mod instead"],
  ["base_model.model.", "a model within PEFT; call merge_and_unload"],
])("names that begin with %s say what was saved", async (prefix, words) => {
  const tensors = readTensors(goldenPath("hf/llama/model.safetensors"));
  const renamed = new Map([...tensors].map(([name, tensor]) => [`${prefix}${name}`, tensor]));
  const config = readJson(goldenPath("hf/llama/config.json"));
  const loading = loadCheckpoint({ config, weights: renamed });
  await expect(loading).rejects.toThrow(CheckpointError);
  await expect(loading).rejects.toThrow(words);
  await expect(loading).rejects.toThrow(`the checkpoint holds "${prefix}`);
});

test("a folder of an adapter says whose adapter it is", async () => {
  const adapter = { peft_type: "LORA", base_model_name_or_path: "owner/name" };
  const at = folder({ "adapter_config.json": JSON.stringify(adapter) });
  await expect(loadCheckpoint(at)).rejects.toThrow(
    new UnsupportedModelError(
      `${at}: adapter_config.json says that this is a "LORA" adapter of "owner/name", not a model; merge it (merge_and_unload) and save that`,
    ),
  );
});

test("an unused buffer of a type that is not read is in nobody's way", async () => {
  const config = readJson(goldenPath("hf/gpt2/config.json"));
  const tensors = readTensors(goldenPath("hf/gpt2/model.safetensors"));
  tensors.set("transformer.h.0.attn.bias", fromData(new Uint8Array([1]), [1]));
  const bytes = encodeSafetensors(tensors);
  const length = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = new TextDecoder().decode(bytes.subarray(0, length));
  const at = header.indexOf('"U8"');
  // Of the same length, so that the header stays whole.
  bytes.set(new TextEncoder().encode('"I8"'), at);
  expect((await loadCheckpoint({ config, weights: bytes })).config.nLayers).toBeGreaterThan(0);
});

function folder(files: Readonly<Record<string, string>>): string {
  const path = mkdtempSync(join(tmpdir(), "diopter-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  return path;
}

test("a forgotten call, await or option says so, before anything is read", async () => {
  const runtime = reference();
  const load = Model.load as (...args: unknown[]) => Promise<Model>;
  const open = Model.fromOnnx as (...args: unknown[]) => Promise<Model>;
  const source = { config: tinyConfig, weights };
  function worldCausal() {}
  const slips: [Promise<unknown>, string][] = [
    [load(Promise.resolve(source), { runtime }), "got a Promise; put await before it"],
    [load(worldCausal, { runtime }), "got the function worldCausal; call it: worldCausal()"],
    [
      load(undefined, { runtime }),
      "expected a path, the id of a model, files or bytes, got undefined",
    ],
    [load({ config: tinyConfig }, { runtime }), "got an object with config"],
    [
      load(source, { runtime: reference }),
      "runtime is the function reference; call it: reference()",
    ],
    [
      load(source, { runtime: Promise.resolve(runtime) }),
      "runtime is a Promise; put await before it",
    ],
    [load(source, {}), "runtime is undefined; expected what node(), web() or reference() gives"],
    [load(source), "options are undefined, expected an object with a runtime"],
    [open("none.onnx"), "options are undefined, expected an object with a runtime"],
    [open("none.onnx", { runtime: reference }), "runtime is the function reference"],
    [load({ config: tinyConfig, weights: undefined }, { runtime }), "weights are undefined"],
    [
      load({ config: tinyConfig, weights: { a: 1 } }, { runtime }),
      'weight "a" is 1, expected a tensor',
    ],
    [loadSae(Promise.resolve({}) as never), "got a Promise; put await before it"],
    [loadSae(worldCausal as never), "got the function worldCausal; call it: worldCausal()"],
  ];
  for (const [slip, words] of slips) {
    await expect(slip).rejects.toThrow(TypeError);
    await expect(slip).rejects.toThrow(words);
  }
});

test("ids, masks and token types that are none are refused", async () => {
  const model = await Model.load({ config: tinyConfig, weights }, { runtime: reference() });
  const run = (prompt: unknown) => model.run(prompt as never);
  for (const id of [-1, 1.5, "x", 7, Number.NaN, undefined, null]) {
    await expect(run([[1, id]])).rejects.toThrow(/token id .* of prompt 0 is not in 0\.\.6/);
    await expect(run({ tokens: [[1, id]] })).rejects.toThrow(/token id .* is not in 0\.\.6/);
  }
  for (const bad of [-1, 0.5, "x", 2]) {
    await expect(run({ tokens: [[1, 2]], attentionMask: [[1, bad]] })).rejects.toThrow(
      /entry .* in row 0 of attentionMask is not in 0\.\.1/,
    );
  }
  for (const bad of [-1, 0.5, "x"]) {
    await expect(run({ tokens: [[1, 2]], tokenTypes: [[0, bad]] })).rejects.toThrow(
      /token type .* in row 0 is not in/,
    );
  }
  await expect(run({ tokens: [1, 2] })).rejects.toThrow("tokens is the list [1,2], expected rows");
  await expect(run(null)).rejects.toThrow("a prompt is text or token ids, got null");
  await expect(run(Promise.resolve([1]))).rejects.toThrow("got a Promise; put await before it");
});

test("ids of a tokenizer cost what its tokens do", () => {
  const of = (id: unknown) =>
    createTokenizer({
      model: { type: "WordLevel", vocab: { a: 0, b: id }, unk_token: "a" },
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: null,
      post_processor: null,
      decoder: null,
    });
  expect(of(5).size).toBe(6);
  for (const id of [2 ** 31, -1, 1.5, "x", null]) {
    expect(() => of(id)).toThrow(/^tokenizer: token "b" has id .*, expected an integer in 0\.\./);
  }
});
