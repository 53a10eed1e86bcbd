/** @file ReduceLogSumExp with its largest number taken out first, for runtimes whose exponentials overflow. */

import type { DType } from "@diopter/tensor";
import type { Node } from "../../graph/types";
import { type Fragment, int } from "./fragment";

/** Largest finite number: infinity minus itself would be NaN. */
const LARGEST: Partial<Record<DType, number>> = {
  float16: 65504,
  float32: 3.4028234663852886e38,
  float64: Number.MAX_VALUE,
};

/** Appends max + log(sum(exp(x - max))); the sum is ReduceL1, which takes its axes as ReduceLogSumExp does in every opset. */
export function spellLogSumExp(fragment: Fragment, node: Node): void {
  const [x = "", ...axes] = node.inputs;
  const [output = ""] = node.outputs;
  const dtype = fragment.float(x, `ReduceLogSumExp "${output}"`);
  const largest = LARGEST[dtype]!;
  const reduce = (op: string, of: string, attrs = node.attrs) =>
    fragment.node(op, [of, ...axes], attrs)[0]!;
  const max = (attrs = node.attrs) => {
    const limits = [fragment.scalar(-largest, dtype), fragment.scalar(largest, dtype)];
    return fragment.one("Clip", [reduce("ReduceMax", x, attrs), ...limits]);
  };
  const centered = fragment.one("Sub", [x, max({ ...node.attrs, keepdims: int(1) })]);
  const sum = reduce("ReduceL1", fragment.one("Exp", [centered]));
  fragment.one("Add", [fragment.one("Log", [sum]), max()], output);
}
