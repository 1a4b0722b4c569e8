import { strict as assert } from "node:assert";
import { completeness } from "../../../kernel/language/completeness.ts";

describe("completeness(source)", () => {
  const complete = [
    "",
    "  \n",
    "// nothing",
    "1 + 1",
    "const a = 1",
    "/it's/",
    "'\\''",
    "`a${1}b`",
    "if (x) { y }",
    "for (;;) {}",
    "{ a: 1 }",
    "{ a: 1, b: 2 }",
    "await x",
    "<T>(x: T) => x",
    "<b>x</b>",
    "a\n+b",
    "type A = 1",
    "function f() {}",
    "x => { }",
    "foo(1)\n// and (",
    "/* { */ 1",
    "label: for (;;) break label",
    "a?.b",
    "import x from 'y'",
    "export default 1",
    "using a = b",
  ];
  const incomplete = [
    "if (x) {",
    "foo(",
    "[1, 2",
    "`a",
    "`${",
    "`a${b",
    "/* a",
    "a +",
    "a =",
    "() =>",
    "const a =",
    "a.",
    "a?.",
    "a ? b",
    "a ? b :",
    "class A {",
    "class A { m() {",
    "function f(",
    "function f()",
    "for (;;)",
    "while (x)",
    "if (a) b; else",
    "do {}",
    "try {}",
    "{ a: 1, b:",
    "switch (x) { case 1:",
    "import x from",
    "import {",
    "new",
    "async () => await",
    "const {a",
    "1 +\n// more\n",
    "type A =",
    "x as",
    "'abc\\",
    "<b>",
    "!",
    "...[".slice(3),
    "(",
    "return (",
    "label:",
    "let x: {",
    "f`${",
  ];
  const invalid = [
    "const a = ;",
    "}",
    "a b",
    "foo)",
    "if (x) { ] ",
    "'abc",
    '"a\n"',
    "/abc",
    "const = 1",
    "1 = = 2",
    "let let = 1;;)",
    "function () {}",
    "(]",
    "for (const of) {}",
    "var 1a",
    "{ a: 1 }}",
    "=> x",
    "case",
  ];
  for (const source of complete)
    it(`finds ${JSON.stringify(source)} complete`, () =>
      assert.equal(completeness(source).status, "complete"));
  for (const source of incomplete)
    it(`waits for more after ${JSON.stringify(source)}`, () =>
      assert.equal(completeness(source).status, "incomplete"));
  for (const source of invalid)
    it(`finds ${JSON.stringify(source)} invalid`, () => assert.equal(completeness(source).status, "invalid"));

  const indent = (source: string): string | undefined => {
    const answer = completeness(source);
    return answer.status === "incomplete" ? answer.indent : undefined;
  };
  it("indents by a step after an opening bracket or an arrow", () => {
    assert.equal(indent("if (x) {"), "  ");
    assert.equal(indent("  if (x) {"), "    ");
    assert.equal(indent("const f = () =>"), "  ");
    assert.equal(indent("f([ // open"), "  ");
  });
  it("takes the step from the text", () => {
    assert.equal(indent("if (a) {\n    if (b) {"), "        ");
    assert.equal(indent("if (a) {\n\tif (b) {"), "\t\t");
  });
  it("keeps the last line's indent otherwise", () => {
    assert.equal(indent("if (a) {\n  b()"), "  ");
    assert.equal(indent("if (a) {\n  b()\n\n"), "  ");
    assert.equal(indent("a +"), "");
  });
});
