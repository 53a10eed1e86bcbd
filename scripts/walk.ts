/**
 * @file How many source files the way of one prompt leads through: those in which a verb calls a function.
 *
 *     npx tsx --conditions=@diopter/source scripts/walk.ts model.onnx [--files]
 *
 * Verbs run on `world-causal` by V8's own count of calls; what loading the model called does not count. The
 * ONNX file is any export that `Model.fromOnnx` opens; without one that walk is left out.
 */

import { Session } from "node:inspector/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { attributeEdges, evaluate } from "@diopter/circuits";
import { logitDifference, Model } from "@diopter/model";
import { node } from "@diopter/model/node";
import { worldCausal } from "@diopter/tiny-models";

const packages = join(fileURLToPath(new URL("..", import.meta.url)), "packages");
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { files: { type: "boolean", default: false } },
});

const model = await Model.load(await worldCausal(), { runtime: node() });
const clean = model.toTokens("The Apple iPhone is made by American company");
const corrupt = model.toTokens("The Sony Walkman is made by Japanese company");
const [right, wrong] = ["Apple", "Sony"].map((word) => model.toSingleToken(word));
const metric = logitDifference(right!, wrong!);
const task = {
  name: "walk",
  version: "1",
  corruptions: ["other"],
  metric: "logit-difference",
  prompts: [
    {
      id: "0",
      clean,
      corrupt: { other: corrupt },
      answers: [right!],
      wrong: [wrong!],
      positions: {},
      groups: {},
    },
  ],
};
const scores = await attributeEdges(model, task, { method: "eap" });
const circuit = scores.top(100).pruned().circuit;
const edits = [{ at: "blocks.*.attn.hook_z", head: 0, pos: -1, do: "zero" }] as const;

const verbs: Record<string, () => Promise<unknown>> = {
  run: () => model.run(clean),
  "runWithCache with an edit": () => model.runWithCache(clean, { edits }),
  gradients: () => model.gradients(clean, { of: metric, wrt: "blocks.*.hook_resid_mid" }),
  attributeEdges: () => attributeEdges(model, task, { method: "eap-ig-inputs", steps: 2 }),
  evaluate: () => evaluate(model, task, circuit),
};
const [file] = positionals;
if (file) verbs.fromOnnx = () => Model.fromOnnx(file, { runtime: node() });

const session = new Session();
session.connect();
await session.post("Profiler.enable");
await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
for (const [name, verb] of Object.entries(verbs)) {
  await session.post("Profiler.takePreciseCoverage");
  await verb();
  const { result } = await session.post("Profiler.takePreciseCoverage");
  const entered = result
    .filter(({ functions }) =>
      functions.some(({ functionName, ranges }) => functionName !== "" && ranges[0]!.count > 0),
    )
    .map(({ url }) => (url.startsWith("file:") ? fileURLToPath(url) : url))
    .filter((path) => path.startsWith(packages) && path.includes("/src/"))
    .map((path) => path.slice(packages.length + 1));
  process.stdout.write(`${String(entered.length).padStart(4)}  ${name}\n`);
  if (options.files)
    process.stdout.write(
      `${entered
        .sort()
        .map((f) => `        ${f}\n`)
        .join("")}`,
    );
}
await model.dispose();
process.exit(0);
