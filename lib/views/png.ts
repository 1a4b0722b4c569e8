import { deflateSync } from "node:zlib";

/** Pixels as bytes red, green, blue, opacity, row after row. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

const SIGNATURE = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);
const CHECKS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let check = byte;
  for (let bit = 0; bit < 8; bit++) check = check & 1 ? 0xedb88320 ^ (check >>> 1) : check >>> 1;
  return check >>> 0;
});

/**
 * A PNG file of at most 256 colours: drawings have few, so this is a third of the size of a true-colour file. When there
 * are more, rare ones take the nearest. Source: PNG specification, third edition.
 *
 * @param merged a colour of edges only takes that of another that is at most so far away (the root of the summed squares of the
 *   channels' differences, 0 to 255): such shades cost bytes and are not seen. What fills an area keeps its colour. 0 unless told.
 */
export function encodePng({ width, height, data }: Pixels, merged = 0): Uint8Array {
  const { palette, indices } = quantise(data, width, merged);
  const rows = new Uint8Array((width + 1) * height);
  for (let row = 0; row < height; row++)
    rows.set(indices.subarray(row * width, (row + 1) * width), row * (width + 1) + 1);
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 3, 0, 0, 0], 8);
  const colours = new Uint8Array(palette.length * 3);
  const opacities = new Uint8Array(palette.length);
  palette.forEach((colour, index) => {
    colours.set([colour & 255, (colour >>> 8) & 255, (colour >>> 16) & 255], index * 3);
    opacities[index] = colour >>> 24;
  });
  const isOpaque = opacities.every((opacity) => opacity === 255);
  const parts = [
    SIGNATURE,
    chunk("IHDR", header),
    chunk("PLTE", colours),
    ...(isOpaque ? [] : [chunk("tRNS", opacities)]),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", new Uint8Array(0)),
  ];
  return Uint8Array.from(Buffer.concat(parts));
}

/** The colours themselves when there are at most 256; else the 256 most frequent of six bits a channel, the others as the nearest of those. */
function quantise(
  data: Uint8Array,
  width: number,
  merged: number,
): { palette: number[]; indices: Uint8Array } {
  const pixels = new Uint32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
  const counts = new Map<number, number>();
  const areas = new Set<number>();
  let start = 0;
  for (let pixel = 1; pixel <= pixels.length; pixel++) {
    if (pixels[pixel] === pixels[start]) continue;
    const colour = pixels[start] ?? 0;
    counts.set(colour, (counts.get(colour) ?? 0) + pixel - start);
    for (let inner = start + 1; inner < pixel - 1 && !areas.has(colour); inner++)
      if (pixels[inner - width] === colour && pixels[inner + width] === colour) areas.add(colour);
    start = pixel;
  }
  const palette = mostFrequent(counts, areas, merged);
  const entries = new Map(palette.map((colour, index) => [colour, index]));
  for (const colour of counts.keys()) if (!entries.has(colour)) entries.set(colour, nearest(palette, colour));
  const indices = new Uint8Array(pixels.length);
  let last = -1;
  let entry = 0;
  for (let pixel = 0; pixel < pixels.length; pixel++) {
    const colour = pixels[pixel] ?? 0;
    if (colour !== last) entry = entries.get(colour) ?? 0;
    last = colour;
    indices[pixel] = entry;
  }
  return { palette, indices };
}

/** At most 256 colours, the most frequent first; those that fill no area only where none taken before is within `merged`. */
function mostFrequent(
  counts: ReadonlyMap<number, number>,
  areas: ReadonlySet<number>,
  merged: number,
): number[] {
  const sorted = [...counts].toSorted((left, right) => right[1] - left[1]);
  const own: number[] = [];
  const byCount = sorted.filter(([colour]) => {
    const isEdge = merged > 0 && !areas.has(colour);
    if (isEdge && distance(own[nearest(own, colour)] ?? 0, colour) <= merged ** 2) return false;
    own.push(colour);
    return true;
  });
  if (byCount.length <= 256) return byCount.map(([colour]) => colour);
  const taken = new Set<number>();
  const palette: number[] = [];
  for (const [colour] of byCount) {
    const bucket = (colour & 0xfcfcfcfc) >>> 0;
    if (taken.has(bucket)) continue;
    taken.add(bucket);
    palette.push(colour);
    if (palette.length === 256) break;
  }
  return palette;
}

function nearest(palette: readonly number[], colour: number): number {
  let best = 0;
  let least = Infinity;
  for (const [index, other] of palette.entries()) {
    const far = distance(other, colour);
    if (far < least) {
      least = far;
      best = index;
    }
  }
  return best;
}

/** The squared distance of two colours, opacity included. */
function distance(left: number, right: number): number {
  let sum = 0;
  for (let shift = 0; shift < 32; shift += 8)
    sum += (((left >>> shift) & 255) - ((right >>> shift) & 255)) ** 2;
  return sum;
}

function chunk(name: string, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, body.length);
  for (let letter = 0; letter < 4; letter++) bytes[4 + letter] = name.charCodeAt(letter);
  bytes.set(body, 8);
  let check = 0xffffffff;
  for (const byte of bytes.subarray(4, 8 + body.length))
    check = (CHECKS[(check ^ byte) & 255] ?? 0) ^ (check >>> 8);
  view.setUint32(8 + body.length, (check ^ 0xffffffff) >>> 0);
  return bytes;
}
