/** First and last code unit of the first halves of characters beyond U+FFFF. */
const HIGH_SURROGATES = [0xd800, 0xdbff] as const;
const LOW_SURROGATES = [0xdc00, 0xdfff] as const;

function isPairAt(text: string, offset: number): boolean {
  const first = text.charCodeAt(offset);
  const second = text.charCodeAt(offset + 1);
  return (
    first >= HIGH_SURROGATES[0] &&
    first <= HIGH_SURROGATES[1] &&
    second >= LOW_SURROGATES[0] &&
    second <= LOW_SURROGATES[1]
  );
}

/**
 * The offset in UTF-16 code units, as TypeScript counts, of a cursor in code points, as Jupyter does since 5.2.
 * A cursor beyond the end is at the end.
 *
 * @example utf16Offset("a😀b", 2) // 3
 */
export function utf16Offset(text: string, codePoints: number): number {
  let offset = 0;
  for (let passed = 0; passed < codePoints && offset < text.length; passed++) {
    offset += isPairAt(text, offset) ? 2 : 1;
  }
  return offset;
}

/**
 * The cursor in code points of an offset in UTF-16 code units.
 *
 * @example codePointOffset("a😀b", 3) // 2
 */
export function codePointOffset(text: string, offset: number): number {
  let codePoints = 0;
  for (let at = 0; at < offset && at < text.length; codePoints++) at += isPairAt(text, at) ? 2 : 1;
  return codePoints;
}
