/** What a thread of a sweep runs: each message is a test, answered by its result. */
import { parentPort } from "node:worker_threads";
import { sweepTester, type SweepTest } from "./sweep-tests.ts";

const tested = sweepTester();
parentPort?.on("message", ({ id, test }: { readonly id: number; readonly test: SweepTest }) => {
  parentPort?.postMessage({ id, found: tested(test) });
});
