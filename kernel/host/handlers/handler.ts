import type { LanguageService } from "../../language/protocol.ts";
import type { Header, JsonObject } from "../../wire/message.ts";
import type { Comms } from "../comms.ts";
import type { History } from "../history.ts";
import type { Request } from "../messenger.ts";

/** What answers a request needs. */
export interface HandlerParts {
  readonly language: LanguageService;
  readonly comms: Comms;
  readonly history: History;
  /** Stops the running cell. */
  readonly interrupt: () => void;
  /** Ends the kernel once the answer was sent. */
  readonly shutDown: () => void;
  /** Answers a request of the Debug Adapter Protocol. */
  readonly debug: (request: JsonObject, header: Header) => Promise<JsonObject>;
  /** The processes of this kernel. */
  readonly processes: () => readonly number[];
}

/** Answers one type of request while a cell may be running: the content of the reply. */
export type Handler = (request: Request, parts: HandlerParts) => JsonObject | Promise<JsonObject>;
