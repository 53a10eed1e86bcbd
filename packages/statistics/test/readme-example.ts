import { holm, intervals, pairedComparison, rocCurve } from "@diopter/statistics";

const before = [2, 3.5, 2, 3, 3, 2]; // one number per prompt
const after = [1.5, 2.5, 1.75, 2.25, 1.75, 2.125];
const clusters = ["a", "a", "b", "b", "c", "c"]; // the template of each prompt

export const { mean, note } = intervals(after, { seed: 1, clusters }); // the draws of a seed are always the same
export const bounds = [mean.bootstrap.low, mean.bootstrap.high]; // 95 %, whole templates drawn
export const { difference, wilcoxon } = pairedComparison(after, before, { seed: 1 });
export const adjusted = holm([wilcoxon.p, 0.04, 0.2]); // for three tests
export const curve = rocCurve([0.9, 0.8, 0.3], [true, false, true]); // (0, 0) to (1, 1)
