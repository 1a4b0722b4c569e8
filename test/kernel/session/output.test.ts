import assert from "node:assert/strict";
import { Subscriber } from "zeromq";
import { KernelProcess, type FrontEnd } from "./front-end.ts";

describe("output without end", function () {
  this.timeout(120_000);
  let kernel: KernelProcess;
  let frontEnd: FrontEnd;
  before(async () => {
    ({ kernel, frontEnd } = await KernelProcess.ready({
      environment: {
        MATRIX_COMPOSITION_OUTPUT_LIMIT: "100000",
        // A busy machine takes its time to send on what waits; that it stops is the promise here.
        MATRIX_COMPOSITION_INTERRUPT_PATIENCE: "20000",
      },
    }));
  });
  after(() => kernel.end());

  it("of 100 MB is shown up to the limit, with a notice and its end", async () => {
    const code = `const line = "x".repeat(999);
for (let i = 0; i < 100_000; i++) console.log(line);
console.log("the end");`;
    const { stdout, stderr, reply } = await frontEnd.run(code);
    assert.equal(reply["status"], "ok");
    assert.ok(stdout.length < 120_000, `${stdout.length} characters`);
    assert.ok(stdout.endsWith("the end\n"));
    assert.match(stderr, /more than 100,000 characters of output/);
    assert.match(stderr, /99,\d\d\d,\d\d\d characters left out/);
    assert.equal((await frontEnd.run("'alive'")).result, "'alive'");
  });

  it("of a child process is bounded too", async () => {
    const code = `import { spawnSync } from "node:child_process";
spawnSync("sh", ["-c", "yes | head -c 20000000"], { stdio: "inherit" });`;
    const { stdout, reply } = await frontEnd.run(code);
    assert.equal(reply["status"], "ok");
    assert.ok(stdout.length < 120_000, `${stdout.length} characters`);
  });

  for (const code of [
    "for (;;) console.log('again and again');",
    // Many small messages: the executor's sidecar must not be so busy with them that it hears of no interrupt.
    "console.log('began'); for (;;) process.stdout.write('x');",
    'import { display } from "matrix-composition/notebook"; console.log("began"); for (;;) display("x");',
  ]) {
    it(`may be interrupted: ${code}`, async () => {
      assert.equal((await frontEnd.interrupted(code)).reply["ename"], "KeyboardInterrupt");
      assert.equal((await frontEnd.run("'alive'")).result, "'alive'");
    });
  }

  it("reaches all others where one front end takes nothing", async () => {
    const deaf = new Subscriber({ linger: 0, receiveHighWaterMark: 1 });
    deaf.subscribe();
    deaf.connect(kernel.connection.addresses.iopub);
    await frontEnd.next(({ header }) => header.msg_type === "iopub_welcome", frontEnd.heard.length);
    const code = `import { display } from "matrix-composition/notebook";
const picture = "x".repeat(20_000);
for (let i = 0; i < 5_000; i++) await display(picture);
"all shown"`;
    const { types, reply } = await frontEnd.run(code);
    deaf.close();
    assert.deepEqual(reply["traceback"] ?? [], []);
    assert.equal(types.filter((type) => type === "display_data").length, 5_000);
  });
});
