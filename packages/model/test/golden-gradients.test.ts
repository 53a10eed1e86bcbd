import { logitDifference } from "@diopter/model";
import { div, scalar, type Tensor } from "@diopter/tensor";
import { afterAll, describe, expect, test } from "vitest";
import { goldenPath, readTensors, relative } from "../../../test/golden";
import { runtimes } from "./helpers/runtimes";
import { openModel } from "./helpers/transformer-lens";

describe.each(runtimes)("on $name", ({ name: runtimeName, runtime, tolerance }) => {
  const executor = runtime();
  afterAll(() => executor.dispose());

  test("gradients of a logit difference equal torch's at every hook and weight", async () => {
    const golden = readTensors(goldenPath("grad/model_a.f64.safetensors"));
    const model = await openModel("a", executor);
    const ids = (name: string) => Array.from(golden.get(name)!.data as BigInt64Array, Number);
    const tokens = ids("tokens");
    const prompt = [tokens.slice(0, 10), tokens.slice(10)];
    const metric = logitDifference(ids("right"), ids("wrong"));
    // The golden metric is the mean of the two prompts, ours one number per prompt: half of each gradient.
    const half = (x: Tensor) => div(x, scalar(2, x.dtype));
    const groups = { "act.": false, "split.act.": true, "weight.": false };
    for (const [prefix, split] of Object.entries(groups)) {
      const names = [...golden.keys()]
        .filter((key) => key.startsWith(prefix))
        .map((key) => key.slice(prefix.length));
      expect(names.length).toBeGreaterThan(split ? 10 : 30);
      const { values, gradients } = await model.gradients(prompt, { of: metric, wrt: names });
      expect((values[0]! + values[1]!) / 2).toBeCloseTo(
        Number(golden.get("metric")!.data[0]),
        runtimeName === "node" ? 4 : 10,
      );
      for (const name of names) {
        const expected = golden.get(prefix + name)!;
        const got = gradients.get(name);
        // Queries, keys and values are stored [dModel, head * dHead].
        const byHead = /attn\.W_[QKV]$/.test(name)
          ? got.reshape([24, 4, 6]).transpose([1, 0, 2])
          : got.reshape(expected.shape);
        const { atol } = relative(expected, tolerance);
        // The gradient of a key bias is 0 but for rounding.
        expect(half(byHead), prefix + name).toBeAllclose(expected, {
          rtol: 0,
          atol: Math.max(atol, tolerance * 1e-3),
        });
      }
    }
  });
});
