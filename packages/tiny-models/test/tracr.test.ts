import { createHash } from "node:crypto";
import { Model } from "@diopter/model";
import { node } from "@diopter/model/node";
import { gather } from "@diopter/tensor";
import { tracrReverse, tracrXProportion } from "@diopter/tiny-models";
import { expect, test } from "vitest";
import { goldenPath, readTensors } from "../../../test/golden";

const models = [
  ["reverse", tracrReverse, 243],
  ["xproportion", tracrXProportion, 1024],
] as const;

/** Input ids and residual stream [cases, 6, dModel] of a golden file. */
function read(name: string) {
  const golden = readTensors(goldenPath(`tracr/${name}.golden.safetensors`));
  const ids = golden.get("input_ids")!;
  const [cases, pos] = ids.shape as [number, number];
  const rows = Array.from({ length: cases }, (_, i) =>
    Array.from({ length: pos }, (_, p) => Number(ids.at(i, p))),
  );
  return { rows, resid: golden.get("resid_final")! };
}

test.each(models)("%s: the weights are those that the card names", async (_, load) => {
  const { id, weights, card } = await load();
  expect(card.id).toBe(id);
  expect(createHash("sha256").update(weights).digest("hex")).toBe(card.sha256);
});

test("two loads give bytes of their own", async () => {
  const [a, b] = await Promise.all([tracrReverse(), tracrReverse()]);
  a.weights.fill(0);
  expect(createHash("sha256").update(b.weights).digest("hex")).toBe(b.card.sha256);
});

test.each(models)(
  "%s has the residual stream of Tracr's interpreter on every sequence, and reads its outputs off it",
  async (name, load, cases) => {
    const { card, ...checkpoint } = await load();
    const model = await Model.load(checkpoint, { runtime: node() });
    const { rows, resid } = read(name);
    expect(rows).toHaveLength(cases);
    const last = `blocks.${model.config.nLayers - 1}.hook_resid_post`;
    const { logits, cache } = await model.runWithCache(rows, { names: last });
    const got = cache.get(last);
    expect(got).toBeAllclose(resid, { rtol: 0, atol: 1e-5 });
    const dims = card.outputs.map((label) => card.residualLabels.indexOf(label));
    expect(logits).toBeAllclose(gather(got, dims, -1), { rtol: 0, atol: 1e-7 });
    await model.dispose();
  },
);

test("1 2 3 3 3 backwards is 3 3 3 2 1", async () => {
  const model = await Model.load(await tracrReverse(), { runtime: node() });
  const { logits } = await model.run([[3, 0, 1, 2, 2, 2]]);
  const read = [1, 2, 3, 4, 5].map((pos) => {
    const row = [0, 1, 2].map((token) => logits.at(0, pos, token));
    return row.indexOf(Math.max(...row)) + 1;
  });
  expect(read).toEqual([3, 3, 3, 2, 1]);
  await model.dispose();
});
