import assert from "node:assert/strict";
import { KernelProcess, type FrontEnd } from "./front-end.ts";

/** Work of a tenth of a millisecond that counts its beginnings and its ends. */
const SETUP = `
const uninterrupted = (globalThis as any)[Symbol.for("matrix-composition.uninterrupted")];
let began = 0, ended = 0;
const work = () => { began++; for (let i = 0; i < 1e5; i++) Math.fround(i / 3); ended++; return ended; };`;

describe("what must not be ended half way", function () {
  this.timeout(120_000);
  let kernel: KernelProcess;
  let frontEnd: FrontEnd;
  before(async () => {
    ({ kernel, frontEnd } = await KernelProcess.ready());
    const { reply } = await frontEnd.run(SETUP);
    assert.equal(reply["status"], "ok", JSON.stringify(reply));
  });
  after(() => kernel.end());

  const value = async (code: string): Promise<string> => {
    const { result, reply } = await frontEnd.run(code);
    assert.equal(reply["status"], "ok", `${code}: ${JSON.stringify(reply)}`);
    return String(result);
  };
  const stopped = async (code: string): Promise<void> => {
    const { reply } = await frontEnd.interrupted(`console.log("began"); ${code}`);
    assert.equal(reply["ename"], "KeyboardInterrupt");
  };

  it("is not ended by an interrupt, which strikes between two pieces of it", async () => {
    for (let time = 1; time <= 20; time++) {
      await stopped("for (;;) uninterrupted(work);");
      assert.equal(await value("began - ended"), "0", `interrupt ${time}`);
    }
  });

  it("gives what the work gives, and throws what it throws", async () => {
    assert.equal(await value("uninterrupted(() => uninterrupted(work)) === ended"), "true");
    const { reply } = await frontEnd.run("uninterrupted(() => { throw new RangeError('of its own'); })");
    assert.equal(reply["ename"], "RangeError");
  });

  it("is ended after all if it takes far too long, and what follows is safe again", async () => {
    await stopped("uninterrupted(() => { for (;;); });");
    await stopped("for (;;) uninterrupted(work);");
    assert.equal(await value("began - ended"), "0");
  });
});
