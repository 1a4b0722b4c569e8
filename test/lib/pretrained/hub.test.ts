import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { downloadModel, type DownloadProgress } from "../../../lib/pretrained/hub.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";

/** A hub on loopback with one model; `requests` are the paths asked for, with their ranges. */
interface FakeHub {
  readonly endpoint: string;
  readonly requests: string[];
  readonly files: Map<string, Buffer>;
  /** What is really sent for a file, where it differs. */
  readonly sent: Map<string, Buffer>;
  readonly server: Server;
}

async function startHub(): Promise<FakeHub> {
  const files = new Map([
    ["config.json", Buffer.from(`{"model_type":"gpt2"}`)],
    ["model.safetensors", Buffer.alloc(5000, 7)],
    ["README.md", Buffer.from("not needed")],
  ]);
  const sent = new Map<string, Buffer>();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://hub");
    const json = (value: unknown) =>
      response.setHeader("content-type", "application/json").end(JSON.stringify(value));
    requests.push(url.pathname + (request.headers.range ? ` ${request.headers.range}` : ""));
    if (url.pathname.startsWith("/api/models/owner/gated")) return response.writeHead(403).end();
    if (!url.pathname.includes("owner/small")) return response.writeHead(404).end();
    if (url.pathname.includes("/revision/"))
      return json({
        _id: "1",
        id: "owner/small",
        sha: COMMIT,
        lastModified: "2026-01-01T00:00:00Z",
        siblings: [],
      });
    if (url.pathname.includes("/tree/"))
      return json(
        [...files].map(([path, content]) => ({
          type: "file",
          path,
          size: content.length,
          oid: "0".repeat(40),
          ...(path.endsWith(".safetensors")
            ? {
                lfs: {
                  oid: createHash("sha256").update(content).digest("hex"),
                  size: content.length,
                  pointerSize: 1,
                },
              }
            : {}),
        })),
      );
    const name = basename(url.pathname);
    const content = sent.get(name) ?? files.get(name);
    if (!content) return response.writeHead(404).end();
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
    return response.writeHead(from > 0 ? 206 : 200).end(content.subarray(from));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    files,
    sent,
    server,
  };
}

describe("downloadModel(id, options)", () => {
  let hub: FakeHub;
  let cache: string;
  beforeEach(async () => {
    hub = await startHub();
    cache = await mkdtemp(join(tmpdir(), "hub-cache-"));
  });
  afterEach(async () => {
    hub.server.close();
    await rm(cache, { recursive: true });
  });
  const snapshot = () => join(cache, "models--owner--small", "snapshots", COMMIT);

  it("fetches config and weights, and nothing that isn't needed, into huggingface_hub's layout", async () => {
    const seen: DownloadProgress[] = [];
    const folder = await downloadModel("owner/small", {
      ...hub,
      cache,
      onProgress: (progress) => seen.push(progress),
    });
    assert.equal(folder, snapshot());
    assert.deepEqual((await readdir(folder)).sort(), ["config.json", "model.safetensors"]);
    assert.deepEqual(await readFile(join(folder, "model.safetensors")), hub.files.get("model.safetensors"));
    assert.equal(await readFile(join(cache, "models--owner--small", "refs", "main"), "utf8"), COMMIT);
    assert.deepEqual(seen.at(-1), { file: "model.safetensors", received: 5021, total: 5021 });
  });

  it("finds it in the cache when offline, and when the hub cannot be reached", async () => {
    await downloadModel("owner/small", { ...hub, cache });
    assert.equal(await downloadModel("owner/small", { cache, offline: true }), snapshot());
    hub.server.closeAllConnections();
    hub.server.close();
    assert.equal(await downloadModel("owner/small", { ...hub, cache }), snapshot());
  });

  it("says what to do when offline and not in the cache", async () => {
    await assert.rejects(downloadModel("owner/small", { cache, offline: true }), {
      name: "HubError",
      message: /"owner\/small" is not in the cache .* load it once with network/,
    });
  });

  it("says so in one sentence when there is no network", async () => {
    await assert.rejects(downloadModel("owner/small", { cache, endpoint: "http://127.0.0.1:1" }), {
      name: "HubError",
      message: /the hub cannot be reached for "owner\/small" \(.+\), and it is not in the cache/,
    });
  });

  it("goes on where an interrupted download stopped", async () => {
    const content = hub.files.get("model.safetensors") ?? Buffer.alloc(0);
    hub.sent.set("model.safetensors", content.subarray(0, 2000));
    await assert.rejects(
      downloadModel("owner/small", { ...hub, cache }),
      /arrived with 2000 bytes instead of 5000/,
    );
    hub.sent.clear();
    await downloadModel("owner/small", { ...hub, cache });
    assert.ok(hub.requests.some((request) => request.endsWith("model.safetensors bytes=2000-")));
    assert.deepEqual(await readFile(join(snapshot(), "model.safetensors")), content);
  });

  it("refuses weights whose SHA-256 is another, and keeps nothing of them", async () => {
    hub.sent.set("model.safetensors", Buffer.alloc(5000, 8));
    await assert.rejects(downloadModel("owner/small", { ...hub, cache }), /arrived damaged/);
    assert.deepEqual(await readdir(snapshot()), ["config.json"]);
  });

  it("doesn't fetch again what is there", async () => {
    await downloadModel("owner/small", { ...hub, cache });
    const before = hub.requests.length;
    await downloadModel("owner/small", { ...hub, cache });
    assert.deepEqual(
      hub.requests.slice(before).filter((request) => request.includes("/resolve/")),
      [],
    );
  });

  it("tells unknown, gated and impossible ids apart", async () => {
    await assert.rejects(
      downloadModel("owner/none", { ...hub, cache }),
      /the hub has no model "owner\/none"/,
    );
    await assert.rejects(downloadModel("owner/gated", { ...hub, cache }), /private or gated/);
    await assert.rejects(
      downloadModel("../up/and/away", { ...hub, cache }),
      /is neither a folder here nor a model's id/,
    );
  });

  it("asks which file, where a model has only several GGUF files", async () => {
    hub.files.delete("model.safetensors");
    hub.files.set("a.gguf", Buffer.from("a"));
    hub.files.set("b.gguf", Buffer.from("bb"));
    await assert.rejects(
      downloadModel("owner/small", { ...hub, cache }),
      /has 2 GGUF files; choose one with `file`: a.gguf, b.gguf/,
    );
    const folder = await downloadModel("owner/small", { ...hub, cache, file: "b.gguf" });
    assert.deepEqual((await readdir(folder)).sort(), ["b.gguf", "config.json"]);
  });

  it("stops when it is told to", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await assert.rejects(downloadModel("owner/small", { ...hub, cache, signal }), /enough/);
  });

  it("takes a partial file that is too long for a broken one", async () => {
    await downloadModel("owner/small", { ...hub, cache });
    await rm(join(snapshot(), "model.safetensors"));
    await writeFile(join(snapshot(), "model.safetensors.incomplete"), Buffer.alloc(9000));
    await downloadModel("owner/small", { ...hub, cache });
    assert.deepEqual(
      await readFile(join(snapshot(), "model.safetensors")),
      hub.files.get("model.safetensors"),
    );
  });
});
