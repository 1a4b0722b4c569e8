import { Widget } from "./widget.ts";

/** The model as `render` sees it in the browser (anywidget 0.9, "AFM"). */
export interface BrowserModel<State extends object> {
  /** What the state has under a name. */
  get<Name extends keyof State>(name: Name): State[Name];
  /** Changes the state in this view; `save_changes` sends it. */
  set<Name extends keyof State>(name: Name, value: State[Name]): void;
  /** Sends what was set to the kernel. */
  save_changes(): void;
  /** `change:name`, or `msg:custom`. */
  on(event: string, handler: (...values: never[]) => void): void;
  /** Takes a handler away again; without one, all of the event, or of all events. */
  off(event?: string, handler?: (...values: never[]) => void): void;
  /** Sends a message to the kernel, with bytes beside it. */
  send(content: unknown, callbacks?: unknown, buffers?: readonly ArrayBufferView[]): void;
}

/** What `render` gets, in the browser. */
export interface RenderContext<State extends object> {
  readonly model: BrowserModel<State>;
  readonly el: HTMLElement;
  readonly experimental: {
    /** Calls one of the kernel's `commands`. */
    invoke<T>(name: string, message?: unknown, options?: object): Promise<[T, DataView[]]>;
  };
}

type Render<State extends object> = (context: RenderContext<State>) => unknown;

/** What a view may ask the kernel: the answer, or the answer with bytes. */
export type Command = (message: unknown, buffers: readonly Uint8Array[]) => unknown;

/** What a widget of your own is made of: its state, how it is drawn, and what its views may ask. */
export interface AnywidgetOptions<State extends object> {
  /** What the kernel and all views share; typed arrays travel as bytes. */
  readonly state: State;
  /**
   * Draws one view and keeps it in step with the model. Runs in the browser, where it arrives as text: it sees its argument
   * and the browser, and nothing else of the notebook. It may give a function, or a promise of one, that ends the view.
   */
  readonly render: Render<State>;
  /** CSS for its views. */
  readonly css?: string;
  /** Calls that views may make with `experimental.invoke`. */
  readonly commands?: Readonly<Record<string, Command>>;
}

interface ModuleState {
  _esm: string;
  _css: string;
  _anywidget_id: string;
}

let count = 0;

/**
 * A widget of your own: a state that both sides share, typed once, and a function that draws it in the browser. The front
 * end needs `anywidget` (Python) installed beside JupyterLab.
 *
 * @example
 * const counter = new Anywidget({
 *   state: { count: 0 },
 *   render({ model, el }) {
 *     const button = document.createElement("button");
 *     const draw = () => (button.textContent = `count ${model.get("count")}`);
 *     button.onclick = () => { model.set("count", model.get("count") + 1); model.save_changes(); };
 *     model.on("change:count", draw);
 *     draw();
 *     el.append(button);
 *   },
 * });
 * counter.observe("count", ({ count }) => console.log(count));
 */
export class Anywidget<State extends object> extends Widget<State & ModuleState> {
  constructor({ state, render, css = "", commands = {} }: AnywidgetOptions<State>) {
    super(
      {
        model: "AnyModel",
        view: "AnyView",
        module: "anywidget",
        // 0.9 settled the module's format, which later ones keep.
        version: ">=0.9.0",
      },
      { ...state, _esm: moduleOf(render), _css: css, _anywidget_id: `matrix-composition.${++count}` },
    );
    this.onMessage((content, buffers) => this.#answer(commands, content, buffers));
  }

  override toString(): string {
    return super.toString().replace(/^Any\(/, "Anywidget(");
  }

  /** Draws all views anew with another function. */
  setRender(render: Render<State>): void {
    this.set({ _esm: moduleOf(render) } as Partial<State & ModuleState>);
  }

  #answer(
    commands: Readonly<Record<string, Command>>,
    content: unknown,
    buffers: readonly Uint8Array[],
  ): void {
    const { id, kind, name, msg } = content as { id?: string; kind?: string; name?: string; msg?: unknown };
    if (kind !== "anywidget-command" || name === undefined) return;
    const command = commands[name];
    void (async () => {
      const response = command ? await command(msg, buffers) : { error: `no command "${name}"` };
      this.send({ id, kind: "anywidget-command-response", response });
    })();
  }
}

/** The module that the browser loads; throws a `TypeError` where it uses a variable of the notebook. The kernel's compiler routes `await` and `import()` of cells; browsers need no routing. */
function moduleOf<State extends object>(render: Render<State>): string {
  const source = render.toString();
  const outside = /\$scope\$*\.([\w$]+)/.exec(source)?.[1];
  if (outside !== undefined) {
    throw new TypeError(
      `render uses \`${outside}\` of the notebook, but runs in the browser: put what it needs into the state`,
    );
  }
  const isMethod = /^(async\s+)?render\s*\(/.test(source);
  const routed = new Set([...source.matchAll(/(\$cell\$*)\.(?:await|import)\b/g)].map(([, name]) => name));
  const prelude = [...routed].map(
    (name) => `const ${name ?? "$cell"} = { await: (value) => value, import: (name) => import(name) };\n`,
  );
  return `${prelude.join("")}${isMethod ? `export default { ${source} };` : `export default { render: ${source} };`}`;
}
