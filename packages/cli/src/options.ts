/** @file Options that commands share, and how their values are read. */

import { didYouMean } from "@diopter/graph";
import type { RuntimeName } from "./runtime";
import { UsageError } from "./usage-error";

export const modelArgument = {
  type: "positional",
  required: true,
  description: "folder or ONNX file, owner/name on a hub, world-causal or world-masked",
} as const;

export const promptArgument = {
  type: "positional",
  required: true,
  description: "text, in quotes",
} as const;

export const tokensOption = {
  type: "boolean",
  description: "the prompt is token ids parted by commas",
} as const;

export const jsonOption = { type: "boolean", description: "print JSON" } as const;

export const runtimeOption = {
  type: "enum" as const,
  options: ["node", "reference"] as RuntimeName[],
  valueHint: "runtime",
  description: "node (ONNX Runtime, float32, the default) or reference (float64 in JavaScript)",
};

/** An integer in a range. Throws `UsageError` naming the option. */
export function integer(
  option: string,
  text: string | undefined,
  range: { readonly min?: number; readonly max?: number } = {},
): number | undefined {
  if (text === undefined) return undefined;
  const { min = Number.NEGATIVE_INFINITY, max = Number.MAX_SAFE_INTEGER } = range;
  const value = Number(text);
  if (/^-?\d+$/.test(text) && value >= min && value <= max) return value;
  const kind = min === 1 ? "a positive integer" : min === 0 ? "an integer from 0" : "an integer";
  throw new UsageError(`${option} is "${text}", expected ${kind}`);
}

/** A number from 0. Throws `UsageError` naming the option. */
export function amount(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d*\.?\d+$/.test(text)) return Number(text);
  throw new UsageError(`${option} is "${text}", expected a number from 0`);
}

/** A share from 0 to 1. Throws `UsageError` naming the option. */
export function share(option: string, text: string | undefined): number | undefined {
  const value = amount(option, text);
  if (value === undefined || value <= 1) return value;
  throw new UsageError(`${option} is "${text}", expected a number from 0 to 1`);
}

/** Integers parted by commas. */
export function integers(option: string, text: string | undefined): number[] | undefined {
  if (text === undefined) return undefined;
  const parts = text.split(",").map((part) => part.trim());
  if (parts.every((part) => /^-?\d+$/.test(part))) return parts.map(Number);
  throw new UsageError(`${option} is "${text}", expected integers parted by commas`);
}

/** Words of a list, each one of `known`. Throws `UsageError` naming the option. */
export function choices<const T extends string>(
  option: string,
  text: string | undefined,
  known: readonly T[],
): T[] | undefined {
  if (text === undefined) return undefined;
  return words(text).map((word) => {
    const found = known.find((each) => each === word);
    if (found !== undefined) return found;
    throw new UsageError(
      `${option} has "${word}", expected ${known.join(", ")}${didYouMean(word, known)}`,
    );
  });
}

/** The prompt as text, or as ids with `--tokens`. */
export function promptOf(args: {
  prompt: string;
  tokens?: boolean | undefined;
}): string | number[] {
  if (!args.tokens) return args.prompt;
  const parts = args.prompt.split(",").map((part) => part.trim());
  if (parts.every((part) => /^\d+$/.test(part))) return parts.map(Number);
  throw new UsageError(`--tokens: prompt is "${args.prompt}", expected token ids parted by commas`);
}

/** Words parted by commas, but not by those within braces: `a.{b,c}, d` is two. */
export function words(text: string): string[] {
  const parts = text.match(/(\{[^}]*\}|[^,])+/g) ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}
