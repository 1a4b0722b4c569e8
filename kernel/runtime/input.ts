import { receiveMessageOnPort, type MessagePort } from "node:worker_threads";
import type { Cell } from "./cell.ts";
import { FLAG } from "./flags.ts";
import type { FromExecutor, ToSidecar } from "./protocol.ts";

type Answer = Extract<ToSidecar, { type: "input-reply" }>;

/** A cell asked its user, and the front end that runs it has no way to answer (`allow_stdin` is false, as with nbconvert). */
class StdinNotAllowed extends Error {
  override readonly name = "StdinNotAllowed";

  constructor() {
    super(
      "this front end cannot answer questions: run the cell where somebody can, or give the value in the cell",
    );
  }
}

interface Question {
  readonly cell: Cell;
  readonly text: string;
  readonly isPassword: boolean;
  readonly resolve: (answer: string) => void;
}

/** Questions of cells to their user, one at a time. */
export class Input {
  readonly #post: (message: FromExecutor) => void;
  readonly #port: MessagePort;
  readonly #flags: Int32Array<SharedArrayBuffer>;
  /** The first one has been asked. */
  #questions: Question[] = [];

  constructor(
    post: (message: FromExecutor) => void,
    port: MessagePort,
    flags: Int32Array<SharedArrayBuffer>,
  ) {
    this.#post = post;
    this.#port = port;
    this.#flags = flags;
    port.on("message", (answer: Answer) => this.#take(answer));
  }

  /** The user's answer. Rejects with `StdinNotAllowed` where there is no one to ask. */
  async ask(cell: Cell, text: string, isPassword: boolean): Promise<string> {
    if (!cell.allowStdin) throw new StdinNotAllowed();
    return cell.await(
      new Promise<string>((resolve) => {
        this.#forgetInterrupted();
        this.#questions.push({ cell, text, isPassword, resolve });
        if (this.#questions.length === 1) this.#put();
      }),
    ) as Promise<string>;
  }

  /** The user's answer, for which the whole thread waits; an interrupt ends the waiting. */
  askNow(cell: Cell, text: string, isPassword: boolean): string {
    if (!cell.allowStdin) throw new StdinNotAllowed();
    let answer: string | undefined;
    this.#forgetInterrupted();
    // Before the questions that wait: their answers cannot be taken while the thread is waiting.
    const [asked, ...waiting] = this.#questions;
    const question: Question = { cell, text, isPassword, resolve: (value) => (answer = value) };
    this.#questions = asked ? [asked, question, ...waiting] : [question];
    if (!asked) this.#put();
    while (answer === undefined) {
      const seen = Atomics.load(this.#flags, FLAG.answers);
      const received = receiveMessageOnPort(this.#port);
      if (received) this.#take(received.message as Answer);
      else Atomics.wait(this.#flags, FLAG.answers, seen, 1000);
    }
    return answer;
  }

  #put(): void {
    const [question] = this.#questions;
    if (!question) return;
    const { cell, text, isPassword } = question;
    this.#post({
      type: "input-request",
      request: cell.request,
      prompt: text.replace(/ +$/, " "),
      password: isPassword,
    });
  }

  #take({ request, value }: Answer): void {
    const [question] = this.#questions;
    if (question?.cell.request !== request) return;
    this.#questions.shift();
    question.resolve(value);
    this.#forgetInterrupted();
    this.#put();
  }

  #forgetInterrupted(): void {
    this.#questions = this.#questions.filter(({ cell }) => !cell.isInterrupted);
  }
}
