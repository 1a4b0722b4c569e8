/** The version of the messaging specification that this kernel speaks. */
export const PROTOCOL_VERSION = "5.5";

/** Jupyter messaging 5.5, "Message header". */
export interface Header {
  readonly msg_id: string;
  readonly msg_type: string;
  readonly session: string;
  readonly username: string;
  /** ISO 8601. */
  readonly date: string;
  readonly version: string;
}

/** Any JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A message as both ends see it. */
export interface Message {
  /** Routing frames of ROUTER sockets, or the topic of iopub: what stands in front of the delimiter. */
  readonly identities: readonly Uint8Array[];
  readonly header: Header;
  /** The header of the message that caused this one; empty where nothing did. */
  readonly parent: JsonObject;
  readonly metadata: JsonObject;
  readonly content: JsonObject;
  /** Binary data, not signed. */
  readonly buffers: readonly Uint8Array[];
}
