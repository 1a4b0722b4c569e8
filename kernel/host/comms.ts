import type { CommMessage, FromExecutor } from "../runtime/protocol.ts";
import type { Header, JsonObject } from "../wire/message.ts";
import { textField } from "./content.ts";
import type { CommKind } from "./executor.ts";
import type { Messenger, Request } from "./messenger.ts";

type FromCells = Extract<FromExecutor, { type: CommKind }>;

/** The names of comm messages on the wire and on the line to the executor. */
const KINDS: Readonly<Record<string, CommKind>> = {
  comm_open: "comm-open",
  comm_msg: "comm-message",
  comm_close: "comm-close",
};
const TYPES: Readonly<Record<CommKind, string>> = {
  "comm-open": "comm_open",
  "comm-message": "comm_msg",
  "comm-close": "comm_close",
};

/** A front end's comm message, read. */
export interface IncomingComm {
  readonly kind: CommKind;
  readonly comm: CommMessage;
}

/** What a comm message of a front end says; undefined for a message of another type. @throws BadRequest */
export function incomingComm({ message }: Request): IncomingComm | undefined {
  const kind = KINDS[message.header.msg_type];
  if (!kind) return undefined;
  const { content, metadata, buffers } = message;
  const commId = textField(content, "comm_id");
  const data = content["data"] ?? {};
  const common = { commId, data, metadata, buffers };
  if (kind !== "comm-open") return { kind, comm: common };
  const targetName = textField(content, "target_name", "");
  const targetModule = textField(content, "target_module", "");
  return { kind, comm: { ...common, targetName, ...(targetModule !== "" && { targetModule }) } };
}

/** The comms that are open, whichever end opened them. Source: Jupyter messaging 5.5, "Custom Messages". */
export class Comms {
  readonly #messenger: Messenger;
  readonly #targets = new Map<string, string>();

  constructor(messenger: Messenger) {
    this.#messenger = messenger;
  }

  /** Whether a comm of that id is open. */
  has(commId: string): boolean {
    return this.#targets.has(commId);
  }

  /** A front end opened or closed one. */
  noteIncoming({ kind, comm }: IncomingComm): void {
    if (kind === "comm-open") this.#targets.set(comm.commId, comm.targetName ?? "");
    if (kind === "comm-close") this.#targets.delete(comm.commId);
  }

  /** Tells front ends what a cell did with a comm. */
  publish({ type, comm }: FromCells, parent: Header | undefined): void {
    if (type === "comm-open") this.#targets.set(comm.commId, comm.targetName ?? "");
    if (type === "comm-close") this.#targets.delete(comm.commId);
    const content: JsonObject = {
      comm_id: comm.commId,
      ...(type === "comm-open" && { target_name: comm.targetName ?? "" }),
      ...(comm.targetModule !== undefined && { target_module: comm.targetModule }),
      data: comm.data ?? {},
    };
    const { metadata, buffers } = comm;
    this.#messenger.publish(TYPES[type], content, parent, { metadata, buffers });
  }

  /** Closes all: what held them is gone. */
  closeAll(parent: Header | undefined): void {
    for (const commId of this.#targets.keys()) {
      this.#messenger.publish("comm_close", { comm_id: commId, data: {} }, parent);
    }
    this.#targets.clear();
  }

  /** The content of a `comm_info_reply`, of one target or of all. */
  info(targetName: string | undefined): JsonObject {
    const comms: Record<string, { readonly target_name: string }> = {};
    for (const [commId, target] of this.#targets) {
      if (targetName === undefined || target === targetName) comms[commId] = { target_name: target };
    }
    return { status: "ok", comms };
  }
}
