import { formatNumber } from "./label.ts";
import type { DrawnMatrix } from "./matrix.ts";
import { extent } from "./colours.ts";

/** "3 rows" or "1 row". */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** Words in a list: "a, b and c". */
export function list(words: readonly string[]): string {
  return words.length < 2
    ? (words[0] ?? "none")
    : `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`;
}

/** The indices of the `most` largest numbers, the largest first. */
export function largest(values: ArrayLike<number>, most: number): number[] {
  const found: number[] = [];
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? NaN;
    if (Number.isNaN(value)) continue;
    if (found.length === most && value <= (values[found[most - 1] ?? 0] ?? 0)) continue;
    const place = found.findIndex((other) => (values[other] ?? 0) < value);
    found.splice(place === -1 ? found.length : place, 0, index);
    if (found.length > most) found.pop();
  }
  return found;
}

/**
 * What a matrix shows, in words: its size, its range and its largest cells; and how many cells are no number, or, where
 * `missing` says why NaN stands there, that.
 */
export function describeMatrix(matrix: DrawnMatrix, missing?: string): string {
  const { rows, columns, values } = matrix;
  const [low, high] = extent(Array.from(values));
  const cells = largest(values, 3).map((cell) => {
    const row = rows[Math.floor(cell / columns.length)] ?? "";
    return `${row} → ${columns[cell % columns.length] ?? ""} ${formatNumber(values[cell] ?? NaN)}`;
  });
  let [odd, left] = [0, 0];
  for (let cell = 0; cell < values.length; cell++)
    if (missing !== undefined && Number.isNaN(values[cell])) left++;
    else if (!Number.isFinite(values[cell])) odd++;
  const range =
    cells.length === 0
      ? "no values"
      : `values from ${formatNumber(low)} to ${formatNumber(high)}; largest: ${list(cells)}`;
  return `${count(rows.length, "row")} (${matrix.rowAxis}) by ${count(columns.length, "column")} (${matrix.columnAxis}), ${range}${odd === 0 ? "" : `; ${count(odd, "cell")} not finite`}${left === 0 ? "" : `; ${count(left, "cell")} without a value: ${missing ?? ""}`}.`;
}
