/**
 * The safetensors format: eight bytes with the header's length (little-endian), the header as JSON, the tensors' bytes.
 * Source: the format's README (`safetensors`, "Format") and its reference reader's checks.
 */

/** Bytes that are no safetensors file, or one that lies; the message names the tensor and says what was expected. */
export class SafetensorsError extends Error {
  override readonly name = "SafetensorsError";
}

/** Types of numbers that are widened to 32-bit floats, with their bytes. Integers up to 32 bits; 64-bit ones are buffers nobody needs. */
const BYTES: Readonly<Record<string, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I32: 4,
  U8: 1,
  I8: 1,
  I16: 2,
  BOOL: 1,
  I64: 8,
};

/** Longest header that is read, in bytes: the reference reader's limit. */
const MAX_HEADER_BYTES = 100_000_000;

/** One tensor as the header describes it: its bytes are `begin` to `end` (exclusive) of what follows the header. */
export interface SafetensorEntry {
  /** For instance F32, BF16. */
  readonly type: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** What a header says. */
export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, SafetensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A tensor in memory: row-major 32-bit floats. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * The length in bytes of the header that follows the file's first eight bytes.
 * @param fileBytes the file's size
 * @throws SafetensorsError where the header would not fit in the file
 */
export function headerLength(firstEight: Uint8Array, fileBytes: number): number {
  if (firstEight.byteLength < 8 || fileBytes < 8)
    throw new SafetensorsError(`a safetensors file has at least 8 bytes; this one has ${fileBytes}`);
  const length = new DataView(firstEight.buffer, firstEight.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES) || length + 8n > BigInt(fileBytes))
    throw new SafetensorsError(
      `the header claims ${length} bytes, but the file has ${fileBytes}: it is truncated, or no safetensors file`,
    );
  return Number(length);
}

/**
 * The header, checked: every tensor's bytes fit its type and shape, lie inside the file, and no two overlap.
 * @param header the header's JSON
 * @param bodyBytes how many bytes follow the header
 * @throws SafetensorsError naming the tensor and what was expected
 */
export function parseHeader(header: Uint8Array, bodyBytes: number): SafetensorsHeader {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(header));
  } catch (error) {
    throw new SafetensorsError("the header is not valid JSON", { cause: error });
  }
  if (!isObject(parsed)) throw new SafetensorsError("the header is not a JSON object");
  const tensors = new Map<string, SafetensorEntry>();
  for (const [name, described] of Object.entries(parsed))
    if (name !== "__metadata__") tensors.set(name, checkedEntry(name, described, bodyBytes));
  const inOrder = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let before = 0;
  for (const [name, { begin, end }] of inOrder) {
    if (begin < before)
      throw new SafetensorsError(
        `tensor ${name} begins at byte ${begin}, inside the tensor before it, which ends at ${before}`,
      );
    before = end;
  }
  const metadata = parsed["__metadata__"];
  return {
    tensors,
    metadata: isObject(metadata)
      ? Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, String(value)]))
      : {},
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSize(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function checkedEntry(name: string, described: unknown, bodyBytes: number): SafetensorEntry {
  if (!isObject(described)) throw new SafetensorsError(`tensor ${name} is not described by an object`);
  const { dtype: type, shape, data_offsets: offsets } = described;
  if (typeof type !== "string" || !Array.isArray(shape) || !shape.every(isSize))
    throw new SafetensorsError(`tensor ${name} lacks a dtype or a shape of whole numbers`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize))
    throw new SafetensorsError(`tensor ${name} lacks data_offsets of two whole numbers`);
  const [begin = 0, end = 0] = offsets;
  const sizes: readonly number[] = shape;
  const size = BYTES[type];
  if (size === undefined)
    throw new SafetensorsError(
      `tensor ${name} is of type ${type}; expected one of ${Object.keys(BYTES).join(", ")}`,
    );
  const expected = sizes.reduce((product, length) => product * length, size);
  if (end - begin !== expected)
    throw new SafetensorsError(
      `tensor ${name} has ${end - begin} bytes; ${type} of shape ${sizes.join(" × ") || "()"} takes ${expected}`,
    );
  if (end > bodyBytes)
    throw new SafetensorsError(
      `tensor ${name} ends at byte ${end}, but only ${bodyBytes} bytes follow the header: the file is truncated`,
    );
  return { type, shape: sizes, begin, end };
}

/**
 * The numbers of one tensor, widened to 32-bit floats.
 * @param bytes exactly the tensor's bytes
 * @param lent memory for at least as many numbers to put them into, instead of fresh memory; 32-bit floats' own bytes may lie at its start
 */
export function widen(bytes: Uint8Array, type: string, lent?: Float32Array): Float32Array {
  const size = BYTES[type];
  if (size === undefined) throw new SafetensorsError(`type ${type} cannot be widened`);
  const count = bytes.byteLength / size;
  if (type === "F32" && isLittleEndian) {
    // bytes that are a buffer by themselves become the numbers, without a copy
    if (bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer)
      return new Float32Array(bytes.buffer);
    const out = lent?.subarray(0, count) ?? new Float32Array(count);
    if (bytes.buffer !== out.buffer) new Uint8Array(out.buffer, out.byteOffset).set(bytes);
    return out;
  }
  const out = lent?.subarray(0, count) ?? new Float32Array(count);
  if (type === "BF16" && isLittleEndian) {
    const bits = new Uint32Array(out.buffer, out.byteOffset, count);
    for (let index = 0; index < count; index++)
      bits[index] = ((bytes[2 * index] ?? 0) << 16) | ((bytes[2 * index + 1] ?? 0) << 24);
    return out;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = reader(view, type);
  for (let index = 0; index < count; index++) out[index] = read(index * size);
  return out;
}

const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function reader(view: DataView, type: string): (at: number) => number {
  switch (type) {
    case "F64":
      return (at) => view.getFloat64(at, true);
    case "F32":
      return (at) => view.getFloat32(at, true);
    case "F16":
      return (at) => float16(view.getUint16(at, true));
    case "BF16":
      return (at) => bfloat16(view.getUint16(at, true));
    case "I64":
      return (at) => Number(view.getBigInt64(at, true));
    case "I32":
      return (at) => view.getInt32(at, true);
    case "I16":
      return (at) => view.getInt16(at, true);
    case "I8":
      return (at) => view.getInt8(at);
    default:
      return (at) => view.getUint8(at);
  }
}

/** The value of a 16-bit float (IEEE 754 binary16), given its bits. There are few enough to keep all of them. */
export function float16(bits: number): number {
  halves ??= Float32Array.from({ length: 2 ** 16 }, (_, each) => float16Value(each));
  return halves[bits] ?? Number.NaN;
}

let halves: Float32Array | undefined;

function float16Value(bits: number): number {
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const scratch = new DataView(new ArrayBuffer(4));

/** The value of a bfloat16, the upper half of a 32-bit float, given its bits. */
export function bfloat16(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}

/**
 * All tensors of a file in memory.
 * @throws SafetensorsError
 */
export function readSafetensors(file: Uint8Array): {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
} {
  const length = headerLength(file.subarray(0, 8), file.byteLength);
  const body = file.subarray(8 + length);
  const { tensors, metadata } = parseHeader(file.subarray(8, 8 + length), body.byteLength);
  return {
    metadata,
    tensors: new Map(
      [...tensors].map(([name, { type, shape, begin, end }]) => [
        name,
        { shape, data: widen(body.subarray(begin, end), type) },
      ]),
    ),
  };
}

/** The bytes of a safetensors file that holds `tensors` as 32-bit floats, in their order. */
export function writeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const described: Record<string, unknown> = { __metadata__: metadata };
  let end = 0;
  for (const [name, { shape, data }] of tensors) {
    const size = shape.reduce((product, axis) => product * axis, 1);
    if (size !== data.length)
      throw new SafetensorsError(
        `tensor ${name} has ${data.length} numbers; its shape ${shape.join(" × ")} takes ${size}`,
      );
    described[name] = { dtype: "F32", shape, data_offsets: [end, (end += data.byteLength)] };
  }
  const json = new TextEncoder().encode(JSON.stringify(described));
  // tensors begin at a multiple of eight bytes: the header is filled up with spaces, as the format allows
  const header = new Uint8Array(Math.ceil(json.byteLength / 8) * 8).fill(0x20);
  header.set(json);
  const file = new Uint8Array(8 + header.byteLength + end);
  const view = new DataView(file.buffer);
  view.setBigUint64(0, BigInt(header.byteLength), true);
  file.set(header, 8);
  let at = 8 + header.byteLength;
  for (const { data } of tensors.values())
    for (const number of data) {
      view.setFloat32(at, number, true);
      at += 4;
    }
  return file;
}
