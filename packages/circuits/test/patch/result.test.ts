import type { Provenance } from "@diopter/model";
import { fromData } from "@diopter/tensor";
import { expect, test } from "vitest";
import { PatchResult } from "../../src/patch/result";

const provenance = { schema: 1, contentId: "id" } as unknown as Provenance;

/** Two layers, two heads, two prompts; corrupt 0 and 1, clean 2 and 5. */
const result = new PatchResult({
  axes: ["layer", "head"],
  coordinates: [
    [0, 1],
    [0, 1],
  ],
  labels: [
    ["L0", "L1"],
    ["H0", "H1"],
  ],
  values: fromData(Float64Array.from([0, 1, 2, 5, 1, 3, 3, -1]), [2, 2, 2]),
  clean: Float64Array.from([2, 5]),
  corrupt: Float64Array.from([0, 1]),
  direction: "denoise",
  metric: "logit difference",
  provenance,
});

test("values on each prompt's own scale are 0 at its corrupt and 1 at its clean run, and not clipped", () => {
  // (v - 0) / 2 and (v - 1) / 4
  expect(result.normalized().toArray()).toEqual([
    [
      [0, 0],
      [1, 1],
    ],
    [
      [0.5, 0.5],
      [1.5, -0.5],
    ],
  ]);
});

test("means are over prompts; normalized they are a ratio of means", () => {
  expect(result.mean().toArray()).toEqual([
    [0.5, 3.5],
    [2, 1],
  ]);
  // corrupt mean 0.5, clean mean 3.5: (2 - 0.5) / 3 = 0.5, (1 - 0.5) / 3 = 1/6
  expect(result.mean({ normalized: true })).toBeAllclose([
    [0, 1],
    [0.5, 1 / 6],
  ]);
  // Half the difference of two values is the standard error of their mean.
  expect(result.standardError()).toBeAllclose([
    [0.5, 1.5],
    [1, 2],
  ]);
});

test("effects are changes of the run that is patched", () => {
  expect(result.pick("layer", 1).effects().toArray()).toEqual([
    [1, 2],
    [3, -2],
  ]);
  const noise = new PatchResult({ ...result, direction: "noise" });
  expect(noise.pick("layer", 1).effects().toArray()).toEqual([
    [-1, -2],
    [1, -6],
  ]);
});

test("a prompt whose two runs agree has no scale of its own", () => {
  const flat = new PatchResult({ ...result, clean: Float64Array.from([0, 5]) });
  expect(flat.normalized().at(0, 0, 0)).toBeNaN();
  expect(flat.normalized().at(0, 1, 0)).toBe(Number.POSITIVE_INFINITY);
  expect(flat.normalized().at(0, 1, 1)).toBe(1);
});

test("rows are tidy", () => {
  const rows = result.toRows();
  expect(rows.length).toBe(8);
  expect(rows[5]).toEqual({ layer: 1, head: 0, prompt: 1, value: 3, normalized: 0.5 });
});

test("JSON has a schema version and survives a round trip", () => {
  const json = JSON.parse(JSON.stringify(result));
  expect(json).toMatchObject({
    schema: 1,
    kind: "patching sweep",
    provenance,
    axes: ["layer", "head"],
    direction: "denoise",
    clean: [2, 5],
    corrupt: [0, 1],
    shape: [2, 2, 2],
    values: [0, 1, 2, 5, 1, 3, 3, -1],
  });
});

test("a part keeps the other axes", () => {
  const part = result.pick("layer", 1);
  expect(part.axes).toEqual(["head"]);
  expect(part.values.toArray()).toEqual([
    [1, 3],
    [3, -1],
  ]);
  expect(part.pick("head", 1).values.toArray()).toEqual([3, -1]);
  expect(part.pick("head", 1).mean().toArray()).toBe(1);
  expect(() => result.pick("pos", 1)).toThrow('patch: no axis "pos"; there are layer, head');
  expect(() => result.pick("layer", 2)).toThrow("patch: no layer 2; there are 0, 1");
});

test("the picture has a row per layer and a column per head, or the other way round", () => {
  const svg = result.toSVG({ title: "Heads" });
  expect(svg).toMatch(/^<svg/);
  expect(svg).toContain("2 rows by 2 columns");
  for (const text of ["Heads", "L1", "H1", "logit difference: 0 corrupt, 1 clean", "0.167"])
    expect(svg).toContain(text);
  expect(svg).toContain("<title>L1, H0");
  expect(result.toSVG({ columns: "layer" })).toContain("<title>H0, L1");
  expect(result.toSVG({ normalized: false })).toContain("3.5");
  expect(result.pick("layer", 0).toSVG()).toContain("1 row by 2 columns");
  expect(result.pick("layer", 0).pick("head", 0).toSVG()).toContain("1 row by 1 column");
});

test("axes beyond two share the rows", () => {
  const deep = new PatchResult({
    ...result,
    axes: ["component", "layer", "pos"],
    coordinates: [["attn_out", "mlp_out"], [0], [0, 1]],
    labels: [["attn_out", "mlp_out"], ["L0"], ["0 The", "1 cat"]],
    values: result.values.reshape([2, 1, 2, 2]),
  });
  const svg = deep.toSVG();
  for (const text of ["mlp_out L0", "1 cat", "component, layer"]) expect(svg).toContain(text);
});
