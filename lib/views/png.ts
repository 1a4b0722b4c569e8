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
 * are more, neighbouring ones share an entry (five to six bits a channel). Source: PNG specification, third edition.
 */
export function encodePng({ width, height, data }: Pixels): Uint8Array {
  const { palette, indices } = quantise(data);
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

function quantise(data: Uint8Array): { palette: number[]; indices: Uint8Array } {
  const pixels = new Uint32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
  for (const mask of [0xffffffff, 0xfffefefe, 0xfffcfcfc, 0xfff8fcf8, 0xfff8f8f8, 0xf0f0f0f0, 0xf0e0e0e0]) {
    const found = new Map<number, number>();
    const palette: number[] = [];
    const indices = new Uint8Array(pixels.length);
    let last = -1;
    let lastIndex = 0;
    let fits = true;
    for (let pixel = 0; pixel < pixels.length; pixel++) {
      const colour = pixels[pixel] ?? 0;
      if (colour !== last) {
        const key = (colour & mask) >>> 0;
        let index = found.get(key);
        if (index === undefined) {
          if (palette.length === 256) {
            fits = false;
            break;
          }
          index = palette.push(colour) - 1;
          found.set(key, index);
        }
        last = colour;
        lastIndex = index;
      }
      indices[pixel] = lastIndex;
    }
    if (fits) return { palette, indices };
  }
  throw new Error("A palette of 256 colours holds three bits a channel.");
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
