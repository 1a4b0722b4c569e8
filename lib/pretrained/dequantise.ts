import { bfloat16, float16 } from "../models/transformer/safetensors.ts";

/**
 * GGUF's block formats, widened to 32-bit floats.
 * Source: the block layouts of ggml (`ggml-common.h`, structs `block_q4_0` … `block_q6_K`), GGUF specification version 3.
 */

/** What a block format stores: how many weights a block holds, in how many bytes, and how to widen one block. */
interface BlockFormat {
  readonly name: string;
  readonly weights: number;
  readonly bytes: number;
  /** Widens the block at byte `at` of `view` into `out` from index `to` on. */
  readonly widen: (view: DataView, at: number, out: Float32Array, to: number) => void;
}

const half = (view: DataView, at: number) => float16(view.getUint16(at, true));

/** Weights in blocks of 32 with four bits each: the low halves of 16 bytes, then the high halves. */
function nibbles(view: DataView, at: number, store: (index: number, quant: number) => void) {
  for (let j = 0; j < 16; j++) {
    const byte = view.getUint8(at + j);
    store(j, byte & 0xf);
    store(j + 16, byte >> 4);
  }
}

/** As `nibbles`, with a fifth bit for each weight in the 32-bit word at `high`. */
function fiveBits(view: DataView, high: number, at: number, store: (index: number, quant: number) => void) {
  const word = view.getUint32(high, true);
  nibbles(view, at, (index, quant) => store(index, quant | (((word >>> index) & 1) << 4)));
}

/** The j-th of eight 6-bit scales and 6-bit minimums that Q4_K and Q5_K pack in 12 bytes. */
function scaleAndMinimum(view: DataView, at: number, j: number): readonly [scale: number, minimum: number] {
  const byte = (index: number) => view.getUint8(at + index);
  if (j < 4) return [byte(j) & 63, byte(j + 4) & 63];
  return [(byte(j + 4) & 0xf) | ((byte(j - 4) >> 6) << 4), (byte(j + 4) >> 4) | ((byte(j) >> 6) << 4)];
}

/** Q4_K and Q5_K: 256 weights as eight groups of 32, each with a scale and a minimum. */
function widenGroups(
  view: DataView,
  at: number,
  out: Float32Array,
  to: number,
  fifthBits: number | undefined,
) {
  const scale = half(view, at);
  const minimum = half(view, at + 2);
  const quants = fifthBits === undefined ? at + 16 : fifthBits + 32;
  for (let group = 0; group < 8; group++) {
    const [groupScale, groupMinimum] = scaleAndMinimum(view, at + 4, group);
    for (let l = 0; l < 32; l++) {
      const byte = view.getUint8(quants + (group >> 1) * 32 + l);
      const low = group & 1 ? byte >> 4 : byte & 0xf;
      const fifth = fifthBits === undefined ? 0 : (view.getUint8(fifthBits + l) >> group) & 1;
      out[to + group * 32 + l] = scale * groupScale * (low + 16 * fifth) - minimum * groupMinimum;
    }
  }
}

const FORMATS: Readonly<Record<number, BlockFormat>> = {
  0: {
    name: "F32",
    weights: 1,
    bytes: 4,
    widen: (view, at, out, to) => (out[to] = view.getFloat32(at, true)),
  },
  1: { name: "F16", weights: 1, bytes: 2, widen: (view, at, out, to) => (out[to] = half(view, at)) },
  2: {
    name: "Q4_0",
    weights: 32,
    bytes: 18,
    widen: (view, at, out, to) => {
      const scale = half(view, at);
      nibbles(view, at + 2, (index, quant) => (out[to + index] = scale * (quant - 8)));
    },
  },
  3: {
    name: "Q4_1",
    weights: 32,
    bytes: 20,
    widen: (view, at, out, to) => {
      const scale = half(view, at);
      const minimum = half(view, at + 2);
      nibbles(view, at + 4, (index, quant) => (out[to + index] = scale * quant + minimum));
    },
  },
  6: {
    name: "Q5_0",
    weights: 32,
    bytes: 22,
    widen: (view, at, out, to) => {
      const scale = half(view, at);
      fiveBits(view, at + 2, at + 6, (index, quant) => (out[to + index] = scale * (quant - 16)));
    },
  },
  7: {
    name: "Q5_1",
    weights: 32,
    bytes: 24,
    widen: (view, at, out, to) => {
      const scale = half(view, at);
      const minimum = half(view, at + 2);
      fiveBits(view, at + 4, at + 8, (index, quant) => (out[to + index] = scale * quant + minimum));
    },
  },
  8: {
    name: "Q8_0",
    weights: 32,
    bytes: 34,
    widen: (view, at, out, to) => {
      const scale = half(view, at);
      for (let j = 0; j < 32; j++) out[to + j] = scale * view.getInt8(at + 2 + j);
    },
  },
  10: {
    name: "Q2_K",
    weights: 256,
    bytes: 84,
    widen: (view, at, out, to) => {
      const scale = half(view, at + 80);
      const minimum = half(view, at + 82);
      for (let index = 0; index < 256; index++) {
        const group = view.getUint8(at + (index >> 4));
        const byte = view.getUint8(at + 16 + (index >> 7) * 32 + (index & 31));
        const quant = (byte >> (2 * ((index >> 5) & 3))) & 3;
        out[to + index] = scale * (group & 0xf) * quant - minimum * (group >> 4);
      }
    },
  },
  11: {
    name: "Q3_K",
    weights: 256,
    bytes: 110,
    widen: (view, at, out, to) => {
      const scale = half(view, at + 108);
      for (let index = 0; index < 256; index++) {
        const group = index >> 4;
        // 16 six-bit scales in 12 bytes: four low bits in the first eight, two high bits in the last four
        const low = (view.getUint8(at + 96 + (group & 7)) >> (group < 8 ? 0 : 4)) & 0xf;
        const high = (view.getUint8(at + 104 + (group & 3)) >> (2 * (group >> 2))) & 3;
        const byte = view.getUint8(at + 32 + (index >> 7) * 32 + (index & 31));
        const bits = (byte >> (2 * ((index >> 5) & 3))) & 3;
        const unmasked = (view.getUint8(at + (index & 31)) >> (index >> 5)) & 1;
        out[to + index] = scale * ((low | (high << 4)) - 32) * (bits - (unmasked ? 0 : 4));
      }
    },
  },
  12: {
    name: "Q4_K",
    weights: 256,
    bytes: 144,
    widen: (view, at, out, to) => widenGroups(view, at, out, to, undefined),
  },
  13: {
    name: "Q5_K",
    weights: 256,
    bytes: 176,
    widen: (view, at, out, to) => widenGroups(view, at, out, to, at + 16),
  },
  14: {
    name: "Q6_K",
    weights: 256,
    bytes: 210,
    widen: (view, at, out, to) => {
      const scale = half(view, at + 208);
      for (let index = 0; index < 256; index++) {
        const chunk = index >> 7;
        const quarter = (index >> 5) & 3;
        const l = index & 31;
        const byte = view.getUint8(at + chunk * 64 + (quarter & 1) * 32 + l);
        const low = quarter < 2 ? byte & 0xf : byte >> 4;
        const high = (view.getUint8(at + 128 + chunk * 32 + l) >> (2 * quarter)) & 3;
        out[to + index] = scale * view.getInt8(at + 192 + (index >> 4)) * ((low | (high << 4)) - 32);
      }
    },
  },
  24: { name: "I8", weights: 1, bytes: 1, widen: (view, at, out, to) => (out[to] = view.getInt8(at)) },
  30: {
    name: "BF16",
    weights: 1,
    bytes: 2,
    widen: (view, at, out, to) => (out[to] = bfloat16(view.getUint16(at, true))),
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
 * @throws QuantisationError for an unknown type, or when `bytes` has another length than the type and count say
 */
export function dequantise(bytes: Uint8Array, type: number, count: number): Float32Array {
  const expected = quantisedBytes(type, count);
  if (bytes.byteLength !== expected)
    throw new QuantisationError(
      `${count} weights of type ${format(type).name} take ${expected} bytes, but there are ${bytes.byteLength}`,
    );
  const { weights, bytes: size, widen } = format(type);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Float32Array(count);
  for (let block = 0; block * weights < count; block++) widen(view, block * size, out, block * weights);
  return out;
}
