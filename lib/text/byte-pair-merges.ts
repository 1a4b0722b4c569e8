/** One step of byte-pair encoding: the pair that was met most often became one token. */
export interface BytePairMerge {
  /** The number of the step, from 1. */
  readonly step: number;
  readonly left: string;
  readonly right: string;
  /** Both joined: the new token. */
  readonly merged: string;
  /** How often the pair stood in the text. */
  readonly count: number;
  /** The number of tokens that the text has after this step. */
  readonly tokensLeft: number;
}

/** A word of the text as the tokens that it has now, and how often it is there. */
interface Chunk {
  tokens: string[];
  readonly count: number;
}

interface Pair {
  readonly left: string;
  readonly right: string;
  count: number;
  readonly chunks: Set<Chunk>;
}

/**
 * The steps of byte-pair encoding on a text, one at a time, for as long as a pair stands there at least twice.
 * Pairs never reach across words (a word takes the blank before it along), nor from letters to digits or marks, so
 * no merge can spell a byte's token ("<0xE2>"). Of pairs that are equally frequent the
 * first in the order of code units is merged, so the same text always gives the same steps.
 * Source: Rohrer, "Byte pair encoding"; Sennrich, Haddow and Birch 2016, section 3.2.
 *
 * @example [...bytePairMerges("low lower lowest")][0] // { left: "l", right: "o", merged: "lo", count: 3, … }
 */
export function* bytePairMerges(text: string): Generator<BytePairMerge, void, undefined> {
  const chunks = countedChunks(text);
  const pairs = new Map<string, Pair>();
  for (const chunk of chunks) addPairs(pairs, chunk, 1);
  let tokensLeft = chunks.reduce((sum, chunk) => sum + chunk.tokens.length * chunk.count, 0);

  for (let step = 1; ; step++) {
    const best = mostFrequent(pairs.values());
    if (best === undefined) return;
    const { left, right, count } = best;
    for (const chunk of [...best.chunks]) {
      addPairs(pairs, chunk, -1);
      const merged = mergedTokens(chunk.tokens, left, right);
      tokensLeft -= (chunk.tokens.length - merged.length) * chunk.count;
      chunk.tokens = merged;
      addPairs(pairs, chunk, 1);
    }
    yield { step, left, right, merged: left + right, count, tokensLeft };
  }
}

/** The words of a text, each with the blank before it; joined they are the text. */
export function chunksOf(text: string): string[] {
  return text.match(/ ?[\p{L}\p{M}]+| ?\p{N}+| ?[^\s\p{L}\p{M}\p{N}]+|\s+(?=\s)|\s/gu) ?? [];
}

/** `tokens` with each `left`, `right` that stand side by side joined, from the left. */
export function mergedTokens(tokens: readonly string[], left: string, right: string): string[] {
  const merged: string[] = [];
  for (let position = 0; position < tokens.length; position++) {
    const token = tokens[position] ?? "";
    if (token === left && tokens[position + 1] === right) {
      merged.push(left + right);
      position++;
    } else merged.push(token);
  }
  return merged;
}

function countedChunks(text: string): Chunk[] {
  const counts = new Map<string, number>();
  for (const chunk of chunksOf(text)) counts.set(chunk, (counts.get(chunk) ?? 0) + 1);
  return [...counts].map(([chunk, count]) => ({ tokens: Array.from(chunk), count }));
}

function addPairs(pairs: Map<string, Pair>, chunk: Chunk, sign: 1 | -1): void {
  for (let position = 0; position + 1 < chunk.tokens.length; position++) {
    const left = chunk.tokens[position] ?? "";
    const right = chunk.tokens[position + 1] ?? "";
    // The length in front keeps ("a b", "c") and ("a", "b c") apart whatever the tokens contain.
    const key = `${left.length}:${left}${right}`;
    let pair = pairs.get(key);
    if (pair === undefined) pairs.set(key, (pair = { left, right, count: 0, chunks: new Set() }));
    pair.count += sign * chunk.count;
    if (sign === 1) pair.chunks.add(chunk);
    else pair.chunks.delete(chunk);
    if (pair.count === 0) pairs.delete(key);
  }
}

function mostFrequent(pairs: Iterable<Pair>): Pair | undefined {
  let best: Pair | undefined;
  for (const pair of pairs) {
    if (pair.count < 2) continue;
    if (best === undefined || pair.count > best.count || (pair.count === best.count && isBefore(pair, best)))
      best = pair;
  }
  return best;
}

function isBefore(a: Pair, b: Pair): boolean {
  return a.left === b.left ? a.right < b.right : a.left < b.left;
}
