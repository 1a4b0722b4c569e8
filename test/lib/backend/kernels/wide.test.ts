import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { WIDE_KERNELS } from "../../../../lib/backend/kernels/kernels.wasm.ts";
import { instantiateKernels, kernelsOf, type Kernels } from "../../../../lib/backend/kernels/kernels.ts";
import { wideTiles } from "../../../../lib/backend/kernels/wide.ts";

const WORKSPACE = 2 ** 16;
const [A, B, C, BIAS] = [2 ** 21, 2 ** 22, 2 ** 22 + 2 ** 21, 2 ** 20];
const code = Uint8Array.from(Buffer.from(WIDE_KERNELS, "base64"));

/** What Linux says of the processor; elsewhere nothing is known. */
function hasAvx2(): boolean | undefined {
  return existsSync("/proc/cpuinfo") ? / avx2 /.test(readFileSync("/proc/cpuinfo", "utf8")) : undefined;
}

describe("products with tiles of sixteen columns", () => {
  const memory = new WebAssembly.Memory({ initial: 256, maximum: 65536, shared: true });
  const found = instantiateKernels(memory) ?? assert.fail("no SIMD");
  const { main } = found.modules;
  const narrow = kernelsOf({ main, wide: undefined }, memory);
  const wide = kernelsOf({ main, wide: found.modules.wide ?? new WebAssembly.Module(code) }, memory);
  const numbers = new Float32Array(memory.buffer);

  before(() => {
    narrow.setUp(0, WORKSPACE);
    wide.setUp(0, WORKSPACE);
    for (let i = BIAS / 4; i < numbers.length; i++) numbers[i] = Math.sin(i * 12.9898);
  });

  interface Case {
    readonly m: number;
    readonly n: number;
    readonly k: number;
    readonly turnedA: boolean;
    readonly turnedB: boolean;
    readonly isSum: boolean;
    readonly hasBias: boolean;
    readonly causal: number;
  }

  /** C, with a column beside it that must stay as it was. */
  function product(
    kernels: Kernels,
    { m, n, k, turnedA, turnedB, isSum, hasBias, causal }: Case,
  ): Float32Array {
    const row = n + 1;
    const c = numbers.subarray(C / 4, C / 4 + m * row);
    for (let i = 0; i < c.length; i++) c[i] = i % 7;
    const [aRow, aColumn] = turnedA ? [1, m] : [k, 1];
    const [bRow, bColumn] = turnedB ? [1, k] : [n, 1];
    const [bias, sum] = [hasBias ? BIAS : 0, isSum ? 1 : 0];
    kernels.matmul(
      1,
      1,
      m,
      n,
      k,
      A,
      0,
      0,
      aRow,
      aColumn,
      B,
      0,
      0,
      bRow,
      bColumn,
      C,
      0,
      0,
      row,
      0.7,
      sum,
      causal,
      1,
      bias,
    );
    for (let i = 0; i < m; i++) assert.equal(c[i * row + n], (i * row + n) % 7, "beside C");
    return c.slice();
  }

  it("gives the same numbers, to the bit, for any shape, strides, bias, sum and mask", () => {
    const shape = fc.record({
      m: fc.constantFrom(1, 3, 4, 5, 16, 37, 131),
      n: fc.constantFrom(1, 7, 8, 15, 16, 17, 33, 160, 531),
      k: fc.constantFrom(0, 1, 2, 3, 5, 64, 131, 300),
      turnedA: fc.boolean(),
      turnedB: fc.boolean(),
      isSum: fc.boolean(),
      hasBias: fc.boolean(),
      causal: fc.constantFrom(0, 0, 1, 2, 3),
    });
    fc.assert(
      fc.property(shape, (given) => {
        // The entries that a mask leaves unset may differ: 8 or 16 of them are computed with their neighbours.
        const unseen = (i: number) =>
          given.causal === 1 && i % (given.n + 1) > Math.floor(i / (given.n + 1)) + 1;
        const [ours, theirs] = [product(wide, given), product(narrow, given)];
        const other = ours.findIndex((number, i) => !Object.is(number, theirs[i]) && !unseen(i));
        assert.equal(other, -1, `${other}: ${ours[other]} for ${theirs[other]}`);
      }),
      { numRuns: 400 },
    );
  });

  it("keeps what is not a number where it belongs", () => {
    const given = {
      m: 5,
      n: 40,
      k: 9,
      turnedA: false,
      turnedB: false,
      isSum: false,
      hasBias: false,
      causal: 0,
    };
    const at = A / 4 + 2 * given.k + 3; // row 2 of A
    const before = numbers[at] ?? 0;
    numbers[at] = NaN;
    const c = product(wide, given);
    numbers[at] = before;
    for (const [i, number] of c.entries()) {
      const [row, column] = [Math.floor(i / 41), i % 41];
      assert.equal(Number.isNaN(number), row === 2 && column < 40, `${row}, ${column}`);
    }
  });
});

describe("wideTiles", () => {
  it("are taken where engine and processor have vectors of 256 bits, and nowhere else", () => {
    const [major = 0] = process.versions.node.split(".").map(Number);
    const isAsked = process.arch === "x64" && major >= 24 && major <= 26;
    const module = wideTiles(code, true);
    if (!isAsked) assert.equal(module, undefined);
    else if (hasAvx2() !== undefined) assert.equal(module !== undefined, hasAvx2());
  });
});
