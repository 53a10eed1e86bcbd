/** @file The result of a lens: statistics per layer and position, as records, JSON and a picture. */

import type { Provenance, TokenBatch } from "@diopter/model";
import { heatmap } from "@diopter/plot";
import { brief, checkOptions, counted, inspectable, oneLine } from "@diopter/tensor";
import type { LayerStatistics } from "./lens-statistics";
import type { ResidualSite } from "./sites";

/** A residual state, and what is known of it. */
export interface LensLayer extends ResidualSite, LayerStatistics {}

export interface LensContent {
  readonly layers: readonly LensLayer[];
  readonly tokens: TokenBatch;
  /** Text of each token of each prompt, [batch][position]. */
  readonly strings: readonly (readonly string[])[];
  readonly tokenOf: (id: number) => string;
  readonly target: number | string | undefined;
  readonly provenance: Provenance;
}

/** One cell as a tidy record. */
export interface LensRow {
  readonly prompt: number;
  readonly layer: string;
  readonly position: number;
  readonly token: string;
  readonly top: string;
  readonly probability: number;
  readonly entropy: number;
  readonly kl: number;
  readonly rank: number | null;
}

/** A candidate of one cell. */
export interface Candidate {
  readonly id: number;
  readonly token: string;
  readonly probability: number;
}

export interface LensSvgOptions {
  /** Prompt to draw. */
  readonly prompt?: number;
  readonly color?: "probability" | "entropy" | "kl" | "rank";
  readonly title?: string;
  /** Pixels, 860 by default: positions that have no room go on in further bands; 344 fit a phone. */
  readonly width?: number | undefined;
}

/** Version of `toJSON`. */
const SCHEMA = 1;

/** What every layer predicts at every position; positions count the tokens of each prompt, so padding is no part of it. */
export class LensGrid {
  readonly layers: readonly LensLayer[];
  readonly tokens: TokenBatch;
  readonly strings: readonly (readonly string[])[];
  readonly target: number | string | undefined;
  readonly provenance: Provenance;
  readonly #tokenOf: (id: number) => string;

  constructor({ layers, tokens, strings, tokenOf, target, provenance }: LensContent) {
    inspectable(this);
    this.layers = layers;
    this.tokens = tokens;
    this.strings = strings;
    this.target = target;
    this.provenance = provenance;
    this.#tokenOf = tokenOf;
  }

  /** Candidates of a cell, most likely first. Throws `RangeError` outside the grid. */
  top(layer: number, position: number, prompt = 0): Candidate[] {
    const { ids, probabilities } = this.#layer(layer);
    const k = ids.shape[2]!;
    const at = this.#cell(prompt, position) * k;
    return Array.from({ length: k }, (_, i) => {
      const id = Number(ids.data[at + i]);
      return { id, token: this.#tokenOf(id), probability: Number(probabilities.data[at + i]) };
    });
  }

  /** Tidy records, one per layer and real token. */
  toRows(): LensRow[] {
    return this.strings.flatMap((row, prompt) =>
      this.layers.flatMap((layer, l) =>
        row.map((token, position) => {
          const cell = this.#cell(prompt, position);
          const [best] = this.top(l, position, prompt);
          return {
            prompt,
            layer: layer.label,
            position,
            token,
            top: best!.token,
            probability: best!.probability,
            entropy: Number(layer.entropy.data[cell]),
            kl: Number(layer.kl.data[cell]),
            rank: layer.rank ? Number(layer.rank.data[cell]) : null,
          };
        }),
      ),
    );
  }

  /** Everything, with a schema version and where it came from; logits are left out. */
  toJSON(): Record<string, unknown> {
    return {
      schema: SCHEMA,
      kind: "logit lens",
      provenance: this.provenance,
      target: this.target ?? null,
      layers: this.layers.map((layer) => layer.label),
      rows: this.toRows(),
      candidates: this.strings.map((_, prompt) =>
        this.layers.map((_, l) =>
          this.#positions(prompt).map((position) => this.top(l, position, prompt)),
        ),
      ),
    };
  }

  /** A heat map of one prompt: layers bottom-up, positions left to right, each cell labelled with its top token. */
  toSVG(options: LensSvgOptions = {}): string {
    checkOptions("LensGrid.toSVG", options, {
      prompt: "optional",
      color: "optional",
      title: "optional",
      width: "optional",
    });
    const { prompt = 0, color = "probability", title = "Logit lens", width } = options;
    if (color === "rank" && this.layers.some((layer) => !layer.rank)) {
      throw new RangeError("lens: colour by rank needs a target");
    }
    this.#cell(prompt, 0);
    const positions = this.#positions(prompt);
    const cells = <T>(value: (layer: LensLayer, l: number, position: number) => T) =>
      this.layers.map((layer, l) => positions.map((position) => value(layer, l, position)));
    return heatmap(
      {
        values: cells((layer, l, p) =>
          color === "probability"
            ? this.top(l, p, prompt)[0]!.probability
            : Number(layer[color]!.data[this.#cell(prompt, p)]),
        ),
        rowLabels: this.layers.map((layer) => layer.label),
        columnLabels: positions.map((p) => this.strings[prompt]![p]!),
        text: cells((_, l, p) => this.top(l, p, prompt)[0]!.token),
        details: cells((_, l, p) =>
          this.top(l, p, prompt)
            .map(({ token, probability }) => `${JSON.stringify(token)} ${probability.toFixed(3)}`)
            .join("\n"),
        ),
      },
      {
        title,
        legend: color === "probability" ? "probability of the top token" : LEGENDS[color],
        rowTitle: "residual state",
        columnTitle: "position",
        bottomUp: true,
        width,
      },
    );
  }

  /** Its size, and what the last layer predicts after the first prompt, on one line. */
  toString(): string {
    const { layers, strings, tokens } = this;
    const size = `${counted(layers.length, "layer")}, batch ${strings.length}, ${counted(tokens.pos, "position")}`;
    const [best] = layers.length && strings[0]?.length ? this.top(-1, -1) : [];
    const last = best
      ? `, last ${brief(JSON.stringify(best.token), 30)} ${best.probability.toFixed(3)}`
      : "";
    return oneLine(`LensGrid of ${size}${last}`);
  }

  #positions(prompt: number): number[] {
    return this.strings[prompt]!.map((_, position) => position);
  }

  #cell(prompt: number, position: number): number {
    const { length: batch } = this.strings;
    if (!(Number.isInteger(prompt) && prompt >= 0 && prompt < batch))
      throw new RangeError(`lens: prompt ${prompt} is not in 0..${batch - 1}`);
    const { length } = this.strings[prompt]!;
    const p = position < 0 ? length + position : position;
    if (!(Number.isInteger(p) && p >= 0 && p < length))
      throw new RangeError(`lens: position ${position} is not in 0..${length - 1}`);
    return prompt * this.layers[0]!.entropy.shape[1]! + p;
  }

  #layer(layer: number): LensLayer {
    const found = this.layers.at(layer);
    if (!found) throw new RangeError(`lens: layer ${layer} is not in 0..${this.layers.length - 1}`);
    return found;
  }
}

const LEGENDS = {
  entropy: "entropy (nats)",
  kl: "KL(output || layer) (nats)",
  rank: "rank of the target",
} as const;
