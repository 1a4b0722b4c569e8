import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";

/** A model that could not be had from the hub or from its cache; the message says which and what to do. */
export class HubError extends Error {
  override readonly name = "HubError";
}

/** How far a download is. `received` and `total` in bytes, over all files of the model. */
export interface DownloadProgress {
  readonly file: string;
  readonly received: number;
  readonly total: number;
}

/** Where and how a model is fetched. */
export interface HubOptions {
  /** Branch, tag or commit; `main` unless told. */
  readonly revision?: string;
  /** Folder of the cache; unless told `HF_HUB_CACHE`, `HF_HOME/hub` or `~/.cache/huggingface/hub`, shared with Python. */
  readonly cache?: string;
  /** Use the cache only; also set by `HF_HUB_OFFLINE=1`. */
  readonly offline?: boolean;
  /** For private and gated models; unless told `HF_TOKEN`. */
  readonly token?: string;
  /** Unless told `HF_ENDPOINT`, or the public hub. */
  readonly endpoint?: string;
  /** A GGUF file to take, where the model has several or has safetensors too. */
  readonly file?: string;
  /** Hears how far the download is. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
}

interface RemoteFile {
  readonly path: string;
  readonly size: number;
  /** SHA-256 of the content, known for files in large-file storage. */
  readonly sha256?: string;
}

const PUBLIC_ENDPOINT = "https://huggingface.co";
const COMMIT = /^[0-9a-f]{40}$/;
/** `owner/name` or a bare `name`, in the characters that the hub allows. */
const MODEL_ID = /^(?:[\w.-]+\/)?[\w.-]+$/;
const SMALL_FILES = new Set([
  "config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "vocab.json",
  "vocab.txt",
  "merges.txt",
]);

/**
 * The folder of the hub's cache that holds the model `id`: config, weights and tokenizer, fetched where they are missing.
 * An interrupted download goes on where it stopped. The layout is the one of `huggingface_hub`
 * (`models--OWNER--NAME/snapshots/COMMIT`), so that what Python fetched is found, and the other way round.
 * @throws HubError for an id that isn't one, no network, an unknown or gated model, or a file that arrives damaged
 */
export async function downloadModel(id: string, options: HubOptions = {}): Promise<string> {
  if (!MODEL_ID.test(id) || id.includes(".."))
    throw new HubError(
      `"${id}" is neither a folder here nor a model's id on the hub, which looks like owner/name`,
    );
  const revision = options.revision ?? "main";
  const repository = join(options.cache ?? cacheFolder(), `models--${id.replaceAll("/", "--")}`);
  if (options.offline ?? process.env["HF_HUB_OFFLINE"] === "1") {
    const cached = await cachedSnapshot(repository, revision, options.file);
    if (cached) return cached;
    throw new HubError(
      `"${id}" is not in the cache at ${repository}, and offline mode is on: load it once with network, or give its folder`,
    );
  }
  let listing: { commit: string; files: readonly RemoteFile[] };
  try {
    listing = await remoteFiles(id, revision, options);
  } catch (error) {
    if (error instanceof HubError) throw error;
    options.signal?.throwIfAborted();
    const cached = await cachedSnapshot(repository, revision, options.file);
    if (cached) return cached;
    throw new HubError(
      `the hub cannot be reached for "${id}" (${reason(error)}), and it is not in the cache at ${repository}: ` +
        `check the network, or give the path of a folder that holds config.json and model.safetensors`,
      { cause: error },
    );
  }
  const wanted = neededFiles(id, listing.files, options.file);
  const snapshot = join(repository, "snapshots", listing.commit);
  const total = wanted.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  for (const file of wanted) {
    const report = (received: number) =>
      options.onProgress?.({ file: file.path, received: before + received, total });
    await fetchFile(id, listing.commit, file, join(snapshot, file.path), options, report);
    before += file.size;
  }
  await mkdir(join(repository, "refs", dirname(revision)), { recursive: true });
  if (!COMMIT.test(revision)) await writeFile(join(repository, "refs", revision), listing.commit);
  return snapshot;
}

function cacheFolder(): string {
  const home =
    process.env["HF_HOME"] ?? join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "huggingface");
  return process.env["HF_HUB_CACHE"] ?? process.env["HUGGINGFACE_HUB_CACHE"] ?? join(home, "hub");
}

/** What to call an error: `fetch` hides the reason in its cause. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause;
  return cause instanceof Error && cause.message ? cause.message : error.message;
}

/** The snapshot of `revision` in the cache, if it has a model's files. */
async function cachedSnapshot(repository: string, revision: string, file: string | undefined) {
  const commit = COMMIT.test(revision)
    ? revision
    : await readFile(join(repository, "refs", revision), "utf8").then(
        (text) => text.trim(),
        () => undefined,
      );
  if (commit === undefined || !COMMIT.test(commit)) return undefined;
  const snapshot = join(repository, "snapshots", commit);
  const names: readonly string[] = await readdir(snapshot).catch(() => []);
  const usable =
    file === undefined ? names.some((name) => /\.(safetensors|gguf)$/.test(name)) : names.includes(file);
  return usable ? snapshot : undefined;
}

async function remoteFiles(id: string, revision: string, options: HubOptions) {
  const { listFiles, modelInfo, HubApiError } = await import("@huggingface/hub");
  const token = options.token ?? process.env["HF_TOKEN"];
  const hubUrl = endpoint(options);
  const access = {
    hubUrl,
    fetch: aborting(options.signal),
    ...(token === undefined ? {} : { accessToken: token }),
  };
  try {
    const { sha } = await modelInfo({ name: id, revision, additionalFields: ["sha"], ...access });
    const files: RemoteFile[] = [];
    for await (const entry of listFiles({ repo: { type: "model", name: id }, revision: sha, ...access }))
      if (entry.type === "file")
        files.push({
          path: entry.path,
          size: entry.lfs?.size ?? entry.size,
          ...(entry.lfs ? { sha256: entry.lfs.oid } : {}),
        });
    return { commit: sha, files };
  } catch (error) {
    if (!(error instanceof HubApiError)) throw error;
    const { statusCode } = error;
    if (statusCode === 401 || statusCode === 403)
      throw new HubError(
        `the hub does not let you read "${id}" (${statusCode}): it does not exist, is private or gated; set HF_TOKEN to a token that may read it`,
        { cause: error },
      );
    if (statusCode === 404)
      throw new HubError(`the hub has no model "${id}" with revision "${revision}"`, { cause: error });
    throw error;
  }
}

const endpoint = (options: HubOptions) => options.endpoint ?? process.env["HF_ENDPOINT"] ?? PUBLIC_ENDPOINT;

/** `fetch`, ended by `signal`. */
function aborting(signal: AbortSignal | undefined): typeof fetch {
  return signal ? (input, init) => fetch(input, { ...init, signal }) : fetch;
}

function neededFiles(
  id: string,
  files: readonly RemoteFile[],
  chosen: string | undefined,
): readonly RemoteFile[] {
  const small = files.filter(({ path }) => SMALL_FILES.has(path));
  const ggufs = files.filter(({ path }) => path.endsWith(".gguf"));
  if (chosen !== undefined) {
    const found = files.find(({ path }) => path === chosen);
    if (found) return [...small, found];
    throw new HubError(
      `"${id}" has no file ${chosen}; its GGUF files: ${ggufs.map(({ path }) => path).join(", ") || "none"}`,
    );
  }
  const single = files.find(({ path }) => path === "model.safetensors");
  if (single) return [...small, single];
  const shards = files.filter(({ path }) =>
    /^model(-\d+-of-\d+\.safetensors|\.safetensors\.index\.json)$/.test(path),
  );
  if (shards.length > 0) return [...small, ...shards];
  const [only, ...others] = ggufs;
  if (only && others.length === 0) return [...small, only];
  if (only)
    throw new HubError(
      `"${id}" has ${ggufs.length} GGUF files; choose one with \`file\`: ${ggufs.map(({ path }) => path).join(", ")}`,
    );
  throw new HubError(
    `"${id}" has neither model.safetensors nor a GGUF file (it has ${files
      .map(({ path }) => path)
      .slice(0, 12)
      .join(", ")}); ` + `weights in PyTorch's pickle format are not read`,
  );
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

/** Fetches one file to `path`, going on with what an earlier try left beside it. */
async function fetchFile(
  id: string,
  commit: string,
  file: RemoteFile,
  path: string,
  options: HubOptions,
  report: (received: number) => void,
): Promise<void> {
  if ((await sizeOf(path)) === file.size && file.size > 0) {
    report(file.size);
    return;
  }
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.incomplete`;
  const begun = await sizeOf(partial);
  const token = options.token ?? process.env["HF_TOKEN"];
  const response = await aborting(options.signal)(
    `${endpoint(options)}/${id}/resolve/${commit}/${file.path.split("/").map(encodeURIComponent).join("/")}`,
    {
      headers: {
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...(begun > 0 && begun < file.size ? { Range: `bytes=${begun}-` } : {}),
      },
    },
  );
  if (!response.ok || !response.body)
    throw new HubError(
      `the hub answered ${response.status} ${response.statusText} for ${file.path} of "${id}"`,
    );
  const resumed = response.status === 206;
  const handle = await open(partial, resumed ? "a" : "w");
  let received = resumed ? begun : 0;
  try {
    for await (const chunk of response.body) {
      await handle.write(chunk);
      received += chunk.byteLength;
      report(received);
    }
  } finally {
    await handle.close();
  }
  await verify(id, file, partial, received);
  await rename(partial, path);
}

async function verify(id: string, file: RemoteFile, partial: string, received: number): Promise<void> {
  if (received !== file.size) {
    if (received > file.size) await rm(partial, { force: true });
    throw new HubError(
      `${basename(file.path)} of "${id}" arrived with ${received} bytes instead of ${file.size}; load it again to go on`,
    );
  }
  if (file.sha256 === undefined) return;
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(partial)) hash.update(chunk as Uint8Array);
  if (hash.digest("hex") === file.sha256) return;
  await rm(partial, { force: true });
  throw new HubError(
    `${basename(file.path)} of "${id}" arrived damaged: its SHA-256 is not the one that the hub gives; load it again`,
  );
}
