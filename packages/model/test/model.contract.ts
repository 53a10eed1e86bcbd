/** @file What a model must give on every runtime: goldens of Hugging Face, and float64 for edits, sweeps, gradients and generation. */

import {
  decodeSafetensors,
  type Edit,
  logitDifference,
  Model,
  type Runtime,
  type TokenPrompt,
} from "@diopter/model";
import { reference } from "@diopter/model/reference";
import type { TensorLike } from "@diopter/tensor";
import { afterAll, describe, expect, test } from "vitest";

/** How the files of `golden/` are read: from a folder under Node, from a server in a browser. */
export interface ReferenceFiles {
  read(path: string): Promise<Uint8Array<ArrayBuffer>>;
}

/** Families whose goldens every runtime must give. */
const everyFamily = [
  ...["gpt2", "gpt_neo", "gpt_neox", "gpt_neox_sequential", "gptj", "opt", "llama", "llama3_rope"],
  ...["mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3", "phi", "phi3", "stablelm"],
  ...["bert", "roberta", "distilbert"],
];
/** Families that stand for the others where questions are compared with another runtime. */
const families = ["gpt2", "llama"];
/** Relative tolerance of the goldens in float32. */
const GOLDEN = 1e-4;
const prompt = [
  [5, 17, 2, 88, 31, 40],
  [9, 9, 60, 3, 71, 22],
];

/** `tolerance` is relative to the largest value of a tensor; what has no golden is compared with `against`. */
export function modelContract(
  title: string,
  runtime: () => Runtime,
  files: ReferenceFiles,
  tolerance: number,
  against: () => Runtime = reference,
): void {
  describe(`goldens on ${title}`, () => {
    const executor = runtime();
    afterAll(() => executor.dispose());

    test.each(everyFamily)("%s equals Hugging Face", async (family) => {
      const model = await openModel(files, family, executor);
      const golden = await decodeSafetensors(
        await files.read(`hf/${family}/golden.f64.safetensors`),
      );
      const { logits, cache } = await model.runWithCache(promptOf(golden, ""));
      let compared = 0;
      for (const [name, expected] of golden) {
        // The reference file of distilbert holds attention weights under this name.
        const wrong = family === "distilbert" && name.endsWith("hook_normalized_resid_post");
        if (!cache.has(name) || wrong) continue;
        const near = within(expected, Math.max(tolerance, GOLDEN));
        expect(cache.get(name), name).toBeAllclose(expected, near);
        compared++;
      }
      expect(compared).toBeGreaterThan(15);
      const expected = golden.get("logits")!;
      expect(logits).toBeAllclose(expected, within(expected, Math.max(tolerance, GOLDEN)));
    });
  });

  describe.each(families)(`%s on ${title}`, (family) => {
    const executor = runtime();
    const exact = against();
    afterAll(() => Promise.all([executor.dispose(), exact.dispose()]));

    const open = (on: Runtime) => openModel(files, family, on);

    /** The same question to both runtimes. */
    async function both<T>(ask: (model: Model) => Promise<T>): Promise<[got: T, expected: T]> {
      return [await ask(await open(executor)), await ask(await open(exact))];
    }

    test("a padded batch equals each prompt alone", async () => {
      const model = await open(executor);
      const [long, short] = [prompt[0]!, prompt[1]!.slice(0, 4)];
      const { logits } = await model.run([long, short], { logits: "last" });
      for (const [row, ids] of [long, short].entries()) {
        const alone = (await model.run([ids], { logits: "last" })).logits;
        expect(logits.slice([row], [row + 1])).toBeAllclose(alone, within(alone, tolerance));
      }
    });

    test("edits of heads, positions and the stream equal the other runtime", async () => {
      const edits: Edit[] = [
        { at: "blocks.0.attn.hook_z", head: 1, do: "zero" },
        { at: "blocks.0.hook_mlp_out", pos: -1, do: "scale", by: 0.5 },
        { at: "blocks.1.hook_resid_pre", do: "patch", value: { prompt: [prompt[1]!, prompt[0]!] } },
        { at: "blocks.1.attn.hook_pattern", do: "mean" },
      ];
      for (const edit of edits) {
        const [got, expected] = await both((model) => model.run(prompt, { edits: [edit] }));
        const what = `${edit.do} at ${edit.at}`;
        expect(got.logits, what).toBeAllclose(expected.logits, within(expected.logits, tolerance));
      }
    });

    test("a sweep over all heads equals the other runtime", async () => {
      const metric = logitDifference([3, 4], [7, 8]);
      const [got, expected] = await both((model) => {
        const { nLayers, nHeads } = model.config;
        const over = Array.from({ length: nLayers * nHeads }, (_, i): Edit => {
          const layer = Math.floor(i / nHeads);
          return { at: `blocks.${layer}.attn.hook_z`, head: i % nHeads, do: "zero" };
        });
        return model.sweep(prompt, { over, metric });
      });
      expect(got.length).toBe(expected.length);
      const all = Float64Array.from(expected.flatMap((row) => [...row]));
      const largest = all.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      expect(Float64Array.from(got.flatMap((row) => [...row]))).toBeAllclose(all, {
        rtol: 0,
        atol: tolerance * largest,
      });
    });

    test("gradients of activations and weights equal the other runtime", async () => {
      const of = logitDifference([3, 4], [7, 8]);
      const wrt = (name: string) =>
        /hook_resid_pre|hook_z$|mlp.hook_post|attn.W_Q$|mlp.W_out$|ln2.w$|embed.W_E$/.test(name);
      const [got, expected] = await both((model) => model.gradients(prompt, { of, wrt }));
      expect(got.gradients.names().length).toBeGreaterThan(10);
      for (const name of got.gradients.names()) {
        const exactly = expected.gradients.get(name);
        expect(got.gradients.get(name), name).toBeAllclose(exactly, within(exactly, tolerance));
      }
    });

    test("greedy generation gives the same tokens", async () => {
      const [got, expected] = await both((model) => model.generate(prompt, { maxNewTokens: 5 }));
      expect(got.ids).toEqual(expected.ids);
    });
  });
}

async function openModel(files: ReferenceFiles, family: string, runtime: Runtime): Promise<Model> {
  const folder = `hf/${family}`;
  const config = JSON.parse(new TextDecoder().decode(await files.read(`${folder}/config.json`)));
  const weights = await files.read(`${folder}/model.safetensors`);
  return Model.load({ config, weights, id: family }, { runtime });
}

function promptOf(golden: ReadonlyMap<string, TensorLike>, prefix: string): TokenPrompt {
  return {
    tokens: rows(golden.get(`${prefix}input_ids`)!),
    attentionMask: rows(golden.get(`${prefix}attention_mask`)!),
  };
}

function rows({ shape, data }: TensorLike): number[][] {
  const width = shape[1]!;
  return Array.from({ length: shape[0]! }, (_, i) =>
    Array.from(data.slice(i * width, (i + 1) * width) as Float64Array, Number),
  );
}

function within(expected: TensorLike, tolerance: number) {
  const largest = Array.from(expected.data as Float64Array, Math.abs)
    .filter(Number.isFinite)
    .reduce((a, b) => Math.max(a, b), 0);
  return { rtol: 0, atol: tolerance * largest };
}
