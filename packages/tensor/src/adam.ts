/** @file Adam (Kingma and Ba 2015) and AdamW (Loshchilov and Hutter 2019); updates as in PyTorch. */

import { checkOptions, type OptionKeys } from "./check-options";
import {
  checkMatching,
  checkOption,
  type Parameter,
  type ParameterSet,
  type PerParameter,
  perParameter,
  zerosLikeParameters,
} from "./parameters";

export interface AdamOptions {
  learningRate: number;
  /** Default 0.9. */
  beta1?: number;
  /** Default 0.999. */
  beta2?: number;
  /** Default 1e-8. */
  epsilon?: number;
  /** Default 0 for `adam`, 0.01 for `adamw`; a function decides by parameter name. */
  weightDecay?: PerParameter;
}

const adamKeys: OptionKeys<AdamOptions> = {
  learningRate: "required",
  beta1: "optional",
  beta2: "optional",
  epsilon: "optional",
  weightDecay: "optional",
};

/** Steps taken and the running means of the gradient and of its square: plain data. */
export interface AdamState {
  step: number;
  mean: Record<string, Parameter>;
  square: Record<string, Parameter>;
}

/** A state before the first step, for `adam` and `adamw`. */
export function adamState(parameters: ParameterSet): AdamState {
  return {
    step: 0,
    mean: zerosLikeParameters(parameters),
    square: zerosLikeParameters(parameters),
  };
}

/** One step of Adam, changing `parameters` and `state` in place; weight decay is added to the gradient. */
export function adam(
  parameters: ParameterSet,
  gradients: ParameterSet,
  state: AdamState,
  options: AdamOptions,
): void {
  checkOptions("adam", options, adamKeys);
  update("adam", parameters, gradients, state, options, 0, false);
}

/**
 * One step of AdamW, changing `parameters` and `state` in place; weight decay shrinks the parameter itself.
 *
 * @example
 * const state = adamState(weights);
 * adamw(weights, gradients, state, { learningRate: 1e-3, weightDecay: (name) => (name.endsWith(".b") ? 0 : 0.1) });
 */
export function adamw(
  parameters: ParameterSet,
  gradients: ParameterSet,
  state: AdamState,
  options: AdamOptions,
): void {
  checkOptions("adamw", options, adamKeys);
  update("adamw", parameters, gradients, state, options, 0.01, true);
}

function update(
  subject: string,
  parameters: ParameterSet,
  gradients: ParameterSet,
  state: AdamState,
  options: AdamOptions,
  usualDecay: number,
  decoupled: boolean,
): void {
  const {
    learningRate,
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon = 1e-8,
    weightDecay = usualDecay,
  } = options;
  checkOption(`${subject}: learningRate`, learningRate, 0);
  checkOption(`${subject}: beta1`, beta1, 0, 1);
  checkOption(`${subject}: beta2`, beta2, 0, 1);
  checkMatching(subject, parameters, gradients, "gradient");
  checkMatching(subject, parameters, state.mean, "mean");
  checkMatching(subject, parameters, state.square, "square");
  state.step++;
  const stepSize = learningRate / (1 - beta1 ** state.step);
  const squareScale = 1 / Math.sqrt(1 - beta2 ** state.step);
  for (const [name, values] of Object.entries(parameters)) {
    const gradient = gradients[name]!;
    const mean = state.mean[name]!;
    const square = state.square[name]!;
    const decay = perParameter(weightDecay, name);
    const shrink = decoupled ? 1 - learningRate * decay : 1;
    const coupled = decoupled ? 0 : decay;
    for (let i = 0; i < values.length; i++) {
      const slope = gradient[i]! + coupled * values[i]!;
      const m = beta1 * mean[i]! + (1 - beta1) * slope;
      const v = beta2 * square[i]! + (1 - beta2) * slope * slope;
      mean[i] = m;
      square[i] = v;
      values[i] = shrink * values[i]! - (stepSize * m) / (Math.sqrt(v) * squareScale + epsilon);
    }
  }
}
