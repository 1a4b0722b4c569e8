import assert from "node:assert/strict";
import { fitText, formatNumber, textWidth, visibleLabel, wrapText } from "../../../lib/views/label.ts";

describe("visibleLabel(label)", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["the", "the"],
    [" the", "·the"],
    ["a b", "a b"],
    [" ", "␣"],
    ["  ", "␣␣"],
    ["", "∅"],
    ["\n", "⏎"],
    ["\t", "⇥"],
    ["a\r\n", "a␍⏎"],
    ["\u202Eabc", "‹202E›abc"],
    ["\u200b", "‹200B›"],
    ["\u0000", "‹00›"],
    ["\ud800", "‹D800›"],
    ["שלום", "שלום"],
    ["世界 👍", "世界 👍"],
  ];
  for (const [label, drawn] of cases) {
    it(`draws ${JSON.stringify(label)} as ${drawn}`, () => assert.equal(visibleLabel(label), drawn));
  }
});

describe("formatNumber(value, digits)", () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, "0"],
    [1, "1"],
    [-0.12345, "−0.123"],
    [0.5, "0.5"],
    [12345.6, "12346"],
    [0.00001234, "1.23e−5"],
    [2_500_000, "2.5e6"],
    [NaN, "NaN"],
    [-Infinity, "−∞"],
  ];
  for (const [value, text] of cases) {
    it(`writes ${value} as ${text}`, () => assert.equal(formatNumber(value), text));
  }
});

describe("fitText(text, limit)", () => {
  it("leaves what fits", () => assert.equal(fitText("word", 100), "word"));
  it("cuts what does not fit, to the limit", () => {
    const cut = fitText("a very long word", 50);
    assert.ok(cut.endsWith("…"));
    assert.ok(textWidth(cut) <= 50);
  });
  it("never cuts an emoji or an accent in two", () =>
    assert.match(fitText("👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 40, 11, false), /^(?:👩‍👩‍👧‍👦)*…$/u));
});

describe("wrapText(text, limit, fontSize)", () => {
  it("breaks at spaces, and long words anywhere, each line within the limit", () => {
    const lines = wrapText("one two three donaudampfschifffahrtsgesellschaft", 80, 12);
    assert.ok(lines.length > 2);
    for (const line of lines) assert.ok(textWidth(line, 12) <= 80, line);
    assert.equal(lines.join("").replaceAll(" ", ""), "onetwothreedonaudampfschifffahrtsgesellschaft");
  });
});
