/** What runs in the snapshot: `prepare` when it is made, `main` in each process that starts from it. */
import { statSync } from "node:fs";
import { readDeclarations } from "../project.ts";
import { serve } from "../serve.ts";
import { CHECK } from "./check.ts";
import { createLanguageService, type LanguageOptions } from "../service.ts";
import type { Reply, Request } from "../messages.ts";

/** A file that is in the snapshot, as it was. */
interface Included {
  readonly path: string;
  readonly size: number;
  readonly modified: number;
}

let included: readonly Included[] = [];

/**
 * Reads what every notebook needs.
 *
 * @param code the files of the program itself: when they change, too, the snapshot is of no use any more
 */
export function prepare(code: readonly string[]): void {
  included = [...code, ...readDeclarations()].map((path) => {
    const { size, mtimeMs } = statSync(path);
    return { path, size, modified: mtimeMs };
  });
}

/** Serves the process that started this one: its first message is the options, all others are requests. */
export function main(): void {
  // A front end's Ctrl-C goes to all processes of its terminal; what it means is the host's to say.
  process.on("SIGINT", () => undefined);
  process.on("disconnect", () => process.exit());
  if (included.some(isChanged)) process.exit(1);
  if (process.argv.includes(CHECK)) process.exit(0);
  process.once("message", (options: LanguageOptions) => {
    const port = {
      onMessage: (listener: (request: Request) => void) => void process.on("message", listener),
      post: (reply: Reply) => void process.send?.(reply),
    };
    serve(createLanguageService(options), port, () => undefined);
  });
}

function isChanged({ path, size, modified }: Included): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined || stat.size !== size || stat.mtimeMs !== modified;
}
