/** @file What a family says about tensors that are missing, extra, misshapen or of the wrong kind. */

import {
  CheckpointError,
  familyOf,
  hashWeights,
  loadCheckpoint,
  readCheckpoint,
} from "@diopter/model";
import { fromData, slice, type TensorLike, zeros } from "@diopter/tensor";
import { expect, test } from "vitest";
import { goldenPath, readJson, readTensors } from "../../../../test/golden";
import { tinyConfig, tinyWeights } from "../helpers/tiny-hooked";

/** Loads a reference model after `change` has been at its tensors and configuration. */
async function load(
  family: string,
  change: (tensors: Map<string, TensorLike>, config: Record<string, unknown>) => void = () => {},
) {
  const config = readJson(goldenPath(`hf/${family}/config.json`));
  const weights = readTensors(goldenPath(`hf/${family}/model.safetensors`));
  change(weights, config);
  return loadCheckpoint({ config, weights });
}

test("a missing tensor is named with the shape it should have", async () => {
  await expect(
    load("llama", (tensors) => tensors.delete("model.layers.1.mlp.up_proj.weight")),
  ).rejects.toThrow(
    new CheckpointError(
      'llama: tensor "model.layers.1.mlp.up_proj.weight" is missing, expected [48, 32] (dMlp x dModel) for blocks.1.mlp.W_in',
      ["model.layers.1.mlp.up_proj.weight"],
    ),
  );
});

test("several missing tensors are counted", async () => {
  await expect(
    load("gpt2", (tensors) => {
      tensors.delete("transformer.h.2.attn.c_attn.weight");
    }),
  ).rejects.toThrow(
    'gpt2: tensor "transformer.h.2.attn.c_attn.weight" is missing, expected [24, 72] (dModel x 3*nHeads*dHead) for blocks.2.attn.W_Q (and 2 more missing)',
  );
});

test("a tensor that may have two names is asked for under both", async () => {
  await expect(
    load("bert", (tensors) => tensors.delete("bert.embeddings.LayerNorm.weight")),
  ).rejects.toThrow(
    'bert: tensor "bert.embeddings.LayerNorm.weight" or "bert.embeddings.LayerNorm.gamma" is missing, expected [24] (dModel) for embed.ln.w',
  );
});

test("a misshapen tensor is named with expected and got", async () => {
  await expect(
    load("llama", (tensors) => tensors.set("model.layers.1.mlp.up_proj.weight", zeros([48, 30]))),
  ).rejects.toThrow(
    new CheckpointError(
      'llama: tensor "model.layers.1.mlp.up_proj.weight" has shape [48, 30], expected [48, 32] (dMlp x dModel)',
      ["model.layers.1.mlp.up_proj.weight"],
    ),
  );
});

test("a fused tensor of the wrong width is named, too", async () => {
  await expect(
    load("gpt2", (tensors) => tensors.set("transformer.h.0.attn.c_attn.bias", zeros([71]))),
  ).rejects.toThrow(
    'gpt2: tensor "transformer.h.0.attn.c_attn.bias" has shape [71], expected [72] (3*nHeads*dHead)',
  );
});

test("an extra tensor is not dropped", async () => {
  await expect(
    load("llama", (tensors) =>
      tensors.set("model.layers.0.self_attn.q_proj.lora_A", zeros([2, 2])),
    ),
  ).rejects.toThrow(
    'llama: unexpected tensor "model.layers.0.self_attn.q_proj.lora_A"; this configuration has no place for it',
  );
});

test("fewer layers in the configuration than in the file are noticed", async () => {
  await expect(
    load("gpt2", (_, config) => {
      config.n_layer = 2;
    }),
  ).rejects.toThrow(/^gpt2: unexpected tensor "transformer\.h\.2\.\S+" \(and 11 more\); /);
});

test("integers are no weights", async () => {
  await expect(
    load("gpt2", (tensors) =>
      tensors.set("transformer.ln_f.bias", fromData(new Int32Array(24), [24])),
    ),
  ).rejects.toThrow(
    'gpt2: tensor "transformer.ln_f.bias" has dtype int32, expected floating point',
  );
});

test("masks, position ids and heads for other tasks are passed over", async () => {
  const extra: Record<string, readonly string[]> = {
    gpt2: ["transformer.h.0.attn.bias", "transformer.h.2.attn.masked_bias"],
    llama: ["model.layers.0.self_attn.rotary_emb.inv_freq"],
    bert: ["bert.embeddings.position_ids", "bert.pooler.dense.weight", "cls.seq_relationship.bias"],
  };
  for (const [family, names] of Object.entries(extra)) {
    const plain = await load(family);
    const more = await load(family, (tensors) => {
      for (const name of names) tensors.set(name, zeros([1]));
    });
    expect(await hashOf(more)).toBe(await hashOf(plain));
  }
});

test("tensor names may lack the prefix, or BERT's may say gamma and beta", async () => {
  const renamed = (from: RegExp, to: string) => (tensors: Map<string, TensorLike>) => {
    for (const [name, tensor] of [...tensors]) {
      tensors.delete(name);
      tensors.set(name.replace(from, to), tensor);
    }
  };
  for (const family of ["gpt2", "llama", "bert"]) {
    const bare = await load(family, renamed(/^(transformer|model|bert)\./, ""));
    expect(await hashOf(bare)).toBe(await hashOf(await load(family)));
  }
  const gamma = await load("bert", (tensors) => {
    renamed(/LayerNorm\.weight$/, "LayerNorm.gamma")(tensors);
    renamed(/LayerNorm\.bias$/, "LayerNorm.beta")(tensors);
  });
  expect(await hashOf(gamma)).toBe(await hashOf(await load("bert")));
});

test("a tied checkpoint may repeat its embedding, but nothing else there", async () => {
  const repeat = (first: number) => (tensors: Map<string, TensorLike>) => {
    const { shape, data } = tensors.get("transformer.wte.weight") as TensorLike<"float32">;
    const copy = data.slice();
    copy[0] = (copy[0] as number) + first;
    tensors.set("lm_head.weight", { dtype: "float32", shape, data: copy });
  };
  const tied = (first: number) =>
    load("gpt2", (tensors, config) => {
      config.tie_word_embeddings = true;
      repeat(first)(tensors);
    });
  expect(await hashOf(await tied(0))).toBe(await hashOf(await load("gpt2")));
  await expect(tied(1)).rejects.toThrow(
    'gpt2: config.json ties the embeddings, but tensor "lm_head.weight" differs from them',
  );
});

test("an untied head that config.json does not speak of is used", async () => {
  const { config, weights } = await load("gpt2", (tensors) => {
    tensors.set(
      "lm_head.weight",
      slice(tensors.get("transformer.wte.weight") as TensorLike, [0], [97], [0]),
    );
  });
  expect(config.tiedEmbeddings).toBe(false);
  expect(weights.get("unembed.W_U")?.shape).toEqual([24, 97]);
});

test("nothing is read when a name or shape is wrong", async () => {
  const shapes = new Map<string, readonly number[]>(
    Object.entries(tinyWeights()).map(([name, { shape }]) => [name, shape]),
  ).set("unembed.W_U", [1]);
  const read = async (name: string) => {
    throw new Error(`read ${name}`);
  };
  await expect(readCheckpoint(familyOf(tinyConfig), tinyConfig, { shapes, read })).rejects.toThrow(
    'hooked: tensor "unembed.W_U" has shape [1], expected [4, 7] (dModel x dVocabOut)',
  );
});

function hashOf({ weights }: { weights: ReadonlyMap<string, TensorLike> }): Promise<string> {
  return hashWeights(weights);
}
