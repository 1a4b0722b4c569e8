import type { Soon } from "./values/render.ts";

/** Displays of one cell in the order in which they were asked for, whichever is rendered first. */
export class DisplayQueue {
  #last: Promise<void> | undefined;

  /** Sends `value` when it is there and those before it are sent; at once where nothing is to be waited for. */
  add<T>(value: Soon<T>, send: (value: T) => void): Promise<void> {
    if (!this.#last && !(value instanceof Promise)) {
      send(value);
      return Promise.resolve();
    }
    const before = this.#last ?? Promise.resolve();
    const shown = before.then(async () => send(await value));
    const last = shown
      .catch(() => undefined)
      .then(() => {
        if (this.#last === last) this.#last = undefined;
      });
    this.#last = last;
    return shown;
  }

  /** Resolves when all that was asked for so far is sent. */
  async settled(): Promise<void> {
    await this.#last;
  }
}
