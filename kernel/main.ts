#!/usr/bin/env node
/**
 * The kernel's host process, as Jupyter starts it: `node dist/kernel/main.js CONNECTION_FILE`.
 * The executor and the language worker start at once, and load while the sockets are opened.
 */
import { spawnExecutor } from "./runtime/spawn.ts";
import { startLanguageWorker } from "./language/client.ts";
import { readSettings } from "./host/settings.ts";

const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write("usage: node main.js CONNECTION_FILE (Jupyter starts the kernel; see README.md)\n");
  process.exit(2);
}

const settings = readSettings();
// The first executor is started before anything else is loaded; later ones replace it.
const executors = [spawnExecutor(settings.folder)];
const language = startLanguageWorker({
  folder: settings.folder,
  typeErrors: settings.typeErrors,
  patience: settings.checkPatience,
});

// A fault of the kernel itself costs one message, not the session.
const report = (error: unknown): void => {
  process.stderr.write(
    `kernel: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
};
process.on("uncaughtException", report);
process.on("unhandledRejection", report);

const [{ readConnection }, { Kernel }, { watchParent }] = await Promise.all([
  import("./wire/connection.ts"),
  import("./host/kernel.ts"),
  import("./host/parent-watch.ts"),
]);

try {
  const kernel = new Kernel({
    connection: readConnection(file),
    settings,
    language,
    spawn: () => executors.pop() ?? spawnExecutor(settings.folder),
    onClosed: () => process.exit(0),
  });
  const close = (): void => void kernel.close();
  process.on("SIGINT", () => kernel.interrupt());
  process.on("SIGTERM", close);
  process.on("SIGHUP", close);
  watchParent(close);
  await kernel.open();
} catch (error) {
  process.stderr.write(`kernel: ${error instanceof Error ? error.message : String(error)}\n`);
  for (const executor of executors) executor.kill("SIGKILL");
  process.exit(1);
}
