import { uninstall } from "./install.mjs";
import { runCommand } from "./setup-error.mjs";

await runCommand(() => uninstall(process.argv.slice(2)));
