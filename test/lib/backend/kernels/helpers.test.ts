import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import type { Numbers } from "../../../../lib/backend/operations/index.ts";
import { startBackend } from "../../../../lib/backend/index.ts";
import { fastKernels, type Causal, type FastKernels } from "../../../../lib/backend/kernels/fast-kernels.ts";
import { arithmeticOfBackend, tidied } from "../../../../lib/backend/operations/index.ts";
import { tensorFlow } from "../../../../lib/backend/tensorflow.ts";

/** Numbers that depend on their place alone, between -1 and 1. */
function numbers(count: number, salt: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898 + salt * 78.233));
}

/** What each of the kernels that threads share gives, on sizes that are shared and that no number of chunks divides. */
function everyKernel(fast: FastKernels): Record<string, Float32Array> {
  const { kernels } = fast;
  const results: Record<string, Float32Array> = {};
  tidied(arithmeticOfBackend(), () => {
    const made = (count: number, salt: number): Numbers => fast.vector(numbers(count, salt));
    const keep = (name: string, out: Numbers) => (results[name] = fast.view(out).slice());
    const at = (x: Numbers) => fast.at(x);
    const [rows, n] = [517, 131];
    const [x, dy, gain, bias] = [made(rows * n, 1), made(rows * n, 2), made(n, 3), made(n, 4)];
    for (const [m, k] of [
      [203, 131],
      [2, 1501],
    ] as const) {
      const [a, b, c] = [made(m * k, 5), made(k * 2049, 6), fast.output([m, 2049])];
      fast.product(m, 2049, k, { at: at(a), row: k }, { at: at(b), row: 2049 }, { at: at(c), row: 2049 });
      keep(`product of ${m} rows`, c);
      fast.product(
        m,
        2049,
        k,
        { at: at(a), row: 1, column: m },
        { at: at(b), row: 1, column: k },
        { at: at(c), row: 2049 },
      );
      keep(`transposed product of ${m} rows`, c);
      const row = at(made(2049, 11));
      const [left, right] = [
        { at: at(a), row: k },
        { at: at(b), row: 2049 },
      ];
      fast.product(m, 2049, k, left, right, { at: at(c), row: 2049 }, { bias: row });
      keep(`product of ${m} rows with bias`, c);
    }
    // All of B is one block, which a thread packs once for its parts of the rows.
    const [tall, wide] = [made(1031 * 90, 12), made(90 * 101, 13)];
    for (const width of [101, 90]) {
      const product = fast.output([1031, width]);
      const right = { at: at(wide), row: width };
      fast.product(1031, width, 90, { at: at(tall), row: 90 }, right, { at: at(product), row: width });
      keep(`product of 1031 rows and ${width} columns`, product);
    }
    const [many, other, products] = [made(37 * 24 * 16, 7), made(37 * 16 * 24, 8), fast.output([37, 24, 24])];
    const batch = {
      a: { at: at(many), row: 16, batch: 384 },
      b: { at: at(other), row: 24, batch: 384 },
      c: { at: at(products), row: 24, batch: 576 },
    };
    fast.product(24, 24, 16, batch.a, batch.b, batch.c, { batch: 37 });
    keep("batch of products", products);
    const out = fast.output([rows * n]);
    kernels.softmaxRows(at(x), at(out), 11, 1, 47, 131, 3, 0);
    keep("softmaxRows", out);
    kernels.softmaxGradient(at(x), at(dy), at(out), rows, 47, n, 3);
    keep("softmaxGradient", out);
    const targets = fast.vector(Int32Array.from({ length: rows }, (_, i) => i % n));
    const parts = fast.output([rows * 2]);
    kernels.crossEntropy(at(x), at(targets), at(made(rows, 9)), at(parts), at(out), at(out), rows, n);
    keep("crossEntropy", out);
    kernels.norm(at(x), at(gain), at(bias), at(out), rows, n, 1, 1e-5);
    keep("norm", out);
    const [dGain, dBias] = [fast.output([n]), fast.output([n])];
    const norm = [at(x), at(gain), at(dy), at(out), at(dGain), at(dBias), rows, n, 1, 1e-5] as const;
    kernels.normGradient(...norm, 0);
    keep("normGradient", out);
    kernels.normGradient(...norm, 1);
    keep("normGradient twice", out);
    keep("normGradient of the gain", dGain);
    keep("normGradient of the bias", dBias);
    const slopes = fast.output([rows * n]);
    kernels.activate(at(x), at(out), at(slopes), rows * n, 2);
    keep("activate", out);
    keep("activate's slopes", slopes);
    kernels.add(at(x), at(dy), at(out), rows * n);
    keep("add", out);
    kernels.multiply(at(x), at(dy), at(out), rows * n);
    keep("multiply", out);
    kernels.sumRows(at(x), at(dGain), rows, n);
    keep("sumRows", dGain);
    const [mean, square] = [made(rows * n, 10), fast.output([rows * n])];
    kernels.multiply(at(mean), at(mean), at(square), rows * n);
    kernels.adam(at(x), at(dy), at(mean), at(square), rows * n, 0.1, 0.9, 0.99, 0.1, 0.01, 1, 1e-8, 1, 1);
    keep("adam", x);
    keep("adam's mean", mean);
  });
  return results;
}

describe("kernels with several threads", () => {
  let fast: FastKernels;
  let alone: Record<string, Float32Array>;

  before(async () => {
    await startBackend();
    const found = fastKernels(tensorFlow());
    assert.ok(found);
    fast = found;
    alone = everyKernel(fast);
    await fast.helpers.start();
  });

  it("share the memory of TensorFlow.js", () => {
    assert.equal(fast.helpers.threads, Math.min(8, availableParallelism()));
  });

  it("give what one thread gives", () => {
    for (let round = 0; round < 2; round++) {
      for (const [name, result] of Object.entries(everyKernel(fast))) {
        const expected = alone[name] ?? new Float32Array();
        assert.equal(result.length, expected.length, name);
        // Sums over rows are formed for stretches of rows first.
        const tolerance = name.startsWith("normGradient of") ? 1e-5 : 0;
        for (const [i, number] of result.entries()) {
          const difference = Math.abs(number - (expected[i] ?? NaN)) / (1 + Math.abs(number));
          if (number !== expected[i] && !(difference <= tolerance))
            assert.fail(`${name}, place ${i}: ${number} and ${expected[i]}`);
        }
      }
    }
  }).timeout(60_000);

  it("leave out what a causal product does not need, and nothing else", () => {
    const [queries, size] = [75, 20];
    for (const from of [0, 9]) {
      const keys = queries + from;
      tidied(arithmeticOfBackend(), () => {
        const isSeen = (i: number) => i % keys <= Math.floor(i / keys) + from;
        const pattern = numbers(queries * keys, 1).map((number, i) => (isSeen(i) ? number : 0));
        const [matrix, q, k] = [
          fast.vector(pattern),
          fast.vector(numbers(queries * size, 2)),
          fast.vector(numbers(keys * size, 3)),
        ];
        const product = (m: number, n: number, inner: number, a: object, b: object, kind: Causal["kind"]) =>
          [undefined, { kind, from }].map((causal) => {
            const out = fast.output([m, n]);
            fast.view(out).fill(NaN);
            const [left, right] = [a, b] as [{ at: number; row: number }, { at: number; row: number }];
            fast.product(m, n, inner, left, right, { at: fast.at(out), row: n }, { causal });
            return fast.view(out).slice();
          });
        const byKeys = { at: fast.at(k), row: 1, column: size };
        const [all, seen] = product(queries, keys, size, { at: fast.at(q), row: size }, byKeys, "only-seen");
        for (const [i, number] of (all ?? []).entries()) if (isSeen(i)) assert.equal(seen?.[i], number);
        const rows = { at: fast.at(matrix), row: keys };
        const columns = { at: fast.at(matrix), row: 1, column: keys };
        for (const [whole, part] of [
          product(queries, size, keys, rows, { at: fast.at(k), row: size }, "from-seen"),
          product(keys, size, queries, columns, { at: fast.at(q), row: size }, "from-seers"),
        ]) {
          for (const [i, number] of (whole ?? []).entries()) {
            assert.ok(Math.abs(number - (part?.[i] ?? NaN)) < 1e-5, `${i}: ${number} and ${part?.[i]}`);
          }
        }
      });
    }
  });

  it("let the process end", () => {
    const module = new URL("../../../../lib/backend/kernels/fast-kernels.ts", import.meta.url).href;
    const program = `
      Promise.all([import(${JSON.stringify(module)}), import(${JSON.stringify(new URL("../index.ts", module).href)}), import(${JSON.stringify(new URL("../tensorflow.ts", module).href)})]).then(
        async ([{ fastKernels }, { startBackend }, { tensorFlow }]) => {
          await startBackend();
          await fastKernels(tensorFlow()).helpers.start();
          console.log("started");
        });`;
    const { stdout, status } = spawnSync(process.execPath, ["--import", "tsx", "-e", program], {
      encoding: "utf8",
      timeout: 50_000,
    });
    assert.equal(stdout, "started\n");
    assert.equal(status, 0);
  }).timeout(60_000);
});
