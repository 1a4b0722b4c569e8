/** Base64 digits of a source map's numbers: six bits each, the lowest for the sign, the highest for "more follows". */
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const VALUES = new Map(Array.from(DIGITS, (digit, value) => [digit, value]));
const MORE = 32;

/**
 * The mappings of a source map (version 3) with every column of one source line that is behind `column` moved one
 * to the left: what undoes a character that was put into that line before it was compiled.
 */
export function withoutCharacter(mappings: string, line: number, column: number): string {
  let sourceLine = 0;
  let sourceColumn = 0;
  let written = 0;
  return mappings
    .split(";")
    .map((segments) =>
      segments
        .split(",")
        .map((segment) => {
          const fields = decode(segment);
          if (fields.length < 4) return segment;
          sourceLine += fields[2] ?? 0;
          sourceColumn += fields[3] ?? 0;
          const moved = sourceLine === line && sourceColumn > column ? sourceColumn - 1 : sourceColumn;
          const step = moved - written;
          written = moved;
          return encode(fields.with(3, step));
        })
        .join(","),
    )
    .join(";");
}

function decode(segment: string): number[] {
  const fields: number[] = [];
  let bits = 0;
  let shift = 0;
  for (const digit of segment) {
    const value = VALUES.get(digit) ?? 0;
    bits += (value % MORE) * 2 ** shift;
    shift += 5;
    if (value >= MORE) continue;
    fields.push(bits % 2 === 1 ? -(bits - 1) / 2 : bits / 2);
    bits = 0;
    shift = 0;
  }
  return fields;
}

function encode(fields: readonly number[]): string {
  let text = "";
  for (const field of fields) {
    let bits = field < 0 ? -field * 2 + 1 : field * 2;
    do {
      const rest = Math.floor(bits / MORE);
      text += DIGITS[(bits % MORE) + (rest > 0 ? MORE : 0)] ?? "";
      bits = rest;
    } while (bits > 0);
  }
  return text;
}
