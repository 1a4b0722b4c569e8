import assert from "node:assert/strict";
import fc from "fast-check";
import { KernelProcess, type FrontEnd, type StartOptions } from "./front-end.ts";

describe("a kernel on the wire", function () {
  this.timeout(120_000);

  for (const [what, options] of [
    ["ipc", { transport: "ipc" }],
    ["an empty key", { key: "" }],
    ["hmac-sha512", { signatureScheme: "hmac-sha512" }],
  ] as const satisfies readonly (readonly [string, StartOptions])[]) {
    it(`works with ${what}`, async () => {
      const { kernel, frontEnd } = await KernelProcess.ready(options);
      try {
        assert.equal((await frontEnd.run("1 + 1")).result, "2");
      } finally {
        await kernel.end();
      }
    });
  }

  it("ends with one line and a code where the connection file is wrong", async () => {
    const kernel = await KernelProcess.start({ signatureScheme: "hmac-rot13" });
    assert.equal(await kernel.exited, 1);
    assert.match(kernel.stderr, /^kernel: signature_scheme "hmac-rot13".*\n$/);
    await kernel.end();
  });
});

describe("10,000 messages that make no sense", function () {
  this.timeout(240_000);
  let kernel: KernelProcess;
  let frontEnd: FrontEnd;
  before(async () => {
    ({ kernel, frontEnd } = await KernelProcess.ready());
  });
  after(() => kernel.end());

  const TYPES = [
    ...["execute_request", "complete_request", "inspect_request", "is_complete_request", "history_request"],
    ...["kernel_info_request", "comm_info_request", "comm_open", "comm_msg", "comm_close", "debug_request"],
    ...[
      "usage_request",
      "input_reply",
      "interrupt_request",
      "status",
      "nothing_request",
      "",
      "toString",
      "__proto__",
    ],
  ];
  const FIELDS = [
    ...["code", "cursor_pos", "detail_level", "silent", "store_history", "user_expressions", "allow_stdin"],
    ...["stop_on_error", "hist_access_type", "session", "start", "stop", "n", "pattern", "unique", "output"],
    ...["target_name", "comm_id", "data", "value", "command", "seq", "__proto__"],
  ];
  const channel = fc.constantFrom("shell" as const, "control" as const, "stdin" as const);

  async function isSane(): Promise<void> {
    assert.equal((await frontEnd.run("'sane'")).result, "'sane'");
    assert.equal(kernel.child.exitCode, null);
  }

  it("are dropped where they are no messages: any frames", async () => {
    const frames = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc
          .constantFrom("<IDS|MSG>", "{}", "[]", "null", "0".repeat(64), "{")
          .map((text) => Buffer.from(text)),
      ),
      { minLength: 1, maxLength: 9 },
    );
    await fc.assert(
      fc.asyncProperty(channel, frames, (name, parts) => frontEnd.sendFrames(name, parts)),
      { numRuns: 4_000 },
    );
    await isSane();
  });

  it("are dropped where they are cut off or changed", async () => {
    await fc.assert(
      fc.asyncProperty(
        channel,
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (name, cut, place, change) => {
          const { frames } = frontEnd.frames("execute_request", { code: "throw new Error('must not run')" });
          const part = frames[1 + (cut % 5)];
          if (cut % 2 === 0) {
            await frontEnd.sendFrames(name, frames.slice(0, 1 + (cut % (frames.length - 1))));
          } else if (part) {
            const changed = Buffer.from(part);
            changed[place % changed.length] = (changed[place % changed.length] ?? 0) ^ change;
            await frontEnd.sendFrames(name, frames.with(1 + (cut % 5), changed));
          }
        },
      ),
      { numRuns: 3_000 },
    );
    await isSane();
    assert.deepEqual(
      frontEnd.heard.filter(({ content }) => content["evalue"] === "must not run"),
      [],
    );
  });

  it("are answered where they are signed but absurd", async () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom(-1, 1e308, "😀", "*".repeat(50), "range", "search", "tail"),
    );
    // Not cells that run: any code may do anything. All else of a cell may be absurd.
    const content = fc.dictionary(fc.constantFrom(...FIELDS), value).map((fields) => {
      return typeof fields["code"] === "string" ? { ...fields, code: "0" } : fields;
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("shell" as const, "control" as const),
        fc.constantFrom(...TYPES),
        content,
        async (name, type, fields) => {
          await frontEnd.send(name, type, fields);
        },
      ),
      { numRuns: 3_000 },
    );
    // What they caused comes first: the kernel answers in order.
    const last = await frontEnd.ask("shell", "execute_request", { code: "'over'", stop_on_error: false });
    assert.ok(
      last.reply["status"] === "ok" ||
        last.reply["status"] === "aborted" ||
        last.reply["ename"] === "KeyboardInterrupt",
    );
    await isSane();
  });

  it("never make the kernel print a signature", () => {
    assert.doesNotMatch(kernel.stderr, /[0-9a-f]{64}/);
  });
});
