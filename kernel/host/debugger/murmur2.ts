const MULTIPLIER = 0x5bd1e995;

/**
 * MurmurHash2 (Austin Appleby), 32 bits, of the UTF-8 bytes of `text`: the one hash by which JupyterLab knows which cell a
 * source path stands for (`hashMethod: "Murmur2"` of debugInfo).
 *
 * @example murmur2("hello", 0xc70f6907) // 3305111549
 */
export function murmur2(text: string, seed: number): number {
  const bytes = Buffer.from(text, "utf8");
  const whole = bytes.length - (bytes.length % 4);
  let hash = seed ^ bytes.length;
  for (let index = 0; index < whole; index += 4) {
    const mixed = Math.imul(bytes.readInt32LE(index), MULTIPLIER);
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(mixed ^ (mixed >>> 24), MULTIPLIER);
  }
  if (whole < bytes.length) {
    hash = Math.imul(hash ^ bytes.readUIntLE(whole, bytes.length - whole), MULTIPLIER);
  }
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return (hash ^ (hash >>> 15)) >>> 0;
}
