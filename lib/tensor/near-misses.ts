/** The number of letters to insert, delete, replace or swap to make `left` into `right`. */
function editDistance(left: string, right: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const same = left[i - 1] === right[j - 1];
      let best = Math.min(
        (previous[j] ?? 0) + 1,
        (current[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]) {
        best = Math.min(best, (beforePrevious[j - 2] ?? 0) + 1);
      }
      current.push(best);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[right.length] ?? 0;
}

/**
 * The words that someone who wrote `word` may have meant, nearest first: the same but for case or spaces,
 * or within a third of its letters.
 *
 * @example nearMisses("battrey", ["battery", "program"]) // ["battery"]
 */
export function nearMisses(word: string, known: readonly string[], limit = 3): string[] {
  const plain = word.trim().toLowerCase();
  const reach = Math.floor(plain.length / 3);
  const found: { candidate: string; distance: number }[] = [];
  for (const candidate of known) {
    const other = candidate.trim().toLowerCase();
    if (Math.abs(other.length - plain.length) > reach) continue;
    const distance = other === plain ? 0 : editDistance(plain, other);
    if (distance <= reach) found.push({ candidate, distance });
  }
  found.sort((a, b) => a.distance - b.distance);
  return [...new Set(found.map(({ candidate }) => candidate))].slice(0, limit);
}

/** ` Did you mean "battery"?` or a short list of what there is, for the end of an error message. */
export function suggestion(word: string, known: readonly string[]): string {
  const near = nearMisses(word, known);
  if (near.length > 0) return ` Did you mean ${near.map((name) => JSON.stringify(name)).join(" or ")}?`;
  if (known.length === 0) return "";
  const shown = known.slice(0, 8).map((name) => JSON.stringify(name));
  const more = known.length > shown.length ? `, … (${known.length} in all)` : "";
  return ` There is ${shown.join(", ")}${more}.`;
}
