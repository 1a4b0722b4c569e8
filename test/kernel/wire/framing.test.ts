import assert from "node:assert/strict";
import fc from "fast-check";
import { MessageError } from "../../../kernel/wire/errors.ts";
import { fromFrames, toFrames } from "../../../kernel/wire/framing.ts";
import type { JsonObject, Message } from "../../../kernel/wire/message.ts";
import { Signer } from "../../../kernel/wire/signature.ts";

const header = {
  msg_id: "m1",
  msg_type: "execute_request",
  session: "s",
  username: "u",
  date: "2026-11-23T20:00:00.000Z",
  version: "5.5",
};
const message: Message = {
  identities: [Buffer.from("front end")],
  header,
  parent: {},
  metadata: { cellId: "c" },
  content: { code: "1 + 1" },
  buffers: [Buffer.from([0, 255])],
};
const signer = new Signer("secret");

function texts(frames: readonly Uint8Array[]): string[] {
  return frames.map((frame) => Buffer.from(frame).toString());
}

describe("toFrames(message, signer)", () => {
  it("puts routing, delimiter, signature, four JSON parts and buffers in this order", () => {
    const frames = toFrames(message, signer);
    assert.equal(frames.length, 8);
    assert.deepEqual(texts([frames[0] as Uint8Array, frames[1] as Uint8Array]), ["front end", "<IDS|MSG>"]);
    assert.deepEqual(
      texts(frames.slice(3, 7)).map((text) => JSON.parse(text) as unknown),
      [header, {}, { cellId: "c" }, { code: "1 + 1" }],
    );
    assert.deepEqual(frames[7], Buffer.from([0, 255]));
  });
});

describe("fromFrames(frames, signer)", function () {
  this.timeout(120_000);

  it("gives back every message that toFrames wrote", () => {
    const object = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()) as fc.Arbitrary<JsonObject>;
    fc.assert(
      fc.property(object, object, object, fc.array(fc.uint8Array()), (parent, metadata, content, buffers) => {
        const plain = (value: JsonObject): unknown => JSON.parse(JSON.stringify(value));
        const read = fromFrames(toFrames({ ...message, parent, metadata, content, buffers }, signer), signer);
        assert.deepEqual(plain(read.content), plain(content));
        assert.deepEqual(plain(read.parent), plain(parent));
        assert.deepEqual(plain(read.metadata), plain(metadata));
        assert.deepEqual(read.header, header);
        assert.deepEqual(
          read.buffers.map((buffer) => Buffer.from(buffer)),
          buffers.map((buffer) => Buffer.from(buffer)),
        );
      }),
    );
  });

  it("throws a MessageError, and nothing else, for frames of any bytes", () => {
    const frame = fc.oneof(
      fc.uint8Array(),
      fc
        .constantFrom("<IDS|MSG>", "{}", "[]", "null", JSON.stringify(header))
        .map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 9 }), (frames) => {
        assert.throws(() => fromFrames(frames, signer), MessageError);
      }),
      { numRuns: 1_000 },
    );
  });

  it("refuses a message of which one byte of a signed part was changed", () => {
    const good = toFrames(message, signer);
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 6 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (part, place, change) => {
          const frames = good.map((frame) => Buffer.from(frame));
          const bytes = frames[part];
          assert.ok(bytes && bytes.length > 0);
          const at = place % bytes.length;
          bytes[at] = (bytes[at] ?? 0) ^ change;
          assert.throws(() => fromFrames(frames, signer), {
            name: "MessageError",
            message: "wrong signature",
          });
        },
      ),
    );
  });

  it("never names the right signature in its error", () => {
    const frames = toFrames(message, signer);
    const right = Buffer.from(frames[2] as Uint8Array).toString();
    frames[2] = Buffer.from("0".repeat(64));
    assert.throws(
      () => fromFrames(frames, signer),
      (error: Error) => !error.message.includes(right),
    );
  });

  it("takes any signature where the key is empty", () => {
    const open = new Signer("");
    const frames = toFrames(message, open);
    assert.equal(frames[2]?.length, 0);
    frames[2] = Buffer.from("whatever");
    assert.deepEqual(fromFrames(frames, open).content, { code: "1 + 1" });
  });

  it("keeps what a client adds to its header", () => {
    const frames = toFrames({ ...message, header: { ...header, subshell_id: null } as never }, signer);
    assert.deepEqual(fromFrames(frames, signer).header, { ...header, subshell_id: null });
  });

  for (const [what, broken] of [
    ["no msg_id", { ...header, msg_id: "" }],
    ["a number as msg_type", { ...header, msg_type: 7 }],
  ] as const) {
    it(`refuses a header with ${what}`, () => {
      const frames = toFrames({ ...message, header: broken as never }, signer);
      assert.throws(() => fromFrames(frames, signer), MessageError);
    });
  }
});

describe("new Signer(key, hash)", () => {
  it("signs as RFC 4231 says for HMAC-SHA-256 (test case 2)", () => {
    const signature = new Signer("Jefe").sign([Buffer.from("what do ya want "), Buffer.from("for nothing?")]);
    assert.equal(signature, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  });

  it("refuses a hash that does not exist, naming the field", () => {
    assert.throws(() => new Signer("k", "rot13"), {
      name: "ConnectionFileError",
      message: /signature_scheme "hmac-rot13"/,
    });
  });
});
