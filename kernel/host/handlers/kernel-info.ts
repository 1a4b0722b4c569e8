import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { PROTOCOL_VERSION } from "../../wire/message.ts";
import type { Handler } from "./handler.ts";

function versionIn(file: string | URL): string {
  const fields: unknown = JSON.parse(readFileSync(file, "utf8"));
  if (typeof fields === "object" && fields !== null && "version" in fields) return String(fields.version);
  return "0.0.0";
}

/** The version of a package that this one depends on; its code is not loaded. */
function versionOf(name: string): string {
  return versionIn(createRequire(import.meta.url).resolve(`${name}/package.json`));
}

/** The package's own manifest: found from the source as well as from `dist`. */
function ownVersion(): string {
  for (const path of ["../../../package.json", "../../../../package.json"]) {
    try {
      return versionIn(new URL(path, import.meta.url));
    } catch {
      // The other place.
    }
  }
  return "0.0.0";
}

const versions = { own: ownVersion(), typescript: versionOf("typescript") };

const banner = `TypeScript ${versions.typescript} on Node ${process.version} (matrix-composition ${versions.own})
Top-level await, imports from npm and of ./files.ts, types checked before each cell runs.`;

/** What this kernel is and can do. Source: Jupyter messaging 5.5, "Kernel info". */
export const kernelInfo: Handler = () => ({
  status: "ok",
  protocol_version: PROTOCOL_VERSION,
  implementation: "matrix-composition",
  implementation_version: versions.own,
  language_info: {
    name: "typescript",
    version: versions.typescript,
    // JupyterLab's own name for what it highlights as TypeScript (its language registry); "text/typescript" finds nothing there.
    mimetype: "application/typescript",
    file_extension: ".ts",
    pygments_lexer: "typescript",
    codemirror_mode: "typescript",
    nbconvert_exporter: "script",
  },
  banner,
  debugger: true,
  supported_features: ["debugger"],
  help_links: [
    { text: "TypeScript Handbook", url: "https://www.typescriptlang.org/docs/handbook/intro.html" },
    { text: "TypeScript Playground", url: "https://www.typescriptlang.org/play" },
    { text: "JavaScript (MDN)", url: "https://developer.mozilla.org/docs/Web/JavaScript" },
    { text: "Node.js", url: "https://nodejs.org/api/" },
  ],
});
