/**
 * The bytes of one character as UTF-8 writes it. A lone surrogate, which UTF-8 forbids, gets the three bytes that
 * its number would have (as in WTF-8), so that every JavaScript string survives the round trip.
 */
export function bytesOf(character: string): number[] {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return [code];
  if (code < 0x800) return [0xc0 | (code >> 6), continuation(code)];
  if (code < 0x10000) return [0xe0 | (code >> 12), continuation(code >> 6), continuation(code)];
  return [0xf0 | (code >> 18), continuation(code >> 12), continuation(code >> 6), continuation(code)];
}

/** The characters that a run of bytes spells; bytes that spell nothing become U+FFFD, one each. */
export function charactersOf(bytes: readonly number[]): string {
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const lead = bytes[at] ?? 0;
    const length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 0;
    const rest = bytes.slice(at + 1, at + length);
    if (length === 0 || rest.length !== length - 1 || rest.some((byte) => byte >> 6 !== 2)) {
      text += "\uFFFD";
      at += 1;
      continue;
    }
    const head = length === 1 ? lead : lead & (0xff >> (length + 1));
    const code = rest.reduce((value, byte) => (value << 6) | (byte & 0x3f), head);
    text += code <= 0x10ffff ? String.fromCodePoint(code) : "\uFFFD";
    at += length;
  }
  return text;
}

/** How a byte is written as a token: 226 is "<0xE2>". */
export function byteToken(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
}

/** The byte that a token stands for, if it is one of those. */
export function byteOf(token: string): number | undefined {
  const hexadecimal = /^<0x([0-9A-F]{2})>$/.exec(token)?.[1];
  return hexadecimal === undefined ? undefined : Number.parseInt(hexadecimal, 16);
}

function continuation(bits: number): number {
  return 0x80 | (bits & 0x3f);
}
