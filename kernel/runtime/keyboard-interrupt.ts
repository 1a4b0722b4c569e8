/** What a cell's `await` rejects with, and what the cell reports, when its user pressed stop. */
export class KeyboardInterrupt extends Error {
  override readonly name = "KeyboardInterrupt";

  constructor() {
    super("the cell was interrupted");
  }
}
