/**
 * @file What files must look like, and reading them: a value of the right form, or an error that names the place.
 *
 * Messages of schemas are what was expected, in words; where it was and what was there comes from `readAs`.
 */

import { brief, didYouMean, quoted } from "@diopter/graph";
import * as v from "valibot";

type Schema = v.GenericSchema;

/**
 * A value as a schema has it, without fields that the schema does not name.
 *
 * Throws `TypeError` for a value of another kind and `RangeError` for another value of its kind, with `subject`, the
 * place and what was there in at most 80 characters.
 *
 * @example readAs(v.object({ ids: list(index) }), { ids: [1.5] }, "task"); // task: ids[0]: expected …, got 1.5
 */
export function readAs<S extends Schema>(
  schema: S,
  value: unknown,
  subject: string,
): v.InferOutput<S> {
  const result = v.safeParse(schema, value, early);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = issue.path ?? [];
  const where = placeOf(path);
  const who = where === "" ? subject : `${subject}: ${where}`;
  const last = path.at(-1);
  if (last && issue.input === undefined) {
    const others = Object.keys(last.input as object).filter((key) => key !== last.key);
    throw new TypeError(`${who}: missing${didYouMean(String(last.key), others)}`);
  }
  const Kind = isOfKind(issue) ? RangeError : TypeError;
  throw new Kind(`${who}: expected ${issue.message}, got ${quoted(issue.input)}`);
}

/** The value of a JSON text. Throws `RangeError` for text that is none. */
export function parseJSON(text: string, subject: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RangeError(`${subject}: not JSON: ${brief((error as Error).message)}`, {
      cause: error,
    });
  }
}

/** What a table has under a name of its own; `constructor` and the like are names as any other. */
export function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

export const text = v.string("text");
export const flag = v.boolean("a boolean");
export const finite = v.pipe(v.number("a number"), v.finite("a finite number"));
/** A token id, a position, any other index. */
export const index = v.pipe(
  v.number("an integer from 0"),
  v.safeInteger("an integer from 0"),
  v.minValue(0, "an integer from 0"),
);
/** A count of at least one. */
export const size = v.pipe(
  v.number("a positive integer"),
  v.safeInteger("a positive integer"),
  v.minValue(1, "a positive integer"),
);

export function list<S extends Schema>(of: S) {
  return v.array(of, "a list");
}

/** What an iterable gives, as `list` takes it; other values as they are. */
export function listed(value: unknown): unknown {
  const isIterable = typeof value === "object" && value !== null && Symbol.iterator in value;
  return isIterable ? Array.from(value as Iterable<unknown>) : value;
}

/** An object with these fields; others are left out. */
export function fields<const E extends v.ObjectEntries>(entries: E) {
  // A list is an object too, for the library.
  return v.pipe(v.custom<object>(isTable, "an object"), v.object(entries, "an object"));
}

/** A field that may be absent, or null as Python writes it. */
export function maybe<S extends Schema>(of: S) {
  return v.pipe(
    v.nullish(of),
    v.transform((value) => value ?? undefined),
  );
}

/** One of these words. */
export function oneOf<const W extends string>(...words: readonly W[]) {
  return v.picklist(words, words.map((word) => `"${word}"`).join(" or "));
}

/** This word or number and no other. */
export function exactly<const T extends string | number>(value: T) {
  return v.literal(value, JSON.stringify(value));
}

/** An object as a table: values of one kind by any own names, such as `constructor` too. */
export function named<S extends Schema>(of: S) {
  return v.pipe(
    v.custom<Readonly<Record<string, unknown>>>(isTable, "an object"),
    v.rawTransform(({ dataset: { value: table }, addIssue, NEVER }) => {
      const entries: [string, v.InferOutput<S>][] = [];
      for (const [key, value] of Object.entries(table)) {
        const result = v.safeParse(of, value, early);
        if (!result.success) {
          const [{ message, input, path = [], kind, type }] = result.issues;
          const here: v.ObjectPathItem = {
            type: "object",
            origin: "value",
            input: table,
            key,
            value,
          };
          // Whether it is of the right kind is known from what failed within.
          addIssue({ message, input, path: [here, ...path], expected: `${kind} ${type}` });
          return NEVER;
        }
        entries.push([key, result.output]);
      }
      return Object.fromEntries(entries) as Readonly<Record<string, v.InferOutput<S>>>;
    }),
  );
}

const early = { abortEarly: true, abortPipeEarly: true } as const;

function isTable(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether the value is of the kind that was expected and only not one of those that may be. */
function isOfKind({ kind, type, expected, input }: v.BaseIssue<unknown>): boolean {
  const [innerKind, innerType] = type === "raw_transform" ? expected!.split(" ") : [kind, type];
  if (innerKind === "validation") return typeof input === "number" || typeof input === "string";
  const word = innerType === "picklist" || innerType === "literal";
  return word && (typeof input === "string" || typeof input === "number");
}

/** A path as code has it: `prompts[3].word_idxs["last name"]`. */
function placeOf(path: readonly v.IssuePathItem[]): string {
  return path.reduce((place, { key }) => {
    if (typeof key === "number") return `${place}[${key}]`;
    const name = String(key);
    if (!/^[A-Za-z_$][\w$]{0,60}$/.test(name)) return `${place}[${quoted(name)}]`;
    return place === "" ? name : `${place}.${name}`;
  }, "");
}
