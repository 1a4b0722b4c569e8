import assert from "node:assert/strict";
import { globMatcher } from "../../../kernel/host/glob.ts";

describe("globMatcher(pattern)", () => {
  for (const [pattern, fitting, other] of [
    ["let *", "let x = 1", "const let x"],
    ["*x*", "a\nx\nb", "abc"],
    ["a?c", "a😀c", "ac"],
    ["[a-c]at", "bat", "rat"],
    ["[^a-c]at", "rat", "cat"],
    ["[!a]", "b", "a"],
    ["[]]", "]", "["],
    ["[", "[", "]"],
    ["a.c", "a.c", "abc"],
    ["", "", "a"],
    ["**a", "bba", "bb"],
    ["*ab*ab", "abab", "ab"],
  ] as const) {
    it(`${pattern} fits ${JSON.stringify(fitting)} and not ${JSON.stringify(other)}`, () => {
      const fits = globMatcher(pattern);
      assert.deepEqual([fits(fitting), fits(other)], [true, false]);
    });
  }

  it("ends on a pattern that makes regular expressions explode", () => {
    assert.equal(globMatcher("*a".repeat(200) + "b")("a".repeat(2_000)), false);
  });
});
