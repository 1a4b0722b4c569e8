/**
 * Says on stderr that a long step has begun, how far it is, and when it is done. On a terminal one line is
 * rewritten; elsewhere (a log) there is one line at the start and one at the end.
 *
 * @param {string} title for instance "Installing JupyterLab into .venv"
 * @param {NodeJS.WriteStream} [stream]
 */
export function step(title, stream = process.stderr) {
  const started = performance.now();
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(0)} s`;
  let note = "";
  const draw = () => stream.write(`\r\x1b[2K${title} … ${note} (${seconds()})`);
  const timer = stream.isTTY ? setInterval(draw, 1000) : undefined;
  if (stream.isTTY) draw();
  else stream.write(`${title} …\n`);
  /** @param {string} ending */
  const finish = (ending) => {
    clearInterval(timer);
    stream.write(`${stream.isTTY ? "\r\x1b[2K" : ""}${title}: ${ending} (${seconds()})\n`);
  };
  return {
    /** @param {string} text how far it is, for instance "37 of 98 packages" */
    update(text) {
      note = text;
      if (stream.isTTY) draw();
    },
    done: () => finish("done"),
    failed: () => finish("failed"),
  };
}

/**
 * Runs a long step and says so: begun, how far, done or failed.
 *
 * @template T
 * @param {string} title
 * @param {(update: (text: string) => void) => Promise<T>} action
 * @returns {Promise<T>}
 */
export async function asStep(title, action) {
  const shown = step(title);
  try {
    const result = await action(shown.update);
    shown.done();
    return result;
  } catch (error) {
    shown.failed();
    throw error;
  }
}
