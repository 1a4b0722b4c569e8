/** What this machine can at most, as a line of JSON, for run.ts: `node --import tsx bench/limit.ts`. */
import { fastKernels } from "../lib/backend/kernels/fast-kernels.ts";
import { startBackend } from "../lib/index.ts";
import { tensorFlow } from "../lib/backend/tensorflow.ts";

/** The limits that rows are compared with. */
export interface Limits {
  /** Thousand millions of operations a second: a product of 512 × 192 × 64, in the caches, in one thread, times the threads. */
  readonly gigaflops: number;
  /** Thousand millions of bytes a second that one thread copies. */
  readonly gigabytes: number;
}

const { threads } = await startBackend();
const fast = fastKernels(tensorFlow());
if (fast === undefined) throw new Error("Our kernels do not run here: there is no limit to compare with.");
const [m, n, k] = [512, 64, 192];
const [a, b, c] = [m * k, k * n, m * n].map((count) =>
  fast.at(fast.vector(new Float32Array(count).fill(0.5))),
);
const product = () => {
  fast.product(m, n, k, { at: a ?? 0, row: k }, { at: b ?? 0, row: n }, { at: c ?? 0, row: n });
};
const [from, to] = [Buffer.alloc(2 ** 28, 1), Buffer.alloc(2 ** 28, 2)];
const limits: Limits = {
  gigaflops: ((2 * m * n * k) / best(1000, product) / 1e6) * threads,
  gigabytes: from.length / best(10, () => from.copy(to)) / 1e6,
};
console.log(JSON.stringify(limits));
process.exit(0);

/** The least time that it took, in milliseconds. */
function best(times: number, work: () => void): number {
  let least = Infinity;
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    work();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}
