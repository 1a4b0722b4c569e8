#!/usr/bin/env node
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "./setup.mjs";
import { runCommand, SetupError } from "./setup-error.mjs";

const HELP = `matrix-composition: a TypeScript kernel for Jupyter, and language models one matrix at a time

  matrix-composition kernel install --user | --prefix DIR    register the kernel with a Jupyter that you have
  matrix-composition kernel uninstall --user | --prefix DIR  remove it again
  matrix-composition kernel doctor                           check Node, Python, Jupyter and the kernel
  matrix-composition report ARGUMENTS                        what a model's heads read, move and write
  matrix-composition directions ARGUMENTS                    experiments on the directions of heads
  matrix-composition --version | --help
`;

/**
 * Commands of the library: the module under `dist/lib` that has them. Each exports
 * `command(args: readonly string[]): Promise<number>`, whose result is the exit code.
 *
 * @type {Readonly<Record<string, string>>}
 */
const LIBRARY_COMMANDS = { report: "report-command.js", directions: "directions-command.js" };

/** @type {Readonly<Record<string, (args: readonly string[]) => Promise<number | void>>>} */
const KERNEL_COMMANDS = {
  install: async (args) => (await import("./install.mjs")).install(args),
  uninstall: async (args) => (await import("./install.mjs")).uninstall(args),
  doctor: async () => (await import("./doctor.mjs")).doctor(),
};

/**
 * @param {readonly string[]} args
 * @returns {Promise<number | void>}
 */
export async function cli([command, ...args]) {
  if (command === undefined || command === "--help" || command === "-h" || command === "help") {
    console.log(HELP);
    return;
  }
  if (command === "--version") {
    const { default: description } = await import("../package.json", { with: { type: "json" } });
    console.log(description.version);
    return;
  }
  if (command === "kernel") {
    const [name = "", ...rest] = args;
    const action = Object.hasOwn(KERNEL_COMMANDS, name) ? KERNEL_COMMANDS[name] : undefined;
    if (action) return action(rest);
    throw unknown(`kernel ${name}`.trim());
  }
  const path = Object.hasOwn(LIBRARY_COMMANDS, command) ? LIBRARY_COMMANDS[command] : undefined;
  if (path === undefined) throw unknown(command);
  const file = join(ROOT, "dist", "lib", path);
  if (!existsSync(file)) {
    throw new SetupError(
      `This version has no command "${command}"`,
      "update the package, or npm run build in a clone",
    );
  }
  const library = await import(pathToFileURL(file).href);
  return library.command(args);
}

/** @param {string} command */
function unknown(command) {
  return new SetupError(`Unknown command "${command}"`, "matrix-composition --help lists the commands");
}

await runCommand(() => cli(process.argv.slice(2)));
