import { createInterface } from "node:readline";

/** What one row does once, after it was prepared. */
export type Work = () => unknown;

/**
 * Serves a row to the program that compares: prints `ready` when it is prepared, then for each line of input a round, of which it prints
 * the median time in milliseconds. A round repeats the work for `milliseconds`, at least three times.
 */
export async function serveRounds(work: Work, milliseconds = 400): Promise<void> {
  for (const start = performance.now(); performance.now() - start < milliseconds;) await work();
  console.log("ready");
  for await (const line of createInterface({ input: process.stdin })) {
    if (line !== "round") break;
    console.log(String(await round(work, milliseconds)));
  }
  process.exit(0);
}

async function round(work: Work, milliseconds: number): Promise<number> {
  const times: number[] = [];
  for (const start = performance.now(); times.length < 3 || performance.now() - start < milliseconds;) {
    const before = performance.now();
    await work();
    times.push(performance.now() - before);
  }
  return median(times);
}

/** The middle one; of an even number the mean of both. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? NaN) + (sorted[Math.floor(middle)] ?? NaN)) / 2;
}
