/** @file Numbers as text in charts, by d3-format specifiers. */

import { format as d3Format } from "d3-format";
import { kindOf } from "./check";

/** A d3-format specifier such as `".1%"`, or a function. */
export type NumberFormat = string | ((value: number) => string);

/** A formatter of single numbers that also has words for what is not finite; by default whole numbers, else 3 digits. */
export function formatter(subject: string, format?: NumberFormat): (value: number) => string {
  return worded(typeof format === "function" ? format : parse(subject, format));
}

/** A formatter of numbers that are read beside each other: by default all have the same decimals, or all an exponent. */
export function columnFormatter(
  subject: string,
  values: readonly number[],
  format?: NumberFormat,
): (value: number) => string {
  return format === undefined ? worded(oneForm(values, 3)) : formatter(subject, format);
}

/**
 * Numbers of one column as text of one form: whole numbers, the same decimals, or exponents throughout.
 *
 * The largest has `digits` digits, one more where others are below a hundredth of it; what is too small to show and not 0
 * is `<0.001`.
 *
 * @throws RangeError when `digits` is not a whole number from 1 to 12.
 * @example
 * columnTexts([1.02, 1.97e-7, 0]); // ["1.020", "<0.001", "0.000"]
 */
export function columnTexts(values: readonly number[], digits = 3): string[] {
  if (!(Number.isInteger(digits) && digits >= 1 && digits <= 12))
    throw new RangeError(`columnTexts: digits must be a whole number from 1 to 12, got ${digits}`);
  return values.map(worded(oneForm(values, digits)));
}

function worded(print: (value: number) => string): (value: number) => string {
  return (value) => {
    if (Number.isNaN(value)) return "NaN";
    if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
    return String(print(value + 0)); // + 0 turns -0 into 0
  };
}

function parse(subject: string, specifier: unknown): (value: number) => string {
  if (specifier === undefined) return plain();
  if (typeof specifier !== "string") {
    throw new TypeError(`${subject} must be a string or a function, got ${kindOf(specifier)}`);
  }
  try {
    return d3Format(specifier);
  } catch {
    throw new RangeError(
      `${subject}: ${JSON.stringify(specifier)} is not a d3-format specifier such as ".1%"`,
    );
  }
}

/** No exponents and no lost digits where a reader expects none: 7812, not 7.81e+3. */
function plain(): (value: number) => string {
  const [three, whole] = [d3Format(".3~g"), d3Format("d")];
  return (value) => {
    const size = Math.abs(value);
    const countable = Number.isInteger(value) ? size < 1e9 : size >= 100 && size < 1e6;
    return countable ? whole(value) : three(value);
  };
}

/**
 * So many digits of the largest number, one more where others are below a hundredth of it, and the fewest decimals that
 * show the same; what would be printed as 0 and is not is `<0.001`.
 */
function oneForm(all: readonly number[], least: number): (value: number) => string {
  const values = all.filter(Number.isFinite);
  const sizes = values.map(Math.abs).filter((size) => size > 0);
  const largest = sizes.reduce((a, b) => Math.max(a, b), 0);
  const smallest = sizes.reduce((a, b) => Math.min(a, b), largest);
  if (values.every(Number.isInteger) && largest < 1e9) return d3Format("d");
  if (largest >= 1e6 || largest < 1e-4) return d3Format(`.${least - 1}e`);

  const digits = smallest < largest / 100 ? least + 1 : least;
  const most = Math.max(0, digits - 1 - Math.floor(Math.log10(largest)));
  const zeros = values.map((value) => {
    const text = value.toFixed(most);
    return value !== 0 && Number(text) === 0 ? 0 : /0*$/.exec(text)![0].length;
  });
  const decimals = most - Math.min(most, ...zeros);
  const [print, step] = [d3Format(`.${decimals}f`), 10 ** -decimals];
  return (value) => {
    if (value === 0 || Math.abs(value) >= step / 2) return print(value);
    return value > 0 ? `<${print(step)}` : `>${print(-step)}`;
  };
}
