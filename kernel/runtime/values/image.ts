import type { Bundle } from "./bundle.ts";

/** How files of each kind begin: the specifications' magic numbers (PNG 1.2 §3.1, JFIF, GIF89a, RFC 9649). */
const MAGIC: readonly (readonly [type: string, name: string, bytes: readonly (number | undefined)[]])[] = [
  ["image/png", "PNG", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ["image/jpeg", "JPEG", [0xff, 0xd8, 0xff]],
  ["image/gif", "GIF", [0x47, 0x49, 0x46, 0x38]],
  [
    "image/webp",
    "WebP",
    [0x52, 0x49, 0x46, 0x46, undefined, undefined, undefined, undefined, 0x57, 0x45, 0x42, 0x50],
  ],
];

/** Bytes of a picture as a picture; nothing for other values. */
export function imageBundle(value: unknown): Bundle | undefined {
  let bytes: Buffer;
  if (value instanceof Uint8Array) bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  else if (value instanceof ArrayBuffer) bytes = Buffer.from(value);
  else return undefined;
  const known = MAGIC.find(([, , magic]) =>
    magic.every((byte, index) => byte === undefined || byte === bytes[index]),
  );
  if (!known) return undefined;
  const [type, name] = known;
  return {
    data: { [type]: bytes.toString("base64"), "text/plain": `${name} picture, ${bytes.length} bytes` },
  };
}
