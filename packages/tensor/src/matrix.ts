/** @file The bridge to ml-matrix: checked matrices in, float64 tensors out. */

import { Matrix } from "ml-matrix";
import { toDoubles } from "./dtype";
import { formatShape } from "./shape";
import { Tensor, type TensorLike } from "./tensor";

/** A tensor [rows, columns] as an ml-matrix Matrix; throws RangeError on another rank, an empty axis, NaN or infinity. */
export function toMatrix(x: TensorLike, subject: string): Matrix {
  const [rows, columns] = x.shape;
  if (x.shape.length !== 2 || !rows || !columns) {
    throw new RangeError(`${subject}: expected a matrix, got shape ${formatShape(x.shape)}`);
  }
  const values = toDoubles(x.dtype, x.data);
  // ml-matrix's iterations need not end on NaN.
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    const place = formatShape([Math.floor(bad / columns), bad % columns]);
    throw new RangeError(`${subject}: the element at ${place} is ${values[bad]}`);
  }
  return Matrix.from1DArray(rows, columns, values);
}

/** As `toMatrix`, for a square matrix. */
export function toSquareMatrix(x: TensorLike, subject: string): Matrix {
  const matrix = toMatrix(x, subject);
  if (matrix.rows !== matrix.columns) {
    throw new RangeError(`${subject}: expected a square matrix, got shape ${formatShape(x.shape)}`);
  }
  return matrix;
}

/** As `toSquareMatrix`; throws RangeError unless symmetric to 1e-8 of the largest element. */
export function toSymmetricMatrix(x: TensorLike, subject: string): Matrix {
  const matrix = toSquareMatrix(x, subject);
  const tolerance = 1e-8 * Math.max(matrix.max(), -matrix.min());
  for (let i = 0; i < matrix.rows; i++) {
    for (let j = 0; j < i; j++) {
      const [low, high] = [matrix.get(i, j), matrix.get(j, i)];
      if (Math.abs(low - high) > tolerance) {
        throw new RangeError(
          `${subject}: the matrix is not symmetric: ${low} at [${i}, ${j}], ${high} at [${j}, ${i}]`,
        );
      }
      // Exactly symmetric, so that the solver does not take the general way.
      matrix.set(j, i, low);
    }
  }
  return matrix;
}

/** A float64 tensor [rows, columns]. */
export function fromMatrix(matrix: Matrix): Tensor<"float64"> {
  const data = Float64Array.from(matrix.to1DArray());
  return new Tensor("float64", [matrix.rows, matrix.columns], data);
}

/** A float64 vector. */
export function fromVector(values: ArrayLike<number>): Tensor<"float64"> {
  return new Tensor("float64", [values.length], Float64Array.from(values));
}

/**
 * -1 where the largest element of a column (the first of those equal to 1e-9) is negative, else 1.
 *
 * Multiplied onto singular or eigenvectors, it makes their sign depend on the matrix alone. The tolerance keeps
 * rounding from deciding between elements that are equal in exact arithmetic.
 */
export function columnSigns(matrix: Matrix): number[] {
  return Array.from({ length: matrix.columns }, (_, j) => {
    const column = matrix.getColumn(j);
    const top = Math.max(...column.map(Math.abs));
    return column.find((value) => Math.abs(value) >= top * (1 - 1e-9))! < 0 ? -1 : 1;
  });
}

/** Columns in the order of `places`, each times its sign. */
export function arrangeColumns(
  matrix: Matrix,
  places: readonly number[],
  signs: readonly number[] = [],
): Matrix {
  const result = new Matrix(matrix.rows, places.length);
  places.forEach((from, to) => {
    const sign = signs[from] ?? 1;
    for (let i = 0; i < matrix.rows; i++) result.set(i, to, sign * matrix.get(i, from) + 0);
  });
  return result;
}
