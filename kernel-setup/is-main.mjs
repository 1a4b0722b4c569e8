import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * Whether the module with this URL is the script that Node was started with, also through the link that npm
 * makes in `node_modules/.bin`.
 *
 * @param {string} url the module's `import.meta.url`
 */
export function isMain(url) {
  const script = process.argv[1];
  if (script === undefined) return false;
  try {
    return realpathSync(script) === realpathSync(fileURLToPath(url));
  } catch {
    return false;
  }
}
