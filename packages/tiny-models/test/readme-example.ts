import { Model } from "@diopter/model";
import { node } from "@diopter/model/node";
import { promptOf, sentences, worldCausal } from "@diopter/tiny-models";

const model = await Model.load(await worldCausal(), { runtime: node() });
export const known = await model.generate("The iPhone is made by American company", {
  maxNewTokens: 1,
}); // known.texts is [" Apple"]

export const ioi = sentences("ioi", { n: 3, seed: 7 }).map((sentence) => promptOf(sentence));
export const given = await model.generate(
  ioi.map(({ text }) => text),
  { maxNewTokens: 1 },
); // given.texts[i] is a space and ioi[i].answers[0]
