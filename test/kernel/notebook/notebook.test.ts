import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import type { FromExecutor } from "../../../kernel/runtime/protocol.ts";
import { ExecutorProcess, type MessageOf } from "../runtime/executor-process.ts";

const USE = `const notebook = await cell.import("matrix-composition/notebook");`;

describe("matrix-composition/notebook in a cell", function () {
  this.timeout(30_000);
  let executor: ExecutorProcess;
  before(async () => {
    executor = await ExecutorProcess.start();
  });
  after(() => executor.stop());

  const run = async (source: string) => {
    const outcome = await executor.run(`${USE}\n${source}`);
    assert.equal(outcome.done.error, undefined, outcome.done.error?.traceback.join("\n"));
    return outcome;
  };
  const of = <T extends FromExecutor["type"]>(messages: readonly FromExecutor[], type: T) =>
    messages.filter((message): message is MessageOf<T> => message.type === type);

  it("display shows a value, and update another in its place", async () => {
    const { messages } = await run(
      `const handle = notebook.display([{ a: 1 }]); handle.update(notebook.html("<b>2</b>")); `,
    );
    const [shown] = of(messages, "display");
    const [updated] = of(messages, "update-display");
    assert.match(String(shown?.display.data["text/html"]), /<table>/);
    assert.equal(updated?.display.data["text/html"], "<b>2</b>");
    assert.ok(shown?.display.transient?.display_id);
    assert.equal(updated.display.transient?.display_id, shown.display.transient.display_id);
  });

  it("display keeps its order when a value renders itself later, and the cell waits for it", async () => {
    const { messages } = await run(`
      const slow = { [Symbol.for("Jupyter.display")]: () => new Promise((resolve) => setTimeout(() => resolve({ "text/plain": "slow" }), 50)) };
      notebook.display(slow); notebook.display("quick"); cell.result("result");`);
    const texts = messages.flatMap((message) =>
      message.type === "display" || message.type === "result" ? [message.display.data["text/plain"]] : [],
    );
    assert.deepEqual(texts, ["slow", "'quick'", "'result'"]);
    assert.equal(messages.at(-1)?.type, "done");
  });

  it("html, markdown and latex take text and templates", async () => {
    const data = async (expression: string) => (await run(`cell.result(${expression})`)).data;
    assert.deepEqual(await data("notebook.html`<i>${'<'}</i>${[notebook.html('<b>x</b>'), 1]}`"), {
      "text/html": "<i>&#60;</i><b>x</b>1",
      "text/plain": "< x 1",
    });
    assert.equal((await data("notebook.markdown`**${1}** $\\alpha$`"))?.["text/markdown"], "**1** $\\alpha$");
    assert.equal(
      (await data("notebook.latex`\\frac{1}{2}`"))?.["text/latex"],
      "$\\displaystyle \\frac{1}{2}$",
    );
    assert.equal((await data("notebook.latex('$$x$$')"))?.["text/latex"], "$$x$$");
    assert.deepEqual((await data("notebook.json({ a: [1] })"))?.["application/json"], { a: [1] });
  });

  it("image shows bytes or a file in the size asked for", async () => {
    const { messages } = await run(
      `cell.result(notebook.image(new Uint8Array([0x47, 0x49, 0x46, 0x38, 0]), { width: 20, alt: "dot" }))`,
    );
    const [result] = of(messages, "result");
    assert.equal(result?.display.data["image/gif"], "R0lGOAA=");
    assert.equal(result.display.data["text/plain"], "dot");
    assert.deepEqual(result.display.metadata["image/gif"], { width: 20, alt: "dot" });
    const { done } = await executor.run(`${USE} notebook.image(new Uint8Array([1]))`);
    assert.equal(done.error?.ename, "TypeError");
  });

  it("clearOutput clears now, or with the next output", async () => {
    const { messages } = await run(`notebook.clearOutput(); notebook.clearOutput({ wait: true });`);
    assert.deepEqual(
      of(messages, "clear-output").map(({ wait }) => wait),
      [false, true],
    );
  });

  it("update replaces what was displayed under a name, from any cell", async () => {
    const first = await run(`notebook.display("waiting", { id: "named" });`);
    const second = await run(`notebook.update("named", "there").update("and gone");`);
    assert.equal(of(first.messages, "display")[0]?.display.transient?.display_id, "named");
    assert.deepEqual(
      of(second.messages, "update-display").map(({ display }) => [
        display.transient?.display_id,
        display.data["text/plain"],
      ]),
      [
        ["named", "'there'"],
        ["named", "'and gone'"],
      ],
    );
  });

  it("progress draws one bar, updated in place, that ends full", async () => {
    const { messages } = await run(`
      let sum = 0;
      for (const x of notebook.progress([1, 2, 3], { label: "adding" })) sum += x;
      for await (const x of notebook.progress((async function* () { yield 4; })())) sum += x;
      cell.result(sum);`);
    assert.equal(of(messages, "display").length, 2);
    const updates = of(messages, "update-display").map(({ display }) => String(display.data["text/plain"]));
    assert.match(updates.find((text) => text.startsWith("adding")) ?? "", /3\/3/);
    assert.match(updates.join("\n"), /\n█+ 1 ·.*$/);
    assert.equal(of(messages, "result")[0]?.display.data["text/plain"], "10");
  });

  it("progress ends its bar when the loop is left early", async () => {
    const { messages } = await run(`for (const x of notebook.progress(10)) if (x === 4) break;`);
    const texts = of(messages, "update-display").map(({ display }) => String(display.data["text/plain"]));
    assert.match(texts.join("\n"), / 4\/10 .*$/);
  });

  it("prompt, confirm and password ask the user, one question after the other", async () => {
    const asked: [string, boolean][] = [];
    executor.answer = ({ prompt, password }) => {
      asked.push([prompt, password]);
      return prompt.startsWith("Sure") ? "YES" : prompt.startsWith("Empty") ? "" : "Ada";
    };
    const { text } = await run(`cell.result(await cell.await(Promise.all([
      notebook.prompt("Name?"), notebook.confirm("Sure?"), notebook.password("Key?"), notebook.prompt("Empty?", { initial: "x" })])))`);
    assert.equal(text, "[ 'Ada', true, 'Ada', 'x' ]");
    assert.deepEqual(asked, [
      ["Name? ", false],
      ["Sure? [y/N] ", false],
      ["Key? ", true],
      ["Empty? [x] ", false],
    ]);
  });

  it("the browser's prompt and confirm wait for the answer with the whole thread", async () => {
    executor.answer = ({ prompt }) => (prompt.startsWith("really") ? "y" : "é 𝒳");
    const { text } = await executor.run(
      `cell.result([prompt("Name?"), confirm("really?"), prompt("Again?")])`,
    );
    assert.equal(text, "[ 'é 𝒳', true, 'é 𝒳' ]");
  });

  it("an interrupt ends the waiting for an answer, which then answers nothing else", async () => {
    executor.answer = () => undefined;
    const now = executor.start(`prompt("Name?")`);
    await executor.next((message) => message.type === "input-request");
    executor.interrupt();
    assert.equal((await now.outcome).done.error?.ename, "KeyboardInterrupt");
    executor.reply(now.request, "too late");
    const later = executor.start(`${USE} await cell.await(notebook.prompt("Later?"))`);
    await executor.next((message) => message.type === "input-request");
    executor.interrupt();
    assert.equal((await later.outcome).done.error?.ename, "KeyboardInterrupt");
    executor.answer = () => "fresh";
    assert.equal((await executor.run(`cell.result(prompt("Name?"))`)).text, "'fresh'");
  });

  it("asking is refused with StdinNotAllowed where nobody can answer", async () => {
    const sync = await executor.run(`prompt("Name?")`, { allowStdin: false });
    assert.equal(sync.done.error?.ename, "StdinNotAllowed");
    const async = await executor.run(`${USE} await notebook.prompt("Name?")`, { allowStdin: false });
    assert.equal(async.done.error?.ename, "StdinNotAllowed");
  });

  it("tslab's calls show what tslab's would", async () => {
    const { messages } = await executor.run(`
      const tslab = await cell.import("tslab");
      tslab.display.html("<b>1</b>");
      tslab.display.png(new Uint8Array([1, 2]));
      tslab.display.raw("text/csv", "a,b");
      const own = tslab.newDisplay();
      own.text("first"); own.markdown("second");
      cell.result([tslab.versions.tslab, typeof tslab.versions.typescript, tslab.versions.node === process.version]);`);
    const shown = of(messages, "display").map(({ display }) => display);
    assert.deepEqual(
      shown.map(
        ({ data }) => data["text/html"] ?? data["image/png"] ?? data["text/csv"] ?? data["text/plain"],
      ),
      ["<b>1</b>", "AQI=", "a,b", "first"],
    );
    const [updated] = of(messages, "update-display");
    assert.equal(updated?.display.data["text/markdown"], "second");
    assert.equal(updated.display.transient?.display_id, shown[3]?.transient?.display_id);
    assert.equal(of(messages, "result")[0]?.display.data["text/plain"], "[ '1.0.22', 'string', true ]");
  });
});

describe("matrix-composition/notebook in a script", () => {
  it("prints text", () => {
    const script = `
      import { display, html, progress, clearOutput } from "matrix-composition/notebook";
      display(html("<b>bold</b> text")); display({ a: 1 }); clearOutput();
      for (const step of progress(2, { label: "steps" })) step;`;
    const output = execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
      encoding: "utf8",
    });
    const lines = output.split("\n");
    assert.ok(lines.includes("bold text"));
    assert.ok(lines.includes("{ a: 1 }"));
    assert.ok(lines.some((line) => /^steps █+ 2\/2/.test(line)));
  });
});
