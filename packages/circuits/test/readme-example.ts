import { attributeEdges, evaluate, mean, robustness } from "@diopter/circuits";
import { ioi, ioiTemplates } from "@diopter/circuits/tasks";
import { Model } from "@diopter/model";
import { node } from "@diopter/model/node";
import { worldCausal } from "@diopter/tiny-models";

const model = await Model.load(await worldCausal(), { runtime: node() });
const task = ioi(model, { n: 40, templates: ioiTemplates.slice(0, 1) });

const scores = await attributeEdges(model, task, { method: "eap-ig-inputs", steps: 5 });
export const { circuit, dropped } = scores.top(150).pruned(); // plain data: circuit.toJSON()

export const score = await evaluate(model, task, circuit, {
  ablation: { component: "node", value: mean({ over: "corrupt", by: "position" }) },
}); // per prompt, of the circuit and of the model; or a reason why there is no number

export const report = await robustness(model, task, circuit, { preset: "miller", randomCircuits: 20 });
export const html = report.toHTML(); // one page that needs nothing else
