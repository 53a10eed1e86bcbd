/** @file Token strip: running text in which each token is coloured by a value. */

import { checkOptions } from "@diopter/tensor";
import { cell, cellRules } from "./cell";
import { type ChartOptions, chart, chartKeys, type Drawing, margin, noData } from "./chart";
import { checkNumbers, checkRecord, checkStrings, checkText, checkWidth } from "./check";
import { legend } from "./legend";
import type { Markup } from "./markup";
import { fit, measure } from "./measure";
import { formatter, type NumberFormat } from "./number";
import { type ColorScale, colorScale, type ScaleOptions, scaleKeys } from "./scale";
import { quoted, visible } from "./visible";
import { counted, rangeInWords } from "./words";

export interface TokensData {
  readonly tokens: readonly string[];
  /** One value per token. NaN and infinities are left uncoloured; the tooltip says which. */
  readonly values: ArrayLike<number>;
}

export interface TokensOptions extends ChartOptions, ScaleOptions {
  /** What the values are, written over the legend: `"loss (nats)"`. */
  readonly legend?: string | undefined;
  readonly format?: NumberFormat | undefined;
  /** Pixels of the whole chart, after which the strip goes on in the next line; 744 by default, 344 fit a phone. */
  readonly width?: number | undefined;
}

const fontSize = 11;
const padding = 5;
const lineHeight = 26;
const longest = 24 * fontSize; // px of text; a longer token is abbreviated and whole in its tooltip

/**
 * A strip of tokens as an SVG string; a token that ends in a newline ends its line.
 *
 * @throws TypeError or RangeError naming the argument: `tokens: values has 3 entries, expected 4`.
 * @example
 * tokens({ tokens: ["The", " cat"], values: [3.1, 0.4] }, { legend: "loss (nats)" });
 */
export function tokens(data: TokensData, options: TokensOptions = {}): string {
  checkRecord("tokens: data", data);
  checkOptions("tokens", options, {
    ...chartKeys,
    ...scaleKeys,
    legend: "optional",
    format: "optional",
    width: "optional",
  });
  const strings = checkStrings("tokens: tokens", data.tokens);
  const values = checkNumbers("tokens: values", data.values, strings.length);
  const width = (checkWidth("tokens: width", options.width, 104) ?? 744) - 2 * margin;
  const print = formatter("tokens: format", options.format);
  const scale = colorScale("tokens", values, options);

  const key = legend(scale, print, checkText("tokens: legend", options.legend));
  const body = values.length === 0 ? [noData] : [key, strip(strings, values, width, scale, print)];
  const summary = `${counted(values.length, "token")}, ${rangeInWords(values, print)}`;
  return chart("tokens", options, { name: "Tokens", summary }, body, [
    ...scale.rules,
    ...cellRules,
  ]);
}

function strip(
  strings: string[],
  values: number[],
  width: number,
  scale: ColorScale,
  print: (value: number) => string,
): Drawing {
  const marks: Markup[] = [];
  let [x, y, widest] = [0, 0, 0];
  for (const [i, token] of strings.entries()) {
    const text = fit(visible(token), Math.min(longest, width - 2 * padding), fontSize);
    const own = Math.ceil(measure(text, fontSize)) + 2 * padding;
    if (x > 0 && x + own > width) [x, y] = [0, y + lineHeight];
    const value = values[i]!;
    marks.push(
      cell({
        x,
        y,
        width: own,
        height: lineHeight - 4,
        step: scale.classOf(value),
        text,
        tooltip: `${i} ${quoted(token)}: ${print(value)}`,
        inset: 0.5,
      }),
    );
    x += own;
    widest = Math.max(widest, x);
    if (token.endsWith("\n")) [x, y] = [0, y + lineHeight];
  }
  return { width: widest, height: (x > 0 ? y + lineHeight : y) - 4, marks };
}
