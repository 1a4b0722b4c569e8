/** Formats of stored floats: IEEE 754 binary64, binary32, binary16, and the upper half of binary32. */
export type StoredFormat = "F64" | "F32" | "F16" | "BF16";

/** Little-endian stored numbers as 32-bit floats. F16 and BF16 widen exactly; F64 is rounded. */
export function widened(bytes: Uint8Array, format: StoredFormat): Float32Array {
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset, byteLength } = aligned;
  if (format === "F32") return new Float32Array(buffer, byteOffset, byteLength / 4);
  if (format === "F64") return Float32Array.from(new Float64Array(buffer, byteOffset, byteLength / 8));
  const halves = new Uint16Array(buffer, byteOffset, byteLength / 2);
  const bits = new Uint32Array(halves.length);
  if (format === "BF16") for (let i = 0; i < bits.length; i++) bits[i] = (halves[i] ?? 0) << 16;
  else for (let i = 0; i < bits.length; i++) bits[i] = widenedHalf(halves[i] ?? 0);
  return new Float32Array(bits.buffer);
}

/** The bits of a binary32 with the value of a binary16: sign 1, exponent 5 (bias 15), fraction 10. */
function widenedHalf(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return (sign | 0x7f800000 | (fraction << 13)) >>> 0;
  if (exponent !== 0) return (sign | ((exponent + 112) << 23) | (fraction << 13)) >>> 0;
  if (fraction === 0) return sign >>> 0;
  // Subnormal: the value is fraction / 2^24; normalise it.
  const shift = Math.clz32(fraction) - 21;
  return (sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13)) >>> 0;
}
