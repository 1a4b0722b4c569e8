import { join } from "node:path";
import { runCommand } from "../../kernel-setup/setup-error.mjs";
import { ROOT } from "../notebook.ts";
import { buildSite } from "./build.ts";

/** `npm run site`: writes the site into `site/`. */
await runCommand(async () => {
  const folder = join(ROOT, "site");
  const started = performance.now();
  await buildSite(folder);
  const seconds = (performance.now() - started) / 1000;
  console.log(`Open ${join(folder, "index.html")} (${seconds.toFixed(0)} s)`);
});
