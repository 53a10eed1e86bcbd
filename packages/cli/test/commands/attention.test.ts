import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Model } from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { worldCausal } from "@diopter/tiny-models";
import { expect, test } from "vitest";
import { diopter, json, temporaryFolder } from "../capture";

const prompt = "The maker of the Chromebook is";
const run = ["attention", "world-causal", prompt, "--runtime", "reference"];

interface Found {
  readonly tokens: string[];
  readonly position: number;
  readonly layers: {
    readonly layer: number;
    readonly heads: number[];
    readonly pattern: number[][][];
  }[];
}

test("JSON carries the model's own patterns, of the layers and heads that were asked for", async () => {
  const found = await json<Found>([...run, "--layers", "-1,0", "--heads", "2,-1"]);
  expect(found.layers.map(({ layer, heads }) => [layer, heads])).toEqual([
    [3, [2, 7]],
    [0, [2, 7]],
  ]);
  const model = await Model.load(await worldCausal(), { runtime: reference() });
  const { cache } = await model.runWithCache(prompt, { names: "blocks.3.attn.hook_pattern" });
  const own = cache.get("blocks.3.attn.hook_pattern").slice([0, 7], [1, 8], [0, 1]);
  expect(found.layers[0]!.pattern[1]).toEqual((own.toArray() as number[][][][])[0]![0]);
  expect([found.position, found.tokens.length]).toEqual([6, 7]);
});

test("the table has the keys of one position by falling share", async () => {
  const { code, out, err } = await diopter([
    ...run,
    "--layers",
    "3",
    "--heads",
    "0",
    "--top-k",
    "2",
  ]);
  expect([code, err]).toEqual([0, ""]);
  expect(out).toMatch(
    /^layer 3, from "·is" \(position 6\)\nhead +looks at +then at\n +0 +·Chromebook +92\.\d% +·maker +5\.\d%\n$/,
  );
  // The first token sees itself alone.
  const { out: first } = await diopter([
    ...run,
    "--layers",
    "3",
    "--heads",
    "0",
    "--pos",
    "0",
    "--top-k",
    "1",
  ]);
  expect(first).toMatch(/from "<bos>" \(position 0\)\nhead +looks at\n +0 +<bos> +100\.0%\n$/);
});

test("a picture is of one layer, a page of all", async () => {
  const cwd = temporaryFolder();
  expect(await diopter([...run, "--out", "a.svg"], { cwd })).toMatchObject({
    code: 2,
    err: "attention: --out with .svg needs --layers with one layer\n",
  });
  for (const out of ["a.svg", "b.html"]) {
    const layers = out === "a.svg" ? ["--layers", "1"] : [];
    expect((await diopter([...run, ...layers, "--out", out], { cwd })).code).toBe(0);
  }
  expect(readFileSync(join(cwd, "a.svg"), "utf8")).toMatch(/^<svg[\s\S]*Attention in layer 1/);
  expect(readFileSync(join(cwd, "b.html"), "utf8").match(/<svg/g)).toHaveLength(2 * 4);
});

test.each([
  [["--layers", "4"], "attention: --layers has 4, there are 4 layers (0..3)\n"],
  [["--heads", "-9"], "attention: --heads has -9, there are 8 heads (0..7)\n"],
  [["--pos", "7"], "attention: --pos has 7, there are 7 tokens (0..6)\n"],
])("%j is refused with what there is", async (options, err) => {
  expect(await diopter([...run, ...options])).toEqual({ code: 1, out: "", err });
});
