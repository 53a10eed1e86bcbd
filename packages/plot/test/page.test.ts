import { bars, figure, heatmap, page } from "@diopter/plot";
import { expect, test } from "vitest";
import { gallery, hostile } from "./gallery";
import { findAll, ownText, parseXml } from "./xml";

/** The body as XML, which the page's markup also is. */
const bodyOf = (html: string) => parseXml(/<body>[\s\S]*<\/body>/.exec(html)![0]);

const chart = bars({ labels: ["a"], values: [1] });

test("a page has its title, headings, paragraphs and charts in order", () => {
  const html = page({
    title: "France",
    sections: [
      { heading: "First", text: "One.\nStill one.\n\nTwo.", svg: chart },
      { heading: "Second" },
    ],
  });
  const body = bodyOf(html);
  expect(html.startsWith('<!doctype html>\n<html lang="en">')).toBe(true);
  expect(html).toContain("<title>France</title>");
  expect(findAll(body, "h1").map(ownText)).toEqual(["France"]);
  expect(findAll(body, "h2").map(ownText)).toEqual(["First", "Second"]);
  expect(findAll(body, "p").map(ownText)).toEqual(["One.\nStill one.", "Two."]);
  expect(html).toContain(chart);
});

test("a table has a column for every key and shows tokens as charts do", () => {
  const table = [
    { token: " Paris", p: 0.83456 },
    { token: "x", n: 3n, ok: true, none: null, ids: 2 },
  ];
  const body = bodyOf(page({ title: "T", sections: [{ heading: "H", table }] }));
  expect(findAll(body, "th").map(ownText)).toEqual(["token", "p", "n", "ok", "none", "ids"]);
  expect(findAll(body, "td").map(ownText)).toEqual([
    "·Paris",
    "0.835",
    "",
    "",
    "",
    "",
    "x",
    "",
    "3",
    "true",
    "",
    "2",
  ]);
  const aligned = findAll(body, "th").map(({ attributes }) => attributes.get("class"));
  expect(aligned).toEqual([undefined, "number", undefined, undefined, undefined, "number"]);
});

test("facts are a list in which values stand out", () => {
  const facts = [
    { label: "range", value: "0 % to 155 %", note: "over 8 cells" },
    { label: "edges", value: 739.25 },
  ];
  const body = bodyOf(page({ title: "T", sections: [{ heading: "H", facts }] }));
  expect(findAll(body, "dt").map(ownText)).toEqual(["range", "edges"]);
  expect(findAll(body, "strong").map(ownText)).toEqual(["0 % to 155 %", "739"]);
  expect(findAll(body, "dd").map(ownText)).toEqual([" over 8 cells", ""]);
});

test("several figures stand in one place, with captions and with drawings for phones", () => {
  const narrow = bars({ labels: ["narrow"], values: [1] });
  const figures = [{ svg: chart, narrow, caption: "A bar." }, { svg: chart }];
  const html = page({ title: "T", sections: [{ heading: "H", figures }] });
  const body = bodyOf(html);
  expect(findAll(body, "svg").length).toBe(3);
  expect(findAll(body, "figcaption").map(ownText)).toEqual(["A bar."]);
  const labels = findAll(body, "figure").map(({ attributes }) => attributes.get("aria-label"));
  expect(labels).toEqual(["A bar.", "H"]);
  const shown = findAll(body, "div").flatMap((div) => div.attributes.get("class") ?? []);
  expect(shown).toEqual(["beside", "figures", "wide", "narrow"]);
  expect(html).toContain(".narrow{display:none}");
  expect(html).toContain("@media(max-width:700px){.wide{display:none}.narrow{display:block}}");
});

test("preformatted text keeps its lines and spaces and shows what cannot be seen", () => {
  const preformatted = "  -12 %  When Mary\n   ->  John\u202e";
  const body = bodyOf(page({ title: "T", sections: [{ heading: "H", preformatted }] }));
  expect(findAll(body, "pre").map(ownText)).toEqual(["  -12 %  When Mary\n   ->  John⟨202e⟩"]);
});

test("columns of numbers are printed in the format asked for", () => {
  const table = [{ cell: "node", r1: 0.91234, n: 3000 }];
  const body = bodyOf(
    page({ title: "T", sections: [{ heading: "H", table, formats: { r1: ".1%" } }] }),
  );
  expect(findAll(body, "td").map(ownText)).toEqual(["node", "91.2%", "3000"]);
});

test("a folded section shows its heading alone", () => {
  const body = bodyOf(
    page({ title: "T", sections: [{ heading: "All", text: "Hidden.", folded: true }] }),
  );
  const [details] = findAll(body, "details");
  expect(details!.attributes.has("open")).toBe(false);
  expect(findAll(findAll(details!, "summary")[0]!, "h2").map(ownText)).toEqual(["All"]);
  expect(findAll(details!, "p").map(ownText)).toEqual(["Hidden."]);
});

test("a format for a column that is not there is refused", () => {
  const sections = [{ heading: "H", table: [{ a: 1 }], formats: { b: ".1%" } }];
  expect(() => page({ title: "T", sections })).toThrow(
    new RangeError('page: sections[0].formats: the table has no column "b"'),
  );
});

test("hostile text stays text everywhere", () => {
  const sections = hostile.map((text) => ({
    heading: text,
    text,
    facts: [{ label: text, value: text, note: text }],
    figures: [{ svg: chart, caption: text }],
    preformatted: text,
    table: [{ [text]: text }],
  }));
  const html = page({ title: hostile[0]!, sections });
  expect(html).not.toMatch(/<script|<b>|onload='/);
  expect(findAll(bodyOf(html), "h2").length).toBe(hostile.length);
});

test("a page of the whole gallery refers to nothing outside itself", () => {
  const sections = Object.entries(gallery).map(([heading, draw]) => ({ heading, svg: draw() }));
  const html = page({ title: "Gallery", sections });
  expect(html.replaceAll('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(
    /https?:|\/\/\w|url\(|@import|<(script|link|iframe|object|embed|base|img)\b/,
  );
  expect(html).toContain(
    `content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; img-src data:"`,
  );
  expect(findAll(bodyOf(html), "svg").length).toBe(sections.length);
});

test("a page follows the reader's colour scheme", () => {
  const html = page({ title: "T", sections: [] });
  expect(html).toContain("color-scheme:light dark");
  expect(html).toMatch(/background:#\w+;background:light-dark\(/);
});

test("wide charts scroll and can be reached by keyboard", () => {
  const html = page({ title: "T", sections: [{ heading: "H", svg: heatmap({ values: [[1]] }) }] });
  const [figure] = findAll(bodyOf(html), "figure");
  expect(figure!.attributes.get("tabindex")).toBe("0");
  expect(html).toContain("overflow-x:auto");
});

test.each([
  [undefined, "page: spec must be an object, got undefined"],
  [{ sections: [] }, "page: title must be a string, got undefined"],
  [{ title: "T" }, "page: sections must be an array of sections, got undefined"],
  [{ title: "T", sections: [null] }, "page: sections[0] must be an object, got null"],
  [
    { title: "T", sections: [{ heading: 3 }] },
    "page: sections[0].heading must be a string, got number",
  ],
  [
    { title: "T", sections: [{ heading: "H", text: 3 }] },
    "page: sections[0].text must be a string, got number",
  ],
  [
    { title: "T", sections: [{ heading: "H", svg: 3 }] },
    "page: sections[0].svg must be a string, got number",
  ],
  [
    { title: "T", sections: [{ heading: "H", facts: [{ value: 1 }] }] },
    "page: sections[0].facts[0].label must be a string, got undefined",
  ],
  [
    { title: "T", sections: [{ heading: "H", figures: [{ svg: chart, narrow: 3 }] }] },
    "page: sections[0].figures[0].narrow must be a string, got number",
  ],
  [
    { title: "T", sections: [{ heading: "H", preformatted: 3 }] },
    "page: sections[0].preformatted must be a string, got number",
  ],
  [
    { title: "T", sections: [{ heading: "H", table: {} }] },
    "page: sections[0].table must be an array of records, got object",
  ],
  [
    { title: "T", sections: [{ heading: "H", table: [3] }] },
    "page: sections[0].table[0] must be an object, got number",
  ],
  [
    { title: "T", sections: [{ heading: "H", table: [{ a: [] }] }] },
    "page: sections[0].table[0].a must be a string, number or boolean, got array",
  ],
])("wrong kinds are refused: %#", (spec, message) => {
  expect(() => page(spec as never)).toThrow(new TypeError(message));
});

test("what is no chart is refused", () => {
  const sections = [{ heading: "H", svg: "<script>alert(1)</script>" }];
  expect(() => page({ title: "T", sections })).toThrow(
    new RangeError(
      'page: sections[0].svg must be an <svg> element, got "<script>alert(1)</script>"',
    ),
  );
});

test("the lead stands under the title, and a figure is drawn for wide pages and for phones", () => {
  const drawn = figure((width) => bars({ labels: ["a"], values: [1] }, { width }), "A bar.");
  const widths = [drawn.svg, drawn.narrow!].map((svg) => parseXml(svg).attributes.get("width"));
  expect(widths).toEqual(["860", "344"]);
  expect(drawn.caption).toBe("A bar.");
  const html = page({ title: "T", lead: "One.\n\nTwo.", sections: [] });
  expect(html).toContain('<h1>T</h1><div class="lead"><p>One.</p><p>Two.</p></div>');
});
