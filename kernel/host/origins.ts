import type { RequestId } from "../runtime/protocol.ts";
import type { Header } from "../wire/message.ts";
import type { Request } from "./messenger.ts";

/** Requests whose late output still finds its cell. */
const REMEMBERED = 5_000;

interface Origin {
  readonly header: Header;
  /** Its execution count; 0 where it is no cell. */
  readonly number: number;
  /** What it causes is not shown. */
  readonly isSilent: boolean;
  /** It stands in the history. */
  readonly isStored: boolean;
}

/** Which request everything that a cell causes belongs to, long after its end. */
export class Origins {
  readonly #origins = new Map<RequestId, Origin>();
  #latest: RequestId = "";

  /** Remembers a request that may cause output. */
  add(request: Request, { number = 0, isSilent = false, isStored = false } = {}): void {
    this.#origins.set(request.id, { header: request.message.header, number, isSilent, isStored });
    if (number > 0) this.#latest = request.id;
    if (this.#origins.size <= REMEMBERED) return;
    for (const oldest of this.#origins.keys()) {
      this.#origins.delete(oldest);
      break;
    }
  }

  /** The last request that may have caused output: whose output it is if nothing better is known. */
  get latest(): RequestId {
    return this.#latest;
  }

  /** The header that is the parent of what `id` causes; undefined before the first cell. */
  header(id: RequestId): Header | undefined {
    return (this.#origins.get(id) ?? this.#origins.get(this.#latest))?.header;
  }

  /** The execution count of `id`. */
  number(id: RequestId): number {
    return this.#origins.get(id)?.number ?? 0;
  }

  /** Whether what `id` causes is not shown. */
  isSilent(id: RequestId): boolean {
    return this.#origins.get(id)?.isSilent ?? false;
  }

  /** Whether `id` stands in the history. */
  isStored(id: RequestId): boolean {
    return this.#origins.get(id)?.isStored ?? false;
  }
}
