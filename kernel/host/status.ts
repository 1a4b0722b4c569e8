import type { Header } from "../wire/message.ts";
import type { Messenger, Request } from "./messenger.ts";

/**
 * Tells front ends `busy` and `idle` round each request. Requests that are answered while a cell runs would leave front ends
 * with the word `idle`; so `busy` follows, for the cell.
 */
export class Status {
  readonly #messenger: Messenger;
  #cell: Header | undefined;

  constructor(messenger: Messenger) {
    this.#messenger = messenger;
  }

  /** The kernel has come up. */
  starting(): void {
    this.#tell("starting", undefined);
  }

  /** Work on `request` begins. `isCell`: other requests may be answered before it ends. */
  busy(request: Request, isCell = false): void {
    const { header } = request.message;
    if (isCell) this.#cell = header;
    this.#tell("busy", header);
  }

  /** All that `request` caused before now was sent. */
  idle(request: Request): void {
    const { header } = request.message;
    if (this.#cell === header) this.#cell = undefined;
    this.#tell("idle", header);
    if (this.#cell) this.#tell("busy", this.#cell);
  }

  #tell(state: "starting" | "busy" | "idle", parent: Header | undefined): void {
    this.#messenger.publish("status", { execution_state: state }, parent);
  }
}
