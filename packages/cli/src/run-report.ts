/** @file What `diopter run` found, as JSON, text, a chart and a page. */

import { bars, figure, page } from "@diopter/plot";
import { type ActivationSummary, summarize } from "./activations";
import { percent } from "./percent";
import type { PositionPredictions } from "./predictions";
import { provenanceSection } from "./provenance-section";
import type { RunResult } from "./run-model";
import { shown, table } from "./table";
import { versions } from "./versions";

/** Everything but the activations' numbers, with a schema version. */
export function runJson(result: RunResult): Record<string, unknown> {
  const { prompt, tokens, edits, generation, generated, cache, provenance } = result;
  return {
    schema: 1,
    kind: "run",
    provenance,
    versions: versions(),
    prompt,
    tokens,
    edits,
    predictions: result.predictions,
    generated: generated ? { ...generation, ...generated } : null,
    activations: cache ? summarize(cache) : null,
  };
}

/** Tables of predictions and activations around the continued prompt. */
export function runText(result: RunResult): string {
  const { predictions, generated, cache } = result;
  const parts = predictions.map(
    ({ position, token, where, top }) =>
      `${where} "${shown(token)}" (position ${position})\n${table(
        ["rank", "token", "id", "probability", "logit"],
        top.map((p) => [p.rank, shown(p.token), p.id, p.probability, p.logit]),
      )}`,
  );
  if (generated) parts.push(`${continued(result)}\n`);
  if (cache) parts.push(activationTable(summarize(cache)));
  return parts.join("\n");
}

/** The prompt with its continuation, as text or as ids. */
function continued({ prompt, generated }: RunResult): string {
  if (!generated) return "";
  return typeof prompt === "string"
    ? `${prompt}${generated.text}`
    : [...prompt, ...generated.ids].join(",");
}

function activationTable(rows: readonly ActivationSummary[]): string {
  return table(
    ["activation", "shape", "mean", "rms", "min", "max", "not finite"],
    rows.map((row) => [
      row.name,
      `[${row.shape.join(", ")}]`,
      row.mean,
      row.rms,
      row.min,
      row.max,
      row.notFinite,
    ]),
  );
}

/** The predictions at one position as a chart; `width` in pixels. */
export function predictionBars(
  { position, token, where, top }: PositionPredictions,
  width?: number,
): string {
  const start = where === "at" ? "At" : "After";
  return bars(
    { labels: top.map((p) => p.token), values: top.map((p) => p.probability) },
    {
      title: `${start} "${shown(token)}" (position ${position})`,
      format: percent,
      domain: [0, 1],
      width,
    },
  );
}

/** One page with the predictions and what else was asked for. */
export function runPage(result: RunResult): string {
  const { prompt, predictions, generated, cache, provenance } = result;
  return page({
    title: `Predictions: ${prompt}`,
    sections: [
      ...predictions.map((each) => ({
        heading: "Most likely tokens",
        figures: [figure((width) => predictionBars(each, width))],
      })),
      ...(generated ? [{ heading: "Continuation", text: continued(result) }] : []),
      ...(cache
        ? [
            {
              heading: "Activations",
              table: summarize(cache).map(({ shape, notFinite, ...row }) => ({
                ...row,
                shape: `[${shape.join(", ")}]`,
                "not finite": notFinite,
              })),
            },
          ]
        : []),
      provenanceSection(provenance),
    ],
  });
}
