/** @file Options that the commands about circuits share. */

import type { Estimate } from "@diopter/statistics";
import { integer } from "../options";
import type { TaskRequest } from "./task-for";

export const taskOption = {
  type: "string",
  required: false,
  valueHint: "task",
  description:
    "ioi, docstring, greater-than, capitals, agreement or induction, with the world's models also sports, facts or companies; " +
    "or a .json file of prompts; ioi by default",
} as const;

export const nOption = {
  type: "string",
  valueHint: "n",
  description: "prompts, 100 by default",
} as const;

export const seedOption = {
  type: "string",
  valueHint: "n",
  description: "of everything that is drawn, 0 by default",
} as const;

export const circuitArgument = {
  type: "positional",
  required: true,
  description:
    "a .json file that circuit discover wrote, or a published circuit such as ioi-26-heads",
} as const;

/** The prompts that the options ask for; indirect objects unless told. */
export function taskRequest(
  command: string,
  {
    task = "ioi",
    n,
    seed,
  }: { task?: string | undefined; n?: string | undefined; seed?: string | undefined },
): TaskRequest {
  return {
    task,
    n: integer(`${command}: --n`, n, { min: 2 }) ?? 100,
    seed: integer(`${command}: --seed`, seed, { min: 0 }) ?? 0,
  };
}

/** An estimate with its bootstrap interval, in the form that JSON has. */
export function intervalOf({ estimate, bootstrap: { low, high } }: Estimate) {
  return { estimate, low, high };
}
