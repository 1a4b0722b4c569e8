import { runningKernel, type CapturedOutput } from "../kernel.ts";
import { Layout } from "./control.ts";
import { reference, Widget } from "./widget.ts";

/** An output as notebook files hold it (nbformat 4.5). */
type StoredOutput = Readonly<Record<string, unknown>>;

/**
 * A place for output, wherever it is shown: what `capture` runs prints, displays and throws there.
 *
 * @example
 * const output = new Output();
 * button.onClick(() => output.capture(() => console.log("clicked")));
 */
export class Output extends Widget<{ outputs: readonly StoredOutput[]; msg_id: string; layout: string }> {
  #clearNext = false;

  constructor() {
    super(
      { model: "OutputModel", view: "OutputView", module: "@jupyter-widgets/output", version: "1.0.0" },
      { outputs: [], msg_id: "", layout: reference(new Layout({})) },
    );
  }

  /** Runs `code` with its output going here; gives what `code` gives. Late output of it comes here too. */
  capture<T>(code: () => T): T {
    const kernel = runningKernel();
    return kernel ? kernel.capture((output) => this.#take(output), code) : code();
  }

  /** Whether the next output will take the place of all that is here. */
  get isClearing(): boolean {
    return this.#clearNext;
  }

  /** Shows `value` here, after what is here. */
  async append(value: unknown): Promise<void> {
    await this.capture(async () => runningKernel()?.display(value));
  }

  /** Removes what is here; with `wait` when the next output comes, so that nothing flickers. */
  clear({ wait = false }: { readonly wait?: boolean } = {}): void {
    this.#clearNext = wait;
    if (!wait) this.set({ outputs: [] });
  }

  /** Shows `values` in the place of what is here, in one step. */
  async replace(...values: readonly unknown[]): Promise<void> {
    const kernel = runningKernel();
    if (!kernel) return;
    const bundles = await Promise.all(values.map((value) => kernel.render(value)));
    const outputs = bundles.flatMap((bundle) =>
      bundle ? [{ output_type: "display_data", data: bundle.data, metadata: bundle.metadata ?? {} }] : [],
    );
    this.#clearNext = false;
    this.set({ outputs });
  }

  #take(output: CapturedOutput): void {
    if (output.type === "clear-output") {
      this.clear({ wait: output.wait ?? false });
      return;
    }
    const before = this.#clearNext ? [] : this.state.outputs;
    this.#clearNext = false;
    if (output.type === "update-display") {
      this.#update(output);
      return;
    }
    const last = before.at(-1);
    if (output.type === "stream" && last?.["output_type"] === "stream" && last["name"] === output.name) {
      const text = `${String(last["text"])}${output.text ?? ""}`;
      this.set({ outputs: [...before.slice(0, -1), { ...last, text }] });
      return;
    }
    this.set({ outputs: [...before, stored(output)] });
  }

  /** An update of a display here, or of one elsewhere that shows itself in the front end. */
  #update({ display }: CapturedOutput): void {
    const id = display?.transient?.display_id;
    const outputs = this.state.outputs.map((each) =>
      id !== undefined && each["id"] === id
        ? { ...each, data: display?.data, metadata: display?.metadata }
        : each,
    );
    this.set({ outputs });
  }
}

function stored({ type, name, text, display, error }: CapturedOutput): StoredOutput {
  if (type === "stream") return { output_type: "stream", name, text };
  if (error) return { output_type: "error", ...error };
  const id = display?.transient?.display_id;
  return {
    output_type: "display_data",
    data: display?.data,
    metadata: display?.metadata,
    ...(id !== undefined && { id }),
  };
}
