/** @file Columns of text for a terminal. */

import { columnTexts } from "@diopter/plot";

export type Cell = string | number | undefined;

/** Rows under a head, columns as wide as their longest cell; numbers to the right, nothing coloured. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const numeric = head.map((_, j) =>
    rows.every((row) => row[j] === undefined || typeof row[j] === "number"),
  );
  const columns = head.map((_, j) => printed(rows.map((row) => row[j])));
  const text = [head, ...rows.map((_, i) => columns.map((column) => column[i]!))];
  const widths = head.map((_, j) => Math.max(...text.map((row) => [...row[j]!].length)));
  return text
    .map((row) => {
      const cells = row.map((cell, j) => {
        const gap = " ".repeat(widths[j]! - [...cell].length);
        return numeric[j] ? gap + cell : cell + gap;
      });
      return `${cells.join("  ").trimEnd()}\n`;
    })
    .join("");
}

/** The numbers of a column in one form, with the minus of keyboards. */
function printed(column: readonly Cell[]): string[] {
  const numbers = columnTexts(
    column.filter((cell) => typeof cell === "number"),
    4,
  );
  let next = 0;
  return column.map((cell) =>
    typeof cell === "number" ? numbers[next++]!.replaceAll("−", "-") : (cell ?? ""),
  );
}

/** A token as a reader of a terminal should see it: outer spaces as dots, control characters escaped. */
export function shown(token: string): string {
  return token
    .replace(/^ +| +$/g, (spaces) => "·".repeat(spaces.length))
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
}

/** `\\n` for a newline, `\\u{202e}` for what has no short form. */
function escaped(c: string): string {
  const short = JSON.stringify(c).slice(1, -1);
  return /^\\[nrtbf]$/.test(short) ? short : `\\u{${c.codePointAt(0)!.toString(16)}}`;
}

/** `480 MB`: decimal units, as disks and networks count. */
export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(count) / 3));
  const value = count / 1000 ** power;
  return `${power > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}
