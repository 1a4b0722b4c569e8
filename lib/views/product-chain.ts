import type { DrawnMatrix } from "./matrix.ts";
import { ViewInputError } from "./view-input-error.ts";

/**
 * The products from left to right: A B, A B C, …
 *
 * @throws ViewInputError when the inner sizes differ, with the names of the factors
 */
export function multiplyAll(matrices: readonly DrawnMatrix[], names: readonly string[]): DrawnMatrix[] {
  const products: DrawnMatrix[] = [];
  for (const [index, right] of matrices.slice(1).entries()) {
    const left = products[products.length - 1] ?? matrices[0];
    if (left === undefined) break;
    const inner = left.columns.length;
    if (inner !== right.rows.length)
      throw new ViewInputError(
        `matrixProduct: ${names.slice(0, index + 1).join(" ")} has ${inner} columns (${left.columnAxis}) and ${names[index + 1] ?? ""} has ${right.rows.length} rows (${right.rowAxis}); they must be as many.`,
      );
    const columns = right.columns.length;
    const values = new Float64Array(left.rows.length * columns);
    for (let row = 0; row < left.rows.length; row++)
      for (let k = 0; k < inner; k++) {
        const factor = left.values[row * inner + k] ?? 0;
        if (factor === 0) continue;
        for (let column = 0; column < columns; column++)
          values[row * columns + column] =
            (values[row * columns + column] ?? 0) + factor * (right.values[k * columns + column] ?? 0);
      }
    products.push({
      rowAxis: left.rowAxis,
      columnAxis: right.columnAxis,
      rows: left.rows,
      columns: right.columns,
      named: [left.named[0], right.named[1]],
      values,
    });
  }
  return products;
}
