/** @file Singular value decomposition (by ml-matrix) and what is made of it. */

import { SingularValueDecomposition } from "ml-matrix";
import { checkOptions } from "./check-options";
import { matmul } from "./matmul";
import { arrangeColumns, columnSigns, fromMatrix, fromVector, toMatrix } from "./matrix";
import { Tensor, type TensorLike } from "./tensor";

export interface Svd {
  /** Left singular vectors in columns [n, k]. */
  readonly u: Tensor<"float64">;
  /** Singular values [k], largest first. */
  readonly s: Tensor<"float64">;
  /** Right singular vectors in columns [m, k]. */
  readonly v: Tensor<"float64">;
}

/**
 * x [n, m] = u diag(s) vᵀ with k = min(n, m).
 *
 * Signs: in every column of u the largest element (the first of equals) is positive.
 */
export function svd(x: TensorLike): Svd {
  const matrix = toMatrix(x, "svd");
  const k = Math.min(matrix.rows, matrix.columns);
  const decomposition = new SingularValueDecomposition(matrix, { autoTranspose: true });
  const values = decomposition.diagonal;
  const places = Array.from({ length: k }, (_, j) => j).sort((a, b) => values[b]! - values[a]!);
  const signs = columnSigns(decomposition.leftSingularVectors);
  return {
    u: fromMatrix(arrangeColumns(decomposition.leftSingularVectors, places, signs)),
    s: fromVector(places.map((place) => values[place]!)),
    v: fromMatrix(arrangeColumns(decomposition.rightSingularVectors, places, signs)),
  };
}

export interface PinvOptions {
  /** Singular values up to this share of the largest count as 0; default max(n, m) times 2^-52. */
  tolerance?: number;
}

/** The Moore-Penrose inverse [m, n] of x [n, m]. */
export function pinv(x: TensorLike, options: PinvOptions = {}): Tensor<"float64"> {
  checkOptions("pinv", options, { tolerance: "optional" });
  const { tolerance } = options;
  const { u, s, v } = svd(x);
  const share = tolerance ?? Math.max(...x.shape) * Number.EPSILON;
  const limit = share * s.data[0]!;
  const k = s.data.length;
  const scaled = v.data.map((value, i) => {
    const size = s.data[i % k]!;
    return size > limit ? value / size : 0;
  });
  return matmul(new Tensor("float64", v.shape, scaled), u.transpose());
}
