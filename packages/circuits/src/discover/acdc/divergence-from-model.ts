/** @file KL(model || circuit) of one prompt under circuit after circuit: the model's side is worked out once. */

import type { Answered } from "../../metrics/prompt-metric";
import { logSumExpOf, type Row } from "../../metrics/rows";

/** The model's probabilities over the vocabulary, and the sum of p ln p. */
interface ModelSide {
  readonly probabilities: Float64Array;
  readonly negentropy: number;
}

/** Equal to the metric `kl` up to float64 rounding, for a third of the work. */
export class DivergenceFromModel {
  readonly #known = new WeakMap<Row, ModelSide>();

  /** Nats, mean over readout positions. */
  value({ model, circuit }: Pick<Answered, "model" | "circuit">): number {
    const each = model.map((row, i) => this.#divergence(row, circuit[i]!));
    return each.reduce((sum, x) => sum + x, 0) / each.length;
  }

  #divergence(model: Row, circuit: Row): number {
    const { probabilities, negentropy } = this.#sideOf(model);
    const total = logSumExpOf(circuit);
    let cross = 0;
    for (let i = 0; i < circuit.length; i++) {
      const p = probabilities[i]!;
      if (p > 0) cross += p * (circuit[i]! - total);
    }
    return negentropy - cross;
  }

  #sideOf(model: Row): ModelSide {
    const known = this.#known.get(model);
    if (known) return known;
    const total = logSumExpOf(model);
    const probabilities = new Float64Array(model.length);
    let negentropy = 0;
    for (let i = 0; i < model.length; i++) {
      const logP = model[i]! - total;
      probabilities[i] = Math.exp(logP);
      if (probabilities[i]! > 0) negentropy += probabilities[i]! * logP;
    }
    const side = { probabilities, negentropy };
    this.#known.set(model, side);
    return side;
  }
}
