import { randomUUID } from "node:crypto";
import { DISPLAY, isDisplayable, type Displayable } from "./displayable.ts";
import { runningKernel } from "./kernel.ts";

export interface DisplayOptions {
  /** The name under which `update` finds the output; a fresh one where none is given. */
  readonly id?: string;
}

/** An output that can be replaced where it stands. */
export interface DisplayHandle extends Displayable {
  readonly id: string;
  /** Shows `value` in the place of what is shown; returns this handle. */
  readonly update: (value: unknown) => DisplayHandle;
  /** Resolves when what was shown last is sent; only values that render themselves later need it. */
  readonly shown: () => Promise<void>;
}

/**
 * Shows `value` below the cell, as the last expression of a cell is shown, and gives a handle to replace it. Outside a
 * kernel it prints the value's text.
 *
 * @example
 * const bar = display(html`<b>0 %</b>`);
 * bar.update(html`<b>100 %</b>`);
 */
export function display(value: unknown, { id = randomUUID() }: DisplayOptions = {}): DisplayHandle {
  const kernel = runningKernel();
  return handleOf(id, kernel ? kernel.display(value, id) : printed(value));
}

function handleOf(id: string, sent: Promise<void>): DisplayHandle {
  let shown = sent;
  const handle: DisplayHandle = {
    id,
    update: (next) => {
      shown = runningKernel()?.update(next, id) ?? printed(next);
      return handle;
    },
    shown: () => shown,
    // As the last value of a cell it adds nothing to what it shows.
    [DISPLAY]: () => ({}),
  };
  return handle;
}

/**
 * Shows `value` in the place of what `display(…, { id })` shows under this `id`, from whichever cell; gives the handle. The
 * handle's own `update` does the same.
 */
export function update(id: string, value: unknown): DisplayHandle {
  return handleOf(id, runningKernel()?.update(value, id) ?? printed(value));
}

/** Removes the cell's output so far; with `wait` only when the next output comes, so that nothing flickers. */
export function clearOutput({ wait = false }: { readonly wait?: boolean } = {}): void {
  runningKernel()?.clearOutput(wait);
}

async function printed(value: unknown): Promise<void> {
  if (!isDisplayable(value)) {
    console.log(value);
    return;
  }
  const { "text/plain": text } = await value[DISPLAY]();
  console.log(text ?? value);
}
