/** @file Stochastic gradient descent with (Nesterov) momentum; update as in PyTorch's SGD. */

import { checkOptions } from "./check-options";
import {
  checkMatching,
  checkOption,
  type Parameter,
  type ParameterSet,
  type PerParameter,
  perParameter,
  zerosLikeParameters,
} from "./parameters";

export interface SgdOptions {
  learningRate: number;
  /** Share of the last velocity that is kept; default 0. */
  momentum?: number;
  /** Step as if the velocity had already been followed (Sutskever et al. 2013). */
  nesterov?: boolean;
  /** Added to the gradient as `weightDecay * parameter`; default 0. */
  weightDecay?: PerParameter;
}

/** Steps taken and the velocity of each parameter: plain data. */
export interface SgdState {
  step: number;
  velocity: Record<string, Parameter>;
}

/** A state before the first step. */
export function sgdState(parameters: ParameterSet): SgdState {
  return { step: 0, velocity: zerosLikeParameters(parameters) };
}

/**
 * One step, changing `parameters` and `state` in place.
 *
 * v = momentum v + g, then p -= rate v, or p -= rate (g + momentum v) with Nesterov.
 */
export function sgd(
  parameters: ParameterSet,
  gradients: ParameterSet,
  state: SgdState,
  options: SgdOptions,
): void {
  checkOptions("sgd", options, {
    learningRate: "required",
    momentum: "optional",
    nesterov: "optional",
    weightDecay: "optional",
  });
  const { learningRate, momentum = 0, nesterov = false, weightDecay = 0 } = options;
  checkOption("sgd: learningRate", learningRate, 0);
  checkOption("sgd: momentum", momentum, 0, 1);
  checkMatching("sgd", parameters, gradients, "gradient");
  checkMatching("sgd", parameters, state.velocity, "velocity");
  if (nesterov && momentum === 0) throw new RangeError("sgd: nesterov needs a momentum above 0");
  state.step++;
  for (const [name, values] of Object.entries(parameters)) {
    const gradient = gradients[name]!;
    const velocity = state.velocity[name]!;
    const decay = perParameter(weightDecay, name);
    for (let i = 0; i < values.length; i++) {
      const slope = gradient[i]! + decay * values[i]!;
      const speed = momentum * velocity[i]! + slope;
      velocity[i] = speed;
      values[i]! -= learningRate * (nesterov ? slope + momentum * speed : speed);
    }
  }
}
