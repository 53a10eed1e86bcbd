/** @file Tables and lists of facts on a page. */

import { checkList, checkRecord, checkRecords, checkText, kindOf, requireText } from "./check";
import { type Markup, tag } from "./markup";
import { columnFormatter, formatter, type NumberFormat } from "./number";
import { visible } from "./visible";

/** What a cell of a table may hold; null and undefined are left blank. */
export type TableValue = string | number | bigint | boolean | null | undefined;

/** One thing to know at first sight. */
export interface PageFact {
  readonly label: string;
  readonly value: TableValue;
  /** What it means, in small. */
  readonly note?: string | undefined;
}

/** A list in which values stand out. */
export function factsMarkup(subject: string, value: unknown): Markup {
  const print = formatter(subject);
  const facts = checkRecords(subject, value, "facts", (name, fact) => {
    const note = checkText(`${name}.note`, fact.note);
    return tag(
      "div",
      {},
      tag("dt", {}, requireText(`${name}.label`, fact.label)),
      tag(
        "dd",
        {},
        tag("strong", {}, printed(`${name}.value`, fact.value, print)),
        note && ` ${note}`,
      ),
    );
  });
  return tag("dl", {}, facts);
}

/** A column for every key, numbers to the right. */
export function tableMarkup(subject: string, value: unknown, formats: unknown): Markup {
  const rows = checkList(subject, value, "records").map((row, i) => {
    checkRecord(`${subject}[${i}]`, row);
    return row as Record<string, TableValue>;
  });
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const prints = formattersOf(`${subject.replace(/table$/, "formats")}`, rows, columns, formats);
  const numeric = (column: string) => {
    const present = rows.flatMap((row) => row[column] ?? []);
    return present.length > 0 && present.every((value) => typeof value === "number");
  };
  const align = columns.map((column) => (numeric(column) ? "number" : undefined));
  return tag(
    "table",
    {},
    tag(
      "thead",
      {},
      tag(
        "tr",
        {},
        columns.map((column, j) => tag("th", { scope: "col", class: align[j] }, column)),
      ),
    ),
    tag(
      "tbody",
      {},
      rows.map((row, i) =>
        tag(
          "tr",
          {},
          columns.map((column, j) =>
            tag(
              "td",
              { class: align[j] },
              printed(`${subject}[${i}].${column}`, row[column], prints[j]!),
            ),
          ),
        ),
      ),
    ),
  );
}

function printed(subject: string, value: unknown, print: (value: number) => string): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "number") return print(value);
  if (typeof value === "string") return visible(value);
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  throw new TypeError(`${subject} must be a string, number or boolean, got ${kindOf(value)}`);
}

function formattersOf(
  subject: string,
  rows: readonly Record<string, TableValue>[],
  columns: readonly string[],
  formats: unknown,
): ((value: number) => string)[] {
  if (formats !== undefined) checkRecord(subject, formats);
  const given = new Map(Object.entries((formats ?? {}) as Record<string, NumberFormat>));
  const unknown = [...given.keys()].find((name) => !columns.includes(name));
  if (unknown !== undefined)
    throw new RangeError(`${subject}: the table has no column ${JSON.stringify(unknown)}`);
  return columns.map((column) => {
    const numbers = rows.map((row) => row[column]).filter((value) => typeof value === "number");
    return columnFormatter(`${subject}.${column}`, numbers, given.get(column));
  });
}
