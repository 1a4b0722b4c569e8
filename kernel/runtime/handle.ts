import type { Cell } from "./cell.ts";
import type { Comm, CommContent, Comms } from "./comms.ts";
import { contexts, type Output } from "./context.ts";
import type { Input } from "./input.ts";
import type { DisplayData, FromExecutor } from "./protocol.ts";
import type { Bundle } from "./values/bundle.ts";
import { render } from "./values/render.ts";

/** Where `matrix-composition/notebook` looks for the kernel that runs it. */
const HANDLE = Symbol.for("matrix-composition.kernel");

export interface HandleParts {
  readonly emit: (output: Output) => void;
  readonly post: (message: FromExecutor) => void;
  readonly input: Input;
  readonly comms: Comms;
  readonly latest: () => Cell;
}

/**
 * Puts what `matrix-composition/notebook` needs of the kernel under one symbol of `globalThis`, and the browser's `prompt`,
 * `confirm` and `alert` beside it. `Kernel` of kernel/notebook/kernel.ts is its type there.
 */
export function installHandle({ emit, post, input, comms, latest }: HandleParts): void {
  const cell = (): Cell => contexts.getStore()?.cell ?? latest();

  const show = (
    type: "display" | "update-display",
    value: unknown,
    id: string | undefined,
  ): Promise<void> => {
    const { request, displays } = cell();
    const send = (bundle: Bundle | undefined): void => {
      const { data, metadata = {} } = bundle ?? { data: { "text/plain": "undefined" } };
      const display: DisplayData = {
        data,
        metadata,
        ...(id !== undefined && { transient: { display_id: id } }),
      };
      emit({ type, request, display });
    };
    return displays.add(render(value), send);
  };

  const handle = {
    display: (value: unknown, id?: string) => show("display", value, id),
    update: (value: unknown, id: string) => show("update-display", value, id),
    page: (value: unknown): Promise<void> => {
      const { request, displays } = cell();
      const shown = typeof value === "string" ? { data: { "text/plain": value } } : render(value);
      return displays.add(shown, (bundle) => {
        post({ type: "page", request, data: bundle?.data ?? { "text/plain": "undefined" } });
      });
    },
    clearOutput: (wait: boolean) => emit({ type: "clear-output", request: cell().request, wait }),
    ask: (text: string, isPassword: boolean) => input.ask(cell(), text, isPassword),
    askNow: (text: string, isPassword: boolean) => input.askNow(cell(), text, isPassword),
    openComm: (target: string, content: CommContent, id?: string): Comm => comms.open(target, content, id),
    registerComm: (target: string, handler: (comm: Comm, content: Required<CommContent>) => void) =>
      comms.register(target, handler),
    render: async (value: unknown) => render(value),
    /** Runs `code`, and what it starts, with its output going to `take` and not to the cell. */
    capture: <T>(take: (output: Output) => void, code: () => T): T => {
      const { parent = cell().request } = contexts.getStore() ?? {};
      return contexts.run({ cell: cell(), parent, capture: take }, code);
    },
  };
  Object.defineProperty(globalThis, HANDLE, { value: Object.freeze(handle), configurable: true });

  const globals = {
    prompt: (message = "Prompt", initial = ""): string | null => {
      const answer = handle.askNow(`${message} `, false);
      return answer === "" && initial !== "" ? initial : answer;
    },
    confirm: (message = "Confirm"): boolean =>
      /^y(es)?$/i.test(handle.askNow(`${message} [y/N] `, false).trim()),
    alert: (message = "Alert"): void => void handle.askNow(`${message} [Enter] `, false),
  };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  }
}
