import assert from "node:assert/strict";
import type { CommMessage, FromExecutor } from "../../../kernel/runtime/protocol.ts";
import { ExecutorProcess, type MessageOf } from "../runtime/executor-process.ts";

const USE = `const widgets = await cell.import("matrix-composition/notebook");`;

type Comm = MessageOf<"comm-open" | "comm-message" | "comm-close">;
interface WidgetData {
  readonly method?: string;
  readonly state?: Record<string, unknown>;
  readonly buffer_paths?: readonly (readonly (string | number)[])[];
  readonly content?: unknown;
  readonly states?: Record<string, { model_name: string; state: Record<string, unknown> }>;
}

describe("widgets", function () {
  this.timeout(30_000);
  let executor: ExecutorProcess;
  let count = 0;
  beforeEach(async () => {
    executor = await ExecutorProcess.start();
  });
  afterEach(() => executor.stop());

  const run = async (source: string) => {
    const outcome = await executor.run(`${USE}\n${source}`);
    assert.equal(outcome.done.error, undefined, outcome.done.error?.traceback.join("\n"));
    return outcome;
  };
  const comms = (messages: readonly FromExecutor[]) =>
    messages.filter((message): message is Comm => message.type.startsWith("comm-") && "comm" in message);
  const dataOf = ({ comm }: Comm) => comm.data as WidgetData;
  /** The opened model of that name. */
  const opened = (name: string) => {
    const found = comms(executor.messages).find(
      (message) => message.type === "comm-open" && dataOf(message).state?.["_model_name"] === name,
    );
    assert.ok(found, name);
    return found;
  };
  /** Sends a message of the front end and gives what was answered until it was handled. */
  const tell = async (
    commId: string,
    data: unknown,
    buffers: readonly Uint8Array[] = [],
    type: "comm-open" | "comm-message" | "comm-close" = "comm-message",
    targetName?: string,
  ) => {
    const request = `browser-${++count}`;
    const from = executor.messages.length;
    const handled = executor.next(
      (message) => message.type === "comm-handled" && message.request === request,
    );
    const comm: CommMessage = {
      commId,
      ...(targetName !== undefined && { targetName }),
      data,
      metadata: {},
      buffers,
    };
    executor.sendComm(type, request, comm);
    await handled;
    return { request, messages: executor.messages.slice(from) };
  };
  const info = async (targetName?: string) => {
    const request = `info-${++count}`;
    const reply = executor.next<MessageOf<"comm-info">>(
      (message) => message.type === "comm-info" && message.request === request,
    );
    executor.send({ type: "comm-info", request, ...(targetName !== undefined && { targetName }) });
    return (await reply).comms;
  };

  it("a control opens its model, layout and style before it is shown", async () => {
    const { messages, data, request } = await run(
      `cell.result(new widgets.IntSlider({ value: 3, max: 11, description: "layer" }))`,
    );
    const names = comms(messages).map((message) => dataOf(message).state?.["_model_name"]);
    assert.deepEqual(names, ["LayoutModel", "SliderStyleModel", "IntSliderModel"]);
    const { comm, request: parent } = opened("IntSliderModel");
    assert.equal(parent, request);
    assert.equal(comm.targetName, "jupyter.widget");
    assert.deepEqual(comm.metadata, { version: "2.1.0" });
    const state = dataOf(opened("IntSliderModel")).state ?? {};
    assert.equal(state["value"], 3);
    assert.equal(state["_view_name"], "IntSliderView");
    assert.equal(state["_view_count"], null);
    assert.equal(state["layout"], `IPY_MODEL_${opened("LayoutModel").comm.commId}`);
    assert.deepEqual(data?.["application/vnd.jupyter.widget-view+json"], {
      version_major: 2,
      version_minor: 1,
      model_id: comm.commId,
    });
    assert.match(String(data["text/plain"]), /^IntSlider\(description="layer".*value=3, min=0, max=11/);
  });

  it("what the front end sets arrives, is echoed under its message, and calls the observers", async () => {
    const { request } = await run(`
      cell.scope.slider = new widgets.IntSlider();
      cell.scope.slider.onChange((value) => { console.log("value", value); cell.scope.slider.set({ description: "now " + value }); });`);
    const { commId } = opened("IntSliderModel").comm;
    const { request: browser, messages } = await tell(commId, {
      method: "update",
      state: { value: 7 },
      buffer_paths: [],
    });
    const [echo, update] = comms(messages);
    assert.ok(echo && update);
    assert.deepEqual(
      [dataOf(echo).method, dataOf(echo).state, echo.request],
      ["echo_update", { value: 7 }, browser],
    );
    assert.deepEqual([dataOf(update).method, dataOf(update).state], ["update", { description: "now 7" }]);
    const printed = messages.find((message) => message.type === "stream");
    assert.deepEqual([printed?.text, printed?.request], ["value 7\n", request]);
    assert.equal((await run("cell.result(cell.scope.slider.value)")).text, "7");
  });

  it("messages are handled while a cell awaits", async () => {
    await run(`cell.scope.slider = new widgets.FloatSlider();`);
    const { outcome } = executor.start(`
      await cell.await(new Promise((resolve) => cell.scope.slider.onChange(resolve)));
      cell.result(cell.scope.slider.value);`);
    await tell(opened("FloatSliderModel").comm.commId, { method: "update", state: { value: 2.5 } });
    assert.equal((await outcome).text, "2.5");
  });

  it("request_state is answered with the whole state under the request", async () => {
    await run(`new widgets.Checkbox({ value: true });`);
    const { request, messages } = await tell(opened("CheckboxModel").comm.commId, {
      method: "request_state",
    });
    const [update] = comms(messages);
    assert.ok(update);
    assert.equal(update.request, request);
    assert.equal(dataOf(update).method, "update");
    assert.equal(dataOf(update).state?.["value"], true);
    assert.equal(dataOf(update).state?.["_model_name"], "CheckboxModel");
  });

  it("bytes travel beside the state, both ways, and keep their kind", async () => {
    await run(`
      cell.scope.picture = new widgets.Anywidget({
        state: { pixels: new Float32Array([1, 2]), list: [new Uint8Array([9]), "x"] }, render() {} });`);
    const { comm } = opened("AnyModel");
    const data = dataOf(opened("AnyModel"));
    assert.deepEqual(data.buffer_paths, [["pixels"], ["list", 0]]);
    assert.deepEqual(data.state?.["list"], [null, "x"]);
    assert.equal("pixels" in (data.state ?? {}), false);
    assert.deepEqual(
      comm.buffers.map((buffer) => [...buffer]),
      [[...new Uint8Array(new Float32Array([1, 2]).buffer)], [9]],
    );
    const bytes = new Uint8Array(new Float32Array([5]).buffer);
    await tell(comm.commId, { method: "update", state: {}, buffer_paths: [["pixels"]] }, [bytes]);
    assert.equal((await run("cell.result(cell.scope.picture.state.pixels)")).text, "Float32Array(1) [ 5 ]");
  });

  it("an anywidget sends its render as a module, answers its commands and is redrawn", async () => {
    await run(`
      cell.scope.counter = new widgets.Anywidget({
        state: { count: 0 },
        async render({ model, el }) { await $cell.await(null); el.textContent = model.get("count"); },
        css: ".x {}",
        commands: { double: (message) => message * 2 },
      });`);
    const { commId } = opened("AnyModel").comm;
    const state = dataOf(opened("AnyModel")).state ?? {};
    assert.equal(state["_model_module"], "anywidget");
    assert.equal(state["_css"], ".x {}");
    const module = (await import(`data:text/javascript,${encodeURIComponent(String(state["_esm"]))}`)) as {
      default: { render: (context: unknown) => Promise<void> };
    };
    const el = { textContent: 0 };
    await module.default.render({ model: { get: () => 4 }, el });
    assert.equal(el.textContent, 4);
    await tell(commId, {
      method: "custom",
      content: { id: "i", kind: "anywidget-command", name: "double", msg: 21 },
    });
    const answer = await responseOf(commId);
    assert.deepEqual(answer, { id: "i", kind: "anywidget-command-response", response: 42 });
    await run(`cell.scope.counter.setRender(({ el }) => { el.textContent = "new"; });`);
    const update = comms(executor.messages).findLast((message) => message.comm.commId === commId);
    assert.match(
      String(update && dataOf(update).state?.["_esm"]),
      /^export default \{ render: \(\{ el \}\) =>/,
    );
  });
  const responseOf = async (commId: string) => {
    const isResponse = (message: FromExecutor) =>
      message.type === "comm-message" &&
      message.comm.commId === commId &&
      dataOf(message).method === "custom";
    const message = executor.messages.find(isResponse) ?? (await executor.next(isResponse));
    return dataOf(message as Comm).content;
  };

  it("a render that uses the notebook's variables is refused with a reason", async () => {
    const { done } = await executor.run(
      `${USE} const $scope = { x: 1 }; new widgets.Anywidget({ state: {}, render() { return $scope.x; } });`,
    );
    assert.match(done.error?.evalue ?? "", /render uses `x` of the notebook/);
  });

  it("a new front end gets all states through jupyter.widget.control", async () => {
    await run(
      `new widgets.Dropdown({ options: { small: 64, large: 512 }, value: 512 }); new widgets.Anywidget({ state: { bytes: new Uint8Array([1]) }, render() {} });`,
    );
    await tell("control", {}, [], "comm-open", "jupyter.widget.control");
    const { messages } = await tell("control", { method: "request_states" });
    const [reply] = comms(messages);
    assert.ok(reply);
    const { method, states, buffer_paths: paths } = dataOf(reply);
    assert.equal(method, "update_states");
    const { commId } = opened("DropdownModel").comm;
    assert.equal(states?.[commId]?.model_name, "DropdownModel");
    assert.deepEqual(states[commId].state["_options_labels"], ["small", "large"]);
    assert.equal(states[commId].state["index"], 1);
    assert.deepEqual(paths, [[opened("AnyModel").comm.commId, "state", "bytes"]]);
  });

  it("comm_info lists the open comms, by target too; a closed widget is gone", async () => {
    await run(`cell.scope.label = new widgets.Label("a");`);
    const { commId } = opened("LabelModel").comm;
    assert.equal((await info())[commId], "jupyter.widget");
    assert.deepEqual(await info("other"), {});
    await run(`cell.scope.label.close();`);
    assert.equal((await info())[commId], undefined);
    assert.ok(
      comms(executor.messages).some(
        (message) => message.type === "comm-close" && message.comm.commId === commId,
      ),
    );
  });

  it("a comm to a target that nobody knows is closed at once", async () => {
    const { request, messages } = await tell("c1", {}, [], "comm-open", "nobody");
    const [close] = comms(messages);
    assert.deepEqual([close?.type, close?.comm.commId, close?.request], ["comm-close", "c1", request]);
    await tell("never-opened", { method: "update", state: {} });
  });

  it("an error of an observer is shown in the cell that set it, and the next message is handled", async () => {
    const { request } = await run(`
      cell.scope.button = new widgets.Button({ description: "go" });
      cell.scope.button.onClick(() => { throw new Error("clicked"); });`);
    const { commId } = opened("ButtonModel").comm;
    const { messages } = await tell(commId, { method: "custom", content: { event: "click" } });
    const error = messages.find((message) => message.type === "late-error");
    assert.deepEqual([error?.request, error?.error.evalue], [request, "clicked"]);
    await tell(commId, { method: "custom", content: { event: "click" } });
  });

  it("an observer that spins is interrupted, and the front end hears that its message was handled", async () => {
    await run(`cell.scope.box = new widgets.Checkbox(); cell.scope.box.onChange(() => { for (;;); });`);
    const handled = tell(opened("CheckboxModel").comm.commId, { method: "update", state: { value: true } });
    await executor.next((message) => message.type === "comm-message");
    executor.interrupt();
    const { messages } = await handled;
    const error =
      messages.find((message) => message.type === "late-error") ??
      (await executor.next((message) => message.type === "late-error"));
    assert.equal(error.error.ename, "KeyboardInterrupt");
    assert.equal((await run("cell.result(1)")).text, "1");
  });

  it("an output widget takes what is printed, shown and thrown in it, also later", async () => {
    const { stdout } = await run(`
      const output = new widgets.Output();
      output.capture(() => {
        console.log("a"); console.log("b"); console.error("c");
        widgets.display("shown");
        setTimeout(() => { console.log("late"); throw new Error("late error"); }, 10);
      });
      console.log("outside");
      await cell.await(new Promise((resolve) => setTimeout(resolve, 100)));
      cell.scope.json = JSON.stringify(output.state.outputs);`);
    assert.equal(stdout, "outside\n");
    const { data } = await run(`cell.result(widgets.mime({ "text/plain": cell.scope.json }))`);
    const outputs = JSON.parse(String(data?.["text/plain"])) as Record<string, unknown>[];
    const texts = outputs.map(
      (each) => each["text"] ?? each["evalue"] ?? (each["data"] as Record<string, unknown>)["text/plain"],
    );
    assert.deepEqual(texts, ["a\nb\n", "c\n", "'shown'", "late\n", "late error"]);
  });

  it("interact draws with the controls' values, again with each change, the latest winning", async () => {
    const { data } = await run(`
      cell.scope.calls = [];
      cell.scope.gate = undefined;
      cell.scope.interaction = widgets.interact(
        async (values) => {
          cell.scope.calls.push({ ...values });
          await cell.scope.gate;
          return widgets.html("<b>" + values.n + values.kind + values.on + values.name + "</b>");
        },
        { n: { min: 0, max: 9, value: 2 }, kind: ["a", "b"], on: true, name: "x" });
      cell.result(cell.scope.interaction);`);
    assert.equal(data?.["text/html"], "<b>2atruex</b>");
    assert.equal(data["text/plain"], "2atruex");
    const view = data["application/vnd.jupyter.widget-view+json"] as { model_id: string };
    assert.equal(view.model_id, opened("VBoxModel").comm.commId);
    const slider = opened("IntSliderModel").comm.commId;
    // The drawing for the first of them is at work until all have come.
    await run(`cell.scope.gate = new Promise((resolve) => (cell.scope.open = resolve));`);
    for (const value of [3, 4, 5, 6]) await tell(slider, { method: "update", state: { value } });
    await tell(opened("DropdownModel").comm.commId, { method: "update", state: { index: 1 } });
    await run(`cell.scope.open(); await cell.await(cell.scope.interaction.run())`);
    const { text } = await run(
      `cell.result([cell.scope.calls.at(-1), cell.scope.calls.length < 6, cell.scope.interaction.output.state.outputs[0].data["text/html"]])`,
    );
    assert.match(text ?? "", /\{ n: 6, kind: 'b', on: true, name: 'x' \},\s+true,\s+'<b>6btruex<\/b>'/);
  });

  it("interact takes a drawing that brings its controls along", async () => {
    const { data } = await run(`
      cell.result(widgets.interact({
        controls: { head: { min: 0, max: 3, value: 2 }, query: ["0: a", "1: a"] },
        draw: ({ head, query }) => widgets.html("<b>" + head + query + "</b>"),
      }));`);
    assert.equal(data?.["text/html"], "<b>20: a</b>");
    assert.equal(dataOf(opened("IntSliderModel")).state?.["max"], 3);
    assert.deepEqual(dataOf(opened("DropdownModel")).state?.["_options_labels"], ["0: a", "1: a"]);
  });

  it("values are kept inside what a control allows", async () => {
    const { text } = await run(`
      const slider = new widgets.IntSlider({ min: 2, max: 4, value: 9 });
      slider.value = -5;
      const dropdown = new widgets.Dropdown({ options: ["a", "b"] });
      dropdown.value = "b";
      let message; try { dropdown.value = "c"; } catch (error) { message = error.message; }
      cell.result([slider.value, dropdown.value, message]);`);
    assert.equal(text, "[ 2, 'b', 'the value is none of the choices a, b' ]");
  });
});
