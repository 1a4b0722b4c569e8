import { readFileSync, writeFileSync } from "node:fs";
import { Resvg } from "@resvg/resvg-js";

// Draws the PNG logos that Jupyter asks for (`node kernel-setup/logos.mjs`), after a change of the SVG.
const folder = new URL("logos/", import.meta.url);
const drawing = readFileSync(new URL("logo-svg.svg", folder), "utf8");
for (const width of [32, 64]) {
  const picture = new Resvg(drawing, { fitTo: { mode: "width", value: width } }).render();
  writeFileSync(new URL(`logo-${width}x${width}.png`, folder), picture.asPng());
}
