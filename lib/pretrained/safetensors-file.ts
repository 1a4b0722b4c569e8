import { open, readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { headerLength, parseHeader, SafetensorsError, widen } from "../models/transformer/safetensors.ts";
import { PretrainedError } from "./errors.ts";
import { jsonIfThere } from "./tokeniser-files.ts";
import type { WeightFile } from "./weight-file.ts";

/** Into how many parts a large tensor is read at once, each by a thread of Node's own: copying and new memory cost more than the disk's cache. */
const READERS = 4;
/** Bytes from which on that pays. */
const WORTH_SHARING = 2 ** 22;

/**
 * Opens the safetensors file at `path`: the header is read and checked, the tensors when they are asked for.
 * @throws PretrainedError for a header that lies, a truncated file, a type that cannot be widened
 */
export async function openSafetensors(path: string): Promise<WeightFile> {
  const handle = await open(path, "r").catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new PretrainedError(`${path} cannot be opened: ${why}`, { cause: error });
  });
  const into = async (buffer: Uint8Array, from: number, to: number, at: number) => {
    // one read gives at most 2 GB
    for (let done = from; done < to;) {
      const { bytesRead } = await handle.read(buffer, done, Math.min(to - done, 2 ** 30), at + done);
      if (bytesRead === 0)
        throw new SafetensorsError(
          `the file ends at byte ${at + done}; ${to - done} bytes more were expected`,
        );
      done += bytesRead;
    }
  };
  const exactly = async (bytes: number, at: number, buffer: Uint8Array = new Uint8Array(bytes)) => {
    const parts = bytes < WORTH_SHARING ? 1 : READERS;
    const place = (part: number) => Math.floor((bytes * part) / parts);
    await Promise.all(
      Array.from({ length: parts }, (_, part) => into(buffer, place(part), place(part + 1), at)),
    );
    return buffer;
  };
  try {
    const { size } = await handle.stat();
    const length = headerLength(await exactly(Math.min(8, size), 0), size);
    const start = 8 + length;
    const { tensors } = parseHeader(await exactly(length, 8), size - start);
    const bytesOf = new Map<string, number>();
    for (const { type, begin, end } of tensors.values())
      bytesOf.set(type, (bytesOf.get(type) ?? 0) + end - begin);
    return {
      shapes: new Map([...tensors].map(([name, { shape }]) => [name, shape])),
      formats: [...bytesOf].sort(([, a], [, b]) => b - a).map(([type]) => type),
      async read(name, lent) {
        const entry = tensors.get(name);
        if (!entry) throw new PretrainedError(`${path} has no tensor ${name}`);
        if (!/F\d+$/.test(entry.type))
          throw new PretrainedError(
            `${path}: tensor ${name} is stored as ${entry.type}, whole numbers; expected weights as F64, F32, F16 or BF16`,
          );
        const [bytes, at] = [entry.end - entry.begin, start + entry.begin];
        // 32-bit floats are stored as memory holds them
        const memory =
          lent && entry.type === "F32" ? new Uint8Array(lent.buffer, lent.byteOffset, bytes) : undefined;
        return widen(await exactly(bytes, at, memory), entry.type, lent);
      },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    if (!(error instanceof SafetensorsError)) throw error;
    throw new PretrainedError(`${path}: ${error.message}`, { cause: error });
  }
}

/**
 * Opens weights that are spread over several safetensors files, by their index `model.safetensors.index.json`.
 * Source: `huggingface_hub`, serialisation of sharded models: `weight_map` from tensor to file.
 * @throws PretrainedError for an index that names a file outside the folder, or a tensor that its file lacks
 */
export async function openShards(index: string): Promise<WeightFile> {
  const folder = dirname(index);
  const map = (await jsonIfThere(folder, basename(index)))?.["weight_map"];
  if (typeof map !== "object" || map === null) throw new PretrainedError(`${index} has no weight_map`);
  const fileOf = new Map(Object.entries(map).map(([tensor, file]) => [tensor, String(file)]));
  const shards = new Map<string, WeightFile>();
  const close = async () => {
    for (const shard of shards.values()) await shard.close();
  };
  try {
    const there = new Set(await readdir(folder));
    for (const file of new Set(fileOf.values())) {
      if (basename(file) !== file)
        throw new PretrainedError(`${index} names ${file}, which is not a file beside it`);
      if (!there.has(file)) {
        const lost = [...fileOf].filter(([, each]) => each === file).map(([tensor]) => tensor);
        throw new PretrainedError(
          `the shard ${file} is missing in ${folder}: ${basename(index)} says that it has ${lost.length} tensors, the first of them ${lost[0]}`,
        );
      }
      shards.set(file, await openSafetensors(join(folder, file)));
    }
    const shapes = new Map<string, readonly number[]>();
    for (const [tensor, file] of fileOf) {
      const shape = shards.get(file)?.shapes.get(tensor);
      if (!shape) throw new PretrainedError(`${index} says that ${tensor} is in ${file}, but it is not`);
      shapes.set(tensor, shape);
    }
    return {
      shapes,
      formats: [...new Set([...shards.values()].flatMap(({ formats }) => formats))],
      read(name, lent) {
        const shard = shards.get(fileOf.get(name) ?? "");
        if (!shard) return Promise.reject(new PretrainedError(`${index} has no tensor ${name}`));
        return shard.read(name, lent);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
