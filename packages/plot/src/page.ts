/** @file One self-contained HTML page around charts and tables: no scripts, no network. */

import { checkList, checkRecord, checkRecords, checkText, requireText } from "./check";
import { type Child, type Markup, tag } from "./markup";
import type { NumberFormat } from "./number";
import { factsMarkup, type PageFact, type TableValue, tableMarkup } from "./page-table";
import { monospace, sans, theme } from "./style";
import { pictured } from "./visible";

/** A chart, with a drawing for phones and a caption. */
export interface PageFigure {
  /** A chart of this package. */
  readonly svg: string;
  /** The same chart drawn to 344 pixels, shown instead where the page is narrow. */
  readonly narrow?: string | undefined;
  readonly caption?: string | undefined;
}

/**
 * One chart in the widths that a page shows: 860 pixels, and 344 on phones.
 *
 * @example figure((width) => bars(data, { width }))
 */
export function figure(draw: (width: number) => string, caption?: string): PageFigure {
  return { svg: draw(860), narrow: draw(344), ...(caption === undefined ? {} : { caption }) };
}

export interface PageSection {
  readonly heading: string;
  /** Paragraphs, parted by blank lines. */
  readonly text?: string | undefined;
  /** Facts to know at first sight. */
  readonly facts?: readonly PageFact[] | undefined;
  /** A chart of this package. */
  readonly svg?: string | undefined;
  /** Several charts, beside each other where there is room. */
  readonly figures?: readonly PageFigure[] | undefined;
  /** Tidy records, such as a result's `toRows()`; their keys are the columns. */
  readonly table?: readonly Readonly<Record<string, TableValue>>[] | undefined;
  /** How the numbers of columns are printed, by the names of the columns. */
  readonly formats?: Readonly<Record<string, NumberFormat>> | undefined;
  /** Text whose lines and spaces stay as they are, such as prompts. */
  readonly preformatted?: string | undefined;
  /** Show the heading alone until the reader opens it. */
  readonly folded?: boolean | undefined;
}

export interface PageSpec {
  readonly title: string;
  /** The first lines, under the title; paragraphs parted by blank lines. */
  readonly lead?: string | undefined;
  readonly sections: readonly PageSection[];
}

// The last line of defence for text that others wrote: nothing runs, nothing is fetched.
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

const both = (property: string, [light, dark]: readonly [string, string]) =>
  `${property}:${light};${property}:light-dark(${light},${dark})`;

const style = `
:root{color-scheme:light dark;${both("background", theme.ground)};${both("color", theme.ink)}}
body{font:16px/1.6 ${sans};max-width:75rem;margin:0 auto;padding:3rem 1.25rem 5rem}
h1{font-size:1.75rem;line-height:1.25;letter-spacing:-.01em;margin:0 0 2.5rem;overflow-wrap:anywhere}
.lead{font-size:1.15rem;margin:-1.5rem 0 2.5rem}
.lead p{max-width:60rem}
h2{font-size:1.15rem;line-height:1.35;margin:3rem 0 .5rem}
p{max-width:42rem;margin:.5rem 0;overflow-wrap:anywhere}
figure{margin:1.25rem -12px;padding:0 12px;overflow-x:auto}
figure svg{display:block;margin:0 -12px}
table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}
th,td{padding:.3rem 1.5rem .3rem 0;text-align:left;vertical-align:top;overflow-wrap:break-word;max-width:24rem}
th{font-weight:600;${both("color", theme.muted)}}
tr{${both("border-bottom-color", theme.line)};border-bottom-style:solid;border-bottom-width:1px}
.number{text-align:right;white-space:nowrap}
td:not(.number){min-width:6rem}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(13rem,1fr));gap:.75rem 1.5rem;margin:1rem 0 1.5rem}
dl div{${both("border-left-color", theme.positive)};border-left-style:solid;border-left-width:3px;padding-left:.75rem}
dt{font-size:.875rem;${both("color", theme.muted)}}
dd{margin:0;font-size:.875rem;overflow-wrap:anywhere}
dd strong{display:block;font-size:1.35rem;line-height:1.3;font-weight:600}
pre{font:13px/1.5 ${monospace};white-space:pre-wrap;overflow-wrap:anywhere;margin:1rem 0}
summary{cursor:pointer;margin-top:3rem}
summary h2{display:inline;margin:0}
.figures{display:flex;flex-wrap:wrap;gap:0 2rem}
.figures figure{min-width:0;max-width:100%}
figcaption{font-size:.875rem;max-width:42rem;${both("color", theme.muted)}}
.narrow{display:none}
.narrow svg{max-width:calc(100% + 24px);height:auto}
@media(min-width:1160px){.beside{display:grid;grid-template-columns:16.5rem minmax(0,1fr);gap:0 2rem}
section{margin-top:3rem}.beside h2,.beside>:last-child>:first-child{margin-top:0}}
@media(max-width:700px){.wide{display:none}.narrow{display:block}}
`;

/**
 * A self-contained HTML page as a string: inline style, light and dark, every text escaped.
 *
 * @throws TypeError naming the argument: `page: sections[0].heading must be a string, got number`.
 * @example
 * page({ title: "Logit lens", sections: [{ heading: "Top tokens", svg: heatmap(data) }] });
 */
export function page(spec: PageSpec): string {
  checkRecord("page: spec", spec);
  const title = requireText("page: title", spec.title);
  const lead = paragraphsMarkup(checkText("page: lead", spec.lead));
  const sections = checkList("page: sections", spec.sections, "sections").map(section);
  const html = tag(
    "html",
    { lang: "en" },
    tag(
      "head",
      {},
      tag("meta", { charset: "utf-8" }),
      tag("meta", { "http-equiv": "Content-Security-Policy", content: policy }),
      tag("meta", { name: "viewport", content: "width=device-width, initial-scale=1" }),
      tag("title", {}, title),
      tag("style", {}, { markup: style }),
    ),
    tag(
      "body",
      {},
      tag(
        "main",
        {},
        tag("h1", {}, title),
        lead.length > 0 ? tag("div", { class: "lead" }, lead) : undefined,
        sections,
      ),
    ),
  );
  return `<!doctype html>\n${html.markup}\n`;
}

function section(value: unknown, index: number): Markup {
  const subject = `page: sections[${index}]`;
  checkRecord(subject, value);
  const { heading, text, facts, svg, figures, table, formats, preformatted, folded } =
    value as PageSection;
  const title = requireText(`${subject}.heading`, heading);
  const pre = checkText(`${subject}.preformatted`, preformatted);
  const words = paragraphsMarkup(checkText(`${subject}.text`, text));
  const shown = [
    facts && factsMarkup(`${subject}.facts`, facts),
    svg === undefined ? undefined : scrolling(title, chartMarkup(`${subject}.svg`, svg)),
    figures && figuresMarkup(title, `${subject}.figures`, figures),
    table === undefined
      ? undefined
      : scrolling(title, tableMarkup(`${subject}.table`, table, formats)),
    pre === undefined ? undefined : tag("pre", {}, pre.split("\n").map(pictured).join("\n")),
  ].filter((part) => part !== undefined);
  const h2 = tag("h2", {}, title);
  if (folded === true)
    return tag("section", {}, tag("details", {}, tag("summary", {}, h2), beside(words, shown)));
  return tag("section", {}, beside([h2, ...words], shown));
}

/** Where the page is wide, words stand beside what they are about. */
function beside(words: readonly Markup[], shown: readonly Child[]): Child {
  if (words.length === 0 || shown.length === 0) return [words, shown];
  return tag("div", { class: "beside" }, tag("div", {}, words), tag("div", {}, shown));
}

function paragraphsMarkup(text: string | undefined): Markup[] {
  return text?.split(/\n\s*\n/).map((paragraph) => tag("p", {}, paragraph.trim())) ?? [];
}

function figuresMarkup(title: string, subject: string, value: unknown): Markup {
  const figures = checkRecords(subject, value, "figures", (name, { svg, narrow, caption }) => {
    const note = checkText(`${name}.caption`, caption);
    const wide = chartMarkup(`${name}.svg`, svg);
    return scrolling(note ?? title, [
      narrow === undefined
        ? wide
        : [
            tag("div", { class: "wide" }, wide),
            tag("div", { class: "narrow" }, chartMarkup(`${name}.narrow`, narrow)),
          ],
      note === undefined ? undefined : tag("figcaption", {}, note),
    ]);
  });
  return tag("div", { class: "figures" }, figures);
}

/** A figure that scrolls when it is wider than the page, by keyboard too. */
function scrolling(title: string, content: Child): Markup {
  return tag("figure", { tabindex: 0, "aria-label": title }, content);
}

function chartMarkup(subject: string, value: unknown): Markup {
  const text = requireText(subject, value).trim();
  if (text.startsWith("<svg") && text.endsWith("</svg>")) return { markup: text };
  throw new RangeError(
    `${subject} must be an <svg> element, got ${JSON.stringify(text.slice(0, 40))}`,
  );
}
