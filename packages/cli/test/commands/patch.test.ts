import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Model } from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { worldMasked } from "@diopter/tiny-models";
import { expect, test } from "vitest";
import { diopter, json, temporaryFolder } from "../capture";

const sweden = "The capital of Sweden is the city of";
const japan = "The capital of Japan is the city of";
const apple = "The Apple iPhone is made by American company <mask>.";
const sony = "The Sony Walkman is made by Japanese company <mask>.";

interface Found {
  readonly answer: { readonly id: number; readonly token: string };
  readonly wrong: { readonly id: number; readonly token: string };
  readonly axes: string[];
  readonly shape: number[];
  readonly clean: number[];
  readonly corrupt: number[];
  readonly values: number[];
}

test("before the first layer the token that differs carries all of the difference", async () => {
  const { code, out, err } = await diopter(["patch", "world-causal", sweden, japan]);
  expect([code, err]).toEqual([0, ""]);
  const [title, body] = out.split("\n\n");
  expect(title).toBe('"Stockholm" over "Tokyo": 0 as in the corrupt run, 1 as in the clean one');
  const [head, first] = body!.split("\n");
  expect(head).toMatch(/^layer +0 <bos> +1 The +2 capital +3 of +4 Sweden /);
  expect(first).toMatch(/^L0 +0 +0 +0 +0 +1(?:\.0+)?(?: +0(?:\.0+)?){4}$/);
});

test("a masked model is measured at its mask", async () => {
  const found = await json<Found>([
    "patch",
    "world-masked",
    apple,
    sony,
    "--runtime",
    "reference",
    "--what",
    "mlp_out",
    "--over",
    "layer",
  ]);
  expect([found.axes, found.shape]).toEqual([["layer"], [4, 1]]);
  const model = await Model.load(await worldMasked(), { runtime: reference() });
  for (const [text, value] of [
    [apple, found.clean[0]!],
    [sony, found.corrupt[0]!],
  ] as const) {
    const { logits } = await model.run(text);
    expect(value).toBeCloseTo(
      logits.at(0, 8, found.answer.id) - logits.at(0, 8, found.wrong.id),
      9,
    );
  }
});

test("both directions, given tokens and all kinds of files", async () => {
  const cwd = temporaryFolder();
  const run = ["patch", "world-causal", sweden, japan, "--what", "attn_head_out"];
  const answers = ["--answer", "Stockholm", "--wrong", "Oslo", "--direction", "noise"];
  for (const file of ["a.svg", "b.html", "c.csv", "d.json"])
    expect((await diopter([...run, ...answers, "--out", file], { cwd })).code).toBe(0);
  const read = (file: string) => readFileSync(join(cwd, file), "utf8");
  expect(read("a.svg")).toMatch(/^<svg[\s\S]*Patching, noising/);
  expect(read("b.html")).toContain(read("a.svg").trim());
  expect(read("c.csv")).toMatch(/^layer,head,prompt,value,normalized\n0,0,0,/);
  expect(JSON.parse(read("d.json"))).toMatchObject({
    direction: "noise",
    wrong: { token: "Oslo" },
  });
});

test.each([
  [
    [sweden, sweden],
    2,
    'patch: "Stockholm" is the answer of both prompts; give --answer and --wrong\n',
  ],
  [
    [sweden, japan, "--what", "resid_per"],
    2,
    /^patch: --what is "resid_per", expected resid_pre, .*did you mean "resid_pre"/,
  ],
  [
    [sweden, japan, "--over", "layer,token"],
    2,
    /^patch: --over has "token", expected layer, head, pos/,
  ],
  [
    [sweden, "The capital of Atlantis is the city of"],
    1,
    /^world-causal: the world has no word "Atlantis"/,
  ],
])("%j is refused", async (argv, code, err) => {
  const found = await diopter(["patch", "world-causal", ...argv]);
  expect(found).toMatchObject({ code, out: "" });
  expect(found.err).toMatch(err);
});
