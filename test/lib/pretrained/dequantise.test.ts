import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { bfloat16, float16 } from "../../../lib/models/transformer/safetensors.ts";
import { dequantise, QuantisationError, quantisedBytes } from "../../../lib/pretrained/dequantise.ts";

interface Block {
  readonly name: string;
  readonly type: number;
  readonly bytes: string;
  readonly weights: readonly number[];
}

const blocks = JSON.parse(
  readFileSync(new URL("../../fixtures/gguf/blocks.json", import.meta.url), "utf8"),
) as readonly Block[];

describe("dequantise(bytes, type, count)", () => {
  for (const { name, type, bytes, weights } of blocks) {
    it(`widens ${name} as the gguf package does`, () => {
      const widened = dequantise(Buffer.from(bytes, "hex"), type, weights.length);
      assert.equal(widened.length, weights.length);
      for (const [index, weight] of weights.entries()) {
        const got = widened[index] ?? Number.NaN;
        assert.ok(
          Math.abs(got - weight) <= 2e-6 * Math.max(1, Math.abs(weight)),
          `${index}: ${got}, not ${weight}`,
        );
      }
    });
  }

  it("refuses bytes that do not fit the count", () => {
    assert.throws(() => dequantise(new Uint8Array(17), 2, 32), {
      name: "QuantisationError",
      message: "32 weights of type Q4_0 take 18 bytes, but there are 17",
    });
  });

  it("refuses a type that it does not know, and names those that it does", () => {
    assert.throws(
      () => dequantise(new Uint8Array(8), 99, 8),
      (error) => {
        assert.ok(error instanceof QuantisationError);
        return error.message.includes("99") && error.message.includes("Q6_K");
      },
    );
  });
});

describe("quantisedBytes(type, count)", () => {
  it("refuses a count that leaves a block unfilled", () => {
    assert.throws(
      () => quantisedBytes(14, 300),
      /300 weights do not fill blocks of Q6_K, which hold 256 each/,
    );
  });
  it("is 0 for no weights", () => assert.equal(quantisedBytes(8, 0), 0));
});

describe("float16(bits) and bfloat16(bits)", () => {
  it("reads ordinary, subnormal and special values", () => {
    assert.equal(float16(0x3c00), 1);
    assert.equal(float16(0xc100), -2.5);
    assert.equal(float16(0x0001), 2 ** -24);
    assert.equal(float16(0x7c00), Infinity);
    assert.ok(Number.isNaN(float16(0x7e00)));
    assert.equal(bfloat16(0x3f80), 1);
    assert.equal(bfloat16(0xc020), -2.5);
  });
});
