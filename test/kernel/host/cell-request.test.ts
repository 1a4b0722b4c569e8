import assert from "node:assert/strict";
import { cellRequest } from "../../../kernel/host/cell-request.ts";

describe("cellRequest(content)", () => {
  it("fills in the specification's defaults", () => {
    assert.deepEqual(cellRequest({ code: "1" }), {
      code: "1",
      silent: false,
      storeHistory: true,
      userExpressions: {},
      allowStdin: false,
      stopOnError: true,
    });
  });

  it("never stores what is silent", () => {
    assert.equal(cellRequest({ code: "1", silent: true, store_history: true }).storeHistory, false);
  });

  for (const [field, value] of [
    ["code", 1],
    ["silent", "yes"],
    ["user_expressions", []],
    ["stop_on_error", 0],
  ] as const) {
    it(`names ${field} where it is of the wrong kind`, () => {
      assert.throws(() => cellRequest({ code: "1", [field]: value }), {
        name: "BadRequest",
        message: new RegExp(`^${field} should be`),
      });
    });
  }

  it("names a user expression that is no text", () => {
    assert.throws(() => cellRequest({ code: "", user_expressions: { a: 1 } }), {
      message: /user_expressions: a/,
    });
  });
});
