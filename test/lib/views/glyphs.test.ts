import assert from "node:assert/strict";
import { fitGlyphs } from "../../../lib/views/glyphs.ts";

describe("fitGlyphs(svg)", () => {
  it("leaves alone what the package's own fonts have, and reads no others then", async () => {
    const svg = "<svg><text>Ω → ⏎ שלום مرحبا ∅ é</text></svg>";
    const fitted = await fitGlyphs(svg);
    assert.equal(fitted.svg, svg);
    assert.equal(fitted.font.loadSystemFonts, false);
  });
  it("writes the code of a character that no font has, in small", async () => {
    const { svg, font } = await fitGlyphs("<svg><text>a\u{f0000}b</text></svg>");
    assert.equal(svg, '<svg><text>a<tspan font-size="0.31em">‹F0000›</tspan>b</text></svg>');
    assert.equal(font.loadSystemFonts, true);
  });
  it("draws Chinese from the system's fonts, or its code where they lack it: never an empty box", async () => {
    const { svg } = await fitGlyphs("<svg><text>中</text></svg>");
    assert.match(svg, /<text>(?:中|<tspan font-size="0\.36em">‹4E2D›<\/tspan>)<\/text>/u);
  });
  it("touches text only, not attributes or what is missing there", async () => {
    const { svg } = await fitGlyphs('<svg aria-label="\u{f0000}"><text>x</text></svg>');
    assert.equal(svg, '<svg aria-label="\u{f0000}"><text>x</text></svg>');
  });
});
