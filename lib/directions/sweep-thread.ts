/** What a thread of a sweep runs: each message is a test, answered by its result. */
import { parentPort, workerData } from "node:worker_threads";
import { sweepTester, type SweepTest } from "./sweep-tests.ts";

/** In milliseconds: so long nobody may show that the result is waited for. A main thread that computes shows nothing, either. */
const PATIENCE = 3000;

const pulse = new Int32Array(workerData as SharedArrayBuffer);
let [beat, since] = [0, 0];

/** Sleeps while nobody waits for the result: after a notebook's interrupt, which ends the waiting and knows of no thread. */
function pause(): void {
  const now = Atomics.load(pulse, 0);
  if (now !== beat) [beat, since] = [now, performance.now()];
  else if (performance.now() - since > PATIENCE) {
    Atomics.wait(pulse, 0, beat);
    since = performance.now();
  }
}

const tested = sweepTester(pause);
parentPort?.on("message", ({ id, test }: { readonly id: number; readonly test: SweepTest }) => {
  since = performance.now();
  parentPort?.postMessage({ id, found: tested(test) });
});
