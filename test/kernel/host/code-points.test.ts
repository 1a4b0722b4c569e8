import assert from "node:assert/strict";
import fc from "fast-check";
import { codePointOffset, utf16Offset } from "../../../kernel/host/code-points.ts";

describe("utf16Offset(text, codePoints)", () => {
  for (const [text, codePoints, offset] of [
    ["abc", 2, 2],
    ["a😀b", 1, 1],
    ["a😀b", 2, 3],
    ["a😀b", 99, 4],
    ["", 5, 0],
    ["\ud83d", 1, 1],
  ] as const) {
    it(`is ${offset} for ${codePoints} in ${JSON.stringify(text)}`, () => {
      assert.equal(utf16Offset(text, codePoints), offset);
    });
  }
});

describe("codePointOffset(text, offset)", function () {
  this.timeout(120_000);

  it("is 2 behind one character beyond U+FFFF", () => {
    assert.equal(codePointOffset("a😀b", 3), 2);
  });

  it("undoes utf16Offset", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat({ max: 20 }), (text, cursor) => {
        const length = Array.from(text).length;
        assert.equal(codePointOffset(text, utf16Offset(text, cursor)), Math.min(cursor, length));
      }),
    );
  });
});
