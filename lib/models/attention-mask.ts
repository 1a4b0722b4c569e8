import { tensor, type Tensor } from "../tensor/index.ts";
import type { Vocabulary } from "../text/index.ts";
import { MatrixTooLargeError } from "./errors.ts";

/** The largest mask that is made, in cells. */
const MOST_CELLS = 4_000_000;

/**
 * Hand-made masks, stacked: row (axis "query") = the latest word, column (axis "key") = an earlier word, 1 where the
 * row's word attends to it, else 0. The mask of a word is a lookup: its one-hot vector times this matrix — what
 * Q Kᵀ is in a transformer.
 * Source: Rohrer, "Masking" and "Attention as matrix multiplication". (The picture there has another size than the
 * vocabulary; this matrix is N × N.)
 *
 * @param attends for a latest word, the earlier words that count
 * @param others what words that are not named attend to: "everything" (unless given), or "nothing"
 * @throws UnknownWordError, MatrixTooLargeError
 * @example attentionMask(vocabulary, { ran: ["battery", "program"] })
 */
export function attentionMask(
  vocabulary: Vocabulary,
  attends: Readonly<Record<string, readonly string[]>>,
  others: "everything" | "nothing" = "everything",
): Tensor<["query", "key"]> {
  const size = vocabulary.size;
  if (size * size > MOST_CELLS)
    throw new MatrixTooLargeError("The mask matrix", BigInt(size), size, MOST_CELLS, "Choose fewer words.");
  const mask = new Float64Array(size * size).fill(others === "everything" ? 1 : 0);
  for (const [latest, earlier] of Object.entries(attends)) {
    const start = vocabulary.index(latest) * size;
    mask.fill(0, start, start + size);
    for (const word of earlier) mask[start + vocabulary.index(word)] = 1;
  }
  return tensor(["query", "key"], mask, {
    shape: [size, size],
    labels: { query: vocabulary.words, key: vocabulary.words },
  });
}
