import assert from "node:assert/strict";
import { instantiateKernels } from "../../../../lib/backend/kernels/kernels.ts";
import { isShared, withMemory } from "../../../../lib/backend/kernels/shared-memory.ts";

/** A module with one memory of its own, exported as `m`; 1 to 2 pages. */
const OWN = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 5, 4, 1, 1, 1, 2, 7, 5, 1, 1, 109, 2, 0);

describe("withMemory", () => {
  it("makes a module's memory one that threads can share, and back", () => {
    const memoryOf = (bytes: Uint8Array<ArrayBuffer> | undefined) => {
      const module = new WebAssembly.Module(bytes ?? new Uint8Array());
      return new WebAssembly.Instance(module).exports["m"] as WebAssembly.Memory;
    };
    const shared = withMemory(OWN, "shared");
    assert.equal(isShared(memoryOf(shared)), true);
    assert.equal(isShared(memoryOf(withMemory(shared ?? OWN, "unshared"))), false);
    assert.equal(OWN[11], 1, "the module given stays as it was");
  });

  it("says so where there is no memory to share", () => {
    assert.equal(withMemory(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0), "shared"), undefined);
  });
});

describe("instantiateKernels", () => {
  for (const shared of [true, false]) {
    it(`multiplies over a memory that is ${shared ? "" : "not "}shared`, () => {
      const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536, shared });
      const { kernels } = instantiateKernels(memory) ?? assert.fail("no SIMD");
      kernels.setUp(0, 2 ** 20);
      const numbers = new Float32Array(memory.buffer);
      numbers.set([1, 2, 3, 4, 5, 6, 7, 8]);
      kernels.matmul(1, 1, 2, 2, 2, 0, 0, 0, 2, 1, 16, 0, 0, 2, 1, 64, 0, 0, 2, 1, 0, 0, 0, 0);
      assert.deepEqual([...numbers.subarray(16, 20)], [19, 22, 43, 50]);
    });
  }
});
