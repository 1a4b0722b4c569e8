import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { startBackend } from "../../../../lib/backend/index.ts";
import {
  arithmeticOfBackend,
  numbersWhenRead,
  tidied,
  type Arithmetic,
  type Numbers,
} from "../../../../lib/backend/operations/index.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const LARGE = 2 ** 14;

describe("numbersWhenRead", () => {
  let a: Arithmetic;
  before(async () => {
    await startBackend();
    a = arithmeticOfBackend();
  });

  const count = () => a.tf.memory().numTensors;
  const filled = (size: number, value: number): Numbers => a.tf.fill([size], value);
  /** Of a tensor that is gone from everywhere else when this returns. */
  const reader = (size: number, value: number) => tidied(a, () => numbersWhenRead(a, filled(size, value)));

  /** Has the garbage collector look until nothing more is freed; its callbacks come when the event loop turns. */
  async function forgotten(): Promise<void> {
    for (let quiet = 0; quiet < 5;) {
      const last = count();
      collectGarbage();
      await new Promise(setImmediate);
      quiet = count() === last ? quiet + 1 : 0;
    }
  }

  it("leaves a large tensor in the backend until it is read, and gives the same numbers again", () => {
    const before = count();
    const read = reader(LARGE, 3);
    assert.equal(count(), before + 1);
    const numbers = read();
    assert.equal(count(), before, "freed");
    assert.equal(numbers.length, LARGE);
    assert.ok(numbers.every((number) => number === 3));
    assert.equal(read(), numbers);
  });

  it("copies a small one at once", () => {
    const before = count();
    const read = reader(LARGE - 1, 4);
    assert.equal(count(), before);
    assert.equal(read()[LARGE - 2], 4);
  });

  it("copies one that somebody else keeps, and leaves it theirs", () => {
    const kept = a.tf.keep(filled(LARGE, 5));
    const read = numbersWhenRead(a, kept);
    assert.equal(kept.isDisposed, false);
    kept.dispose();
    assert.equal(read()[0], 5);
  });

  it("frees what nobody can read any more", async () => {
    await forgotten(); // what other tests left
    const before = count();
    for (let i = 0; i < 20; i++) reader(LARGE, 6);
    assert.equal(count(), before + 20);
    await forgotten();
    assert.equal(count(), before);
  });

  it("copies the oldest out when more than 768 MB wait", () => {
    const size = 48 * 2 ** 18;
    const before = count();
    const readers = Array.from({ length: 20 }, (_, i) => reader(size, i));
    assert.equal(count(), before + 16);
    for (const [i, read] of readers.entries()) {
      const numbers = read();
      assert.equal(numbers.length, size);
      assert.ok(numbers[0] === i && numbers[size - 1] === i, `${i}`);
    }
    assert.equal(count(), before);
  });
});
