import { createInterface } from "node:readline";

/**
 * What rounds.ts' serveRounds does, for programs in plain JavaScript: each round three times at least, once where that takes seconds.
 * @param {() => unknown} work
 */
export async function serveRounds(work) {
  work();
  console.log("ready");
  for await (const line of createInterface({ input: process.stdin })) {
    if (line !== "round") break;
    const times = [];
    for (
      const start = performance.now();
      times.length < ((times[0] ?? 0) > 2000 ? 1 : 3) || performance.now() - start < 400;
    ) {
      const before = performance.now();
      work();
      times.push(performance.now() - before);
    }
    console.log(String(times.sort((a, b) => a - b)[times.length >> 1]));
  }
  process.exit(0);
}
