import type { RequestId } from "../runtime/protocol.ts";

export type StreamName = "stdout" | "stderr";

/** Output is collected for this long before it is sent, in ms: what a reader sees as at once, and few messages. */
const BATCH_TIME = 25;

/** As much as this is sent without waiting, in UTF-16 code units. */
const BATCH_SIZE = 64 * 1024;

/** Of output over the limit, the end is shown: this much, in UTF-16 code units. */
const TAIL_SIZE = 8 * 1024;

/** Cells whose amounts are remembered for output that comes after their end. */
const REMEMBERED = 2_000;

interface Amount {
  shown: number;
  dropped: number;
  tail: string;
}

/**
 * Collects what cells write, so that many short lines become few messages, in order; shows at most `limit` of each cell,
 * a notice, and the end.
 */
export class StreamOutput {
  readonly #limit: number;
  readonly #publish: (request: RequestId, name: StreamName, text: string) => void;
  readonly #amounts = new Map<RequestId, Amount>();
  #request: RequestId = "";
  #name: StreamName = "stdout";
  #parts: string[] = [];
  #size = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(limit: number, publish: (request: RequestId, name: StreamName, text: string) => void) {
    this.#limit = limit;
    this.#publish = publish;
  }

  /** Takes what a cell wrote. */
  write(request: RequestId, name: StreamName, text: string): void {
    const amount = this.#amount(request);
    const room = this.#limit - amount.shown;
    if (text.length <= room) {
      amount.shown += text.length;
      this.#collect(request, name, text);
      return;
    }
    if (amount.dropped === 0) {
      amount.shown = this.#limit;
      this.#collect(request, name, text.slice(0, room));
      this.#collect(
        request,
        "stderr",
        `\n[more than ${this.#limit.toLocaleString("en")} characters of output: the rest is left out, except for its end]\n`,
      );
      text = text.slice(room);
    }
    amount.dropped += text.length;
    amount.tail = (amount.tail + text.slice(-TAIL_SIZE)).slice(-TAIL_SIZE);
  }

  /** Sends what was collected. */
  flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#parts.length === 0) return;
    const text = this.#parts.join("");
    this.#parts = [];
    this.#size = 0;
    this.#publish(this.#request, this.#name, text);
  }

  /** The cell has ended: sends what was collected, and the end of what was left out. */
  finish(request: RequestId): void {
    const amount = this.#amounts.get(request);
    if (amount && amount.dropped > 0) {
      const left = amount.dropped - amount.tail.length;
      this.#collect(request, "stderr", `[${left.toLocaleString("en")} characters left out]\n`);
      this.#collect(request, "stdout", amount.tail);
      amount.tail = "";
    }
    this.flush();
  }

  #collect(request: RequestId, name: StreamName, text: string): void {
    if (text === "") return;
    if (this.#parts.length > 0 && (request !== this.#request || name !== this.#name)) this.flush();
    this.#request = request;
    this.#name = name;
    this.#parts.push(text);
    this.#size += text.length;
    if (this.#size >= BATCH_SIZE) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), BATCH_TIME);
  }

  #amount(request: RequestId): Amount {
    let amount = this.#amounts.get(request);
    if (!amount) {
      amount = { shown: 0, dropped: 0, tail: "" };
      this.#amounts.set(request, amount);
      if (this.#amounts.size > REMEMBERED) {
        for (const oldest of this.#amounts.keys()) {
          this.#amounts.delete(oldest);
          break;
        }
      }
    }
    return amount;
  }
}
