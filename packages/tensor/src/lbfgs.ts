/** @file Limited-memory BFGS with a strong Wolfe line search (Nocedal and Wright 2006, algorithm 7.5). */

import { checkOptions, type OptionKeys } from "./check-options";
import { dot, flatten, largest, unflatten } from "./flat-parameters";
import {
  checkMemory,
  cloneState,
  directionAt,
  type LbfgsState,
  type Place,
  remember,
} from "./lbfgs-memory";
import { checkMatching, checkOption, type Parameter, type ParameterSet } from "./parameters";
import { type LinePoint, strongWolfe } from "./wolfe";

export interface LbfgsOptions {
  /** Default 100. */
  maxIterations?: number;
  /** How many past steps shape the next; default 10. */
  memory?: number;
  /** Stop when no gradient element is larger; default 1e-6. */
  gradientTolerance?: number;
  /** Stop when the value changes by less than this share of max(1, |value|); default 0 (off). */
  valueTolerance?: number;
  /** Function evaluations per line search; default 25. */
  maxLineEvaluations?: number;
  /** Go on from where an earlier run ended. */
  state?: LbfgsState;
  /** Stops with the signal's reason before the next step. */
  signal?: AbortSignal;
  onProgress?: (progress: { iteration: number; value: number; gradientNorm: number }) => void;
}

const lbfgsKeys: OptionKeys<LbfgsOptions> = {
  maxIterations: "optional",
  memory: "optional",
  gradientTolerance: "optional",
  valueTolerance: "optional",
  maxLineEvaluations: "optional",
  state: "optional",
  signal: "optional",
  onProgress: "optional",
};

export interface Evaluation {
  readonly value: number;
  readonly gradients: ParameterSet;
}

export interface LbfgsResult {
  readonly parameters: Record<string, Parameter>;
  readonly value: number;
  /** Largest absolute gradient element. */
  readonly gradientNorm: number;
  readonly iterations: number;
  readonly evaluations: number;
  /** Why it stopped; the first two are success. */
  readonly reason: "gradient" | "value" | "iterations" | "line search";
  readonly state: LbfgsState;
}

/**
 * Minimises a function of named parameters; the start is left as it is.
 *
 * Throws RangeError when the function is not finite at the start.
 *
 * @example
 * lbfgs({ x: Float64Array.of(3) }, ({ x }) => ({ value: x[0] ** 2, gradients: { x: Float64Array.of(2 * x[0]) } }));
 */
export function lbfgs<P extends ParameterSet>(
  start: P,
  evaluate: (parameters: P) => Evaluation,
  options: LbfgsOptions = {},
): LbfgsResult {
  checkOptions("lbfgs", options, lbfgsKeys);
  const run = descend(start, options);
  let turn = run.next();
  while (!turn.done) turn = run.next(evaluate(turn.value as unknown as P));
  return turn.value;
}

/** As `lbfgs`, for a function that answers later. */
export async function lbfgsAsync<P extends ParameterSet>(
  start: P,
  evaluate: (parameters: P) => Promise<Evaluation>,
  options: LbfgsOptions = {},
): Promise<LbfgsResult> {
  checkOptions("lbfgsAsync", options, lbfgsKeys);
  const run = descend(start, options);
  let turn = run.next();
  while (!turn.done) turn = run.next(await evaluate(turn.value as unknown as P));
  return turn.value;
}

function* descend(
  start: ParameterSet,
  options: LbfgsOptions,
): Generator<Record<string, Parameter>, LbfgsResult, Evaluation> {
  const { maxIterations = 100, memory = 10, maxLineEvaluations = 25 } = options;
  const { gradientTolerance = 1e-6, valueTolerance = 0 } = options;
  checkOption("lbfgs: memory", memory, 1);
  const state = cloneState(options.state);
  checkMemory(state, flatten(start, start).length);
  let evaluations = 0;

  function* visit(x: Float64Array): Generator<Record<string, Parameter>, Place, Evaluation> {
    const { value, gradients } = yield unflatten(x, start);
    evaluations++;
    checkMatching("lbfgs", start, gradients, "gradient");
    return { x, value, gradient: flatten(gradients, start) };
  }

  let here = yield* visit(flatten(start, start));
  if (!Number.isFinite(here.value) || !here.gradient.every(Number.isFinite)) {
    throw new RangeError(
      `lbfgs: value or gradient is not finite at the start (value ${here.value})`,
    );
  }
  let iterations = 0;
  let reason: LbfgsResult["reason"] | undefined;
  while (!reason) {
    if (largest(here.gradient) <= gradientTolerance) reason = "gradient";
    else if (iterations >= maxIterations) reason = "iterations";
    if (reason) break;
    options.signal?.throwIfAborted();
    const next: Place | undefined = yield* searchFrom(here, state, maxLineEvaluations, visit);
    if (!next) {
      reason = "line search";
      break;
    }
    const change = here.value - next.value;
    remember(state, here, next, memory);
    here = next;
    iterations++;
    options.onProgress?.({
      iteration: state.iteration,
      value: here.value,
      gradientNorm: largest(here.gradient),
    });
    if (change < valueTolerance * Math.max(1, Math.abs(here.value))) reason = "value";
  }
  return {
    parameters: unflatten(here.x, start),
    value: here.value,
    gradientNorm: largest(here.gradient),
    iterations,
    evaluations,
    reason,
    state,
  };
}

/** Follows the quasi-Newton direction; where that leads nowhere, forgets the past and tries the gradient's. */
function* searchFrom(
  here: Place,
  state: LbfgsState,
  maxEvaluations: number,
  visit: (x: Float64Array) => Generator<Record<string, Parameter>, Place, Evaluation>,
): Generator<Record<string, Parameter>, Place | undefined, Evaluation> {
  for (;;) {
    const fresh = state.steps.length === 0;
    const direction = directionAt(here.gradient, state);
    const slope = dot(direction, here.gradient);
    if (slope < 0) {
      const length = Math.sqrt(dot(here.gradient, here.gradient));
      const search = strongWolfe(
        { step: 0, value: here.value, slope },
        fresh ? Math.min(1, 1 / length) : 1,
        { decrease: 1e-4, curvature: 0.9, maxEvaluations },
      );
      let place: Place | undefined;
      let turn = search.next();
      while (!turn.done) {
        const step = turn.value;
        place = yield* visit(here.x.map((value, i) => value + step * direction[i]!));
        const point: LinePoint = {
          step,
          value: place.value,
          slope: dot(direction, place.gradient),
        };
        turn = search.next(point);
      }
      // The point that the search returns is the one it asked for last.
      if (turn.value) return place;
    }
    if (fresh) return undefined;
    state.steps.length = 0;
    state.changes.length = 0;
  }
}
