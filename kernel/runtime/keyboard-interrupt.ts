/** What a cell's `await` rejects with, and what the cell reports, when its user pressed stop. */
export class KeyboardInterrupt extends Error {
  override readonly name = "KeyboardInterrupt";

  constructor() {
    super("the cell was interrupted");
  }
}

/** Whether `value`, which may be anything, is one. */
export function isKeyboardInterrupt(value: unknown): value is KeyboardInterrupt {
  try {
    return value instanceof KeyboardInterrupt;
  } catch {
    // A proxy that does not let itself be asked.
    return false;
  }
}
