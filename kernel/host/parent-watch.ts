/** How often the parent is looked for, in ms. */
const LOOK_EVERY = 1_000;

/**
 * Calls `onOrphaned` once the process that started this one has ended without a word. Jupyter's clients say by JPY_PARENT_PID
 * that they want it; a kernel started by hand outlives its shell.
 */
export function watchParent(onOrphaned: () => void, environment = process.env): void {
  if (!environment["JPY_PARENT_PID"] || process.platform === "win32") return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onOrphaned();
  }, LOOK_EVERY);
  timer.unref();
}
