import { open } from "node:fs/promises";
import { dequantise, quantisedBytes } from "./dequantise.ts";
import { PretrainedError } from "./errors.ts";
import type { WeightFile } from "./weight-file.ts";

/** An opened GGUF file: weights, and the key–value pairs of its header. */
export interface GgufFile extends WeightFile {
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Largest tensor that is read, in weights: 8 GB as floats, more than JavaScript's buffers hold in one piece. */
const MAX_WEIGHTS = 2 ** 31;

/**
 * Opens the GGUF file at `path`. Only the header is read; shapes are given outermost axis first, as PyTorch writes them
 * (GGUF stores them innermost first).
 * Source: GGUF specification, version 3.
 * @throws PretrainedError for a file that is no GGUF, is truncated, or holds a format that cannot be widened
 */
export async function openGguf(path: string): Promise<GgufFile> {
  const { gguf, GGMLQuantizationType } = await import("@huggingface/gguf");
  const header = await gguf(path, { allowLocalFile: true }).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new PretrainedError(`${path} cannot be read as GGUF: ${why}`, { cause: error });
  });
  const handle = await open(path, "r");
  const { size: fileSize } = await handle.stat();
  const places = new Map<
    string,
    { readonly type: number; readonly count: number; readonly at: number; readonly bytes: number }
  >();
  const shapes = new Map<string, readonly number[]>();
  const bytesOf = new Map<string, number>();
  try {
    for (const { name, shape, dtype, offset } of header.tensorInfos) {
      const sizes = shape.map(Number).reverse();
      const count = sizes.reduce((product, length) => product * length, 1);
      if (!(count <= MAX_WEIGHTS))
        throw new PretrainedError(
          `${path}: tensor ${name} claims ${sizes.join(" × ")} weights; at most ${MAX_WEIGHTS} can be read`,
        );
      const type: number = dtype;
      const bytes = quantisedBytes(type, count);
      const at = Number(header.tensorDataOffset) + Number(offset);
      if (at + bytes > fileSize)
        throw new PretrainedError(
          `${path}: tensor ${name} ends at byte ${at + bytes}, but the file has ${fileSize}: it is truncated, fetch it again`,
        );
      places.set(name, { type, count, at, bytes });
      shapes.set(name, sizes);
      const format = GGMLQuantizationType[dtype];
      bytesOf.set(format, (bytesOf.get(format) ?? 0) + bytes);
    }
    let before = 0;
    for (const [name, { at, bytes }] of [...places].sort(([, one], [, other]) => one.at - other.at)) {
      if (at < before)
        throw new PretrainedError(
          `${path}: tensor ${name} begins at byte ${at}, inside the tensor before it, which ends at ${before}`,
        );
      before = at + bytes;
    }
  } catch (error) {
    await handle.close();
    if (error instanceof PretrainedError) throw error;
    throw new PretrainedError(`${path}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  return {
    metadata: { ...header.metadata },
    shapes,
    formats: [...bytesOf].sort(([, a], [, b]) => b - a).map(([format]) => format),
    async read(name, lent) {
      const place = places.get(name);
      if (!place) throw new PretrainedError(`${path} has no tensor ${name}`);
      const buffer = new Uint8Array(place.bytes);
      const { bytesRead } = await handle.read(buffer, 0, place.bytes, place.at);
      if (bytesRead !== place.bytes)
        throw new PretrainedError(
          `${path}: tensor ${name} has ${bytesRead} of its ${place.bytes} bytes: the file is truncated`,
        );
      return dequantise(buffer, place.type, place.count, lent);
    },
    close: () => handle.close(),
  };
}
