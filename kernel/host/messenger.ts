import { randomUUID } from "node:crypto";
import { toFrames } from "../wire/framing.ts";
import { PROTOCOL_VERSION, type Header, type JsonObject, type Message } from "../wire/message.ts";
import type { Signer } from "../wire/signature.ts";
import type { RequestSocket } from "../wire/sockets.ts";
import type { RequestId } from "../runtime/protocol.ts";

/** One message of a front end, and where its answer goes. */
export interface Request {
  /** This kernel's name for it: two front ends may use the same `msg_id`. */
  readonly id: RequestId;
  readonly socket: RequestSocket;
  readonly message: Message;
}

/** Where frames go. */
export interface FrameSender {
  send(socket: RequestSocket | "iopub", frames: Uint8Array[]): void;
}

interface Extras {
  readonly metadata?: JsonObject;
  readonly buffers?: readonly Uint8Array[];
}

/** Makes messages: header, parent, signature; sends replies to who asked, and the rest to all on iopub. */
export class Messenger {
  /** Name of this run of the kernel, in each header. */
  readonly session = randomUUID();
  readonly #sockets: FrameSender;
  readonly #signer: Signer;
  readonly #beforePublish: () => void;
  #count = 0;

  /** @param beforePublish called before each message on iopub: output that waits to be batched goes first */
  constructor(sockets: FrameSender, signer: Signer, beforePublish: () => void = () => undefined) {
    this.#sockets = sockets;
    this.#signer = signer;
    this.#beforePublish = beforePublish;
  }

  /** Answers a request: `…_reply` for `…_request`, on the socket it came from. */
  reply(request: Request, content: JsonObject, extras: Extras = {}): void {
    this.#beforePublish();
    const type = request.message.header.msg_type.replace(/_request$/, "_reply");
    this.#send(request.socket, request.message.identities, type, content, request.message.header, extras);
  }

  /** Tells all front ends, after what waits to be batched. */
  publish(type: string, content: JsonObject, parent: Header | undefined, extras: Extras = {}): void {
    this.#beforePublish();
    this.publishNow(type, content, parent, extras);
  }

  /** Tells all front ends at once. */
  publishNow(type: string, content: JsonObject, parent: Header | undefined, extras: Extras = {}): void {
    const topic = Buffer.from(`kernel.${this.session}.${type}`);
    this.#send("iopub", [topic], type, content, parent, extras);
  }

  /** Greets a front end that has subscribed to a topic. Source: Jupyter messaging 5.5, `iopub_welcome`. */
  welcome(topic: Uint8Array): void {
    const subscription = Buffer.from(topic).toString("utf8");
    this.#send("iopub", [topic], "iopub_welcome", { subscription }, undefined, {});
  }

  /** Asks the front end that sent `request`, on stdin; the name of the question comes back. */
  ask(request: Request, content: JsonObject): string {
    this.#beforePublish();
    const { identities, header } = request.message;
    return this.#send("stdin", identities, "input_request", content, header, {});
  }

  #send(
    socket: RequestSocket | "iopub",
    identities: readonly Uint8Array[],
    type: string,
    content: JsonObject,
    parent: Header | undefined,
    { metadata = {}, buffers = [] }: Extras,
  ): string {
    const header: Header = {
      msg_id: `${this.session}_${this.#count++}`,
      msg_type: type,
      session: this.session,
      username: "kernel",
      date: new Date().toISOString(),
      version: PROTOCOL_VERSION,
    };
    const message: Message = { identities, header, parent: { ...parent }, metadata, content, buffers };
    this.#sockets.send(socket, toFrames(message, this.#signer));
    return header.msg_id;
  }
}
