/** Where in a state bytes belong: property names and indices of arrays. */
export type BufferPath = readonly (string | number)[];

/** A state without its bytes, and the bytes with their places (widget messaging protocol 2.1.0, "Binary data"). */
export interface Packed {
  readonly state: Record<string, unknown>;
  readonly paths: BufferPath[];
  readonly buffers: Uint8Array[];
}

/** Takes typed arrays and buffers out of `state`: a property is removed, an element of an array becomes null. */
export function packState(state: Readonly<Record<string, unknown>>): Packed {
  const paths: BufferPath[] = [];
  const buffers: Uint8Array[] = [];
  const pack = (value: unknown, path: BufferPath): unknown => {
    const bytes = bytesOf(value);
    if (bytes) {
      paths.push(path);
      buffers.push(bytes);
      return undefined;
    }
    if (Array.isArray(value))
      return value.map((each: unknown, index) => pack(each, [...path, index]) ?? null);
    if (!isPlain(value)) return value;
    const kept: Record<string, unknown> = {};
    for (const [name, each] of Object.entries(value)) {
      const packed = pack(each, [...path, name]);
      if (packed !== undefined) kept[name] = packed;
    }
    return kept;
  };
  return { state: pack(state, []) as Record<string, unknown>, paths, buffers };
}

/** Puts bytes back where `packState`, here or in a front end, took them out; changes `state`. */
export function unpackState(
  state: Record<string, unknown>,
  paths: readonly BufferPath[],
  buffers: readonly Uint8Array[],
): void {
  for (const [index, path] of paths.entries()) {
    let holder: unknown = state;
    for (const step of path.slice(0, -1))
      holder = (holder as Record<string | number, unknown> | undefined)?.[step];
    const last = path.at(-1);
    if (typeof holder === "object" && holder !== null && last !== undefined) {
      (holder as Record<string | number, unknown>)[last] = buffers[index];
    }
  }
}

/** The bytes behind a typed array, a view or an ArrayBuffer. */
function bytesOf(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return value instanceof ArrayBuffer ? new Uint8Array(value) : undefined;
}

/** Bytes as the kind of array that `like` is: what comes back for a Float32Array is a Float32Array. */
export function asArrayLike(bytes: unknown, like: unknown): unknown {
  if (!(bytes instanceof Uint8Array)) return bytes;
  const copy = Uint8Array.from(bytes).buffer;
  if (like instanceof DataView) return new DataView(copy);
  if (like instanceof ArrayBuffer) return copy;
  if (!ArrayBuffer.isView(like)) return bytes;
  const { constructor: kind } = like as unknown as { constructor: new (buffer: ArrayBuffer) => unknown };
  return Buffer.isBuffer(like) ? Buffer.from(copy) : new kind(copy);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
