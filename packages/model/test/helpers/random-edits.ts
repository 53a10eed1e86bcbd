/** @file Tiny models with every way of knowing positions, random prompts in random layouts, and random edits of them. */

import {
  type Edit,
  hookAxes,
  hookNames,
  hookShape,
  Model,
  type ModelConfig,
  type Runtime,
  type TokenPrompt,
} from "@diopter/model";
import { mul, type Random, type Tensor } from "@diopter/tensor";
import { tinyConfig, tinyWeights } from "./tiny-hooked";

/** What tells a model where a token stands. */
export const kinds = {
  learned: {},
  rotary: { positional_embedding_type: "rotary", rotary_dim: 2 },
  alibi: { positional_embedding_type: "alibi" },
  window: {
    positional_embedding_type: "rotary",
    rotary_dim: 2,
    use_local_attn: true,
    window_size: 2,
    attn_types: ["local", "global"],
  },
  encoder: { attention_dir: "bidirectional" },
} as const;

export type Kind = keyof typeof kinds;

/** A tiny model whose softmaxes do not saturate. */
export function openTiny(kind: Kind, runtime: Runtime, context = 6): Promise<Model> {
  const { "pos_embed.W_pos": positions, ...rest } = tinyWeights();
  const weights: Record<string, Tensor> = Object.fromEntries(
    Object.entries(rest).map(([name, w]) => [name, /ln.*\.w$/.test(name) ? w : mul(w, 0.15)]),
  );
  if (!("positional_embedding_type" in kinds[kind])) {
    const rows = Array.from({ length: context }, (_, i) => i % 6);
    weights["pos_embed.W_pos"] = mul(positions!.gather(rows, 0), 0.15);
  }
  const config = { ...tinyConfig, n_ctx: context, ...kinds[kind] };
  return Model.load({ config, weights, id: kind }, { runtime });
}

/** Prompts of `shortest` to `longest` tokens. */
export function randomPrompts(
  random: Random,
  count: number,
  longest: number,
  shortest = 1,
): number[][] {
  return Array.from({ length: count }, () =>
    Array.from({ length: random.integer(shortest, longest + 1) }, () => random.integer(0, 7)),
  );
}

export type Layout = "right" | "left" | "holes" | "wide";

/** The prompts with explicit padding: behind, in front, between, or more of it than any of them needs. */
export function laidOut(random: Random, prompts: readonly number[][], layout: Layout): TokenPrompt {
  const longest = Math.max(...prompts.map((ids) => ids.length));
  const width = layout === "right" || layout === "left" ? longest : longest + 2;
  const rows = prompts.map((ids) => {
    const slots =
      layout === "holes"
        ? [...random.permutation(width).slice(0, ids.length)].sort((a, b) => a - b)
        : ids.map((_, i) => (layout === "left" ? width - ids.length + i : i));
    const row = Array.from({ length: width }, () => -100);
    ids.forEach((id, i) => {
      row[slots[i]!] = id;
    });
    return row;
  });
  return {
    tokens: rows,
    attentionMask: rows.map((row) => row.map((id) => (id === -100 ? 0 : 1))),
  };
}

/** An edit of a batch, and the same for one of its prompts alone. */
export interface RandomEdit {
  readonly batch: Edit;
  alone(prompt: number): Edit;
}

export interface EditSetting {
  readonly config: ModelConfig;
  readonly prompts: readonly number[][];
  /** Other prompts, as long as these. */
  readonly others: readonly number[][];
  readonly kinds: readonly Edit["do"][];
}

/** An edit anywhere, of any kind, at positions that every prompt has. */
export function randomEdit(
  random: Random,
  { config, prompts, others, kinds }: EditSetting,
): RandomEdit {
  const pick = <T>(list: readonly T[]) => list[random.integer(0, list.length)]!;
  const what = pick(kinds);
  // 0 times the score of a key that may not be seen, -infinity, is not a number; nor is what a norm of 0 divides.
  const sites = hookNames(config).filter(
    (name) =>
      !(name.endsWith("scores") && ["lerp", "project", "mean"].includes(what)) &&
      !(name.endsWith("scale") && !["scale", "patch", "freeze", "mean"].includes(what)),
  );
  const at = pick(sites);
  const axes = hookAxes(at);
  const shape = hookShape(at, config);
  const shortest = Math.min(...prompts.map((ids) => ids.length));
  const longest = Math.max(...prompts.map((ids) => ids.length));
  const position = () => random.integer(-shortest, shortest);
  const positions = () => (random.uniform() < 0.5 ? position() : [position(), position()]);
  const where: Record<string, unknown> = {};
  if (random.uniform() < 0.6) where.pos = positions();
  if (axes.includes("key") && random.uniform() < 0.5) where.key = positions();
  if (axes.includes("head") && random.uniform() < 0.4) where.head = random.integer(0, 2);
  const base = { at, do: what, ...where } as Edit;
  if (what === "zero" || what === "freeze") return same(base);
  if (what === "mean") return same({ ...base, over: pick(["batch", "batch pos"] as const) });
  if (what === "scale") return same({ ...base, by: pick([0.5, 2, -1]) });
  if (what === "patch") {
    return {
      batch: { ...base, value: { prompt: others } },
      alone: (i) => ({ ...base, value: { prompt: others[i]! } }),
    };
  }
  const width = shape.at(-1)!;
  const vector = (size: number) => Array.from({ length: size }, () => random.normal());
  const by = what === "lerp" ? { by: 0.5 } : {};
  if (
    typeof width !== "number" ||
    what === "project" ||
    axes[1] !== "pos" ||
    random.uniform() < 0.5
  )
    return same({ ...base, ...by, value: typeof width === "number" ? vector(width) : 0.25 });
  // A number for each position, [pos, ...].
  const inner = axes.length === 4 ? 1 : undefined;
  const rows = Array.from({ length: longest }, () => (inner ? [vector(width)] : vector(width)));
  return {
    batch: { ...base, ...by, value: rows as number[][] },
    alone: (i) => ({ ...base, ...by, value: rows.slice(0, prompts[i]!.length) as number[][] }),
  };
}

function same(edit: Edit): RandomEdit {
  return { batch: edit, alone: () => edit };
}
