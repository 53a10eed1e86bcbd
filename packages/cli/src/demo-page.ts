/** @file The demo's page: a circuit and all its scores; one prompt, layer by layer; the details. */

import { attention, bars, figure, heatmap, type PageSection, page } from "@diopter/plot";
import type { DemoCircuit } from "./circuit/demo-circuit";
import { explainHead, explainLens } from "./explain";
import type { Findings } from "./findings";
import { percent } from "./percent";
import { provenanceSection } from "./provenance-section";

/** One self-contained HTML page; without a circuit it is about the prompt alone. */
export function demoPage(findings: Findings, circuit?: DemoCircuit): string {
  const { prompt, provenance } = findings;
  const own = promptSections(findings);
  if (circuit === undefined)
    return page({ title: `${prompt}\u00a0…`, sections: [...own, provenanceSection(provenance)] });

  const { report, scores } = circuit;
  const sections = report.toSections({ scores });
  // The figures that everyone should see come first; tables and details after the prompt.
  const first = sections.findIndex(({ heading }) => heading === "Every cell, every prompt") + 1;
  return page({
    title: "How faithful is a circuit?",
    lead: foundingMessage(circuit),
    sections: [
      ...sections.slice(0, first),
      { heading: `One prompt: ${prompt}\u00a0…`, text: "The same model, layer by layer." },
      ...own,
      ...sections.slice(first).map((section) => ({ ...section, folded: true })),
      provenanceSection(provenance),
    ],
  });
}

/** Why one number is not enough, with the numbers of this very circuit. */
function foundingMessage({ report, search }: DemoCircuit): string {
  const { range } = report.headline;
  const { size, graph } = search.smallest.circuit;
  const spread =
    range === undefined
      ? ""
      : ` The circuit below, ${size} of the ${graph.edgeCount} edges of a small model, recovers ${percent(range.low / 100)} of the model's behaviour or ${percent(range.high / 100)}, and nothing about it changes but the way in which the rest of the model is ablated.`;
  return (
    `A circuit's “faithfulness” is not one number: of a well-known published circuit it goes from 87% to about 150% when edges are ablated in the place of nodes (Miller et al. 2024).${spread}\n\n` +
    "So Diopter shows every number: each way of ablating, prompt by prompt, beside controls that say what the number would be for a circuit that means nothing."
  );
}

function promptSections(findings: Findings): PageSection[] {
  const { tokens, top, grid, heads, pattern } = findings;
  const { layer, head } = heads.strongest;
  const largest = Math.max(...heads.changes.flat().map(Math.abs));
  return [
    {
      heading: "What comes next",
      figures: [
        figure((width) =>
          bars(
            { labels: top.map((p) => p.token), values: top.map((p) => p.probability) },
            { title: "Top predictions", format: percent, domain: [0, 1], width },
          ),
        ),
      ],
    },
    {
      heading: "What each layer would say",
      text: explainLens(findings),
      figures: [figure((width) => grid.toSVG({ title: "Logit lens", width }))],
    },
    {
      heading: "The head that matters most",
      text: explainHead(findings),
      figures: [
        figure((width) =>
          attention(
            { attention: pattern, tokens },
            {
              title: `Attention of head ${head} in layer ${layer}`,
              legend: "attention",
              maxValue: 1,
              width,
            },
          ),
        ),
      ],
    },
    {
      heading: "Every head",
      text: `How much the log-probability of “${top[0]!.token}” changes when a head is removed at the last position; the strongest colour is the head above.`,
      figures: [
        figure((width) =>
          heatmap(
            {
              values: heads.changes,
              rowLabels: heads.changes.map((_, l) => `layer ${l}`),
              columnLabels: heads.changes[0]!.map((_, h) => String(h)),
            },
            {
              title: "Removing one head",
              legend: "change (nats)",
              columnTitle: "head",
              bottomUp: true,
              format: largest < 0.1 ? ".3f" : ".2f",
              width,
            },
          ),
        ),
      ],
    },
  ];
}
