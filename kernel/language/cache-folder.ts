import { accessSync, constants } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Where what is made of the `compiler` is kept for later starts: beside the packages, or in the user's own folder. */
export function cacheFolder(compiler: string): string {
  return join(userOrPackages(compiler), "matrix-composition");
}

function userOrPackages(compiler: string): string {
  const { env, platform } = process;
  if (env["XDG_CACHE_HOME"]) return env["XDG_CACHE_HOME"];
  const [packages] = /^.*?[\\/]node_modules(?=[\\/])/.exec(compiler) ?? [];
  // Whoever may write there may also change the compiler.
  if (packages !== undefined && isWritable(packages)) return join(packages, ".cache");
  if (platform === "darwin") return join(homedir(), "Library", "Caches");
  if (platform === "win32") return env["LOCALAPPDATA"] ?? join(homedir(), "AppData", "Local");
  return join(homedir(), ".cache");
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
