/** Word pairs that stand in the same relation: from each first word to its second. */
export interface Relation {
  readonly name: string;
  /** `[from, to]`, at least two. */
  readonly pairs: readonly (readonly [from: string, to: string])[];
  /** Who wrote the list, or how it was generated. */
  readonly origin: string;
}

/** Words in an order, from the least to the most. */
export interface Scale {
  readonly name: string;
  /** At least three. */
  readonly words: readonly string[];
  readonly origin: string;
}

/** A relation or scale that cannot be used; the message names it and says what would be right. */
export class RelationError extends Error {
  override readonly name = "RelationError";
}

/**
 * The relation with these pairs.
 * @throws RelationError for fewer than two pairs, an empty word, a pair of a word with itself, or the same pair twice
 */
export function relation(
  name: string,
  pairs: readonly (readonly [from: string, to: string])[],
  origin = "given by the reader",
): Relation {
  if (pairs.length < 2)
    throw new RelationError(
      `relation "${name}" has ${pairs.length} pairs; a common direction needs at least 2`,
    );
  const seen = new Set<string>();
  for (const [from, to] of pairs) {
    if (from === "" || to === "")
      throw new RelationError(`relation "${name}": a word of the pair "${from}" → "${to}" is empty`);
    if (from === to) throw new RelationError(`relation "${name}" pairs "${from}" with itself`);
    const key = JSON.stringify([from, to]);
    if (seen.has(key)) throw new RelationError(`relation "${name}" has the pair "${from}" → "${to}" twice`);
    seen.add(key);
  }
  return { name, pairs: pairs.map(([from, to]) => [from, to] as const), origin };
}

/**
 * The scale with these words, the least first.
 * @throws RelationError for fewer than three words, an empty one, or one twice
 */
export function scale(name: string, words: readonly string[], origin = "given by the reader"): Scale {
  if (words.length < 3)
    throw new RelationError(`scale "${name}" has ${words.length} words; an order needs at least 3`);
  for (const [index, word] of words.entries()) {
    if (word === "") throw new RelationError(`scale "${name}": word ${index} is empty`);
    if (words.indexOf(word) !== index) throw new RelationError(`scale "${name}" has "${word}" twice`);
  }
  return { name, words: [...words], origin };
}
