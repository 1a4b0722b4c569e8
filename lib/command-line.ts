/** What the commands of `matrix-composition` share: arguments, files to write, messages and exit codes. */
import { access, constants, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parseArgs, type ParseArgsConfig } from "node:util";

/** A command line that asks for nothing that can be done; the message says what would be right. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

type Options = NonNullable<ParseArgsConfig["options"]>;
type Config<O extends Options> = {
  readonly args: string[];
  readonly allowPositionals: true;
  readonly options: O;
};

/**
 * Options and positional arguments of a command.
 * @throws UsageError for an option that is not known, or lacks its value
 */
export function readArguments<const O extends Options>(
  args: readonly string[],
  options: O,
): ReturnType<typeof parseArgs<Config<O>>> {
  try {
    return parseArgs<Config<O>>({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/**
 * Says before the work, not after it, that a file cannot be written.
 * @param files by the options that name them
 * @throws UsageError for a name that is empty or a folder's; Error for a file that is not open to us
 */
export async function checkWritable(files: Readonly<Record<string, string | undefined>>): Promise<void> {
  for (const [option, file] of Object.entries(files)) {
    if (file === undefined) continue;
    if (file === "") throw new UsageError(`${option} takes the name of a file to write`);
    const found = await stat(file).catch(() => undefined);
    if (found?.isDirectory()) throw new UsageError(`${option} takes a file to write; ${file} is a folder`);
    await access(found ? file : dirname(resolve(file)), constants.W_OK).catch((error: unknown) => {
      throw new Error(
        `${option}: ${file} cannot be written: its folder does not exist, or is not open to you`,
        { cause: error },
      );
    });
  }
}

/**
 * Tells on stderr, in a line, why a command ended.
 * @param usage shown besides, where the command line was not understood
 * @returns the exit code: 2 where the command line was not understood, otherwise 1
 */
export function failed(command: string, error: unknown, usage: string): number {
  const message = error instanceof Error ? error.message : String(error);
  console.error(`${command}: ${message.replaceAll(/\s*\n\s*/g, " ")}`);
  if (!(error instanceof UsageError)) return 1;
  console.error(usage);
  return 2;
}
