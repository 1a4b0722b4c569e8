const IMPORTS = 2;
const MEMORIES = 5;
const IMPORTED_FUNCTION = 0;
const IMPORTED_MEMORY = 2;
/** Kinds of limits, from the binary format of WebAssembly (and its threads proposal): with a maximum, and with a maximum and shared. */
const BOUNDED = 1;
const SHARED = 3;

/** Whether threads can share a memory. */
export function isShared(memory: WebAssembly.Memory): boolean {
  return memory.buffer instanceof SharedArrayBuffer;
}

/**
 * The same WebAssembly module with its one memory, own or imported, as a shared one, or the other way round: a single byte differs. Code that was compiled
 * for a memory of its own works in a shared one as before; only then can other threads work on what lies in it.
 *
 * @returns `undefined` where the module has no memory with a maximum
 */
export function withMemory(
  module: Uint8Array,
  kind: "shared" | "unshared",
): Uint8Array<ArrayBuffer> | undefined {
  const bytes = Uint8Array.from(module);
  for (let at = 8; at < bytes.length;) {
    const section = bytes[at] ?? 0;
    const [size, start] = leb128(bytes, at + 1);
    const flags =
      section === MEMORIES ? start + 1 : section === IMPORTS ? importedMemory(bytes, start) : undefined;
    if (flags !== undefined && (bytes[flags] === BOUNDED || bytes[flags] === SHARED)) {
      bytes[flags] = kind === "shared" ? SHARED : BOUNDED;
      return bytes;
    }
    at = start + size;
  }
  return undefined;
}

/** Where the limits of the imported memory begin, if only functions are imported before it. */
function importedMemory(bytes: Uint8Array, section: number): number | undefined {
  const afterText = (start: number) => {
    const [length, text] = leb128(bytes, start);
    return text + length;
  };
  let [imports, at] = leb128(bytes, section);
  for (; imports > 0; imports--) {
    at = afterText(afterText(at));
    if (bytes[at] === IMPORTED_MEMORY) return at + 1;
    if (bytes[at] !== IMPORTED_FUNCTION) return undefined;
    [, at] = leb128(bytes, at + 1);
  }
  return undefined;
}

/** A number and where it ends. */
function leb128(bytes: Uint8Array, start: number): [number, number] {
  let [value, shift, at] = [0, 0, start];
  for (;;) {
    const byte = bytes[at++] ?? 0;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [value, at];
    shift += 7;
  }
}
