import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Model } from "@diopter/model";
import { node } from "@diopter/model/node";
import { worldCausal } from "@diopter/tiny-models";
import { afterAll, beforeAll, expect, test } from "vitest";
import { diopter, temporaryFolder } from "../capture";

const page = (cwd: string, name = "demo/diopter-demo.html") =>
  readFileSync(join(cwd, name), "utf8");

const fact = { folder: "", found: { code: -1, out: "", err: "" }, html: "" };

beforeAll(async () => {
  fact.folder = mkdtempSync(join(tmpdir(), "diopter-demo-"));
  fact.found = await diopter(["demo", "--lens-only"], { cwd: fact.folder });
  fact.html = page(fact.folder);
});

afterAll(() => rmSync(fact.folder, { recursive: true }));

test("the demo writes a page and says where", () => {
  const { code, out, err } = fact.found;
  expect(code).toBe(0);
  expect(out).toBe(`${join(fact.folder, "demo/diopter-demo.html")}\n`);
  expect(err).toMatch(
    /^The Panamera comes from the German company … Porsche \(.*%\)\nthe page, for any browser:\n$/,
  );
});

test("the page has predictions, lens, attention and every head, and explains the fact", () => {
  expect(fact.html.match(/<svg /g)).toHaveLength(2 * 4); // for wide pages and for phones
  for (const title of ["Top predictions", "Logit lens", "Attention of head", "Removing one head"]) {
    expect(fact.html).toContain(title);
  }
  expect(fact.html).toContain("“Porsche”, the right answer, is on top");
});

test("the page needs no network: no reference but the namespace of SVG, and no script", () => {
  const references = fact.html.match(/\b(?:https?:)?\/\/[^\s"'<>)]+/g) ?? [];
  expect(new Set(references)).toEqual(new Set(["http://www.w3.org/2000/svg"]));
  expect(fact.html).not.toMatch(/<script|<link|<img|\bsrc=|\bhref=|url\(|@import/i);
});

test("the head that is shown is the one whose removal costs the prediction most", async () => {
  const cwd = temporaryFolder();
  const prompt = "The Corolla was designed in Japan by";
  const { out } = await diopter(["demo", prompt, "--lens-only", "--json"], { cwd });
  const { head, top, answer } = JSON.parse(out);
  expect([answer, top[0].token]).toEqual(["Toyota", "Toyota"]);
  const model = await Model.load(await worldCausal(), { runtime: node() });
  const without = async (layer: number, index: number) => {
    const { logits } = await model.run(prompt, {
      logits: "last",
      edits: [{ at: `blocks.${layer}.attn.hook_z`, head: index, pos: -1, do: "zero" }],
    });
    const all = Array.from(logits.data, Number);
    const total = all.reduce((sum, x) => sum + Math.exp(x), 0);
    return Math.exp(all[top[0].id]!) / total;
  };
  const { nLayers, nHeads } = model.config;
  const all: { layer: number; head: number; probability: number }[] = [];
  for (let layer = 0; layer < nLayers; layer++) {
    for (let index = 0; index < nHeads; index++) {
      all.push({ layer, head: index, probability: await without(layer, index) });
    }
  }
  const worst = all.reduce((a, b) => (b.probability < a.probability ? b : a));
  expect([head.layer, head.head]).toEqual([worst.layer, worst.head]);
  expect(head.probabilityWithout).toBeCloseTo(worst.probability, 4);
  await model.dispose();
  expect(page(cwd)).toContain(`Attention of head ${worst.head} in layer ${worst.layer}`);
});

test("another fact is drawn by seed, the same for the same seed", async () => {
  const cwd = temporaryFolder();
  const draw = async (seed: string) => {
    const { out } = await diopter(
      ["demo", "--seed", seed, "--lens-only", "--json", "--out", "a.html"],
      { cwd },
    );
    return JSON.parse(out);
  };
  const [first, again, other] = [await draw("1"), await draw("1"), await draw("2")];
  expect(again.prompt).toBe(first.prompt);
  expect(other.prompt).not.toBe(first.prompt);
  expect(first.top[0].token).toBe(first.answer);
  expect(first.provenance.contentId).toBe(again.provenance.contentId);
});

test("a prompt that is no fact is explained without a right answer", async () => {
  const cwd = temporaryFolder();
  const { code } = await diopter(
    ["demo", "Then , Mary and John", "--lens-only", "--out", "mine.html"],
    { cwd },
  );
  expect(code).toBe(0);
  expect(page(cwd, "mine.html")).not.toContain("right answer");
  expect(page(cwd, "mine.html")).toContain("<h1>Then , Mary and John\u00a0…</h1>");
});

test("the one page begins with why, then has the circuit drawn, its scores, and the prompt", async () => {
  const cwd = temporaryFolder();
  const { code, out, err } = await diopter(["demo", "--json"], { cwd });
  expect([code, err]).toEqual([0, ""]);
  const { file, circuit } = JSON.parse(out);
  expect(file).toBe(join(cwd, "demo/diopter-demo.html"));
  expect(readdirSync(join(cwd, "demo"))).toEqual(["diopter-demo.html"]);
  expect(circuit.of).toBe(1519);
  expect(circuit.share).toBeLessThan(0.1);
  expect(circuit.faithfulness).toBeGreaterThanOrEqual(0.9);
  expect(circuit.accuracy).toBeGreaterThanOrEqual(0.9 * circuit.modelAccuracy);
  expect(circuit.elements).toHaveLength(circuit.edges);
  const html = page(cwd);
  const order = [
    "<h1>How faithful is a circuit?</h1>",
    "A circuit&#39;s “faithfulness” is not one number",
    `The circuit below, ${circuit.edges} of the 1519 edges`,
    "depending on the ablation",
    `${circuit.edges} edges`,
    "<h2>Every cell, every prompt</h2>",
    "Top predictions",
    "Logit lens",
    "<h2>Averages</h2>",
    "<h2>Where this comes from</h2>",
  ];
  const places = order.map((text) => html.indexOf(text));
  expect(places).not.toContain(-1);
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(html).not.toMatch(/<script|<link|<img|\bsrc=|url\(|@import/i);
});

test("one word is prompt enough", async () => {
  const cwd = temporaryFolder();
  const { code } = await diopter(["demo", "The", "--lens-only", "--out", "a.html"], { cwd });
  expect(code).toBe(0);
});

test.each([
  [
    ["The iPhon is made by"],
    1,
    'world-causal: the world has no word "iPhon" (nearest: "iPhone", "spoon", "Lisbon")',
  ],
  [
    ["The maker of"].concat("--seed", "1"),
    2,
    "demo: --seed draws a prompt, so it cannot go with one",
  ],
  [[""], 2, "demo: the prompt is empty"],
  [["--out", "a.svg"], 2, 'demo: --out is "a.svg", expected a name that ends in .html'],
  [["The"].concat("maker"), 2, "demo: expected 1 argument, got 2; quote a prompt of several words"],
  [
    [Array.from({ length: 70 }, () => "The").join(" ")],
    1,
    "model: prompt 0 has 71 tokens, the context holds 64",
  ],
])("%j is refused", async (options, code, message) => {
  const cwd = temporaryFolder();
  expect(await diopter(["demo", ...options], { cwd })).toEqual({
    code,
    out: "",
    err: `${message}\n`,
  });
  expect(existsSync(join(cwd, "demo"))).toBe(false);
});

test("a place where nothing can be written is named", async () => {
  const cwd = temporaryFolder();
  const path = join(cwd, "a.html");
  mkdirSync(path);
  const { code, out, err } = await diopter(["demo", "The", "--lens-only", "--out", "a.html"], {
    cwd,
  });
  expect([code, out]).toEqual([1, ""]);
  expect(err).toBe(`cannot write "${path}": illegal operation on a directory, open '${path}'\n`);
});
