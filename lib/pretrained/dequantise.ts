import { bfloat16, float16 } from "../models/transformer/safetensors.ts";

/**
 * GGUF's block formats, widened to 32-bit floats.
 * Source: the block layouts of ggml (`ggml-common.h`, structs `block_q4_0` … `block_q6_K`), GGUF specification version 3.
 */

/** What a block format stores: how many weights a block holds, in how many bytes, and how to widen blocks. */
interface BlockFormat {
  readonly name: string;
  readonly weights: number;
  readonly bytes: number;
  /** Widens the block that starts at byte `at` into `out` from index `to` on. */
  readonly widen: (bytes: Bytes, at: number, out: Float32Array, to: number) => void;
}

/** Bytes, and numbers of several bytes in them: least significant first. */
class Bytes {
  readonly data: Uint8Array;
  readonly #view: DataView;

  constructor(data: Uint8Array) {
    this.data = data;
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  unsigned(at: number): number {
    return this.data[at] ?? 0;
  }

  signed(at: number): number {
    return ((this.data[at] ?? 0) << 24) >> 24;
  }

  /** A 16-bit float. */
  half(at: number): number {
    return float16((this.data[at] ?? 0) | ((this.data[at + 1] ?? 0) << 8));
  }

  word(at: number): number {
    return this.#view.getUint32(at, true);
  }

  single(at: number): number {
    return this.#view.getFloat32(at, true);
  }
}

/** 32 weights of four bits each: scale · quant + start, the low halves of 16 bytes, then the high halves. */
function widenNibbles(
  { data }: Bytes,
  at: number,
  out: Float32Array,
  to: number,
  scale: number,
  start: number,
): void {
  for (let j = 0; j < 16; j++) {
    const byte = data[at + j] ?? 0;
    out[to + j] = scale * (byte & 0xf) + start;
    out[to + j + 16] = scale * (byte >> 4) + start;
  }
}

/** As `widenNibbles`, with a fifth bit for each weight in the 32-bit word at `high`. */
function widenFiveBits(
  bytes: Bytes,
  high: number,
  out: Float32Array,
  to: number,
  scale: number,
  start: number,
): void {
  const word = bytes.word(high);
  for (let j = 0; j < 16; j++) {
    const byte = bytes.unsigned(high + 4 + j);
    out[to + j] = scale * ((byte & 0xf) | (((word >>> j) & 1) << 4)) + start;
    out[to + j + 16] = scale * ((byte >> 4) | (((word >>> (j + 16)) & 1) << 4)) + start;
  }
}

/** The j-th of eight 6-bit scales and 6-bit minimums that Q4_K and Q5_K pack in 12 bytes. */
function scaleAndMinimum(bytes: Bytes, at: number, j: number): readonly [scale: number, minimum: number] {
  const byte = (index: number) => bytes.unsigned(at + index);
  if (j < 4) return [byte(j) & 63, byte(j + 4) & 63];
  return [(byte(j + 4) & 0xf) | ((byte(j - 4) >> 6) << 4), (byte(j + 4) >> 4) | ((byte(j) >> 6) << 4)];
}

/** Q4_K and Q5_K: 256 weights as eight groups of 32, each with a scale and a minimum. */
function widenGroups(
  bytes: Bytes,
  at: number,
  out: Float32Array,
  to: number,
  fifthBits: number | undefined,
): void {
  const scale = bytes.half(at);
  const minimum = bytes.half(at + 2);
  const quants = fifthBits === undefined ? at + 16 : fifthBits + 32;
  for (let group = 0; group < 8; group++) {
    const [groupScale, groupMinimum] = scaleAndMinimum(bytes, at + 4, group);
    for (let l = 0; l < 32; l++) {
      const byte = bytes.unsigned(quants + (group >> 1) * 32 + l);
      const low = group & 1 ? byte >> 4 : byte & 0xf;
      const fifth = fifthBits === undefined ? 0 : (bytes.unsigned(fifthBits + l) >> group) & 1;
      out[to + group * 32 + l] = scale * groupScale * (low + 16 * fifth) - minimum * groupMinimum;
    }
  }
}

const FORMATS: Readonly<Record<number, BlockFormat>> = {
  0: { name: "F32", weights: 1, bytes: 4, widen: (bytes, at, out, to) => (out[to] = bytes.single(at)) },
  1: { name: "F16", weights: 1, bytes: 2, widen: (bytes, at, out, to) => (out[to] = bytes.half(at)) },
  2: {
    name: "Q4_0",
    weights: 32,
    bytes: 18,
    widen: (bytes, at, out, to) => {
      const scale = bytes.half(at);
      widenNibbles(bytes, at + 2, out, to, scale, -8 * scale);
    },
  },
  3: {
    name: "Q4_1",
    weights: 32,
    bytes: 20,
    widen: (bytes, at, out, to) => widenNibbles(bytes, at + 4, out, to, bytes.half(at), bytes.half(at + 2)),
  },
  6: {
    name: "Q5_0",
    weights: 32,
    bytes: 22,
    widen: (bytes, at, out, to) => {
      const scale = bytes.half(at);
      widenFiveBits(bytes, at + 2, out, to, scale, -16 * scale);
    },
  },
  7: {
    name: "Q5_1",
    weights: 32,
    bytes: 24,
    widen: (bytes, at, out, to) => widenFiveBits(bytes, at + 4, out, to, bytes.half(at), bytes.half(at + 2)),
  },
  8: {
    name: "Q8_0",
    weights: 32,
    bytes: 34,
    widen: (bytes, at, out, to) => {
      const scale = bytes.half(at);
      for (let j = 0; j < 32; j++) out[to + j] = scale * bytes.signed(at + 2 + j);
    },
  },
  10: {
    name: "Q2_K",
    weights: 256,
    bytes: 84,
    widen: (bytes, at, out, to) => {
      const scale = bytes.half(at + 80);
      const minimum = bytes.half(at + 82);
      for (let index = 0; index < 256; index++) {
        const group = bytes.unsigned(at + (index >> 4));
        const byte = bytes.unsigned(at + 16 + (index >> 7) * 32 + (index & 31));
        const quant = (byte >> (2 * ((index >> 5) & 3))) & 3;
        out[to + index] = scale * (group & 0xf) * quant - minimum * (group >> 4);
      }
    },
  },
  11: {
    name: "Q3_K",
    weights: 256,
    bytes: 110,
    widen: (bytes, at, out, to) => {
      const scale = bytes.half(at + 108);
      for (let index = 0; index < 256; index++) {
        const group = index >> 4;
        // 16 six-bit scales in 12 bytes: four low bits in the first eight, two high bits in the last four
        const low = (bytes.unsigned(at + 96 + (group & 7)) >> (group < 8 ? 0 : 4)) & 0xf;
        const high = (bytes.unsigned(at + 104 + (group & 3)) >> (2 * (group >> 2))) & 3;
        const byte = bytes.unsigned(at + 32 + (index >> 7) * 32 + (index & 31));
        const bits = (byte >> (2 * ((index >> 5) & 3))) & 3;
        const unmasked = (bytes.unsigned(at + (index & 31)) >> (index >> 5)) & 1;
        out[to + index] = scale * ((low | (high << 4)) - 32) * (bits - (unmasked ? 0 : 4));
      }
    },
  },
  12: {
    name: "Q4_K",
    weights: 256,
    bytes: 144,
    widen: (bytes, at, out, to) => widenGroups(bytes, at, out, to, undefined),
  },
  13: {
    name: "Q5_K",
    weights: 256,
    bytes: 176,
    widen: (bytes, at, out, to) => widenGroups(bytes, at, out, to, at + 16),
  },
  14: {
    name: "Q6_K",
    weights: 256,
    bytes: 210,
    widen: (bytes, at, out, to) => {
      const scale = bytes.half(at + 208);
      for (let index = 0; index < 256; index++) {
        const chunk = index >> 7;
        const quarter = (index >> 5) & 3;
        const l = index & 31;
        const byte = bytes.unsigned(at + chunk * 64 + (quarter & 1) * 32 + l);
        const low = quarter < 2 ? byte & 0xf : byte >> 4;
        const high = (bytes.unsigned(at + 128 + chunk * 32 + l) >> (2 * quarter)) & 3;
        out[to + index] = scale * bytes.signed(at + 192 + (index >> 4)) * ((low | (high << 4)) - 32);
      }
    },
  },
  24: { name: "I8", weights: 1, bytes: 1, widen: (bytes, at, out, to) => (out[to] = bytes.signed(at)) },
  30: {
    name: "BF16",
    weights: 1,
    bytes: 2,
    widen: (bytes, at, out, to) => (out[to] = bfloat16(bytes.unsigned(at) | (bytes.unsigned(at + 1) << 8))),
  },
};

/** A GGUF tensor whose format has no widening here, or whose bytes do not fit its format. */
export class QuantisationError extends Error {
  override readonly name = "QuantisationError";
}

function format(type: number): BlockFormat {
  const found = FORMATS[type];
  if (found) return found;
  const known = Object.values(FORMATS).map(({ name }) => name);
  throw new QuantisationError(
    `GGML type ${type} is not one of those that can be widened: ${known.join(", ")}`,
  );
}

/**
 * How many bytes `count` weights of the GGML type `type` take.
 * @throws QuantisationError for an unknown type, or when `count` is not a whole number of its blocks
 */
export function quantisedBytes(type: number, count: number): number {
  const { name, weights, bytes } = format(type);
  if (count % weights !== 0)
    throw new QuantisationError(`${count} weights do not fill blocks of ${name}, which hold ${weights} each`);
  return (count / weights) * bytes;
}

/**
 * `count` weights of the GGML type `type`, as 32-bit floats.
 * @param bytes exactly the bytes of those weights
 * @param lent memory for at least `count` numbers to put them into, instead of fresh memory
 * @throws QuantisationError for an unknown type, or when `bytes` has another length than the type and count say
 */
export function dequantise(
  bytes: Uint8Array,
  type: number,
  count: number,
  lent?: Float32Array,
): Float32Array {
  const expected = quantisedBytes(type, count);
  if (bytes.byteLength !== expected)
    throw new QuantisationError(
      `${count} weights of type ${format(type).name} take ${expected} bytes, but there are ${bytes.byteLength}`,
    );
  const { weights, bytes: size, widen } = format(type);
  const source = new Bytes(bytes);
  const out = lent?.subarray(0, count) ?? new Float32Array(count);
  for (let block = 0; block * weights < count; block++) widen(source, block * size, out, block * weights);
  return out;
}
