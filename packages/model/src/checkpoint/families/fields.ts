/** @file Typed reading of a foreign `config.json`, with messages that name the field. */

import { quoted } from "@diopter/graph";
import type { ActivationFunction } from "../../config/config";
import { UnsupportedModelError } from "../../config/errors";

const activations: ReadonlyMap<string, ActivationFunction> = new Map([
  ["relu", "relu"],
  ["gelu", "gelu"],
  ["gelu_new", "gelu_new"],
  ["gelu_pytorch_tanh", "gelu_new"],
  ["gelu_fast", "gelu_fast"],
  ["quick_gelu", "quick_gelu"],
  ["silu", "silu"],
  ["swish", "silu"],
  ["tanh", "tanh"],
  ["linear", "identity"],
  ["identity", "identity"],
]);

/** Most layers that a configuration may claim, a multiple of what anybody has trained. */
const mostLayers = 10_000;

/** The fields of one JSON object, read by name; a field that is `null` counts as absent. */
export class Fields {
  /** What begins every message. */
  readonly subject: string;
  readonly #values: Readonly<Record<string, unknown>>;

  /** `subject` begins every message, such as `"gpt2: config.json"`. */
  constructor(subject: string, values: Readonly<Record<string, unknown>>) {
    this.subject = subject;
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#get(name) !== undefined;
  }

  /** Whether the field is written at all, `null` included. */
  says(name: string): boolean {
    return Object.hasOwn(this.#values, name);
  }

  /** A positive integer under the first of `names` that is there. */
  size(...names: [string, ...string[]]): number {
    const value = this.sizeOr(undefined, ...names);
    if (value === undefined) {
      throw new RangeError(
        `${this.subject} has no ${names.join(" or ")}; expected a positive integer`,
      );
    }
    return value;
  }

  /** As `size`, or `fallback` when no field is there. */
  sizeOr<T>(fallback: T, ...names: [string, ...string[]]): number | T {
    const name = names.find((each) => this.has(each));
    if (name === undefined) return fallback;
    const value = this.#get(name);
    if (!Number.isSafeInteger(value) || (value as number) < 1) {
      throw this.#wrong(name, "a positive integer");
    }
    return value as number;
  }

  /** What the library makes of a size that may be `null`: undefined for that, `unsaid` where it is not written. */
  sizeOrNull<T>(unsaid: T, name: string): number | T | undefined {
    return this.says(name) ? this.sizeOr(undefined, name) : unsaid;
  }

  /** As `size`, but no more than a model can have of layers: lists with an entry for each are made of it. */
  layers(...names: [string, ...string[]]): number {
    const count = this.size(...names);
    if (count <= mostLayers) return count;
    const name = names.find((each) => this.has(each))!;
    throw this.#wrong(name, `at most ${mostLayers} layers`, RangeError);
  }

  /** A finite number, or `fallback` when the field is not there. */
  number<T>(name: string, fallback: T): number | T {
    const value = this.#get(name);
    if (value === undefined) return fallback;
    if (typeof value !== "number" || !Number.isFinite(value)) throw this.#wrong(name, "a number");
    return value;
  }

  /** As `number`, but above 0. */
  positive<T>(name: string, fallback: T): number | T {
    const value = this.number(name, fallback);
    if (this.has(name) && (value as number) <= 0)
      throw this.#wrong(name, "a number above 0", RangeError);
    return value;
  }

  /** As `number`, but 0 or more. */
  nonNegative<T>(name: string, fallback: T): number | T {
    const value = this.number(name, fallback);
    if (this.has(name) && (value as number) < 0) throw this.#wrong(name, "0 or more", RangeError);
    return value;
  }

  boolean<T>(name: string, fallback: T): boolean | T {
    const value = this.#get(name);
    if (value === undefined) return fallback;
    if (typeof value !== "boolean") throw this.#wrong(name, "true or false");
    return value;
  }

  /** One of `choices`, or `fallback` when the field is not there. */
  choice<const C extends string, const T>(name: string, choices: readonly C[], fallback: T): C | T {
    const value = this.#get(name);
    if (value === undefined) return fallback;
    if (typeof value !== "string") throw this.#wrong(name, "a string");
    if (!choices.includes(value as C)) {
      throw this.unsupported(name, choices);
    }
    return value as C;
  }

  activation(name: string, fallback: ActivationFunction): ActivationFunction {
    const choice = this.choice(name, [...activations.keys()], undefined);
    return (choice === undefined ? undefined : activations.get(choice)) ?? fallback;
  }

  /** A list of `count` of `choices`, or undefined when the field is not there. */
  choices<const C extends string>(
    name: string,
    choices: readonly C[],
    count: number,
  ): readonly C[] | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || value.length !== count)
      throw this.#wrong(name, `a list of ${count}`);
    if (!value.every((each) => choices.includes(each))) throw this.unsupported(name, choices);
    return value;
  }

  /** A list of `count` finite numbers, or undefined when the field is not there. */
  numbers(name: string, count: number): readonly number[] | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || value.length !== count || !value.every(Number.isFinite)) {
      throw this.#wrong(name, `a list of ${count} numbers`);
    }
    return value;
  }

  /** A nested object, or undefined when the field is not there. */
  object(name: string): Fields | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    if (typeof value !== "object" || Array.isArray(value)) throw this.#wrong(name, "an object");
    return new Fields(`${this.subject} ${name}`, value as Record<string, unknown>);
  }

  /** The raw value, undefined when absent. */
  value(name: string): unknown {
    return this.#get(name);
  }

  /** Refuses a setting that the canonical transformer has no switch for. */
  refuse(name: string, reason: string): void {
    const value = this.#get(name);
    if (value !== undefined && value !== false) {
      throw new UnsupportedModelError(
        `${this.subject} has ${name} ${quoted(value)}, which is not supported: ${reason}`,
      );
    }
  }

  unsupported(name: string, choices: readonly string[]): UnsupportedModelError {
    return new UnsupportedModelError(
      `${this.subject} has ${name} ${quoted(this.#get(name))}; supported: ${choices.join(", ")}`,
    );
  }

  #get(name: string): unknown {
    const value = Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
    return value === null ? undefined : value;
  }

  #wrong(name: string, expected: string, Kind: ErrorConstructor = TypeError): Error {
    return new Kind(`${this.subject} has ${name} ${quoted(this.#get(name))}; expected ${expected}`);
  }
}
