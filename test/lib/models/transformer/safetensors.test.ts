import assert from "node:assert/strict";
import fc from "fast-check";
import {
  readSafetensors,
  SafetensorsError,
  writeSafetensors,
} from "../../../../lib/models/transformer/index.ts";

/** A file with this header and so many bytes after it. */
function file(header: unknown, body: number | Uint8Array): Uint8Array {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = typeof body === "number" ? new Uint8Array(body) : body;
  const all = Buffer.alloc(8 + text.length + bytes.length);
  all.writeBigUInt64LE(BigInt(text.length));
  all.set(text, 8);
  all.set(bytes, 8 + text.length);
  return all;
}

const entry = (dtype: string, shape: readonly number[], from: number, to: number) => ({
  dtype,
  shape,
  data_offsets: [from, to],
});

describe("writeSafetensors and readSafetensors", () => {
  it("give tensors and metadata back", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ minLength: 1 }), fc.array(fc.float({ noNaN: true }), { maxLength: 9 }), {
          maxKeys: 4,
        }),
        fc.dictionary(fc.string(), fc.string(), { maxKeys: 2 }),
        (numbers, metadata) => {
          fc.pre(
            !("__metadata__" in numbers) &&
              !("__proto__" in numbers) &&
              !Object.keys(metadata).includes("__proto__"),
          );
          const tensors = new Map(
            Object.entries(numbers).map(([name, data]) => [
              name,
              { shape: [data.length, 1], data: Float32Array.from(data) },
            ]),
          );
          const again = readSafetensors(writeSafetensors(tensors, metadata));
          assert.deepEqual(new Map(again.tensors), tensors);
          assert.deepEqual({ ...again.metadata }, { ...metadata });
        },
      ),
      { seed: 3, numRuns: 100 },
    );
  });
});

describe("readSafetensors", () => {
  it("widens F16 and BF16 exactly, subnormals and infinities too", () => {
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7c00, 0x8000, 0x03ff, 0x3555);
    const half = readSafetensors(
      file({ a: entry("F16", [7], 0, 14) }, new Uint8Array(halves.buffer)),
    ).tensors.get("a");
    const expected = [1, -2, 2 ** -24, Infinity, -0, 1023 * 2 ** -24, 0.333251953125];
    assert.deepEqual([...(half?.data ?? [])], expected);
    const brain = Uint16Array.of(0x3f80, 0xc040, 0x7f80, 0x0001);
    const wide = readSafetensors(
      file({ a: entry("BF16", [2, 2], 0, 8) }, new Uint8Array(brain.buffer)),
    ).tensors.get("a");
    assert.deepEqual([...(wide?.data ?? [])], [1, -3, Infinity, 2 ** -133]);
  });

  it("refuses headers that are cut off, too long, no JSON or no object", () => {
    const good = writeSafetensors(new Map([["a", { shape: [3], data: Float32Array.of(1, 2, 3) }]]));
    for (const bytes of [
      new Uint8Array(),
      good.subarray(0, 7),
      good.subarray(0, 20),
      file("{", 0),
      file("[]", 0),
      file("null", 0),
      file('{"a": 3}', 0),
    ]) {
      assert.throws(() => readSafetensors(bytes), SafetensorsError);
    }
    const huge = Buffer.alloc(16);
    huge.writeBigUInt64LE(2n ** 60n);
    assert.throws(() => readSafetensors(huge), SafetensorsError);
  });

  it("refuses tensors that lie about their size, type or place, by name", () => {
    for (const [header, body] of [
      [{ liar: entry("F32", [3], 0, 8) }, 12],
      [{ liar: entry("F32", [3], 0, 12) }, 8],
      [{ liar: entry("F32", [1e9, 1e9], 0, 12) }, 12],
      [{ liar: entry("F32", [-1], 0, 0) }, 0],
      [{ liar: entry("F32", [1.5], 0, 6) }, 6],
      [{ liar: entry("X9", [1], 0, 1) }, 1],
      [{ liar: { dtype: "F32", shape: [1] } }, 4],
      [{ honest: entry("F32", [2], 0, 8), liar: entry("F32", [2], 4, 12) }, 12],
    ] as const) {
      assert.throws(
        () => readSafetensors(file(header, body)),
        (problem: unknown) => problem instanceof SafetensorsError && problem.message.includes("liar"),
        JSON.stringify(header),
      );
    }
  });
});
