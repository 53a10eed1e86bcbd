import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Model, openSafetensorsBytes } from "@diopter/model";
import { node } from "@diopter/model/node";
import { worldCausal } from "@diopter/tiny-models";
import { expect, test } from "vitest";
import { diopter, json, temporaryFolder } from "../capture";

const prompt = "The maker of the Chromebook is";

interface RunJson {
  readonly schema: number;
  readonly kind: string;
  readonly tokens: { position: number; id: number; token: string }[];
  readonly predictions: {
    position: number;
    where: string;
    top: { rank: number; id: number; token: string; probability: number; logit: number }[];
  }[];
  readonly generated: { seed: number; temperature: number; ids: number[]; text: string } | null;
  readonly activations: { name: string; shape: number[]; notFinite: number }[] | null;
  readonly provenance: { contentId: string; runtime: string };
}

test("the table lists the most likely tokens after the prompt", async () => {
  const { code, out, err } = await diopter(["run", "world-causal", prompt, "--top-k", "3"]);
  expect([code, err]).toEqual([0, ""]);
  const lines = out.trimEnd().split("\n");
  expect(lines[0]).toBe('after "·is" (position 6)');
  expect(lines[1]).toMatch(/^rank +token +id +probability +logit$/);
  expect(lines[2]).toMatch(/^ +0 +Google +\d+ +0\.\d{4,5} +[\d.]+$/);
  expect(lines).toHaveLength(2 + 3);
});

test("JSON holds the model's own numbers", async () => {
  const found = await json<RunJson>(["run", "world-causal", prompt]);
  expect(found).toMatchObject({ schema: 1, kind: "run", generated: null, activations: null });
  expect(found.tokens.map(({ token }) => token).join("")).toContain("Chromebook");
  const [{ top, position, where }] = found.predictions as [RunJson["predictions"][0]];
  expect([position, where, top.length]).toEqual([6, "after", 10]);
  const model = await Model.load(await worldCausal(), { runtime: node() });
  const { logits } = await model.run(prompt);
  for (const { id, logit } of top) expect(logit).toBe(logits.at(0, 6, id));
  const falling = top.map(({ probability }) => probability);
  expect(falling).toEqual([...falling].sort((a, b) => b - a));
  await model.dispose();
});

test("both runtimes agree", async () => {
  const [a, b] = [
    await json<RunJson>(["run", "world-causal", prompt, "--runtime", "node"]),
    await json<RunJson>(["run", "world-causal", prompt, "--runtime", "reference"]),
  ];
  expect([a.provenance.runtime, b.provenance.runtime]).toEqual(["node", "reference"]);
  const logits = (found: RunJson) => found.predictions[0]!.top.slice(0, 3).map((p) => p.logit);
  expect(logits(a)).toBeAllclose(logits(b), { atol: 1e-3 });
});

test("generation continues the prompt, greedily or by seed", async () => {
  const { out } = await diopter(["run", "world-causal", prompt, "--generate", "2"]);
  expect(out).toContain("\nThe maker of the Chromebook is Google.\n");
  const sample = (seed: string) =>
    json<RunJson>([
      ...["run", "world-causal", "The", "--generate", "12"],
      ...["--temperature", "1.5", "--seed", seed],
    ]);
  const [first, again, other] = [await sample("1"), await sample("1"), await sample("2")];
  expect(first.generated).toMatchObject({ seed: 1, temperature: 1.5 });
  expect(again.generated).toEqual(first.generated);
  expect(other.generated!.ids).not.toEqual(first.generated!.ids);
});

test("edits from a file change what is predicted", async () => {
  const folder = temporaryFolder();
  const edits = join(folder, "edits.json");
  writeFileSync(edits, JSON.stringify([{ at: "blocks.*.hook_resid_mid", do: "zero" }]));
  const [plain, edited] = [
    await json<RunJson>(["run", "world-causal", prompt]),
    await json<RunJson>(["run", "world-causal", prompt, "--edits", edits]),
  ];
  const best = ({ predictions }: RunJson) => predictions[0]!.top[0]!.token;
  expect(best(plain)).toBe("Google");
  expect(best(edited)).not.toBe("Google");
  expect(edited.provenance.contentId).not.toBe(plain.provenance.contentId);
});

test("an edit at a step of generation leaves the prediction after the prompt alone", async () => {
  const edits = join(temporaryFolder(), "edits.json");
  const edit = { at: "blocks.*.hook_resid_mid", do: "zero" };
  const found = async (step: number) => {
    writeFileSync(edits, JSON.stringify([{ ...edit, step }]));
    return json<RunJson>(["run", "world-causal", prompt, "--generate", "2", "--edits", edits]);
  };
  const [first, second] = [await found(0), await found(1)];
  const best = ({ predictions }: RunJson) => predictions[0]!.top[0]!;
  expect(best(first).token).not.toBe("Google");
  expect(first.generated!.ids[0]).toBe(best(first).id);
  expect(best(second).token).toBe("Google");
  expect(second.generated!.text).not.toBe(" Google.");
});

test("activations are summarised, and written with --out", async () => {
  const cwd = temporaryFolder();
  const names = "blocks.{0,1}.attn.hook_attn_scores,hook_embed";
  const found = await json<RunJson>(["run", "world-causal", prompt, "--cache", names]);
  expect(found.activations!.map(({ name, shape }) => [name, shape[0], shape.at(-1)])).toEqual([
    ["hook_embed", 1, 128],
    ["blocks.0.attn.hook_attn_scores", 1, 7],
    ["blocks.1.attn.hook_attn_scores", 1, 7],
  ]);
  const { out } = await diopter(["run", "world-causal", prompt, "--cache", "hook_embed"]);
  expect(out).toMatch(/\nhook_embed +\[1, 7, 128\] +/);
  const argv = ["run", "world-causal", prompt, "--cache", "hook_embed"];
  await diopter([...argv, "--out", "a.safetensors"], { cwd });
  const file = openSafetensorsBytes(readFileSync(join(cwd, "a.safetensors")));
  expect([...file.tensors.keys()]).toEqual(["hook_embed"]);
  expect((await file.read("hook_embed")).shape).toEqual([1, 7, 128]);
});

test("a masked model is asked at its masks", async () => {
  const text = "The Apple iPhone is made by American company <mask>.";
  const { predictions } = await json<RunJson>(["run", "world-masked", text]);
  expect(predictions).toHaveLength(1);
  expect(predictions[0]).toMatchObject({ where: "at" });
  expect(predictions[0]!.top[0]!.token).toBe("Apple");
});

test("a page and a picture hold the predictions", async () => {
  const cwd = temporaryFolder();
  await diopter(["run", "world-causal", prompt, "--out", "a.svg"], { cwd });
  const options = ["--generate", "2", "--cache", "hook_embed", "--out", "b.html"];
  await diopter(["run", "world-causal", prompt, ...options], { cwd });
  const [svg, html] = ["a.svg", "b.html"].map((name) => readFileSync(join(cwd, name), "utf8"));
  expect(svg).toMatch(/^<svg[\s\S]*Google/);
  for (const width of [344, 860])
    expect(html).toMatch(new RegExp(`<svg [^>]*width="${width}"[^>]*10 bars`));
  expect(html).toContain("<p>The maker of the Chromebook is Google.</p>");
  expect(html).toContain("<td>hook_embed</td>");
});

test.each([
  [["--seed", "1"], 2, "run: --seed needs --generate"],
  [["--temperature", "1"], 2, "run: --temperature needs --generate"],
  [
    ["--generate", "2", "--temperature", "-1"],
    2,
    'run: --temperature is "-1", expected a number from 0',
  ],
  [["--generate", "2", "--seed", "1.5"], 2, 'run: --seed is "1.5", expected an integer from 0'],
  [["--out", "x.safetensors"], 2, "run: --out with .safetensors needs --cache"],
  [["--top-k", "100000"], 1, "run: --top-k is 100000, the model has 921 tokens"],
  [
    ["--cache", "blocks.0.hook_reid_pre"],
    1,
    'model: no hook "blocks.0.hook_reid_pre"; did you mean "blocks.0.hook_resid_pre"?',
  ],
])("%j is refused", async (options, code, message) => {
  const found = await diopter(["run", "world-causal", prompt, ...options]);
  expect(found).toEqual({ code, out: "", err: `${message}\n` });
});

test.each([
  ["{", /^(.*)edits\.json: not JSON: .+\n$/],
  ["[1]", /edits\.json: edit 0 is 1, expected an object with "at" and "do"\n$/],
  [
    '{"at":"hook_embed"}',
    /edit 0 is \{"at":"hook_embed"\}, expected an object with "at" and "do"\n$/,
  ],
])("edits of %s are refused", async (text, message) => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, "edits.json"), text);
  const found = await diopter(["run", "world-causal", prompt, "--edits", "edits.json"], { cwd });
  expect([found.code, found.out]).toEqual([1, ""]);
  expect(found.err).toMatch(message);
});

test("a file of edits that is not there is named", async () => {
  const cwd = temporaryFolder();
  const { code, err } = await diopter(["run", "world-causal", "The", "--edits", "no.json"], {
    cwd,
  });
  const path = join(cwd, "no.json");
  expect(code).toBe(1);
  expect(err).toBe(`cannot read "${path}": no such file or directory, open '${path}'\n`);
});

test("a run can be interrupted while it generates", async () => {
  const controller = new AbortController();
  let err = "";
  const { code, out } = await diopter(["run", "world-causal", "The", "--generate", "50"], {
    signal: controller.signal,
    isTerminal: true,
    err: (text) => {
      err += text;
      if (text.includes("generating")) controller.abort();
    },
  });
  expect([code, out]).toEqual([130, ""]);
  expect(err).toMatch(/1\/50\r\S*interrupted\n$/);
});
