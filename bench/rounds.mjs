import { createInterface } from "node:readline";

/** @typedef {() => unknown} Work What one row does once, after it was prepared. */

/** Milliseconds of a round. */
const ROUND = 400;
/** Milliseconds from which on once is enough. */
export const SLOW = 2000;

/**
 * Serves a row to the program that compares: prints `ready` when it is prepared, then for each line of input a round, of which it prints
 * the median time in milliseconds. A round repeats the work for 0.4 s, at least three times; once where that takes seconds. Plain JavaScript, so that peers run without a loader.
 * @param {Work} work
 */
export async function serveRounds(work) {
  for (const start = performance.now(); performance.now() - start < ROUND;) await work();
  console.log("ready");
  for await (const line of createInterface({ input: process.stdin })) {
    if (line !== "round") break;
    console.log(String(await round(work)));
  }
  process.exit(0);
}

/** @param {Work} work */
async function round(work) {
  /** @type {number[]} */
  const times = [];
  const start = performance.now();
  while (times.length < ((times[0] ?? 0) > SLOW ? 1 : 3) || performance.now() - start < ROUND) {
    const before = performance.now();
    await work();
    times.push(performance.now() - before);
  }
  return median(times);
}

/**
 * The middle one; of an even number the mean of both.
 * @param {readonly number[]} numbers
 */
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? NaN) + (sorted[Math.floor(middle)] ?? NaN)) / 2;
}
