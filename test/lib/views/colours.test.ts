import assert from "node:assert/strict";
import {
  COLOUR_SCALES,
  colourScale,
  hexColour,
  inkOn,
  luminance,
  parseColour,
  type Rgb,
} from "../../../lib/views/colours.ts";
import { ViewInputError } from "../../../lib/views/index.ts";
import { CATEGORY_COLOURS, THEME } from "../../../lib/views/theme.ts";

/** Source: Machado, Oliveira and Fernandes (2009), "A physiologically-based model …", severity 1, on linear RGB. */
const VISION: Readonly<Record<string, readonly (readonly [number, number, number])[]>> = {
  "usual vision": [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** CIE L*a*b* (D65) of a hex colour as somebody with that vision sees it. */
function seen(hex: string, vision: string): Rgb {
  const linear = parseColour(hex).map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const [r = 0, g = 0, b = 0] = (VISION[vision] ?? []).map((row) =>
    Math.min(
      1,
      Math.max(
        0,
        row.reduce((sum, weight, index) => sum + weight * (linear[index] ?? 0), 0),
      ),
    ),
  );
  const f = (t: number): number => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function distance(left: string, right: string, vision: string): number {
  const [a, b] = [seen(left, vision), seen(right, vision)];
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

describe("the colours", () => {
  for (const vision of Object.keys(VISION)) {
    it(`of categories differ by at least 14 ΔE from each other in ${vision}`, () => {
      for (const [index, left] of CATEGORY_COLOURS.entries())
        for (const right of CATEGORY_COLOURS.slice(index + 1))
          assert.ok(distance(left, right, vision) >= 14, `${left} ${right} ${distance(left, right, vision)}`);
    });

    it(`of the diverging scale tell negative from positive in ${vision}`, () => {
      const scale = COLOUR_SCALES["diverging"] ?? [];
      for (let step = 1; step <= 5; step++)
        assert.ok(distance(scale[5 - step] ?? "", scale[5 + step] ?? "", vision) >= 15, `step ${step}`);
    });

    it(`of sequential scales darken steadily in ${vision}`, () => {
      for (const name of ["blue", "purple", "green", "grey"]) {
        const lightness = (COLOUR_SCALES[name] ?? []).map((colour) => seen(colour, vision)[0]);
        for (const [step, value] of lightness.slice(1).entries())
          assert.ok(value < (lightness[step] ?? 0) - 2, `${name} ${step}`);
      }
    });
  }

  it("of text have a contrast of at least 4.5 on what they stand on", () => {
    const contrast = (left: string, right: string): number => {
      const [low, high] = [luminance(left), luminance(right)].toSorted((a, b) => a - b) as [number, number];
      return (high + 0.05) / (low + 0.05);
    };
    assert.ok(contrast(THEME.ink, THEME.background) >= 7);
    assert.ok(contrast(THEME.muted, THEME.background) >= 4.5);
    for (const scale of Object.values(COLOUR_SCALES))
      for (const colour of scale)
        assert.ok(contrast(inkOn(colour), colour) >= 4.5, `${colour} ${contrast(inkOn(colour), colour)}`);
  });
});

describe("colourScale(values, colours, domain)", () => {
  it("goes from white at 0 when no value is negative", () => {
    const scale = colourScale([0.2, 0.8]);
    assert.equal(scale.diverging, false);
    assert.equal(scale.colour(0), "#ffffff");
    assert.equal(scale.colour(0.8), "#08306b");
  });
  it("is white at 0 and as far to both sides when a value is negative", () => {
    const scale = colourScale([-1, 0.5]);
    assert.equal(scale.colour(0), "#ffffff");
    assert.deepEqual([scale.domain[0], scale.domain.at(-1)], [-1, 1]);
  });
  it("is white at the middle of a domain of three", () => {
    const scale = colourScale([0, 1], undefined, [0, 0.125, 1]);
    assert.equal(scale.colour(0.125), "#ffffff");
  });
  it("clamps values outside its domain, and shows what is not finite apart", () => {
    const scale = colourScale([0, 1], "blue", [0, 1]);
    assert.equal(scale.colour(5), scale.colour(1));
    const odd = [NaN, Infinity, -Infinity].map((value) => scale.colour(value));
    assert.equal(new Set([...odd, ...(COLOUR_SCALES["blue"] ?? [])]).size, 12);
  });
  it("draws equal values without dividing by zero", () =>
    assert.equal(colourScale([0, 0]).colour(0), "#ffffff"));
  it("refuses a domain that does not rise, and colours it cannot read", () => {
    assert.throws(() => colourScale([1], undefined, [1, 1]), ViewInputError);
    assert.throws(() => colourScale([1], ["red", "blue"]), ViewInputError);
    assert.throws(() => colourScale([1], ["#fff"]), ViewInputError);
  });
  it("reads short and long hex colours alike", () => assert.equal(hexColour(parseColour("#08f")), "#0088ff"));
});
