/** @file `diopter demo`: a look into the embedded model, as one page. */

import { type DemoCircuit, demoCircuit, demoHeadline } from "../circuit/demo-circuit";
import { command } from "../command";
import { demoPage } from "../demo-page";
import { type Findings, findingsOf } from "../findings";
import { integer, jsonOption, runtimeOption } from "../options";
import { checkOut, jsonText, writeOut } from "../output";
import { percent } from "../percent";
import { UsageError } from "../usage-error";
import { versions } from "../versions";
import { withModel } from "../with-model";
import { defaultPrompt, drawFact } from "../world-facts";

export const demo = command({
  name: "demo",
  summary: "a look into the embedded model, as one page",
  details:
    "Writes one HTML page, which needs no network, and prints where: the smallest circuit for indirect objects, found,\n" +
    "pruned and drawn, and how its faithfulness moves with the ablation; then, for one prompt, top predictions, logit lens,\n" +
    "and which heads the prediction depends on. The model knows only the words of its small world.",
  args: {
    prompt: {
      type: "positional",
      required: false,
      description: "text in the world's words, in quotes; a fact when absent",
    },
    seed: {
      type: "string",
      valueHint: "n",
      description: "draw another of the facts that were held out of training",
    },
    "lens-only": { type: "boolean", description: "leave out the circuit" },
    json: jsonOption,
    out: {
      type: "string",
      valueHint: "file",
      description: "the page, demo/diopter-demo.html by default",
    },
    runtime: runtimeOption,
  },
  examples: [
    "diopter demo",
    'diopter demo "The Corolla was designed in Japan by"',
    "diopter demo --seed 3 --lens-only --out corolla.html",
  ],
  async run(args, io) {
    const { prompt: asked, json, out = "demo/diopter-demo.html", runtime } = args;
    const seed = integer("demo: --seed", args.seed, { min: 0 });
    if (seed !== undefined && asked !== undefined) {
      throw new UsageError("demo: --seed draws a prompt, so it cannot go with one");
    }
    checkOut("demo", out, [".html"]);
    const prompt = asked ?? (seed === undefined ? defaultPrompt : drawFact(seed));
    const model = "world-causal";
    const [findings, circuit] = await withModel(
      io,
      { model, runtime, prompt },
      async (loaded, progress): Promise<[Findings, DemoCircuit | undefined]> => [
        await findingsOf(loaded, prompt, { progress, signal: io.signal }),
        args["lens-only"] ? undefined : await demoCircuit(io, loaded, progress),
      ],
    );
    const file = await writeOut(io, out, demoPage(findings, circuit));
    if (json) {
      io.out(jsonText(demoJson(findings, file, circuit)));
      return 0;
    }
    const { token, probability } = findings.top[0]!;
    io.err(`${prompt} … ${token} (${percent(probability)})\n`);
    if (circuit) io.err(demoHeadline(circuit));
    io.err("the page, for any browser:\n");
    io.out(`${file}\n`);
    return 0;
  },
});

function demoJson(
  findings: Findings,
  file: string,
  found: DemoCircuit | undefined,
): Record<string, unknown> {
  const { prompt, answer, top, heads, provenance } = findings;
  return {
    schema: 1,
    kind: "demo",
    provenance,
    versions: versions(),
    file,
    prompt,
    answer: answer ?? null,
    top,
    head: heads.strongest,
    lens: findings.grid.toRows(),
    circuit: found ? circuitJson(found) : null,
  };
}

function circuitJson({ search, report }: DemoCircuit): Record<string, unknown> {
  const { circuit, f, accuracy } = search.smallest;
  const { edgeCount } = circuit.graph;
  return {
    edges: circuit.size,
    of: edgeCount,
    share: circuit.size / edgeCount,
    faithfulness: f,
    accuracy: accuracy ?? null,
    modelAccuracy: search.modelAccuracy ?? null,
    headline: report.headline.text,
    elements: circuit.elements.map(({ name }) => name),
  };
}
