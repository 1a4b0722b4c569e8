import { deserialize, serialize } from "node:v8";

/** Bytes in front of each message: its length, an unsigned 32-bit little-endian number. */
const HEADER_BYTES = 4;

/**
 * One message as bytes for the line (descriptor `LINE_DESCRIPTOR`): its length, then the value in V8's
 * serialisation, so that buffers, maps and dates arrive as they were.
 *
 * @example socket.write(frame({ type: "interrupt" }))
 */
export function frame(message: unknown): Buffer {
  const body = serialize(message);
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  bytes.writeUInt32LE(body.length, 0);
  body.copy(bytes, HEADER_BYTES);
  return bytes;
}

/**
 * A function to be given the chunks of a socket in order; it calls `receive` once for each whole message.
 *
 * @example child.stdio[LINE_DESCRIPTOR].on("data", frameReader(message => handle(message as FromExecutor)))
 */
export function frameReader(receive: (message: unknown) => void): (chunk: Uint8Array) => void {
  let chunks: Uint8Array[] = [];
  let held = 0;
  let wanted = HEADER_BYTES;
  let inHeader = true;
  return (chunk) => {
    chunks.push(chunk);
    held += chunk.length;
    if (held < wanted) return;
    let bytes =
      chunks.length === 1 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat(chunks);
    while (bytes.length >= wanted) {
      const part = bytes.subarray(0, wanted);
      bytes = bytes.subarray(wanted);
      if (inHeader) {
        wanted = part.readUInt32LE(0);
      } else {
        wanted = HEADER_BYTES;
        receive(deserialize(part));
      }
      inHeader = !inHeader;
    }
    chunks = bytes.length > 0 ? [bytes] : [];
    held = bytes.length;
  };
}
