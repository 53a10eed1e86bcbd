import { type Edit, hookNames } from "@diopter/model";
import { fromData, stack, type Tensor } from "@diopter/tensor";
import { afterAll, describe, expect, test } from "vitest";
import { goldenPath, readTensors, relative } from "../../../test/golden";
import { runtimes } from "./helpers/runtimes";
import { openModel, pairs } from "./helpers/transformer-lens";

const models = ["a", "b"] as const;

describe.each(runtimes)("on $name", ({ runtime, dtype, tolerance }) => {
  const executor = runtime();
  afterAll(() => executor.dispose());

  test.each(models)("model %s has TransformerLens's cache", async (which) => {
    const golden = readTensors(goldenPath(`transformerlens/${which}/cache.${dtype}.safetensors`));
    const model = await openModel(which, executor);
    const prompt = pairs().clean.slice(0, 2);
    const { logits, cache } = await model.runWithCache(prompt);
    for (const name of cache.names()) {
      const expected = golden.get(name)!;
      expect(cache.get(name), name).toBeAllclose(expected, relative(expected, tolerance));
    }
    expect(logits).toBeAllclose(golden.get("logits")!, relative(golden.get("logits")!, tolerance));
    const losses = golden.get("loss_per_token")!;
    expect(await model.lossPerToken(prompt)).toBeAllclose(losses, relative(losses, tolerance));
  });

  test.each(models)(
    "model %s has TransformerLens's split inputs and head results",
    async (which) => {
      const golden = readTensors(
        goldenPath(`transformerlens/${which}/cache_split.f64.safetensors`),
      );
      const model = await openModel(which, executor);
      const known = hookNames(model.config).filter(
        (name) => golden.has(name) && !name.includes("ln1"),
      );
      for (const view of ["residual", "factorized"] as const) {
        const names =
          view === "residual" ? known : known.filter((name) => !name.includes("hook_attn_in"));
        const { cache } = await model.runWithCache(pairs().clean.slice(0, 2), { names, view });
        for (const name of names) {
          const expected = golden.get(name)!;
          expect(cache.get(name), `${view} ${name}`).toBeAllclose(
            expected,
            relative(expected, tolerance),
          );
        }
      }
      expect(known.length).toBeGreaterThan(7);
    },
  );

  test.each(models)(
    "model %s has TransformerLens's logits under every intervention",
    async (which) => {
      const golden = readTensors(
        goldenPath(`transformerlens/${which}/interventions.f64.safetensors`),
      );
      const model = await openModel(which, executor);
      const prompt = pairs().clean;
      const v = golden.get("steer.vector")!;
      const perHead: Record<string, (at: string, head: number) => Edit> = {
        zero_z: (at, head) => ({ at, head, do: "zero" }),
        mean_z_over_batch: (at, head) => ({ at, head, do: "mean", over: "batch" }),
        mean_z_over_batch_and_pos: (at, head) => ({ at, head, do: "mean", over: "batch pos" }),
        uniform_pattern: (at, head) => ({
          at: at.replace("hook_z", "hook_pattern"),
          head,
          do: "set",
          value: uniform(10),
        }),
      };
      for (const [name, edit] of Object.entries(perHead)) {
        const expected = golden.get(name)!;
        const grid: Tensor[] = [];
        for (let layer = 0; layer < model.config.nLayers; layer++) {
          for (let head = 0; head < model.config.nHeads; head++) {
            const edits = [edit(`blocks.${layer}.attn.hook_z`, head)];
            grid.push((await model.run(prompt, { edits, logits: "last" })).logits);
          }
        }
        const got = stack(grid, 0).reshape(expected.shape);
        expect(got, name).toBeAllclose(expected, relative(expected, tolerance));
      }
      const steered: Record<string, Edit> = {
        "steer.add_2v_to_resid_post_0": {
          at: "blocks.0.hook_resid_post",
          do: "add",
          by: 2,
          value: v,
        },
        "steer.project_out_v_everywhere": {
          at: "blocks.*.hook_resid_post",
          do: "project",
          value: v,
        },
      };
      for (const [name, edit] of Object.entries(steered)) {
        const expected = golden.get(name)!;
        const { logits } = await model.run(prompt, { edits: [edit] });
        expect(logits, name).toBeAllclose(expected, relative(expected, tolerance));
      }
    },
  );

  test.each(models)("model %s stops at a layer and starts from it", async (which) => {
    const golden = readTensors(
      goldenPath(`transformerlens/${which}/interventions.f64.safetensors`),
    );
    const model = await openModel(which, executor);
    const names = ["blocks.1.hook_resid_pre"];
    const { cache } = await model.runWithCache(pairs().clean, { names, logits: "none" });
    const stopped = golden.get("stop_at_layer_1")!;
    expect(cache.get(names[0]!)).toBeAllclose(stopped, relative(stopped, tolerance));
    const { logits } = await model.run(pairs().clean, { start: { [names[0]!]: stopped } });
    const expected = golden.get("start_at_layer_1")!;
    expect(logits).toBeAllclose(expected, relative(expected, tolerance));
  });

  test("a sweep is get_act_patch_*: clean activations into the corrupt run", async () => {
    const { logitDifference } = await import("@diopter/model");
    const golden = readTensors(goldenPath("transformerlens/a/patching.f64.safetensors"));
    const model = await openModel("a", executor);
    const { clean, corrupt, right, wrong } = pairs();
    const [cleanTwo, corruptTwo] = [clean.slice(0, 2), corrupt.slice(0, 2)];
    const metric = logitDifference(right.slice(0, 2), wrong.slice(0, 2));
    const { cache } = await model.runWithCache(cleanTwo);
    const layers = [0, 1, 2];
    const sites: Record<string, Edit[]> = {
      resid_pre: layers.flatMap((l) =>
        range(10).map((pos) => at(`blocks.${l}.hook_resid_pre`, { pos })),
      ),
      attn_out: layers.flatMap((l) =>
        range(10).map((pos) => at(`blocks.${l}.hook_attn_out`, { pos })),
      ),
      mlp_out: layers.flatMap((l) =>
        range(10).map((pos) => at(`blocks.${l}.hook_mlp_out`, { pos })),
      ),
      attn_head_out_all_pos: layers.flatMap((l) =>
        range(4).map((head) => at(`blocks.${l}.attn.hook_z`, { head })),
      ),
      attn_head_pattern_dest_src_pos: layers.flatMap((l) =>
        range(4).flatMap((head) =>
          range(10).flatMap((pos) =>
            range(10).map((key) => at(`blocks.${l}.attn.hook_pattern`, { head, pos, key })),
          ),
        ),
      ),
    };
    function at(hook: string, where: Partial<Edit>): Edit {
      return { at: hook, do: "patch", value: { cache }, ...where };
    }
    for (const [name, over] of Object.entries(sites)) {
      const values = await model.sweep(corruptTwo, { over, metric });
      const means = values.map((pair) => (pair[0]! + pair[1]!) / 2);
      const expected = golden.get(name)!;
      expect(fromData(Float64Array.from(means), expected.shape), name).toBeAllclose(
        expected,
        relative(expected, tolerance),
      );
    }
  });
});

/** Causal attention that looks at everything alike, [query, key]. */
function uniform(pos: number): number[][] {
  return range(pos).map((query) => range(pos).map((key) => (key <= query ? 1 / (query + 1) : 0)));
}

function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}
