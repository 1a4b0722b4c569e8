import { strict as assert } from "node:assert";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Completion } from "../../../kernel/language/protocol.ts";
import { Cells } from "./cells.ts";

describe("complete(source, offset)", function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), "complete-"));
  writeFileSync(
    join(folder, "helper.ts"),
    "/** From the helper. */ export const helperValue = 1; export class HelperClass {}",
  );
  mkdirSync(join(folder, "node_modules/leftish"), { recursive: true });
  writeFileSync(
    join(folder, "node_modules/leftish/package.json"),
    '{ "name": "leftish", "types": "index.d.ts" }',
  );
  writeFileSync(
    join(folder, "node_modules/leftish/index.d.ts"),
    "export declare function leftishPad(text: string): string;",
  );
  writeFileSync(join(folder, "package.json"), '{ "dependencies": { "leftish": "1" } }');
  const cells = new Cells({ folder });
  before(() => {
    assert.deepEqual(
      cells.errors(
        "const model = { alpha: 1, beta: 'x', 'odd-key': 2 }; let mode = 1; function modify() {} class Model {} enum Moods { Happy } interface Modest { m: 1 } type Modality = 1; import * as modular from './helper.ts'; namespace Modules { export const x = 1 }",
      ),
      [],
    );
  });
  after(() => rmSync(folder, { recursive: true }));

  /** `|` marks the cursor. */
  const complete = (marked: string): Completion => {
    const offset = marked.indexOf("|");
    return cells.service.complete(marked.replace("|", ""), offset);
  };
  const texts = (marked: string): string[] => complete(marked).matches.map(({ text }) => text);
  const kind = (marked: string, text: string): string | undefined =>
    complete(marked).matches.find((match) => match.text === text)?.kind;

  it("knows the names of earlier cells, with their kinds", () => {
    const kinds = Object.fromEntries(complete("mod|").matches.map((match) => [match.text, match.kind]));
    assert.deepEqual(
      [kinds.model, kinds.mode, kinds.modify, kinds.modular, kinds.Model, kinds.Modules],
      ["instance", "instance", "function", "module", "class", "module"],
    );
    assert.equal(kind("Moo|", "Moods"), "enum");
    assert.equal(kind("let x: Mod|", "Modest"), "interface");
    assert.equal(kind("let x: Mod|", "Modality"), "type");
  });
  it("puts what begins as typed first, then other letter cases", () => {
    const found = texts("Mode|");
    assert.equal(found[0], "Model");
    assert.ok(found.indexOf("mode") > 0);
  });
  it("knows members", () => {
    assert.deepEqual(texts("model.|"), ["alpha", "beta"]);
    assert.equal(kind("model.|", "alpha"), "property");
    assert.equal(kind("[1].ma|", "map"), "function");
    assert.ok(texts("modular.|").includes("helperValue"));
    assert.ok(texts("Moods.|").includes("Happy"));
    assert.ok(texts("model.beta.|").includes("toUpperCase"));
  });
  it("knows keys in brackets and literals of a union", () => {
    assert.ok(texts("model['|']").includes("odd-key"));
    assert.deepEqual(
      cells.service.complete('let w: "left" | "right" = "l"', 28).matches.map(({ text }) => text),
      ["left"],
    );
  });
  it("knows what the cell itself has declared, local and global", () => {
    assert.ok(
      texts("const localName = 1; function f(localArgument: number) { loc| }").includes("localArgument"),
    );
    assert.ok(texts("const localName = 1; loc|").includes("localName"));
    assert.equal(kind("whil|", "while"), "keyword");
    assert.ok(texts("structuredCl|").includes("structuredClone"));
  });
  it("prefers the cell's own name to an earlier one", () => {
    assert.ok(texts("const model = [1]; model.|").includes("map"));
    assert.ok(!texts("const model = [1]; model.|").includes("alpha"));
  });
  it("works where the text is broken", () => {
    for (const marked of ["if (x { mod|", "foo(mod|", "const a = { x: mod|", "[1, mod|", "mod| = = )"])
      assert.ok(texts(marked).includes("model"), marked);
    assert.ok(texts("`${mod|").includes("model"));
    assert.deepEqual(texts("const q = ; model.|").slice(0, 2), ["alpha", "beta"]);
  });
  it("says nothing in comments and plain text", () => {
    assert.deepEqual(texts("// mod|"), []);
    assert.deepEqual(texts("const s = 'some mod|'"), []);
  });
  it("replaces the whole word that the cursor is in", () => {
    const found = complete("const a = 1; model.al|pha + 1");
    assert.deepEqual([found.start, found.end, found.matches[0]?.text], [19, 24, "alpha"]);
  });
  it("counts in UTF-16 code units after astral characters", () => {
    const found = complete("const s = '😀'; model.be|");
    assert.deepEqual([found.start, found.end, found.matches[0]?.text], [22, 24, "beta"]);
  });
  it("knows what a module exports", () => {
    assert.deepEqual(texts("import { helper| } from './helper.ts'"), ["helperValue", "HelperClass"]);
    assert.ok(texts("import { readFileS| } from 'node:fs'").includes("readFileSync"));
  });
  it("knows modules: packages, Node's own, files beside the notebook", () => {
    assert.ok(texts("import x from 'left|'").includes("leftish"));
    assert.ok(texts("import x from 'node:f|'").includes("node:fs"));
    const found = complete("import x from './he|'");
    assert.deepEqual([found.matches.map(({ text }) => text), found.start], [["helper"], 17]);
    assert.ok(texts("await import('./|')").includes("helper"));
  });
  it("never shows how cells are kept", () => {
    for (const marked of ["import x from 'cell|'", "import x from './|'", "|", "cell|"])
      assert.ok(!texts(marked).some((text) => /^cell:|\[/.test(text)), marked);
  });
  it("offers exports that nobody has imported, and says from where", () => {
    const found = complete("readFileSyn|").matches[0];
    assert.deepEqual([found?.text, found?.source], ["readFileSync", "node:fs"]);
    assert.equal(complete("HelperCl|").matches[0]?.source, "./helper.ts");
    const whole = complete("assert|").matches.find(({ text }) => text === "assert");
    assert.equal(whole?.source, "node:assert");
    assert.equal(complete("EventEmit|").matches[0]?.kind, "class");
    assert.equal(complete("promises.readFileSyn|").matches.length, 0);
    assert.deepEqual(texts("({ readFileSyn|"), []);
    assert.deepEqual(texts("'readFileSyn|'"), []);
  });
  it("offers types where types may stand", () => {
    assert.equal(complete("let x: PathLi|").matches[0]?.source, "node:fs");
    assert.deepEqual(texts("PathLik|"), []);
  });
  it("offers what this package exports, in any folder, whatever its package.json names", () => {
    cells.service.rest();
    for (const [marked, module] of [
      ["softma|", "matrix-composition"],
      ["clearOutp|", "matrix-composition/notebook"],
    ] as const) {
      const found = complete(marked);
      assert.deepEqual(
        found.matches.map(({ source }) => source),
        [module],
      );
      assert.equal(found.matches[0]?.kind, "function");
    }
    const { signature, documentation } = cells.service.inspect("softmax", 7) ?? {};
    assert.match(documentation ?? "", /^`import \{ softmax \} from "matrix-composition";`\n\n\w/);
    assert.match(signature ?? "", /^function softmax</);
  });
  it("gives a bounded number of matches, earlier cells' first", () => {
    const found = texts("|");
    assert.ok(found.length > 20 && found.length <= 200);
    assert.ok(found.slice(0, 12).includes("model"));
  });
  it("answers at every place of any text", () => {
    for (const source of [
      "",
      "\n",
      "a.b.c",
      "<div",
      "import",
      "'",
      "`${",
      "@",
      "#",
      "x?.",
      "({ a: ",
      "class { #p; m() { this.# } }",
      "\u0000",
      "🙂",
    ])
      for (let offset = 0; offset <= source.length; offset += 1)
        assert.doesNotThrow(() => cells.service.complete(source, offset));
  });
});

describe("inspect(source, offset)", function () {
  this.timeout(120_000);
  const cells = new Cells({ folder: tmpdir() });
  before(() => {
    assert.deepEqual(
      cells.errors(
        "/**\n * Doubles {@link model the number}.\n * @param n a number\n * @returns twice `n`\n * @example\n * double(2) // 4\n * @deprecated use times\n */\nfunction double(n: number) { return 2 * n }\nlet model = {\n/** The first. */\nalpha: 1 }; class Foo { constructor(readonly bar: string) {} }",
      ),
      [],
    );
  });
  const inspect = (marked: string): ReturnType<typeof cells.service.inspect> =>
    cells.service.inspect(marked.replace("|", ""), marked.indexOf("|"));

  it("gives the signature and the JSDoc, tags included", () => {
    const found = inspect("dou|ble(1)");
    assert.equal(found?.signature, "function double(n: number): number");
    assert.equal(
      found.documentation,
      "Doubles the number.\n\n*@param* `n` — a number\n\n*@returns* — twice `n`\n\n**Example**\n\n```ts\ndouble(2) // 4\n```\n\n*@deprecated* — use times",
    );
    assert.deepEqual([found.start, found.end], [0, 6]);
  });
  it("looks left of the cursor", () => {
    assert.match(inspect("double|")?.signature ?? "", /double/);
    assert.match(inspect("double|(1)")?.signature ?? "", /double/);
  });
  it("shows variables of earlier cells as they were declared", () => {
    assert.equal(inspect("model|")?.signature, "let model: {\n    alpha: number;\n}");
    assert.equal(inspect("Foo|")?.signature, "class Foo");
  });
  it("knows members", () => {
    const found = inspect("model.al|pha");
    assert.deepEqual([found?.signature, found?.documentation], ["(property) alpha: number", "The first."]);
  });
  it("gives the called function between its parentheses", () => {
    assert.equal(inspect("double(|")?.signature, "double(n: number): number");
    assert.match(inspect("double(2|)")?.documentation ?? "", /^\*\*n\*\* — a number/);
    assert.match(inspect("new Foo(|)")?.signature ?? "", /^Foo\(bar: string\): Foo/);
    assert.match(inspect("Math.max(1, |)")?.signature ?? "", /^max\(/);
  });
  it("says what to import for a name that is not there", () => {
    const found = inspect("readFileSync|");
    assert.match(found?.documentation ?? "", /^`import \{ readFileSync \} from "node:fs";`/);
  });
  it("knows nothing of numbers, blanks and unknown names", () => {
    assert.equal(inspect("1 + 1|"), undefined);
    assert.equal(inspect("|"), undefined);
    assert.equal(inspect("zzzz|"), undefined);
  });
  it("never shows how cells are kept", () => {
    cells.compile("const made = new Foo('a'), both = [made, { f: double }]");
    for (const marked of ["made|", "both|", "both.ma|p", "both.map(|"])
      assert.doesNotMatch(inspect(marked)?.signature ?? "", /cell-|import/);
  });
  it("answers at every place of any text", () => {
    for (const source of [
      "",
      "a.b(",
      "double(",
      "`${double(",
      "({ a: double",
      "<double",
      "class A extends Foo { m() { super.",
      "🙂double",
    ])
      for (let offset = 0; offset <= source.length; offset += 1)
        assert.doesNotThrow(() => cells.service.inspect(source, offset));
  });
});
