import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Figure } from "../../../lib/views/index.ts";
import { samples } from "./samples.ts";

const FOLDER = join(import.meta.dirname, "../../pictures");

/** A specification with numbers of at most four digits, so that another machine's last bits don't matter. */
function roundedSpec(spec: unknown): string {
  return `${JSON.stringify(spec, (_, value: unknown) => (typeof value === "number" ? Number(value.toPrecision(4)) : value), 1).replace(/\n */gu, "\n")}\n`;
}

/** An SVG with numbers of at most one decimal. */
function roundedSvg(svg: string): string {
  return `${svg
    .replace(/base64,[\w+/=]+/gu, (data) => `base64,${data.length}`)
    .replace(/-?\d+\.\d+/gu, (number) => String(Math.round(Number(number) * 10) / 10))
    .replace(/\bf[0-9a-f]{8}-(\d+)/gu, "f-$1")
    .replace(/></gu, ">\n<")}\n`;
}

/** Compares with the stored text; a missing one is written, except in CI; a changed one is written beside it. */
function matchStored(name: string, extension: string, text: string): void {
  const path = join(FOLDER, `${name}.${extension}`);
  if (!existsSync(path)) {
    assert.notEqual(
      process.env["CI"],
      "true",
      `${name}.${extension} is not stored; run the tests once without CI=true`,
    );
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(path, text);
    return;
  }
  if (readFileSync(path, "utf8") === text) return;
  const changed = join(FOLDER, `${name}-changed.${extension}`);
  writeFileSync(changed, text);
  assert.fail(`${name}.${extension} changed: look at ${changed}, and replace the stored one if it is right`);
}

describe("the views' pictures", () => {
  const figures: readonly (readonly [string, Figure])[] = Object.entries(samples());
  for (const [name, figure] of figures) {
    it(`${name} draws as it is stored`, async () => {
      matchStored(name, "json", roundedSpec(figure.spec));
      matchStored(name, "svg", roundedSvg(await figure.svg()));
    });
  }

  it("are at most 640 pixels wide, so that half a screen shows them whole", () => {
    for (const [name, figure] of figures)
      assert.ok(Number(figure.stillSpec["width"]) <= 640, `${name}: ${String(figure.stillSpec["width"])}`);
  });

  it("have no text under 9 pixels", async () => {
    for (const [name, figure] of figures)
      for (const [, size] of (await figure.svg()).matchAll(/font-size="([\d.]+)px"/gu))
        assert.ok(Number(size) >= 9, `${name}: ${size}`);
  });

  it("are under 3 MB in all", () => {
    const bytes = readdirSync(FOLDER).reduce((sum, file) => sum + statSync(join(FOLDER, file)).size, 0);
    assert.ok(bytes < 3_000_000, `${bytes} bytes`);
  });
});
