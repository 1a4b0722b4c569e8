import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

describe("compile.mjs --check", () => {
  it("finds that kernels.wasm.ts is what source/ compiles to", () => {
    const script = fileURLToPath(new URL("../../../../lib/backend/kernels/compile.mjs", import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, [script, "--check"], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
  }).timeout(60_000);
});
