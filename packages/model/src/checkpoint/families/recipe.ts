/** @file The little language of family descriptions: which checkpoint tensor becomes a weight, and how. */

import { eye, reshape, slice, type TensorLike, transpose } from "@diopter/tensor";
import type { WeightShape } from "../../weights/weight-shapes";

/** One change of layout on the way from checkpoint to weight, and what it says about the shape before it. */
interface Step {
  readonly before: (after: WeightShape) => WeightShape;
  readonly apply: (x: TensorLike) => TensorLike;
}

/**
 * How one weight is made from a checkpoint tensor.
 *
 * Steps are written in reading order, from checkpoint to weight. The shape that the checkpoint tensor
 * must have is derived from the weight's own shape by walking the steps backwards, so it is never stated.
 *
 * @example
 * from("h.{l}.attn.c_attn.weight").columns(0, [768, 768, 768])
 */
export class Recipe {
  readonly sources: readonly string[];
  /** What to do when no source is there: fail, leave the weight out, or use the identity matrix. */
  readonly absent: "missing" | "optional" | "identity";
  readonly #steps: readonly Step[];

  constructor(
    sources: readonly string[],
    steps: readonly Step[] = [],
    absent: "missing" | "optional" | "identity" = "missing",
  ) {
    this.sources = sources;
    this.absent = absent;
    this.#steps = steps;
  }

  /** Whether the weight is the checkpoint tensor as it is. */
  get unchanged(): boolean {
    return this.#steps.length === 0;
  }

  /** Another name under which checkpoints keep the same tensor. */
  or(source: string): Recipe {
    return new Recipe([...this.sources, source], this.#steps, this.absent);
  }

  /** The weight may be absent: a bias that is not there is no bias. */
  optional(): Recipe {
    return new Recipe(this.sources, this.#steps, "optional");
  }

  /** A missing square matrix is the identity. */
  orIdentity(): Recipe {
    return new Recipe(this.sources, this.#steps, "identity");
  }

  /** The recipe with `{l}` written out. */
  inLayer(layer: number): Recipe {
    const sources = this.sources.map((source) => source.replace("{l}", String(layer)));
    return new Recipe(sources, this.#steps, this.absent);
  }

  /** Checkpoint keeps the matrix `[out, in]`. */
  transposed(): Recipe {
    return this.#then({
      before: (after) => ({ shape: after.shape.toReversed(), words: after.words.toReversed() }),
      apply: (x) => transpose(x),
    });
  }

  /** Takes column group `part` of groups that are `sizes` wide. */
  columns(part: number, sizes: readonly number[]): Recipe {
    return this.#group(part, sizes, -1);
  }

  /** Takes row group `part` of groups that are `sizes` high. */
  rows(part: number, sizes: readonly number[]): Recipe {
    return this.#group(part, sizes, 0);
  }

  /** Checkpoint keeps heads apart and first, `[head, rows, dHead]`; the weight is `[rows, head*dHead]`. */
  headColumns(heads: number): Recipe {
    return this.#then({
      before: ({ shape: [rows = 0, columns = 0], words: [word = ""] }) => ({
        shape: [heads, rows, columns / heads],
        words: ["head", word, "dHead"],
      }),
      apply: (x) => {
        const [h = 0, rows = 0, dHead = 0] = x.shape;
        return reshape(transpose(x, [1, 0, 2]), [rows, h * dHead]);
      },
    });
  }

  /** Checkpoint keeps heads apart and first, `[head, dHead, ...]`; the weight is `[head*dHead, ...]`. */
  headRows(heads: number): Recipe {
    return this.#then({
      before: ({ shape: [rows = 0, ...rest], words: [, ...words] }) => ({
        shape: [heads, rows / heads, ...rest],
        words: ["head", "dHead", ...words],
      }),
      apply: ({ shape: [h = 0, dHead = 0, ...rest], ...x }) =>
        reshape({ ...x, shape: [h, dHead, ...rest] }, [h * dHead, ...rest]),
    });
  }

  /** Checkpoint keeps `parts` per head in one tensor, `[head*part*dHead, ...]`; takes one of them, `[head*dHead, ...]`. */
  partOfHeads(part: number, parts: number, heads: number): Recipe {
    return this.#then({
      before: ({ shape: [rows = 0, ...rest], words: [word = "", ...words] }) => ({
        shape: [rows * parts, ...rest],
        words: [`${parts}*${word}`, ...words],
      }),
      apply: ({ shape: [rows = 0, ...rest], ...x }) => {
        const dHead = rows / parts / heads;
        const apart = reshape({ ...x, shape: [rows, ...rest] }, [heads, parts, dHead, ...rest]);
        return reshape(slice(apart, [part], [part + 1], [1]), [heads * dHead, ...rest]);
      },
    });
  }

  /** Shape that the checkpoint tensor must have for a weight of shape `weight`. */
  expected(weight: WeightShape): WeightShape {
    return this.#steps.reduceRight((shape, step) => step.before(shape), weight);
  }

  /** The weight, from its checkpoint tensor. */
  apply(tensor: TensorLike): TensorLike {
    return this.#steps.reduce((x, step) => step.apply(x), tensor);
  }

  #then(step: Step): Recipe {
    return new Recipe(this.sources, [...this.#steps, step], this.absent);
  }

  #group(part: number, sizes: readonly number[], axis: 0 | -1): Recipe {
    const start = sizes.slice(0, part).reduce((sum, size) => sum + size, 0);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const equal = sizes.every((size) => size === sizes[0]);
    return this.#then({
      before: ({ shape, words }) => {
        const word = words.at(axis) ?? "";
        const at = axis === 0 ? 0 : shape.length - 1;
        return {
          shape: shape.with(at, total),
          words: words.with(at, equal ? `${sizes.length}*${word}` : String(total)),
        };
      },
      apply: (x) => slice(x, [start], [start + (sizes[part] ?? 0)], [axis]),
    });
  }
}

/** A weight that is a checkpoint tensor, named relative to the family's prefix; `{l}` stands for the layer. */
export function from(source: string): Recipe {
  return new Recipe([source]);
}

/** The identity matrix of size `n`, `[n, n]`, float32. */
export function identity(n: number): TensorLike {
  return eye(n, "float32");
}
