/**
 * What a cell gets for `import … from "tslab"`: the calls of tslab 1.0.22, for notebooks that were written for it.
 * Where the `tslab` package is installed, its types are that package's; else they are these.
 */
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { runningKernel } from "./kernel.ts";
import { mime } from "./media.ts";

/** tslab's `Display`: each call shows one value; what `newDisplay` gives replaces its own last value. */
export interface Display {
  readonly javascript: (text: string) => void;
  readonly html: (text: string) => void;
  readonly markdown: (text: string) => void;
  readonly latex: (text: string) => void;
  readonly svg: (text: string) => void;
  readonly png: (bytes: Uint8Array) => void;
  readonly jpeg: (bytes: Uint8Array) => void;
  readonly gif: (bytes: Uint8Array) => void;
  readonly pdf: (bytes: Uint8Array) => void;
  readonly text: (text: string) => void;
  /** A value in any media type: a text, or bytes. */
  readonly raw: (contentType: string, value: string | Uint8Array) => void;
}

function displayOver(id: string | undefined): Display {
  let isShown = false;
  const raw = (contentType: string, value: string | Uint8Array): void => {
    const shown = mime({
      [contentType]: typeof value === "string" ? value : Buffer.from(value).toString("base64"),
    });
    const kernel = runningKernel();
    if (!kernel) console.log(typeof value === "string" ? value : `${contentType}, ${value.length} bytes`);
    else if (id !== undefined && isShown) void kernel.update(shown, id);
    else void kernel.display(shown, id);
    isShown = true;
  };
  const as = (contentType: string) => (value: string | Uint8Array) => raw(contentType, value);
  return {
    javascript: as("text/javascript"),
    html: as("text/html"),
    markdown: as("text/markdown"),
    latex: as("text/latex"),
    svg: as("image/svg+xml"),
    png: as("image/png"),
    jpeg: as("image/jpeg"),
    gif: as("image/gif"),
    pdf: as("application/pdf"),
    text: as("text/plain"),
    raw,
  };
}

/** Shows values below the cell. */
export const display: Display = displayOver(undefined);

/** A display that replaces what it showed last. */
export function newDisplay(): Display {
  return displayOver(randomUUID());
}

/** The version of tslab whose calls these are, and of what runs the notebook. */
export const versions = {
  tslab: "1.0.22",
  typescript: (createRequire(import.meta.url)("typescript/package.json") as { version: string }).version,
  node: process.version,
};
