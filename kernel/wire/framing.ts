import { MessageError } from "./errors.ts";
import type { Header, JsonObject, Message } from "./message.ts";
import type { Signer } from "./signature.ts";

/** Stands between the routing frames and the message. */
const DELIMITER = Buffer.from("<IDS|MSG>", "latin1");

/** Frames after the delimiter that every message has: signature, header, parent header, metadata, content. */
const FIXED_FRAMES = 5;

const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

/** The frames of a message, signed. Source: Jupyter messaging 5.5, "The Wire Protocol". */
export function toFrames(message: Message, signer: Signer): Uint8Array[] {
  const json = [message.header, message.parent, message.metadata, message.content].map((part) =>
    Buffer.from(JSON.stringify(part), "utf8"),
  );
  const signature = Buffer.from(signer.sign(json), "latin1");
  return [...message.identities, DELIMITER, signature, ...json, ...message.buffers];
}

function jsonObject(frame: Uint8Array, name: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(strictUtf8.decode(frame));
  } catch {
    throw new MessageError(`the ${name} is not JSON`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new MessageError(`the ${name} is not a JSON object`);
  }
  return value as JsonObject;
}

function header(fields: JsonObject): Header {
  const text = (field: keyof Header): string => {
    const value = fields[field];
    return typeof value === "string" ? value : "";
  };
  if (text("msg_id") === "" || text("msg_type") === "") {
    throw new MessageError("the header has no msg_id or no msg_type");
  }
  // What a client adds of its own is kept: the header goes back to it as the parent of all answers.
  return {
    ...fields,
    msg_id: text("msg_id"),
    msg_type: text("msg_type"),
    session: text("session"),
    username: text("username"),
    date: text("date"),
    version: text("version"),
  };
}

/**
 * The message that the frames hold.
 * @throws MessageError where the frames are too few, wrongly signed, or not JSON objects
 */
export function fromFrames(frames: readonly Uint8Array[], signer: Signer): Message {
  const delimiter = frames.findIndex((frame) => DELIMITER.equals(frame));
  if (delimiter < 0) throw new MessageError("no delimiter frame");
  const [signature, ...rest] = frames.slice(delimiter + 1);
  const [headerFrame, parentFrame, metadataFrame, contentFrame, ...buffers] = rest;
  if (!signature || !headerFrame || !parentFrame || !metadataFrame || !contentFrame) {
    throw new MessageError(
      `${frames.length - delimiter - 1} frames after the delimiter, and at least ${FIXED_FRAMES} are needed`,
    );
  }
  if (!signer.verify(signature, [headerFrame, parentFrame, metadataFrame, contentFrame])) {
    throw new MessageError("wrong signature");
  }
  return {
    identities: frames.slice(0, delimiter),
    header: header(jsonObject(headerFrame, "header")),
    parent: jsonObject(parentFrame, "parent header"),
    metadata: jsonObject(metadataFrame, "metadata"),
    content: jsonObject(contentFrame, "content"),
    buffers,
  };
}
