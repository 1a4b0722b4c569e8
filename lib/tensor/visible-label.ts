/** Characters that cannot be seen, or that turn the direction of the text around them. */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/**
 * A label with its white space visible: spaces at the ends as `·` (a token " the" is not "the"), line breaks as `↵`, tabs as `⇥`,
 * other characters that cannot be seen as their code. Cut to `limit` characters. An empty label is `""`.
 *
 * @example visibleLabel(" the\n") // "·the↵"
 */
export function visibleLabel(label: string, limit = 24): string {
  if (label === "") return '""';
  const shown = label
    .replace(/\n/g, "↵")
    .replace(/\t/g, "⇥")
    .replace(/^ +| +$/g, (spaces) => "·".repeat(spaces.length))
    .replace(UNSEEN, (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`);
  const characters = Array.from(shown);
  return characters.length > limit ? `${characters.slice(0, limit - 1).join("")}…` : shown;
}
