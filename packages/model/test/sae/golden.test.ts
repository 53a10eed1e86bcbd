import { loadSae, Model } from "@diopter/model";
import { reshape } from "@diopter/tensor";
import { afterAll, describe, expect, test } from "vitest";
import { goldenPath, readTensors } from "../../../../test/golden";
import { runtimes } from "../helpers/runtimes";
import { tinyConfig, tinyWeights } from "../helpers/tiny-hooked";

const cases = {
  standard: "relu",
  standard_flat: "relu",
  standard_tanh_relu_scaled: "relu",
  standard_hook_z: "relu",
  standard_layer_norm: "relu",
  standard_expected_average: "relu",
  topk: "topk",
  topk_flat: "topk",
  topk_rescaled: "topk",
  jumprelu: "jumprelu",
  jumprelu_flat: "jumprelu",
  batchtopk: "jumprelu",
  gated: "gated",
  gated_flat: "gated",
  transcoder: "relu",
  skip_transcoder: "relu",
  jumprelu_transcoder: "jumprelu",
  jumprelu_skip_transcoder: "jumprelu",
} as const;

describe.each(runtimes)("on $name", ({ name: runtimeName, runtime }) => {
  const executor = runtime();
  afterAll(() => executor.dispose());

  test.each(Object.entries(cases))("a %s SAE gives the golden's values", async (name, encoder) => {
    const sae = await loadSae(
      goldenPath(`sae/${name}`),
      name === "standard_expected_average" ? { scale: 0.5 } : {},
    );
    expect(sae.config).toMatchObject({
      encoder,
      modelName: "tiny",
      prependBos: true,
      contextSize: 6,
    });
    const golden = readTensors(goldenPath(`sae/${name}/golden.safetensors`));
    const model = await Model.load(
      { config: tinyConfig, weights: tinyWeights(), id: "tiny" },
      { runtime: executor },
    );
    const heads = name === "standard_hook_z" ? [2, 3] : [4];
    const { hookName, hookNameOut } = sae.config;
    const { cache } = await model.runWithCache([[1, 4, 2, 6]], {
      start: { [hookName!]: reshape(golden.get("input")!, [1, 4, ...heads]) },
      splice: [{ sae, error: false }],
      names: `${hookNameOut}.hook_sae_*`,
      logits: "none",
    });
    for (const what of ["input", "acts_pre", "acts_post", "recons", "output"]) {
      const expected = golden.get(what)!;
      const got = cache.get(`${hookNameOut}.hook_sae_${what}`);
      const tolerance = runtimeName === "node" ? 1e-5 : 1e-12;
      expect(reshape(got, expected.shape), what).toBeAllclose(expected, {
        rtol: tolerance,
        atol: tolerance,
      });
    }
    expect(cache.has(`${hookNameOut}.hook_sae_error`)).toBe(false);
  });
});
