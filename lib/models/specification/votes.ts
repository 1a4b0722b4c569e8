import type { Tensor } from "../../tensor/index.ts";
import type { Reading } from "./reading.ts";

/** For each word that is read, what it adds to which words. */
export interface Votes {
  readonly of: Reading;
  readonly table: ReadonlyMap<string, Readonly<Record<string, number>>>;
}

/**
 * Instead of copying a word: what each word adds to others (or, with a minus, takes from them).
 *
 * @param of what is read: `word()`, or a channel
 * @param table word → { word: vote }, or a vote matrix (key = word that is read, vocabulary = word voted for)
 * @example votes(word(), { battery: { down: 1 }, program: { please: 1 } })
 */
export function votes(
  of: Reading,
  table: Readonly<Record<string, Readonly<Record<string, number>>>> | Tensor<["key", "vocabulary"]>,
): Votes {
  if (!isMatrix(table)) return { of, table: new Map(Object.entries(table)) };
  const words = table.labels("vocabulary") ?? [];
  const rows = (table.labels("key") ?? []).map((key, row) => {
    const cells = words
      .map((word, column) => [word, table.data[row * words.length + column] ?? 0] as const)
      .filter(([, vote]) => vote !== 0);
    return [key, Object.fromEntries(cells)] as const;
  });
  return { of, table: new Map(rows.filter(([, row]) => Object.keys(row).length > 0)) };
}

function isMatrix(
  table: Readonly<Record<string, Readonly<Record<string, number>>>> | Tensor<["key", "vocabulary"]>,
): table is Tensor<["key", "vocabulary"]> {
  return typeof (table as Tensor<["key", "vocabulary"]>).labels === "function";
}
