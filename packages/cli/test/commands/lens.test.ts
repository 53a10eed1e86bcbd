import { readFileSync } from "node:fs";
import { join } from "node:path";
import { logitLens } from "@diopter/lens";
import { Model } from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { worldCausal } from "@diopter/tiny-models";
import { expect, test } from "vitest";
import { noTrained, trainedPath } from "../../../../test/golden";
import { diopter, json, temporaryFolder } from "../capture";

const prompt = "The maker of the Chromebook is";

interface LensJson {
  readonly schema: number;
  readonly kind: string;
  readonly prompt: string;
  readonly target: string | null;
  readonly layers: string[];
  readonly rows: Record<string, unknown>[];
  readonly candidates: unknown[][][][];
  readonly versions: Record<string, string>;
  readonly provenance: { model: { id: string }; runtime: string; contentId: string };
}

test("the table shows every layer at every position, then the numbers at the last", async () => {
  const { code, out, err } = await diopter(["lens", "world-causal", prompt, "--target", "Google"]);
  expect([code, err]).toEqual([0, ""]);
  const [title, grid, numbers] = out.split("\n\n");
  expect(title).toBe(`"${prompt}": the most likely token of each layer, by position`);
  const rows = grid!.split("\n");
  expect(rows[0]).toMatch(/^ +token +0_pre +1_pre .* final_post$/);
  expect(rows).toHaveLength(1 + 7); // a head, <bos> and six words
  expect(rows.at(-1)).toMatch(/^6 +·is .* Google$/);
  expect(numbers).toMatch(
    /^at "·is" \(position 6\)\nlayer +top token +probability +entropy +kl +rank\n/,
  );
  expect(numbers).toMatch(/\nfinal_post +Google +0\.\d{4} .* 0\n$/);
});

test("JSON carries the library's own grid, and where it comes from", async () => {
  const found = await json<LensJson>([
    "lens",
    "world-causal",
    prompt,
    "--runtime",
    "reference",
    "--layers",
    "0,-1",
    "--top-k",
    "2",
  ]);
  expect(found).toMatchObject({
    schema: 1,
    kind: "logit lens",
    prompt,
    target: null,
    provenance: { model: { id: "world-causal" }, runtime: "reference" },
  });
  expect(found.layers).toEqual(["0_pre", "final_post"]);
  expect(found.candidates[0]![0]![0]).toHaveLength(2);
  expect(found.versions.diopter).toMatch(/^\d+\.\d+\.\d+$/);
  const model = await Model.load(await worldCausal(), { runtime: reference() });
  const grid = await logitLens(model, prompt, { layers: [0, -1], topK: 2 });
  expect(found.rows).toEqual(JSON.parse(JSON.stringify(grid.toRows())));
});

test("the ending of --out decides between picture, page and JSON", async () => {
  const cwd = temporaryFolder();
  for (const name of ["a.svg", "deep/b.html", "c.json"]) {
    const { code, out, err } = await diopter(
      ["lens", "world-causal", prompt, "--color", "entropy", "--out", name],
      { cwd },
    );
    expect({ code, out, err }).toEqual({ code: 0, out: "", err: `wrote ${join(cwd, name)}\n` });
  }
  const [svg, html, text] = ["a.svg", "deep/b.html", "c.json"].map((name) =>
    readFileSync(join(cwd, name), "utf8"),
  );
  expect(svg).toMatch(/^<svg[\s\S]*entropy \(nats\)[\s\S]*<\/svg>\s*$/);
  expect(html).toContain(svg!.trim());
  expect(html).toContain("<h1>Logit lens: The maker of the Chromebook is</h1>");
  expect(JSON.parse(text!)).toMatchObject({ schema: 1, kind: "logit lens" });
});

test("a masked model is read at its masks", async () => {
  const text = "The Apple iPhone is made by American company <mask>.";
  const { out } = await diopter(["lens", "world-masked", text]);
  expect(out).toMatch(/\nat "\S*<mask>" \(position \d+\)\n/);
  expect(out).not.toContain('at "."');
});

test.skipIf(noTrained)(
  "a model without a tokenizer takes ids (needs ../shared/models)",
  async () => {
    const { code, out } = await diopter([
      "lens",
      trainedPath("mingpt-adder"),
      "1,2,3,4",
      "--tokens",
    ]);
    expect(code).toBe(0);
    expect(out).toContain('at "4" (position 3)');
  },
);

test.each([
  [
    ["--out", "x.png"],
    2,
    'lens: --out is "x.png", expected a name that ends in .html, .svg or .json',
  ],
  [["--top-k", "0"], 2, 'lens: --top-k is "0", expected a positive integer'],
  [["--layers", "0;1"], 2, 'lens: --layers is "0;1", expected integers parted by commas'],
  [["--color", "rank"], 2, "lens: --color rank needs --target"],
  [["--tokens"], 2, `--tokens: prompt is "${prompt}", expected token ids parted by commas`],
  [["--layers", "99"], 1, /^logitLens: layer 99 is not in 0\.\.\d+\n$/],
  [["--target", "Google Apple"], 1, 'model: "Google Apple" is 2 tokens, expected one'],
])("%j is refused", async (options, code, message) => {
  const found = await diopter(["lens", "world-causal", prompt, ...options]);
  expect([found.code, found.out]).toEqual([code, ""]);
  if (typeof message === "string") expect(found.err).toBe(`${message}\n`);
  else expect(found.err).toMatch(message);
});
