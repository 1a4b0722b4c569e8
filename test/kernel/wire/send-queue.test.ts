import assert from "node:assert/strict";
import { SendQueue } from "../../../kernel/wire/send-queue.ts";

function bytes(text: string): Uint8Array[] {
  return [Buffer.from(text)];
}

class FullSocket extends Error {
  readonly code = "EAGAIN";
}

describe("new SendQueue(socket)", () => {
  it("sends one message at a time, in order", async () => {
    const sent: string[] = [];
    let inFlight = 0;
    const queue = new SendQueue({
      async send(frames) {
        assert.equal(++inFlight, 1);
        await new Promise((resolve) => setImmediate(resolve));
        sent.push(String(frames[0]));
        inFlight--;
      },
    });
    for (const text of ["a", "b", "c"]) queue.push(bytes(text));
    await new Promise((resolve) => setImmediate(resolve));
    queue.push(bytes("d"));
    await queue.empty();
    assert.deepEqual(sent, ["a", "b", "c", "d"]);
  });

  it("counts the bytes that wait", async () => {
    const queue = new SendQueue({ send: () => new Promise((resolve) => setImmediate(resolve)) });
    queue.push(bytes("abc"));
    queue.push(bytes("de"));
    assert.equal(queue.waiting, 5);
    await queue.empty();
    assert.equal(queue.waiting, 0);
  });

  it("tries a full socket again, and loses nothing", async () => {
    const sent: string[] = [];
    let refusals = 3;
    const queue = new SendQueue({
      send(frames) {
        if (refusals-- > 0) return Promise.reject(new FullSocket());
        sent.push(String(frames[0]));
        return Promise.resolve();
      },
    });
    queue.push(bytes("a"));
    queue.push(bytes("b"));
    await queue.empty();
    assert.deepEqual(sent, ["a", "b"]);
  });

  it("says that a socket is stuck, and sends on when something was done about it", async () => {
    let isStuck = true;
    const sent: string[] = [];
    const queue = new SendQueue(
      {
        send(frames) {
          if (isStuck) return Promise.reject(new FullSocket());
          sent.push(String(frames[0]));
          return Promise.resolve();
        },
      },
      { stuckAfter: 0, onStuck: () => (isStuck = false) },
    );
    queue.push(bytes("a"));
    await queue.empty();
    assert.deepEqual(sent, ["a"]);
  });

  it("gives a message up for a peer that has gone, and sends the next", async () => {
    const sent: string[] = [];
    const queue = new SendQueue({
      send(frames) {
        if (String(frames[0]) === "a") return Promise.reject(new Error("no such peer"));
        sent.push(String(frames[0]));
        return Promise.resolve();
      },
    });
    queue.push(bytes("a"));
    queue.push(bytes("b"));
    await queue.empty();
    assert.deepEqual(sent, ["b"]);
  });

  it("sends nothing more once it is closed", async () => {
    const sent: string[] = [];
    const queue = new SendQueue({
      send(frames) {
        sent.push(String(frames[0]));
        return Promise.resolve();
      },
    });
    queue.close();
    queue.push(bytes("a"));
    await queue.empty();
    assert.deepEqual(sent, []);
  });
});
