/**
 * @file What an interrupted job leaves, and whose it is: no other job goes on with it.
 *
 * The one protocol of everything that can be resumed: a job gives its state to `onState`, and takes it back as `resume`.
 */

import { quoted } from "@diopter/graph";
import { sha256 } from "../weights/hash-weights";

/** What a job is: its kind, the version of the code, and by name whatever else decides its numbers, large things as their hash. */
export interface JobIdentity {
  /** Such as `"diopter/sweep"`. */
  readonly kind: string;
  readonly version: string;
  readonly job: Readonly<Record<string, string>>;
}

/** The state of a job: plain data, which `stateToJSON` writes. */
export interface JobState<Data> extends JobIdentity {
  readonly schema: 1;
  readonly data: Data;
}

/** Longest JSON that is kept as it is, to be shown where two jobs differ. */
const longest = 80;

/** The identity of a job from what it is made of; functions do not count, so a metric of one's own is known by its name. */
export async function identifyJob(
  kind: string,
  version: string,
  facts: Readonly<Record<string, unknown>>,
): Promise<JobIdentity> {
  const job: Record<string, string> = {};
  for (const [name, value] of Object.entries(facts)) {
    const text = await canonical(value);
    job[name] = text.length <= longest ? text : await hashOf(text);
  }
  return { kind, version, job };
}

/** A state of a job. */
export function jobState<Data>({ kind, version, job }: JobIdentity, data: Data): JobState<Data> {
  return { kind, schema: 1, version, job, data };
}

/** What keeps a state from being one of this job; undefined where it is. */
export function differenceOf(state: unknown, identity: JobIdentity): string | undefined {
  const found = (typeof state === "object" && state !== null ? state : {}) as Partial<
    JobState<unknown>
  >;
  const parts = [
    ["kind", found.kind, identity.kind],
    ["schema", found.schema, 1],
    ["version", found.version, identity.version],
  ] as const;
  for (const [name, got, expected] of parts)
    if (got !== expected) return `its ${name} is ${quoted(got)}, expected ${quoted(expected)}`;
  const job = (typeof found.job === "object" && found.job !== null ? found.job : {}) as Record<
    string,
    unknown
  >;
  for (const name of new Set([...Object.keys(identity.job), ...Object.keys(job)])) {
    const got = Object.hasOwn(job, name) ? job[name] : undefined;
    const expected = Object.hasOwn(identity.job, name) ? identity.job[name] : undefined;
    if (got !== expected) return `its ${name} is ${shown(got)}, here ${shown(expected)}`;
  }
  return found.data === undefined ? "it has no data" : undefined;
}

/**
 * The data of a state.
 *
 * Throws `RangeError` for what is no state, or one of another job, with what differs.
 */
export function resumeData<Data>(
  who: string,
  state: JobState<Data>,
  identity: JobIdentity,
  isData: (data: Data) => boolean,
): Data {
  const difference =
    differenceOf(state, identity) ?? (isData(state.data) ? undefined : "its data is damaged");
  if (difference === undefined) return state.data;
  throw new RangeError(
    `${who}: the state to resume is not of this job: ${difference}; give the same options, or leave resume out`,
  );
}

/** Whether a value is `rows` lists of `columns` numbers, null where there is none yet. */
export function isTable(value: unknown, rows: number, columns: number): boolean {
  const isRow = (row: unknown) =>
    Array.isArray(row) &&
    row.length === columns &&
    row.every((x) => x === null || typeof x === "number");
  return Array.isArray(value) && value.length === rows && value.every(isRow);
}

/** Hashes stand for what is too long to be shown. */
function shown(text: unknown): string {
  if (typeof text !== "string") return text === undefined ? "missing" : quoted(text);
  return /^[0-9a-f]{64}$/.test(text) ? `${text.slice(0, 8)}…` : text;
}

const hashes = new WeakMap<ArrayBufferView, Promise<string>>();

/** A value as JSON with keys in order; numbers of tensors as their hash. */
async function canonical(value: unknown): Promise<string> {
  const views: ArrayBufferView[] = [];
  const text = JSON.stringify(value, (_key, item: unknown) => {
    if (ArrayBuffer.isView(item)) return `view ${views.push(item)} of ${item.constructor.name}`;
    if (typeof item === "number" && !Number.isFinite(item)) return String(item);
    if (typeof item === "bigint") return `${item}n`;
    if (typeof item !== "object" || item === null || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
  if (views.length === 0) return text ?? "undefined";
  return [text, ...(await Promise.all(views.map(hashOfView)))].join("\n");
}

function hashOfView(view: ArrayBufferView): Promise<string> {
  const known =
    hashes.get(view) ??
    sha256(new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength));
  hashes.set(view, known);
  return known;
}

function hashOf(text: string): Promise<string> {
  return sha256(new TextEncoder().encode(text));
}
