import { statSync } from "node:fs";

/** Something that is another when the file at `path` has changed. */
export function fileVersion(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? "missing" : `${stat.mtimeMs}:${stat.size}`;
}
