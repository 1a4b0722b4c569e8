/** One character of a pattern, or a set of them. */
type Step =
  | { readonly kind: "any" }
  | { readonly kind: "many" }
  | { readonly kind: "one"; readonly fits: (character: string) => boolean };

function steps(pattern: string): Step[] {
  const characters = Array.from(pattern);
  const result: Step[] = [];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? "";
    if (character === "*") {
      if (result[result.length - 1]?.kind !== "many") result.push({ kind: "many" });
    } else if (character === "?") {
      result.push({ kind: "any" });
    } else if (character === "[" && characters.indexOf("]", at + 2) > 0) {
      const end = characters.indexOf("]", at + 2);
      const isNegated = characters[at + 1] === "^" || characters[at + 1] === "!";
      const set = characters.slice(at + (isNegated ? 2 : 1), end);
      result.push({ kind: "one", fits: (candidate) => isInSet(set, candidate) !== isNegated });
      at = end;
    } else {
      result.push({ kind: "one", fits: (candidate) => candidate === character });
    }
  }
  return result;
}

function isInSet(set: readonly string[], candidate: string): boolean {
  for (let at = 0; at < set.length; at++) {
    const first = set[at] ?? "";
    const last = set[at + 2];
    if (set[at + 1] === "-" && last !== undefined) {
      if (candidate >= first && candidate <= last) return true;
      at += 2;
    } else if (candidate === first) {
      return true;
    }
  }
  return false;
}

/**
 * A test whether the whole of a text fits a pattern: `*` any characters, `?` one, `[a-z]` one of a set, `[^a-z]` one outside.
 * Takes at most time pattern × text, whatever the pattern.
 *
 * @example globMatcher("let *")("let x = 1") // true
 */
export function globMatcher(pattern: string): (text: string) => boolean {
  const wanted = steps(pattern);
  return (text) => {
    const characters = Array.from(text);
    let step = 0;
    let at = 0;
    let star = -1;
    let starAt = 0;
    while (at < characters.length) {
      const present = wanted[step];
      if (present?.kind === "many") {
        star = step++;
        starAt = at;
      } else if (present && (present.kind === "any" || present.fits(characters[at] ?? ""))) {
        step++;
        at++;
      } else if (star >= 0) {
        step = star + 1;
        at = ++starAt;
      } else {
        return false;
      }
    }
    while (wanted[step]?.kind === "many") step++;
    return step === wanted.length;
  };
}
