/** @file Where the positions that an edit names lie: slots of each prompt's own tokens, however they are padded. */

import type { Axis } from "../hooks/hook-axes";
import { slotAt, type TokenSlots, tokenSlots } from "../hooks/token-slots";
import type { TokenBatch } from "../text/prompt-values";
import type { Edit, Position } from "./edits";

/** Token positions with a name, one for all prompts or one per prompt. */
export type NamedPositions = Readonly<Record<string, number | readonly number[]>>;

/** What positions are counted in. */
export interface PositionScope {
  /** The whole sequences. */
  readonly tokens: TokenBatch;
  /** First slot that the run computes, 0 when absent; earlier ones are keys only. */
  readonly from?: number | undefined;
  readonly positions?: NamedPositions | undefined;
  /** The prompts as a run lays them, where generated tokens follow; positions count in the prompt. */
  readonly prompt?: TokenBatch | undefined;
}

/** A slot, and the position as it was written: what is looked up in other runs too. */
export interface Place {
  readonly slot: number;
  readonly position: Position;
}

/** Places along an axis, per row. */
export type Selection = readonly (readonly Place[])[];

/** What an edit chooses along positions (queries) and keys; undefined is all tokens. */
export interface Chosen {
  readonly pos: Selection | undefined;
  readonly key: Selection | undefined;
}

export function isPositionAxis(axis: Axis): boolean {
  return axis === "pos" || axis === "query";
}

/** Places that an edit names. Throws `RangeError` for positions that a prompt does not have. */
export function chosenBy(edit: Edit, axes: readonly Axis[], scope: PositionScope): Chosen {
  const slots = tokenSlots(scope.tokens);
  checkNames(edit, scope);
  if (edit.step !== undefined) checkSteps(edit, scope);
  if (edit.key !== undefined && !axes.includes("key"))
    throw new RangeError(`edit: "${edit.at}" has no key axis`);
  return {
    pos:
      edit.pos === undefined ? atSteps(edit, slots, scope) : placesOf(edit, edit.pos, slots, scope),
    key: edit.key === undefined ? undefined : placesOf(edit, edit.key, slots, scope),
  };
}

/** All tokens of each prompt, without those that were generated. */
export function promptPlaces({ tokens, prompt = tokens }: PositionScope): Selection {
  const lengths = tokenSlots(prompt).map((row) => row.length);
  return tokenSlots(tokens).map((row, r) =>
    row.slice(0, lengths[r]).map((slot, position) => ({ slot, position })),
  );
}

function placesOf(
  edit: Edit,
  wanted: Position | readonly Position[],
  slots: TokenSlots,
  scope: PositionScope,
): Selection {
  const list = Array.isArray(wanted) ? (wanted as readonly Position[]) : [wanted as Position];
  const prompts = tokenSlots(scope.prompt ?? scope.tokens);
  return slots.map((row, r) =>
    list.map((position) => {
      const index = typeof position === "string" ? namedPosition(position, r, scope) : position;
      const { length } = prompts[r]!;
      const slot = slotAt(row, index < 0 ? length + index : index);
      if (slot === undefined || !Number.isInteger(index) || index < -length || index >= length) {
        throw new RangeError(
          `edit: position ${index} at "${edit.at}" is out of range for prompt ${r} with ${length} tokens`,
        );
      }
      return { slot, position };
    }),
  );
}

/** The tokens that are read first at the steps of an edit: step 0 reads the prompt, step s the s-th new token. */
function atSteps(edit: Edit, slots: TokenSlots, scope: PositionScope): Selection | undefined {
  if (edit.step === undefined) return undefined;
  const places = promptPlaces(scope);
  return slots.map((row, r) =>
    stepsOf(edit)!.flatMap((step) => {
      if (step === 0) return places[r]!;
      const position = places[r]!.length + step - 1;
      const slot = slotAt(row, position);
      return slot === undefined ? [] : [{ slot, position }];
    }),
  );
}

/** Names that an edit uses have one position for all prompts, or one for each. */
function checkNames(edit: Edit, { tokens: { batch }, positions = {} }: PositionScope): void {
  for (const name of [edit.pos, edit.key].flat()) {
    const given = typeof name === "string" && Object.hasOwn(positions, name) && positions[name];
    if (typeof given === "object" && given.length !== batch) {
      throw new RangeError(
        `edit: position "${name}" is given for ${given.length} prompts, expected ${batch} or one number for all`,
      );
    }
  }
}

function checkSteps(edit: Edit, { prompt }: PositionScope): void {
  if (!prompt)
    throw new RangeError(`edit: step at "${edit.at}" is for generate; here, choose by pos`);
  if (edit.pos !== undefined) {
    throw new RangeError(
      `edit: "${edit.at}" has pos and step; step 0 is the whole prompt, step s the s-th new token; give one of them`,
    );
  }
  for (const step of stepsOf(edit)!) {
    if (!Number.isInteger(step) || step < 0)
      throw new RangeError(`edit: step ${step} at "${edit.at}" is no integer of 0 or more`);
  }
}

/** Steps that an edit is held to; undefined where it acts at all of them. */
export function stepsOf({ step }: Pick<Edit, "step">): readonly number[] | undefined {
  return typeof step === "number" ? [step] : step;
}

/** Whether an edit reaches tokens that generation adds; positions are those of the prompt. */
export function actsOnNewTokens(edit: Edit): boolean {
  return edit.pos === undefined && (stepsOf(edit)?.some((step) => step > 0) ?? true);
}

/** The position behind a name in one prompt. Throws `RangeError` for unknown names. */
export function namedPosition(
  name: string,
  row: number,
  { positions = {} }: PositionScope,
): number {
  const position = Object.hasOwn(positions, name) ? positions[name] : undefined;
  const index = typeof position === "object" ? position[row] : position;
  if (index === undefined) {
    const known = Object.keys(positions);
    throw new RangeError(
      `edit: no position named "${name}" for prompt ${row}; named positions: ${known.length > 0 ? known.join(", ") : "none"}`,
    );
  }
  return index;
}
