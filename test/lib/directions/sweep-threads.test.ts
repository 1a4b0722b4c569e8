import assert from "node:assert/strict";
import { EXCHANGES } from "../../../lib/directions/exchanges.ts";
import { innerProducts } from "../../../lib/directions/inner-products.ts";
import { sweepTester, type SweepTest } from "../../../lib/directions/sweep-tests.ts";
import { SweepThreads } from "../../../lib/directions/sweep-threads.ts";
import { randomNormal } from "../../../lib/tensor/index.ts";

const program = (code: string) => new URL(`data:text/javascript,${encodeURIComponent(code)}`);
const pairs = Array.from({ length: 7 }, (_, pair) => [2 * pair, 2 * pair + 1] as const);
const testOf = (seed: string): SweepTest => ({
  words: innerProducts(randomNormal(["word", "embedding"], [14, 6], { seed })),
  ...{ pairs, seed, draws: 2500, stopAfter: 2500 },
});

describe("threads of a sweep", () => {
  const most = 2;

  it("answer as the calling thread does", async () => {
    const [threads, here] = [new SweepThreads(), sweepTester()];
    const seeds = ["a", "b", "c", "d", "a"];
    const found = await Promise.all(
      seeds.map((seed) => threads.run(testOf(seed), { what: seed, owner: seeds, most })),
    );
    for (const [index, seed] of seeds.entries()) assert.deepEqual(found[index], here(testOf(seed)), seed);
    for (const exchange of EXCHANGES) assert.ok((found[0]?.[exchange].draws ?? 0) >= 64);
  });

  for (const [what, code, message] of [
    ["ends", "process.exit(3)", /exit code 3/],
    ["throws", 'throw new Error("no memory")', /no memory/],
  ] as const)
    it(`say at which row one ${what}, and others take its place`, async () => {
      const threads = new SweepThreads(
        program(`import { parentPort } from "node:worker_threads";
        parentPort.on("message", ({ id, test }) => {
          if (test.seed === "bad") ${code};
          parentPort.postMessage({ id, found: test.seed });
        });`),
      );
      const ask = (seed: string) =>
        threads.run({ ...testOf("x"), seed }, { what: `"size", 3.4 OV ${seed}`, owner: threads, most });
      await assert.rejects(ask("bad"), (error: Error) => {
        assert.equal(error.name, "DirectionError");
        assert.match(error.message, /a thread of the sweep ended at "size", 3\.4 OV bad: /);
        assert.match(error.message, message);
        return true;
      });
      assert.deepEqual(await Promise.all(["p", "q", "r"].map(ask)), ["p", "q", "r"]);
    });
});
