import type { RequestId } from "../runtime/protocol.ts";
import type { Message } from "../wire/message.ts";
import type { Messenger, Request } from "./messenger.ts";

interface Question {
  readonly request: Request;
  /** The `msg_id` of the `input_request`. */
  readonly id: string;
}

/** Questions of cells to the front end that runs them. Source: Jupyter messaging 5.5, "Messages on the stdin channel". */
export class Inputs {
  readonly #messenger: Messenger;
  #open: Question[] = [];

  constructor(messenger: Messenger) {
    this.#messenger = messenger;
  }

  /** Asks the front end that sent `request`, and no other. */
  ask(request: Request, prompt: string, password: boolean): void {
    const id = this.#messenger.ask(request, { prompt, password });
    this.#open.push({ request, id });
  }

  /** Which request an `input_reply` answers, and how; undefined for one that answers nothing open. */
  answer(message: Message): { readonly request: RequestId; readonly value: string } | undefined {
    const { value } = message.content;
    if (typeof value !== "string") return undefined;
    const parent = message.parent["msg_id"];
    const sender = message.identities[0];
    const index = this.#open.findIndex(({ request, id }) =>
      typeof parent === "string" && parent !== ""
        ? parent === id || parent === request.message.header.msg_id
        : sender !== undefined &&
          request.message.identities.some((identity) => Buffer.compare(identity, sender) === 0),
    );
    if (index < 0) return undefined;
    const [question] = this.#open.splice(index, 1);
    return question && { request: question.request.id, value };
  }

  /** The request has ended: nobody waits for its answers. */
  forget(request: RequestId): void {
    this.#open = this.#open.filter((question) => question.request.id !== request);
  }
}
