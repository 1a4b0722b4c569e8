import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeSafetensors } from "../../../lib/models/transformer/index.ts";
import { openSafetensors } from "../../../lib/pretrained/safetensors-file.ts";

describe("openSafetensors", () => {
  let folder: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), "safetensors-"))));
  after(() => rm(folder, { recursive: true }));

  it("reads a tensor whose parts are read at once, whole and in order, also into memory that is lent", async () => {
    const data = Float32Array.from({ length: 2 ** 21 + 3 }, (_, i) => i);
    const small = Float32Array.of(-1, -2);
    const tensors = new Map([
      ["small", { shape: [2], data: small }],
      ["large", { shape: [data.length], data }],
    ]);
    const path = join(folder, "two.safetensors");
    await writeFile(path, writeSafetensors(tensors));
    const file = await openSafetensors(path);
    const same = (read: Float32Array) =>
      Buffer.compare(Buffer.from(read.buffer, read.byteOffset, read.byteLength), Buffer.from(data.buffer));
    assert.equal(same(await file.read("large")), 0);
    const lent = new Float32Array(data.length);
    assert.equal(same(await file.read("large", lent)), 0);
    assert.equal(same(lent), 0);
    assert.deepEqual([...(await file.read("small"))], [-1, -2]);
    await file.close();
  });
});
