/**
 * @file The dense engine: one graph in which the mask of every edge is a number that is fed.
 *
 * Each destination reads the sum of all earlier sources plus mask times (replacement - source), sources as they
 * are in this same run; so one run computes any set of replaced edges. Miller et al. 2024 (AutoCircuit).
 */

import { builtOnce, type Context, type FactorizedView } from "@diopter/model";
import type { Form } from "../ablation/activations";
import type { GraphShape } from "../graph/shape";
import { DifferenceStack } from "./difference-stack";
import { maskFeed } from "./feeds";

export interface DenseForm {
  /** Axes along which the mask differs. */
  readonly mask: { readonly batch: boolean; readonly pos: boolean };
  /** Axes along which replacement values differ. */
  readonly values: Form;
}

/** The view of a model in which any edge may be replaced. */
export function denseView({ inputs, embedding }: GraphShape, form: DenseForm): FactorizedView {
  return builtOnce([denseView], { inputs, embedding, form }, () => {
    const memory = new WeakMap<Context, DifferenceStack>();
    return {
      splitEmbedding: embedding === "split",
      mixer(t, { kind, layer, readers }, sources) {
        const { b } = t;
        const stack = memory.get(t) ?? new DifferenceStack(t, form.values);
        memory.set(t, stack);
        stack.take(sources);
        const total = stack.total(sources); // [batch, pos, dModel]
        const heads = kind !== "mlp" && kind !== "logits";
        const feed = maskFeed({ layer, kind: heads && inputs === "joint" ? "head" : kind });
        const dims = [form.mask.batch ? "batch" : 1, form.mask.pos ? "pos" : 1];
        const mask = t.feed(feed, [...dims, readers, stack.width]); // [.., .., reader, source]
        const mixed = stack.mixed(mask, readers); // [batch, pos, reader, dModel]
        return heads ? b.add(b.unsqueeze(total, [2]), mixed) : b.add(total, b.squeeze(mixed, [2]));
      },
    };
  });
}
