/** Something that stops the setup and that its user can mend: what is wrong, and what to do about it. */
export class SetupError extends Error {
  /**
   * @param {string} problem what is wrong, in one sentence without a full stop
   * @param {string} remedy what to type or do
   */
  constructor(problem, remedy) {
    super(`${problem}. Remedy: ${remedy}`);
    this.name = "SetupError";
    this.problem = problem;
    this.remedy = remedy;
  }
}

/**
 * Runs a command's main function: what its user can mend becomes one line on stderr and exit code 1; anything else
 * is a fault of ours and keeps its stack.
 *
 * @param {() => Promise<number | void>} main returns the exit code; nothing means 0
 */
export async function runCommand(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    const known = asSetupError(error);
    console.error(known ? known.message : error);
    process.exitCode = 1;
  }
}

/** @param {unknown} error @returns {SetupError | undefined} */
function asSetupError(error) {
  if (error instanceof SetupError) return error;
  const { code, path } = /** @type {NodeJS.ErrnoException} */ (error);
  const where = path ?? "this folder";
  switch (code) {
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new SetupError(
        `Cannot write to ${where} (${code})`,
        "copy the project to a folder that you may write to, or change the folder's owner or permissions",
      );
    case "ENOSPC":
      return new SetupError(`The disk is full: cannot write ${where}`, "free about 1 GB and try again");
    default:
      return undefined;
  }
}
