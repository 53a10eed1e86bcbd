import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Edit, Model } from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { logSoftmax } from "@diopter/tensor";
import { worldCausal, worldMasked } from "@diopter/tiny-models";
import { expect, test } from "vitest";
import { diopter, json, temporaryFolder } from "../capture";

const prompt = "The maker of the Chromebook is";
const masked = "The Apple iPhone is made by American company <mask>.";

interface Found {
  readonly target: { readonly id: number; readonly token: string };
  readonly position: number;
  readonly logProbability: number;
  readonly rows: {
    readonly component: "head" | "mlp";
    readonly layer: number;
    readonly head: number | null;
    readonly logProbability: number;
    readonly change: number;
  }[];
}

/** Log-probability of a token from whole logits, nats. */
async function logProbability(model: Model, text: string, at: readonly number[], edits: Edit[]) {
  const { logits } = await model.run(text, { edits });
  return logSoftmax(logits, -1).at(0, ...at);
}

test.each([
  ["world-causal", worldCausal, prompt, 6],
  ["world-masked", worldMasked, masked, 8],
])(
  "a row of %s is a run with that component replaced, measured where it predicts",
  async (name, load, text, at) => {
    const model = await Model.load(await load(), { runtime: reference() });
    const found = await json<Found>([
      "ablate",
      name,
      text,
      "--runtime",
      "reference",
      "--pos",
      "3,-1",
    ]);
    const { target, rows } = found;
    expect(found.position).toBe(at);
    expect(rows).toHaveLength(model.config.nLayers * (model.config.nHeads + 1));
    const whole = await logProbability(model, text, [at, target.id], []);
    expect(found.logProbability).toBeCloseTo(whole, 9);
    for (const { component, layer, head, logProbability: value, change } of [
      rows[1]!,
      rows.at(-1)!,
    ]) {
      const hook = component === "head" ? "attn.hook_z" : "hook_mlp_out";
      const edit = { at: `blocks.${layer}.${hook}`, pos: [3, -1], do: "zero" } as const;
      const edits = [head === null ? edit : { ...edit, head }];
      expect(value).toBeCloseTo(await logProbability(model, text, [at, target.id], edits), 9);
      expect(change).toBeCloseTo(value - whole, 9);
    }
  },
);

test("a mean over one token is that token: nothing changes", async () => {
  const { rows } = await json<Found>([
    "ablate",
    "world-causal",
    "372",
    "--tokens",
    "--do",
    "mean",
    "--runtime",
    "reference",
  ]);
  for (const { change } of rows) expect(change).toBeCloseTo(0, 9);
});

test("the table begins with the largest change, and pictures show all", async () => {
  const cwd = temporaryFolder();
  const run = ["ablate", "world-causal", prompt, "--what", "heads", "--target", "Google"];
  const { out } = await diopter([...run, "--top-k", "3"]);
  const lines = out.trim().split("\n");
  expect(lines[0]).toMatch(/^log-probability of "(·|)Google": -0\.00\d\d nats$/);
  const changes = lines.slice(3).map((line) => Math.abs(Number(line.split(/\s+/).at(-1))));
  expect(changes).toEqual([...changes].sort((a, b) => b - a));
  expect(changes).toHaveLength(3);
  for (const file of ["a.svg", "b.html", "c.csv"])
    expect((await diopter([...run, "--out", file], { cwd })).code).toBe(0);
  const read = (file: string) => readFileSync(join(cwd, file), "utf8");
  expect(read("a.svg")).toMatch(/^<svg[\s\S]*Removing one component/);
  expect(read("b.html")).toContain(read("a.svg").trim());
  expect(read("c.csv").trim().split("\n")).toHaveLength(1 + 4 * 8);
});
