/**
 * The words that are spelt most nearly like `word`: at most a third of its letters (at least one) changed,
 * added, left out or swapped with their neighbour; upper and lower case count as equal. Nearest first, at most `limit`.
 *
 * @example nearMisses("batery", ["battery", "program"]) // ["battery"]
 */
export function nearMisses(word: string, words: Iterable<string>, limit = 3): string[] {
  const most = Math.max(1, Math.floor(word.length / 3));
  const near: { word: string; distance: number }[] = [];
  for (const candidate of words) {
    if (Math.abs(candidate.length - word.length) > most) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance <= most && distance < candidate.length) near.push({ word: candidate, distance });
  }
  return near
    .sort((a, b) => a.distance - b.distance)
    .slice(0, limit)
    .map((entry) => entry.word);
}

/** Damerau and Levenshtein's distance with adjacent swaps ("optimal string alignment"). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const change = (last[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      let cost = Math.min(change, (last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1])
        cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}
