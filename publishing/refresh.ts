import { renameSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { runCommand, SetupError } from "../kernel-setup/setup-error.mjs";
import { setup } from "../kernel-setup/setup.mjs";
import { differences } from "./differences.ts";
import { executed, formatAsJupyter } from "./execute.ts";
import { notebookNames, NOTEBOOKS, readNotebook } from "./notebook.ts";
import { tidied } from "./tidy.ts";

/**
 * `npm run notebooks`: runs the notebooks again, one after the other, and saves them tidied (see `tidied`). With
 * `--check` nothing is saved: it says what would change. A notebook in which a cell fails is left as it was.
 *
 * @param args names or beginnings of names, for instance "03" or "gallery"; all notebooks unless told
 * @returns the exit code: 1 where a cell failed, or, with `--check`, where one shows something else than committed
 */
async function refresh(args: readonly string[]): Promise<number> {
  const isCheck = args.includes("--check");
  const names = chosen(args.filter((arg) => arg !== "--check"));
  await setup();
  let code = 0;
  for (const name of names) {
    const path = join(NOTEBOOKS, name);
    const before = readNotebook(path);
    const { notebook, error, seconds } = await executed(path);
    const time = `${seconds.toFixed(0)} s`;
    if (error !== undefined) {
      console.log(`${name}: failed (${time})\n${error}`);
      code = 1;
      continue;
    }
    const found = differences(before, notebook);
    console.log(`${name}: ${found.length === 0 ? "shows the same" : "shows something else"} (${time})`);
    for (const { cell, id, what } of found) console.log(`  cell ${cell} (${id}): ${what}`);
    if (isCheck) code = found.length > 0 ? 1 : code;
    else await save(path, JSON.stringify(tidied(notebook, before)));
  }
  return code;
}

async function save(path: string, text: string): Promise<void> {
  const draft = `${path}.draft`;
  writeFileSync(draft, text);
  await formatAsJupyter(draft);
  renameSync(draft, path); // whole or not at all
}

function chosen(wanted: readonly string[]): string[] {
  const names = notebookNames();
  const found = wanted.map((word) => {
    const matching = names.filter((name) => name.startsWith(basename(word, ".ipynb")));
    if (matching.length === 0)
      throw new SetupError(`No notebook begins with "${word}"`, `choose among ${names.join(", ")}`);
    return matching;
  });
  return wanted.length === 0 ? names : [...new Set(found.flat())];
}

await runCommand(() => refresh(process.argv.slice(2)));
