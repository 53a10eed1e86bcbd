/** @file The numbers of the model and lens packages, relative to a forward pass. */

import { logitLens } from "@diopter/lens";
import { defaultCacheNames, logitDifference } from "@diopter/model";
import { gpt2Small, randomPrompts, repeatable } from "./gpt2-small";
import type { Row } from "./measure";

const shape = "GPT-2 small, random weights";

export async function rows(): Promise<Row[]> {
  const { runtime, again } = repeatable();
  const model = await gpt2Small(runtime);
  const { config } = model;
  const prompts = randomPrompts(16, 20);
  const pair = [randomPrompts(1, 20, 2), randomPrompts(1, 20, 3)] as const;
  const metric = logitDifference(11, 22);
  const layers = Array.from({ length: config.nLayers }, (_, l) => l);
  const { cache: clean } = await model.runWithCache(pair[0], { logits: "none" });
  let structure = 0;
  const forward: Row = {
    name: "forward",
    shape: `${shape}, 16 x 20 tokens, logits at the last position`,
    run: () => model.run(prompts, { logits: "last" }),
  };
  return [
    forward,
    {
      name: "memory",
      shape: `${shape}, 16 x 20 tokens, peak of forward; weights are 475 MB`,
      atMostPeakMB: 475 + 600,
      run: forward.run,
    },
    {
      name: "cache.all",
      shape: `${shape}, 16 x 20 tokens, ${defaultCacheNames(config).length} hooks`,
      atMost: 1.5,
      run: () => model.runWithCache(prompts, { logits: "last" }),
    },
    {
      name: "program.new",
      shape: `${shape}, 16 x 20 tokens, a request never made before to its first result`,
      atMost: 2,
      run: () => {
        // A different pair of neurons' edits each time is numbers; a different set of hooks read is structure.
        const bits = ++structure;
        const names = layers
          .filter((l) => bits & (1 << l))
          .map((l) => `blocks.${l}.hook_resid_mid`);
        return model.runWithCache(prompts, { names, logits: "last" });
      },
    },
    {
      name: "session.own",
      shape: `${shape}, 16 x 20 tokens, the session of program.hot run by itself`,
      prepare: () => model.measure(prompts, metric),
      run: again,
    },
    {
      name: "program.hot",
      shape: `${shape}, 16 x 20 tokens, a metric measured again and again`,
      baseline: "session.own",
      atMost: 1.02,
      run: () => model.measure(prompts, metric),
    },
    {
      name: "gradients.resid",
      shape: `${shape}, 16 x 20 tokens, logit difference by every hook_resid_pre`,
      atMost: 4,
      run: () => model.gradients(prompts, { of: metric, wrt: "blocks.*.hook_resid_pre" }),
    },
    {
      name: "sweep.heads",
      shape: `${shape}, one pair of 20 tokens, 144 heads patched at all positions`,
      atMost: 7,
      run: () => {
        const over = layers.flatMap((l) =>
          Array.from({ length: config.nHeads }, (_, head) => ({
            at: `blocks.${l}.attn.hook_z`,
            head,
            do: "patch" as const,
            value: { cache: clean },
          })),
        );
        return model.sweep(pair[1], { over, metric });
      },
    },
    {
      name: "sweep.resid",
      shape: `${shape}, one pair of 20 tokens, hook_resid_pre patched at 12 x 20 sites`,
      atMost: 10,
      run: () => {
        const over = layers.flatMap((l) =>
          Array.from({ length: 20 }, (_, pos) => ({
            at: `blocks.${l}.hook_resid_pre`,
            pos,
            do: "patch" as const,
            value: { cache: clean },
          })),
        );
        return model.sweep(pair[1], { over, metric });
      },
    },
    {
      name: "forward.1x20",
      shape: `${shape}, 1 x 20 tokens, logits at the last position`,
      run: () => model.run(pair[0], { logits: "last" }),
    },
    {
      name: "lens.grid",
      shape: `${shape}, one prompt, 13 x 20 cells, top 10, entropy and KL`,
      baseline: "forward.1x20",
      atMost: 4,
      run: () => logitLens(model, pair[0], { topK: 10 }),
    },
  ];
}
