import { randomUUID } from "node:crypto";
import { DISPLAY, type Displayable } from "../displayable.ts";
import { runningKernel, type Comm, type CommContent } from "../kernel.ts";
import { asArrayLike, packState, unpackState, type BufferPath } from "./buffers.ts";

/** Version of the widget messaging protocol that is spoken here. */
const PROTOCOL = "2.1.0";

const VIEW = "application/vnd.jupyter.widget-view+json";

/** Which code of the front end a model and its view are (`_model_module` and so on, with their version ranges). */
export interface WidgetKind {
  readonly model: string;
  readonly view: string | null;
  readonly module: string;
  readonly version: string;
  /** Module and version of the view, where they are not the model's. */
  readonly viewModule?: string;
  readonly viewVersion?: string;
}

/** Any widget, whatever its state. */
export interface AnyWidget extends Displayable {
  readonly id: string;
  /** Removes it from the front ends: its views disappear. */
  readonly close: () => void;
}

const open = new Map<string, Widget<object>>();

/**
 * A model that lives here and in every front end of the notebook: what one side sets, the other has.
 * Source: widget messaging protocol 2.1.0. The front end needs `ipywidgets` (Python) installed beside JupyterLab.
 */
export class Widget<State extends object> implements AnyWidget {
  /** The name under which front ends know it. */
  readonly id = randomUUID().replaceAll("-", "");
  readonly #kind: WidgetKind;
  readonly #names: Readonly<Record<string, unknown>>;
  readonly #comm: Comm | undefined;
  readonly #state: State;
  readonly #observers = new Set<{ name: keyof State | undefined; call: (state: Readonly<State>) => void }>();
  readonly #listeners = new Set<(content: unknown, buffers: readonly Uint8Array[]) => void>();

  constructor(kind: WidgetKind, state: State) {
    this.#kind = kind;
    this.#state = { ...state };
    this.#names = {
      _model_module: kind.module,
      _model_module_version: kind.version,
      _model_name: kind.model,
      _view_module: kind.viewModule ?? kind.module,
      _view_module_version: kind.viewVersion ?? kind.version,
      _view_name: kind.view,
      _view_count: null,
    };
    const kernel = runningKernel();
    if (!kernel) return;
    answerStateRequests();
    const { state: data, paths, buffers } = this.#packed();
    const content: CommContent = {
      data: { state: data, buffer_paths: paths },
      metadata: { version: PROTOCOL },
      buffers,
    };
    this.#comm = kernel.openComm("jupyter.widget", content, this.id);
    this.#comm.onMessage((message) => this.#receive(message));
    this.#comm.onClose(() => open.delete(this.id));
    open.set(this.id, this as unknown as Widget<object>);
  }

  /** What both sides agree on now. */
  get state(): Readonly<State> {
    return this.#state;
  }

  /** Changes part of the state, here and in the front ends, and tells the observers. */
  set(changes: Partial<State>): void {
    const names = this.#change(changes);
    if (names.length === 0) return;
    this.#send("update", names);
    this.#notify(names);
  }

  /**
   * Calls `observer` whenever `name` has another value, whichever side changed it; gives a function that ends this.
   *
   * @example slider.observe("value", ({ value }) => figure.update(draw(value)));
   */
  observe(name: keyof State, observer: (state: Readonly<State>) => void): () => void {
    return this.#observe(name, observer);
  }

  /** The same for every change. */
  observeAll(observer: (state: Readonly<State>) => void): () => void {
    return this.#observe(undefined, observer);
  }

  /** Sends a message of its own to the views. */
  send(content: unknown, buffers: readonly Uint8Array[] = []): void {
    this.#comm?.send({ data: { method: "custom", content }, buffers });
  }

  /** Calls `listener` with the messages that views send; gives a function that ends this. */
  onMessage(listener: (content: unknown, buffers: readonly Uint8Array[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Removes it from the front ends: its views disappear. */
  close(): void {
    open.delete(this.id);
    this.#comm?.close();
  }

  /** The view, and a text for readers that run no widgets. */
  [DISPLAY](): Record<string, unknown> | Promise<Record<string, unknown>> {
    if (!this.#comm) return { "text/plain": this.toString() };
    return {
      [VIEW]: { version_major: 2, version_minor: 1, model_id: this.id },
      "text/plain": this.toString(),
    };
  }

  /** Its kind with what its state has to say, for instance `IntSlider(value=3, min=0, max=10)`. */
  toString(): string {
    const parts = Object.entries(this.#state).flatMap(([name, value]: [string, unknown]) =>
      isTold(name, value) ? [`${name}=${JSON.stringify(value)}`] : [],
    );
    return `${this.#kind.model.replace(/Model$/, "")}(${parts.join(", ")})`;
  }

  /** What `request_states` of a new front end wants to know. */
  get described(): {
    readonly header: Record<string, unknown>;
    readonly packed: ReturnType<typeof packState>;
  } {
    const { model, module, version } = this.#kind;
    return {
      header: { model_name: model, model_module: module, model_module_version: version },
      packed: this.#packed(),
    };
  }

  #observe(name: keyof State | undefined, call: (state: Readonly<State>) => void): () => void {
    const observer = { name, call };
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  #packed(names?: readonly string[]): ReturnType<typeof packState> {
    const state = this.#state as Record<string, unknown>;
    if (!names) return packState({ ...this.#names, ...state });
    return packState(Object.fromEntries(names.map((name) => [name, state[name]])));
  }

  #send(method: "update" | "echo_update", names?: readonly string[]): void {
    const { state, paths, buffers } = this.#packed(names);
    this.#comm?.send({ data: { method, state, buffer_paths: paths }, buffers });
  }

  /** Takes over what differs; gives the names. */
  #change(changes: Readonly<Record<string, unknown>>): string[] {
    const state = this.#state as Record<string, unknown>;
    const names = Object.keys(changes).filter((name) => !Object.is(state[name], changes[name]));
    for (const name of names) state[name] = changes[name];
    return names;
  }

  #notify(names: readonly string[]): void {
    for (const { name, call } of [...this.#observers]) {
      if (name === undefined || names.includes(String(name))) call(this.#state);
    }
  }

  #receive({ data, buffers }: Required<CommContent>): void {
    const message = data as {
      method?: string;
      state?: Record<string, unknown>;
      buffer_paths?: readonly BufferPath[];
      content?: unknown;
    };
    if (message.method === "request_state") this.#send("update");
    else if (message.method === "custom") {
      for (const listener of [...this.#listeners]) listener(message.content, buffers);
    } else if (message.method === "update" && message.state) {
      const { state } = message;
      unpackState(state, message.buffer_paths ?? [], buffers);
      const before = this.#state as Record<string, unknown>;
      for (const name of Object.keys(state)) state[name] = asArrayLike(state[name], before[name]);
      const names = this.#change(state);
      // Other views of the same widget learn of it from here.
      this.#send("echo_update", Object.keys(state));
      this.#notify(names);
    }
  }
}

/** Whether a short text of the widget says it. */
function isTold(name: string, value: unknown): boolean {
  if (name.startsWith("_")) return false;
  if (typeof value === "string") return value !== "" && value.length < 40 && !value.startsWith("IPY_MODEL_");
  return typeof value === "number" || value === true || (value === false && name === "value");
}

/** How another widget's state names `widget`. */
export function reference(widget: AnyWidget): string {
  return `IPY_MODEL_${widget.id}`;
}

let answers = false;

/** A front end that opens or reloads the notebook asks for all states at once (control protocol 1.0.0). */
function answerStateRequests(): void {
  if (answers) return;
  answers = true;
  runningKernel()?.registerComm("jupyter.widget.control", (comm) => {
    comm.onMessage(({ data }) => {
      if ((data as { method?: string }).method !== "request_states") return;
      const states: Record<string, unknown> = {};
      const paths: BufferPath[] = [];
      const buffers: Uint8Array[] = [];
      for (const [id, widget] of open) {
        const { header, packed } = widget.described;
        states[id] = { ...header, state: packed.state };
        paths.push(...packed.paths.map((path) => [id, "state", ...path]));
        buffers.push(...packed.buffers);
      }
      comm.send({ data: { method: "update_states", states, buffer_paths: paths }, buffers });
    });
  });
}
