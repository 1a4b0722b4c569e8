import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DirectionError } from "./errors.ts";

/** Where a sweep's finished cells are kept under a digest of all that they depend on: in memory, or a folder that is made when missing. */
export type SweepCache = Map<string, string> | string;

/** What is kept under `key`, if anything. */
export async function cached(cache: SweepCache | undefined, key: string): Promise<string | undefined> {
  if (cache === undefined || cache instanceof Map) return cache?.get(key);
  try {
    return await readFile(join(cache, `${key}.json`), "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new DirectionError(`the cache ${cache} cannot be read: ${String(error)}`, { cause: error });
  }
}

/** Keeps `text` under `key`: whole or not at all, also when the process is ended on the way. */
export async function keep(cache: SweepCache | undefined, key: string, text: string): Promise<void> {
  if (cache === undefined) return;
  if (cache instanceof Map) {
    cache.set(key, text);
    return;
  }
  await mkdir(cache, { recursive: true });
  const unfinished = join(cache, `${key}.${process.pid}.unfinished`);
  await writeFile(unfinished, text);
  await rename(unfinished, join(cache, `${key}.json`));
}
