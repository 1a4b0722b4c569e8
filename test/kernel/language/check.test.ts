import { strict as assert } from "node:assert";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cells } from "./cells.ts";

describe("checking a cell", () => {
  const folder = mkdtempSync(join(tmpdir(), "cells-"));
  const cells = new Cells({ folder });
  beforeEach(() => cells.reset());
  after(() => rmSync(folder, { recursive: true }));

  const write = (path: string, text: string): void => {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  };

  /** Compiles the first cells, which must be right, and gives the errors of the last. */
  const errors = (...sources: string[]): string[] => {
    for (const source of sources.slice(0, -1)) assert.deepEqual(cells.errors(source), [], source);
    return cells.errors(sources[sources.length - 1] ?? "");
  };
  const codes = (...sources: string[]): number[] =>
    errors(...sources).map((each) => Number.parseInt(each, 10));

  describe("errors", () => {
    it("stop the cell, with their place in it as typed", () => {
      cells.compile("const first = 1");
      const result = cells.compile("first\n  const x: string = first");
      assert.ok(!result.ok);
      assert.deepEqual(result.errors, [
        {
          severity: "error",
          code: 2322,
          message: "Type 'number' is not assignable to type 'string'.",
          start: { line: 1, column: 8, offset: 14 },
          end: { line: 1, column: 9, offset: 15 },
        },
      ]);
    });
    it("count columns in UTF-16 code units and know every kind of line break", () => {
      const result = cells.compile("'😀'; 1\r\n'😀'; nope");
      assert.ok(!result.ok);
      assert.deepEqual(result.errors[0]?.start, { line: 1, column: 6, offset: 15 });
    });
    it("of the parser come alone", () => {
      const result = cells.compile("const a: string = 1; const = 2");
      assert.ok(!result.ok);
      assert.equal(result.errors[0]?.code, 1134);
      assert.equal(result.errors.at(0)?.start.column, 27);
    });
    it("in a final object are where they were typed", () => {
      const result = cells.compile("{ a: 1, b: nope, c: nope2 }");
      assert.ok(!result.ok);
      assert.deepEqual(
        result.errors.map(({ start, end }) => [start.column, end.column]),
        [
          [11, 15],
          [20, 25],
        ],
      );
    });
    it("leave no trace of the cell that had them", () => {
      assert.deepEqual(codes("const ok = 1", "const ok = 'a', bad: number = ok"), [2322]);
      assert.deepEqual(errors("ok.toFixed()"), []);
    });
    it("are not about unused or implicit things", () => {
      assert.deepEqual(
        errors("import { join } from 'node:path'; const unused = 1; function f(unused: number) { let a }"),
        [],
      );
      assert.deepEqual(
        errors("label: for (;;) { break } throw 1; unreachable; function unreachable() {}"),
        [],
      );
      assert.deepEqual(codes("function f(x) { return x }"), [7006]);
    });
    it("name the cell that declared a constant", () => {
      const [error] = errors("const fixed = 1", "fixed = 2");
      assert.match(error ?? "", /^2632 Cannot assign to 'fixed' because cell \[1\]/);
    });
    it("suggest names of earlier cells", () => {
      const [error] = errors("const vocabulary = [1]", "vocabulery.length");
      assert.match(error ?? "", /Did you mean 'vocabulary' of cell \[1\]\?/);
    });
    it("say how to install a package", () => {
      assert.match(errors("import x from 'no-such-package/sub'")[0] ?? "", /npm install no-such-package$/);
      assert.match(errors("import x from '@some/package/sub'")[0] ?? "", /npm install @some\/package$/);
      assert.match(errors("import './nowhere.ts'")[0] ?? "", /notebook's folder/);
    });
    it("say which cells two types of one name are from", () => {
      const [error] = errors(
        "class A { private x = 1 }",
        "const a = new A()",
        "class A { private x = 1 }",
        "const b: A = a",
      );
      assert.match(error ?? "", /A \(cell \[1\]\).*A \(cell \[3\]\)/);
    });
    it("are off after @ts-nocheck, and one at a time after @ts-expect-error and @ts-ignore", () => {
      assert.deepEqual(errors("// @ts-nocheck\nconst a: number = 'x'; nope"), []);
      assert.deepEqual(errors("const before = 1", "/* a title */\n// @ts-nocheck\nbefore.nope"), []);
      assert.deepEqual(errors("// @ts-expect-error\nconst a: number = 'x'"), []);
      assert.deepEqual(errors("// @ts-ignore\nconst a: number = 'x'"), []);
      assert.deepEqual(codes("// @ts-expect-error\nconst a: number = 1"), [2578]);
    });
    it("become warnings, or nothing, as the host chooses", () => {
      const warned = new Cells({ folder, typeErrors: "warn" }).compile("const a: number = 'x'; a");
      assert.ok(warned.ok);
      assert.deepEqual(
        warned.warnings.map(({ severity, code }) => [severity, code]),
        [["warning", 2322]],
      );
      const off = new Cells({ folder, typeErrors: "off" }).compile("const a: number = 'x'; nope");
      assert.ok(off.ok);
      assert.deepEqual(off.warnings, []);
      const broken = new Cells({ folder, typeErrors: "off" }).compile("const = 1");
      assert.ok(!broken.ok);
    });
  });

  describe("types", () => {
    it("flow from cell to cell", () => {
      assert.deepEqual(codes("const a = 1", "const b = [a]", "b[0]!.toUpperCase()"), [2339]);
      assert.deepEqual(codes("interface P { x: number }", "const p: P = { x: 'a' }"), [2322]);
      assert.deepEqual(codes("type Pair<T> = [T, T]", "const p: Pair<number> = [1, 'a']"), [2322]);
    });
    it("of a let are the declared ones in later cells", () => {
      assert.deepEqual(codes("let x: string | number = 1", "x = 'a'", "x.toFixed()"), [2339]);
      assert.deepEqual(codes("let y = 1", "y = 'a'"), [2322]);
      assert.deepEqual(errors("let z", "z = 5; z.toFixed()"), []);
      assert.deepEqual(errors("let n = null; let u", "n = 5; u = 'a'"), []);
    });
    it("narrow within a cell", () => {
      assert.deepEqual(errors("let x: string | undefined", "x = 'a'; x.length"), []);
      assert.deepEqual(
        errors(
          "const m = new Map<string, number>()",
          "const v = m.get('a'); if (v !== undefined) v.toFixed()",
        ),
        [],
      );
    });
    it("of arrays that start empty are fine", () => {
      assert.deepEqual(errors("const xs = []; xs.push(1)", "xs.push(2); xs.length"), []);
      assert.deepEqual(errors("const list: number[] = []", "list.push(1)"), []);
    });
    it("are nominal where TypeScript's are", () => {
      assert.deepEqual(
        errors(
          "class A { private x = 1; static make() { return new A() } }",
          "const a: A = A.make(); a instanceof A",
        ),
        [],
      );
      assert.deepEqual(
        errors("const tag: unique symbol = Symbol()", "const o = { [tag]: 1 }", "o[tag].toFixed()"),
        [],
      );
      assert.deepEqual(errors("enum E { A, B }", "const e: E = E.A; function f(e: E.B) {}"), []);
    });
    it("of a redeclared name are the newest, and old values keep theirs", () => {
      assert.deepEqual(
        errors("const x = 1", "const f = () => x", "const x = 'a'", "x.toUpperCase(); f().toFixed()"),
        [],
      );
      assert.deepEqual(errors("interface I { a: 1 }", "interface I { b: 2 }", "const i: I = { b: 2 }"), []);
      assert.deepEqual(
        codes("interface I { a: 1 }", "interface I { b: 2 }", "const i: I = { a: 1, b: 2 }"),
        [2353],
      );
    });
    it("of functions keep generics, overloads, guards and assertions", () => {
      assert.deepEqual(
        errors(
          "function first<T>(xs: readonly T[]): T | undefined { return xs[0] } function isText(x: unknown): x is string { return typeof x === 'string' } function sure(x: unknown): asserts x { } function o(a: 1): 'one'; function o(a: 2): 'two'; function o(a: any): any {}",
          "const n: number | undefined = first([1]); const u: unknown = 1; if (isText(u)) u.length; const t: 'two' = o(2)",
        ),
        [],
      );
    });
    it("of globals can be extended by a cell", () => {
      assert.deepEqual(
        errors(
          "declare global { interface Array<T> { last(): T | undefined } }\nArray.prototype.last = function () { return this[this.length - 1] }",
          "[1, 2].last()?.toFixed()",
        ),
        [],
      );
      assert.deepEqual(
        errors(
          "declare global { var shared: number }\nglobalThis.shared = 1",
          "shared.toFixed()",
          "declare global { var shared: number }\nshared",
        ),
        [],
      );
    });
    it("of extended globals may be changed by running the cell again", () => {
      assert.deepEqual(
        errors(
          "declare global { interface Window { mine: number } }",
          "declare global { interface Window { mine: string } }",
          "window.mine.toUpperCase()",
        ),
        [],
      );
    });
    it("come from lib, the DOM and Node", () => {
      assert.deepEqual(
        errors(
          "const u = new URL('http://a'); Object.groupBy([1], String); process.cwd(); Buffer.from('a'); document.title; setTimeout(() => {}, 1)",
        ),
        [],
      );
    });
  });

  describe("modules", () => {
    it("are found beside the notebook, with and without an ending", () => {
      write("helper.ts", "export const one = 1; export interface Shape { size: number }");
      write("deep/index.ts", "export { one as uno } from '../helper.ts'; export default 'd'");
      write("data.json", '{ "rows": [1, 2] }');
      assert.deepEqual(
        errors(
          "import { one, type Shape } from './helper.ts'; import { one as same } from './helper'; import d, { uno } from './deep'; import data from './data.json' with { type: 'json' }",
          "const s: Shape = { size: one + same + uno + data.rows[0]! }; d.length; const later: import('./helper.ts').Shape = s",
        ),
        [],
      );
      assert.deepEqual(codes("import { two } from './helper.ts'"), [2305]);
    });
    it("are read again when they have changed", () => {
      write("changing.ts", "export const v = 1");
      assert.deepEqual(errors("import { v } from './changing.ts'; v.toFixed()"), []);
      write("changing.ts", "export const v = 'now text'");
      utimesSync(join(folder, "changing.ts"), new Date(), new Date(Date.now() + 5000));
      assert.deepEqual(codes("import { v } from './changing.ts'; v.toFixed()"), [2551]);
    });
    it("are found once they have been made", () => {
      assert.deepEqual(codes("import { late } from './late.ts'"), [2307]);
      write("late.ts", "export const late = 1");
      assert.deepEqual(errors("import { late } from './late.ts'; late.toFixed()"), []);
    });
    it("without types are any", () => {
      write("node_modules/untyped/package.json", '{ "name": "untyped", "main": "index.js" }');
      write("node_modules/untyped/index.js", "exports.anything = 1");
      assert.deepEqual(
        errors(
          "import untyped, { anything } from 'untyped'; import * as all from 'untyped'",
          "untyped.x.y + anything.z + all.q",
        ),
        [],
      );
    });
    it("give their const enums as numbers", () => {
      write(
        "node_modules/enums/package.json",
        '{ "name": "enums", "types": "index.d.ts", "main": "index.js" }',
      );
      write("node_modules/enums/index.d.ts", "export declare const enum Level { Low = -1, High = 5 }");
      write("node_modules/enums/index.js", "");
      assert.match(
        cells.code("import { Level } from 'enums'; [Level.Low, Level['High']]"),
        /\[\(?-1\)?, 5\]/,
      );
    });
    it("may be a package's own, by its name", () => {
      const own = new Cells({ folder: join(import.meta.dirname, "../../../notebooks") });
      const result = own.compile("import { tensor } from 'matrix-composition'");
      // Without a build there is nothing to find; the message then names the package.
      if (!result.ok) assert.match(result.errors[0]?.message ?? "", /matrix-composition|tensor/);
    });
    it("see tslab's types, without tslab", () => {
      assert.deepEqual(errors("import { display, newDisplay } from 'tslab'; display.html('<b>x</b>')"), []);
      assert.deepEqual(
        errors("import * as tslab from 'tslab'; tslab.newDisplay().raw('text/csv', 'a,b')"),
        [],
      );
      assert.match(errors("import { display } from 'tslab'; display.html(1)")[0] ?? "", /^2345/);
    });
  });

  describe("declarations of earlier cells", () => {
    /** A module that no cell has named before starts a new checker, which reads declarations, not code. */
    let fresh = 0;
    const renew = (): void => {
      while (cells.service.idle());
      fresh += 1;
      write(`fresh-${fresh}.ts`, "export {}");
      assert.deepEqual(cells.errors(`import './fresh-${fresh}.ts'`), []);
    };
    const survives = (title: string, declared: string, used: string, wrong?: [string, number]): void => {
      it(`keep ${title}`, () => {
        assert.deepEqual(cells.errors(declared), []);
        for (let round = 0; round < 2; round += 1) {
          renew();
          assert.deepEqual(cells.errors(used), []);
          if (wrong !== undefined) assert.deepEqual(codes(wrong[0]), [wrong[1]]);
        }
      });
    };
    survives("inferred types", "const a = [{ x: 1, y: 'a' as const }]", "a[0]!.y satisfies 'a'", [
      "a[0]!.z",
      2339,
    ]);
    survives("lets", "let n: string | number = 1", "n = 'a'", ["n = true", 2322]);
    survives("anonymous classes", "const C = class { private p = 1; q = 2 }", "new C().q.toFixed()", [
      "new C().p",
      2341,
    ]);
    survives(
      "classes made by functions",
      "function make() { class Inner { #secret = 1; open = 2 } return new Inner() } const made = make()",
      "made.open.toFixed()",
      ["made.nope", 2339],
    );
    survives(
      "mixins",
      "function Tagged<B extends new (...all: any[]) => object>(Base: B) { return class extends Base { tag = 't' } } class Thing {} const TaggedThing = Tagged(Thing)",
      "new TaggedThing().tag.length",
      ["new TaggedThing().nope", 2339],
    );
    survives(
      "enums and namespaces",
      "enum E { A = 'a' } namespace N { export const v = 1; export type T = number }",
      "const t: N.T = N.v; E.A satisfies E.A",
      ["N.nope", 2339],
    );
    survives("unique symbols", "const s = Symbol('s'); const o = { [s]: 1 }", "o[s].toFixed()");
    survives(
      "types that are not exported",
      "type Hidden = { a: 1 }; interface H2 extends Hidden { b: 2 } const f = (h: H2) => h",
      "f({ a: 1, b: 2 }).a",
      ["f({ a: 1 })", 2345],
    );
    survives(
      "imports",
      "import * as path from 'node:path'; import fs, { readFileSync as read } from 'node:fs'; const parsed = path.parse('/x')",
      "parsed.base.length; read('x', 'utf8').length; fs.constants; path.join('a')",
      ["parsed.nope", 2339],
    );
    survives(
      "functions with this, overloads and defaults",
      "function g(this: Date, a = 1, ...rest: string[]): number { return a }",
      "g.call(new Date(), 2, 'x')",
      ["g()", 2684],
    );
    survives(
      "recursive types",
      "type Tree = { kids: Tree[]; value: number }; const tree: Tree = { kids: [], value: 1 }; const walk = (t: Tree): number => t.kids.reduce((s, k) => s + walk(k), t.value)",
      "walk(tree).toFixed()",
    );
    survives(
      "tuples, literals and readonly",
      "const t = [1, 'a'] as const; const [head, ...tail] = t",
      "head satisfies 1; tail satisfies ['a']",
    );
    survives(
      "generators and promises",
      "async function* g() { yield 1; return 'x' } const p = g().next()",
      "(await p).value",
    );
    survives(
      "getters, index signatures and call signatures",
      "const api = { get x() { return 1 }, set x(v: number) {}, }; const kept: Record<`k${number}`, boolean> = {}; interface Call { (a: 1): 2; new (b: 1): Date } declare const call: Call",
      "api.x.toFixed(); kept.k1",
    );

    it("reach through cells that are shadowed", () => {
      assert.deepEqual(errors("class Old { a = 1 }", "const keeps = new Old()", "class Old { b = 2 }"), []);
      renew();
      assert.deepEqual(errors("keeps.a.toFixed(); new Old().b.toFixed()"), []);
      assert.deepEqual(codes("keeps.b"), [2339]);
    });
    it("refer to types of cells that they don't mention", () => {
      assert.deepEqual(
        errors(
          "class Point { private p = 1; x = 1 }",
          "const make = () => new Point()",
          "const points = [make()]",
        ),
        [],
      );
      renew();
      assert.deepEqual(errors("points[0]!.x.toFixed(); const again: Point = points[0]!"), []);
    });
    it("with local modules' types", () => {
      write(
        "shapes.ts",
        "export class Circle { constructor(readonly r: number) {} } export const unit = () => new Circle(1)",
      );
      assert.deepEqual(errors("import { unit } from './shapes.ts'", "const c = unit()"), []);
      renew();
      assert.deepEqual(errors("c.r.toFixed()"), []);
      assert.deepEqual(codes("c.nope"), [2339]);
    });
  });

  describe("discarding a cell", () => {
    const discard = (number: number): void => cells.service.discard(`cell-${number}`);
    it("brings back what it shadowed", () => {
      assert.deepEqual(errors("const a = 1", "const a = 'x'"), []);
      discard(2);
      assert.deepEqual(errors("a.toFixed()"), []);
    });
    it("removes what it declared", () => {
      assert.deepEqual(errors("const only = 1"), []);
      discard(1);
      assert.deepEqual(codes("only"), [2304]);
    });
    it("works out of order", () => {
      assert.deepEqual(errors("const a = 1", "const a = 'x'", "const a = true"), []);
      discard(2);
      assert.deepEqual(errors("a satisfies true"), []);
      discard(3);
      assert.deepEqual(errors("a.toFixed()"), []);
    });
    it("ignores a cell that never was", () => assert.doesNotThrow(() => discard(99)));
  });
});
