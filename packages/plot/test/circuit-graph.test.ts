import { circuitGraph } from "@diopter/plot";
import fc from "fast-check";
import { expect, test } from "vitest";
import { gallery } from "./gallery";
import { findAll, ownText, parseXml, textsOf, tooltipsOf } from "./xml";

const nodes = [
  { id: "input", layer: 0 },
  { id: "a0.h0", layer: 1 },
  { id: "m0", layer: 2 },
  { id: "logits", layer: 9 },
];
const edges = [
  { from: "input", to: "a0.h0", score: 1 },
  { from: "a0.h0", to: "logits", score: -2 },
];

const edgesOf = (svg: string) =>
  findAll(parseXml(svg), "path").filter(
    ({ attributes }) => attributes.get("d")?.includes("C") && attributes.get("class") !== "hit",
  );

const attributesOf = (svg: string, name: string) =>
  edgesOf(svg).map(({ attributes }) => attributes.get(name));

/** Upper left corners of the nodes by what is written on them. */
const cornersOf = (svg: string) =>
  findAll(parseXml(svg), "g")
    .filter(({ attributes }) => attributes.get("class") === "node")
    .map((group) => [
      ownText(findAll(group, "text")[0]!),
      ...["x", "y"].map((name) => Number(findAll(group, "rect")[0]!.attributes.get(name))),
    ]);

test("nodes stand in rows from the input up; those without edges are left out", () => {
  const svg = circuitGraph({ nodes, edges });
  // labels of 6 columns need 40.26 + 12, and 12 between neighbours: 6 from the left; rows are 58 apart
  expect(cornersOf(svg)).toEqual([
    ["input", 6, 116],
    ["a0.h0", 6, 58],
    ["logits", 6, 0],
  ]);
  expect(textsOf(svg).join(" ")).toContain("3 nodes, 2 edges; 1 node without edges not drawn");
});

test("width is the size of the score, colour its sign, strong edges are on top", () => {
  const svg = circuitGraph({ nodes, edges });
  // 6 * 1/2, 6 * 2/2
  expect(attributesOf(svg, "stroke-width")).toEqual(["3", "6"]);
  expect(attributesOf(svg, "class")).toEqual(["plus", "minus"]);
  expect(tooltipsOf(svg)).toContain("a0.h0 to logits: −2");
});

test("edges without scores have one width and no sign", () => {
  const svg = circuitGraph({ nodes, edges: edges.map(({ from, to }) => ({ from, to })) });
  expect(attributesOf(svg, "class")).toEqual(["plain", "plain"]);
  expect(new Set(attributesOf(svg, "stroke-width"))).toEqual(new Set(["1.5"]));
  expect(textsOf(svg)).not.toContain("positive score");
});

test("q, k and v enter beside each other", () => {
  const inputs = ["v", "q", "k"].map((input) => ({ from: "input", to: "a0.h0", input }));
  const ends = attributesOf(circuitGraph({ nodes, edges: inputs }), "d").map((d) =>
    Number(/ ([\d.]+),[\d.]+$/.exec(d!)![1]),
  );
  // drawn last to first: k, q, v; a third of 45.55 - 12 apart (labels of 5 columns, 33.55 + 12)
  const [k, q, v] = ends as [number, number, number];
  expect(q - k).toBeCloseTo(-33.55 / 3, 1);
  expect(v - k).toBeCloseTo(33.55 / 3, 1);
});

test("where edges have inputs, colour is the input and negative scores are dashed", () => {
  const svg = circuitGraph({
    nodes,
    edges: [
      { from: "input", to: "a0.h0", input: "v", score: 3 },
      { from: "input", to: "a0.h0", input: "q", score: -2 },
      { from: "a0.h0", to: "logits", score: 1, note: "at END" },
    ],
  });
  // weakest first; q comes before v in the key
  expect(attributesOf(svg, "class")).toEqual(["plain", "c0", "c1"]);
  expect(attributesOf(svg, "stroke-dasharray")).toEqual([undefined, "5 3", undefined]);
  for (const text of ["into q", "into v", "other edges", "negative score"])
    expect(textsOf(svg)).toContain(text);
  expect(textsOf(svg)).not.toContain("positive score");
  expect(tooltipsOf(svg)).toContain("input to a0.h0 q: −2");
  expect(tooltipsOf(svg)).toContain("a0.h0 to logits: 1, at END");
});

test("every edge is drawn and named, or counted, and no node leaves the width or covers another", () => {
  const layered = fc.array(fc.integer({ min: 1, max: 14 }), { minLength: 2, maxLength: 5 });
  fc.assert(
    fc.property(
      layered,
      fc.integer({ min: 200, max: 1200 }),
      fc.boolean(),
      (sizes, width, scored) => {
        const all = sizes.flatMap((count, layer) =>
          Array.from({ length: count }, (_, i) => ({ id: `a${layer}.h${i}`, layer })),
        );
        const joined = all.flatMap((from, i) =>
          all.flatMap((to, j) =>
            from.layer < to.layer
              ? [{ from: from.id, to: to.id, ...(scored ? { score: Math.sin(i + 7 * j) } : {}) }]
              : [],
          ),
        );
        const svg = circuitGraph({ nodes: all, edges: joined }, { width });
        const drawn = Math.min(joined.length, width < 500 ? 100 : 300);
        expect(edgesOf(svg).length).toBe(drawn);
        expect(tooltipsOf(svg).filter((text) => text.includes(" to ")).length).toBe(drawn);
        if (drawn < joined.length)
          expect(textsOf(svg).join(" ")).toContain(`${drawn} of ${joined.length} edges drawn`);
        expect(Number(parseXml(svg).attributes.get("width"))).toBeLessThanOrEqual(
          Math.max(width, 344),
        );
        const corners = cornersOf(svg) as [string, number, number][];
        for (const [i, [, x, y]] of corners.entries())
          for (const [, x2, y2] of corners.slice(0, i))
            expect(Math.abs(y - y2) >= 22 || Math.abs(x - x2) >= 40).toBe(true);
      },
    ),
    { seed: 10, numRuns: 25 },
  );
});

test("nodes of a chain step aside for the edges that pass them", () => {
  const chain = Array.from({ length: 4 }, (_, layer) => ({ id: `n${layer}`, layer }));
  const svg = circuitGraph({
    nodes: chain,
    edges: [
      ...chain.slice(1).map(({ id }, i) => ({ from: `n${i}`, to: id })),
      { from: "n0", to: "n3" },
    ],
  });
  const [ends, ...between] = cornersOf(svg)
    .map(([name, x]) => ({ name, x: x as number }))
    .sort(
      (a, b) =>
        Number(a.name === "n1" || a.name === "n2") - Number(b.name === "n1" || b.name === "n2"),
    )
    .map(({ x }) => x)
    .slice(1);
  // nodes are 40 wide: what stands 20 aside lets the straight edge from n0 to n3 be seen
  for (const x of between) expect(Math.abs(x - ends!)).toBeGreaterThanOrEqual(20);
});

test("the strongest edges are drawn and the rest is counted", () => {
  const many = Array.from({ length: 739 }, (_, i) => ({ id: `n${i}`, layer: 0 }));
  const svg = circuitGraph({
    nodes: [...many, { id: "logits", layer: 1 }],
    edges: many.map(({ id }, i) => ({
      from: id,
      to: "logits",
      score: i % 2 === 0 ? i + 1 : -i - 1,
    })),
  });
  expect(edgesOf(svg).length).toBe(300);
  expect(textsOf(svg).join(" ")).toContain("strongest 300 of 739 edges drawn, 301 of 740 nodes");
  expect(parseXml(svg).attributes.get("aria-label")).toContain("strongest 300 of 739 edges drawn");
  expect(cornersOf(svg).map(([name]) => name)).not.toContain("n438");
  expect(cornersOf(svg).map(([name]) => name)).toContain("n439");
});

test("among equal scores the earlier edges are drawn", () => {
  const equal = ["a0.h0", "m0", "logits"].map((to) => ({ from: "input", to, score: 1 }));
  const svg = circuitGraph({ nodes, edges: equal }, { maxEdges: 2 });
  expect(cornersOf(svg).map(([name]) => name)).toEqual(["input", "a0.h0", "m0"]);
});

test("positions are columns in the order given, the same node at several", () => {
  const at = ["S2", "END"].map((position, layer) => ({
    id: `x@${position}`,
    label: "x",
    layer,
    position,
  }));
  const draw = (positions?: string[]) =>
    cornersOf(
      circuitGraph({
        nodes: at,
        edges: [{ from: "x@S2", to: "x@END" }],
        ...(positions ? { positions } : {}),
      }),
    );
  // nodes are 40 wide and 12 apart
  expect(draw()).toEqual([
    ["x", 6, 58],
    ["x", 58, 0],
  ]);
  expect(draw(["END", "S1", "S2"])).toEqual([
    ["x", 58, 58],
    ["x", 6, 0],
  ]);
});

test("the strongest edges are there in words", () => {
  const label = parseXml(circuitGraph({ nodes, edges }, { title: "T" })).attributes.get(
    "aria-label",
  );
  expect(label).toBe(
    "T. 3 nodes, 2 edges; 1 node without edges not drawn; a0.h0 to logits: −2; input to a0.h0: 1",
  );
});

test("without edges there is nothing to draw", () => {
  expect(textsOf(circuitGraph({ nodes, edges: [] }))).toEqual(["no data"]);
});

test("hostile names stay text", () => {
  expect(gallery["circuit-graph-hostile"]!()).not.toMatch(/<script|<b>/);
});

test.each([
  [
    { nodes, edges: [{ from: "input", to: "a9.h9" }] },
    {},
    'circuitGraph: edges[0].to: unknown node "a9.h9"',
  ],
  [
    { nodes, edges: [{ from: "m0", to: "a0.h0" }] },
    {},
    "circuitGraph: edges[0] goes from layer 2 to layer 1, expected upwards",
  ],
  [
    { nodes: [...nodes, nodes[0]!], edges },
    {},
    'circuitGraph: nodes[4].id: "input" is there twice',
  ],
  [
    { nodes, edges: [{ ...edges[0]!, score: Number.NaN }] },
    {},
    "circuitGraph: edges[0].score must be finite, got NaN",
  ],
  [
    { nodes, edges: [edges[0]!, { from: "input", to: "m0" }] },
    {},
    "circuitGraph: edges[1]: either all edges have a score or none has",
  ],
  [
    { nodes: [nodes[0]!, { id: "x", layer: 1, position: "END" }], edges: [] },
    {},
    "circuitGraph: nodes[1]: either all nodes have a position or none has",
  ],
  [
    { nodes: [{ id: "x", layer: 1, position: "END" }], edges: [], positions: ["S1"] },
    {},
    'circuitGraph: positions has no "END"',
  ],
  [
    { nodes, edges },
    { maxEdges: 0 },
    "circuitGraph: maxEdges must be a positive whole number, got 0",
  ],
])("wrong values are refused: %#", (data, options, message) => {
  expect(() => circuitGraph(data, options)).toThrow(new RangeError(message));
});

test.each([
  [{ nodes }, "circuitGraph: edges must be an array of edges, got undefined"],
  [{ nodes: [{ layer: 0 }], edges }, "circuitGraph: nodes[0].id must be a string, got undefined"],
  [{ nodes: [{ id: "a" }], edges }, "circuitGraph: nodes[0].layer must be a number, got undefined"],
])("wrong kinds are refused: %#", (data, message) => {
  expect(() => circuitGraph(data as never)).toThrow(new TypeError(message));
});
