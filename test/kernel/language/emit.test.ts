import { strict as assert } from "node:assert";
import { tmpdir } from "node:os";
import { Cells } from "./cells.ts";

describe("a compiled cell", () => {
  const cells = new Cells({ folder: tmpdir() });
  beforeEach(() => cells.reset());

  /** The value of the last cell. */
  const value = (...sources: string[]): Promise<unknown> => cells.run(...sources);

  describe("its value", () => {
    it("is that of the last expression", async () => {
      assert.equal(await value("1 + 1"), 2);
      assert.equal(await value("const a = 20\na * 2"), 40);
    });
    it("is shown with a semicolon too", async () => assert.equal(await value("40 + 2;"), 42));
    it("is shown before a comment and empty statements", async () => {
      assert.equal(await value("7 // lucky"), 7);
      assert.equal(await value("7;; /* lucky */"), 7);
    });
    it("is none for declarations, loops and an empty cell", async () => {
      for (const source of [
        "const a = 1",
        "function f() {}",
        "class A {}",
        "for (;;) break",
        "if (true) 5",
        "",
        "// nothing",
      ])
        assert.deepEqual(await cells.show(source), [], source);
    });
    it("may be undefined", async () => assert.deepEqual(await cells.show("undefined"), [undefined]));
    it("is the promise itself when it is not awaited", async () => {
      const [shown] = await cells.show("new Promise(() => {})");
      assert.ok(shown instanceof Promise);
    });
    it("is what an awaited promise gives", async () =>
      assert.equal(await value("await Promise.resolve(5)"), 5));
    it("is a string, not a directive", async () => assert.equal(await value('"use strict"'), "use strict"));
    it("is that of an assignment", async () => assert.equal(await value("let a = 1", "a = 3"), 3));
    it("is that of a default export", async () => {
      assert.equal(await value("export default 6 * 7"), 42);
      assert.deepEqual(await value("export default { k: 1 }"), { k: 1 });
      assert.equal(typeof (await value("export default function () { return 1 }")), "function");
      assert.equal(typeof (await value("export default class { }")), "function");
    });
  });

  describe("a final object in braces", () => {
    it("is an object, not a block with a label", async () =>
      assert.deepEqual(await value("{ a: 1 }"), { a: 1 }));
    it("may have several properties, none, or methods", async () => {
      assert.deepEqual(await value("{ a: 1, b: 2 }"), { a: 1, b: 2 });
      assert.deepEqual(await value("{}"), {});
      assert.deepEqual(await value("{ 'a-b': [1] }"), { "a-b": [1] });
      assert.deepEqual(Object.keys((await value("{ f() { return 1 } }")) as object), ["f"]);
    });
    it("may use shorthand and spread", async () => {
      assert.deepEqual(await value("const a = 1", "{ a }"), { a: 1 });
      assert.deepEqual(await value("const a = 1, b = 2", "{ a, b }"), { a: 1, b: 2 });
      assert.deepEqual(await value("const o = { x: 1 }", "{ ...o, y: 2 }"), { x: 1, y: 2 });
    });
    it("may follow other statements", async () => {
      assert.deepEqual(await value("const a = 1;\n{ a, b: 2 }"), { a: 1, b: 2 });
    });
    it("is a block where it has statements", async () => {
      assert.deepEqual(await cells.show("{ const a = 1; }"), []);
      assert.deepEqual(await cells.show("let a = 0; { a = 1; }"), []);
      assert.deepEqual(await cells.show("{ loop: for (;;) break loop }"), []);
    });
  });

  describe("names", () => {
    it("flow to later cells", async () =>
      assert.equal(await value("const a = 1", "let b = a + 1", "a + b"), 3));
    it("are the newest for functions of earlier cells", async () => {
      assert.equal(await value("let n = 1", "function read() { return n }", "n = 5", "read()"), 5);
      assert.equal(await value("const k = 1", "const read2 = () => k", "const k = 9", "read2()"), 9);
    });
    it("may be declared again as anything", async () => {
      const kinds = [
        "const x = 1",
        "let x = 'a'",
        "class x {}",
        "function x() {}",
        "interface x { a: 1 }",
        "type x = 1",
      ];
      const more = [
        "enum x { A }",
        "namespace x { export const y = 1 }",
        "import * as x from 'node:path'",
        "var x = true",
      ];
      for (const first of [...kinds, ...more])
        for (const second of [...kinds, ...more]) {
          cells.reset();
          await value(first, second);
        }
    });
    it("may be declared again by the same cell", async () => {
      const cell = "const a = [1, 2]; class B { v = a }; new B().v.length";
      assert.equal(await value(cell, cell, cell), 2);
    });
    it("may be those of globals", async () => {
      assert.deepEqual(
        await value(
          "const name = 1, status = 2, process = 3, URL = 4, event = 5, Map = 6, console = 7, length = 8, top = 9",
          "[name, status, process, URL, event, Map, console, length, top]",
        ),
        [1, 2, 3, 4, 5, 6, 7, 8, 9],
      );
    });
    it("may be odd", async () => {
      assert.equal(
        await value(
          "const $ = 1, _ = 2, été = 3, 𠮷 = 4, async = 5, of = 6, get = 7",
          "$ + _ + été + 𠮷 + async + of + get",
        ),
        28,
      );
      assert.equal(await value("const $cell = 1, $scope = 2", "$cell + $scope"), 3);
      assert.equal(
        await value(
          "const __proto__ = 5; const constructor = 6, toString = 7; [constructor, toString].length",
        ),
        2,
      );
    });
    it("of blocks, parameters and catch clauses stay their own", async () => {
      assert.equal(await value("const x = 1; { const x = 2; x } x"), 1);
      assert.equal(await value("const x = 1", "((x: number) => x)(3)"), 3);
      assert.equal(
        await value(
          "const x = 1",
          "function g({ x }: { x: number }, [y] = [x]) { return x + y } g({ x: 2 })",
        ),
        4,
      );
      assert.equal(
        await value("const e = 1; let seen: unknown; try { throw 2 } catch (e) { seen = e } seen"),
        2,
      );
      assert.equal(await value("const f = 1", "(function f(): string { return typeof f })()"), "function");
      assert.equal(
        await value("const C = 1", "(class C { static me() { return typeof C } }).me()"),
        "function",
      );
    });
    it("may be read, changed and deleted in every way", async () => {
      assert.equal(await value("let x = 1", "x++; ++x; x += 2; x **= 2; x--; x"), 24);
      assert.equal(await value("let y: number | undefined", "y ??= 3; y ||= 4; y &&= 5; y"), 5);
      assert.equal(await value("let z = 1", "typeof z"), "number");
      assert.equal(await value("let w = 1", "// @ts-nocheck\nvoid w, typeof nowhere"), "undefined");
    });
    it("stand for values in shorthand, templates, spreads and computed names", async () => {
      assert.deepEqual(await value("const k = 'key', v = [1]", "({ v, [k]: `${k}!`, w: [...v, ...v] })"), {
        v: [1],
        key: "key!",
        w: [1, 1],
      });
    });
    it("are not mixed up with properties and labels of that name", async () => {
      assert.equal(
        await value("const a = 1, o = { a: 5, b: { a: 6 } }", "a: for (;;) break a; o.a + o.b.a + o?.a"),
        16,
      );
    });
  });

  describe("declarations", () => {
    it("destructure objects and arrays, nested, with defaults and rest", async () => {
      assert.deepEqual(
        await value(
          "const { a, b: { c = 3, ...others }, ['d' + '']: d = 4 } = { a: 1, b: { x: 1, y: 2 } } as any; const [e, , f = 6, ...g] = [5, 0, undefined, 7, 8]",
          "[a, c, others, d, e, f, g]",
        ),
        [1, 3, { x: 1, y: 2 }, 4, 5, 6, [7, 8]],
      );
    });
    it("let a default use what was bound before it", async () => {
      assert.deepEqual(
        await value(
          "const { a, b = a + 1 }: { a: number, b?: number } = { a: 1 }; const [c, d = c] = [5] as [number, number?]; [a, b, c, d]",
        ),
        [1, 2, 5, 5],
      );
    });
    it("without a value hold undefined, even where an earlier cell had one", async () => {
      assert.equal(await value("let x: any = 5", "let x: number | undefined; x"), undefined);
      assert.equal(await value("var y: any = 5", "var y: any; y"), undefined);
    });
    it("name anonymous functions and classes", async () => {
      assert.deepEqual(
        await value(
          "const f = () => 1, g = function () {}, C = class {}, h = (async () => {}); const { i = () => 2 } = {} as any; let j; j = () => 3; [f, g, C, h, i, j].map((each: any) => each.name)",
        ),
        ["f", "g", "C", "h", "i", "j"],
      );
      assert.equal(await value("const C2 = class { static name = 'own' }; C2.name"), "own");
    });
    it("hoist functions within the cell", async () =>
      assert.equal(await value("early()\nfunction early() { return 4 }\nearly()"), 4));
    it("hoist var out of blocks, loops and clauses", async () => {
      assert.deepEqual(
        await value(
          "if (true) { var a = 1 } for (var i = 0, j = 9; i < 3; i++) { var b = i } try { var c = 3 } finally { var d = 4 } switch (1 as number) { case 1: var e = 5 } for (var [k] of [[6]]); for (var p in { q: 1 }); lab: { var l = 7 }",
          "[a, i, j, b, c, d, e, k, p, l]",
        ),
        [1, 3, 9, 2, 3, 4, 5, 6, "q", 7],
      );
      assert.equal(
        await value("// @ts-nocheck\nif (false) { var never = 1 } else var other\ntypeof never"),
        "undefined",
      );
    });
    it("keep a function's own var in it", async () => {
      assert.equal(
        await value(
          "var v = 1; function f() { var v = 2; return v } const g = () => { var v = 3; return v }; f() + g() + v",
        ),
        6,
      );
    });
    it("give loop bodies a variable of their own in each round", async () => {
      assert.deepEqual(
        await value(
          "const fs: (() => number)[] = []; for (let i = 0; i < 3; i++) fs.push(() => i); fs.map((f) => f())",
        ),
        [0, 1, 2],
      );
      assert.deepEqual(
        await value(
          "const gs: (() => number)[] = []; for (const i of [4, 5]) gs.push(() => i)",
          "gs.map((g) => g())",
        ),
        [4, 5],
      );
    });
    it("declare classes that refer to themselves", async () => {
      assert.deepEqual(
        await value(
          "class A { static one = 1; static two = A.one + 1; static { A.one = 5 } make() { return new A() } }",
          "[A.one, A.two, new A().make() instanceof A]",
        ),
        [5, 2, true],
      );
    });
    it("declare abstract, generic and derived classes", async () => {
      assert.equal(
        await value(
          "abstract class Shape<T> { constructor(readonly size: T) {} abstract area(): number }",
          "class Square extends Shape<number> { area() { return this.size ** 2 } }",
          "new Square(3).area()",
        ),
        9,
      );
    });
    it("keep private names and accessors", async () => {
      assert.equal(
        await value(
          "class P { #n = 1; accessor m = 2; get n() { return this.#n } static #s = 3; static s() { return P.#s } }",
          "new P().n + new P().m + P.s()",
        ),
        6,
      );
    });
    it("declare enums, const enums and merged ones", async () => {
      assert.deepEqual(
        await value(
          "enum E { A, B = 5, C } enum E { D = 9 } const enum F { X = 'x' }",
          "[E.A, E.C, E.D, E[5], F.X]",
        ),
        [0, 6, 9, "B", "x"],
      );
    });
    it("declare namespaces, nested, merged, and merged with functions and classes", async () => {
      assert.deepEqual(
        await value(
          "namespace N { export const a = 1; export namespace M { export const b = a + N.a } } namespace N { export const c = a + 1 } function f() { return f.extra } namespace f { export const extra = 5 } class K {} namespace K { export const tag = 'k' } namespace Types { export type T = 1 }",
          "const t: Types.T = 1; [N.a, N.M.b, N.c, f(), K.tag, t]",
        ),
        [1, 2, 2, 5, "k", 1],
      );
    });
    it("declare overloads", async () => {
      assert.equal(
        await value(
          "function twice(a: string): string; function twice(a: number): number; function twice(a: any) { return a + a }",
          "twice(2) + twice('x').length",
        ),
        6,
      );
    });
    it("leave ambient names to whatever provides them", async () => {
      Reflect.set(globalThis, "providedByTest", 11);
      assert.equal(await value("declare const providedByTest: number", "providedByTest + 1"), 12);
      Reflect.deleteProperty(globalThis, "providedByTest");
    });
    it("decorate classes in the standard way", async () => {
      assert.deepEqual(
        await value(
          "const log: string[] = []; function seen(target: unknown, context: { name: string | symbol | undefined }): any { log.push(String(context.name)) }",
          "@seen class D { @seen method() {} @seen field = 1 }",
          "[log, D.name]",
        ),
        [["method", "field", "D"], "D"],
      );
    });
    it("tolerate export", async () => {
      assert.equal(
        await value(
          "export const a = 1, b = 2; export function f() { return a } export class C {} export { a as z, f }; export type T = 1; export interface I {} export enum E { A } export default a",
          "a + b + f() + E.A",
        ),
        4,
      );
    });
  });

  describe("assignments to earlier variables", () => {
    it("swap", async () =>
      assert.deepEqual(await value("let a = 1, b = 2", "[a, b] = [b, a]; [a, b]"), [2, 1]));
    it("destructure", async () => {
      assert.deepEqual(
        await value("let a = 1, b = 2, r = {}", "({ a, b = 7, ...r } = { a: 5, c: 1 } as any); [a, b, r]"),
        [5, 7, { c: 1 }],
      );
    });
    it("run through loops", async () => {
      assert.equal(
        await value("let x = 0, o = { y: 1 }", "for (x of [1, 2, 3]); for (o.y of [8]); x + o.y"),
        11,
      );
      assert.equal(await value("let key = ''", "for (key in { p: 1 }); key"), "p");
      assert.equal(await value("let q = 0", "for ({ q } of [{ q: 4 }]); for ([q] of [[q + 1]]); q"), 5);
    });
  });

  describe("calls", () => {
    it("of earlier functions have no this", async () => {
      assert.deepEqual(
        await value(
          "function self(this: unknown) { return this } function tag(this: unknown, ...parts: unknown[]) { return this } const obj = { self }",
          "[self(), (self)(), self?.(), self!(), (self as any)(), tag`x`, (0, self)(), obj.self() === obj, self.call(5), new (self as any)() instanceof self]",
        ),
        [undefined, undefined, undefined, undefined, undefined, undefined, undefined, true, 5, true],
      );
    });
    it("of methods keep theirs", async () => {
      assert.equal(
        await value(
          "const counter = { n: 1, next() { return this.n++ } }",
          "counter.next(); counter?.next(); counter['next'](); counter.n",
        ),
        4,
      );
    });
    it("are fine with type arguments and instantiation expressions", async () => {
      assert.equal(
        await value(
          "function id<T>(x: T) { return x }",
          "const idNumber = id<number>; id<string>('a') + idNumber(1)",
        ),
        "a1",
      );
    });
    it("are tail-recursive through the newest function", async () => {
      assert.equal(
        await value("function fact(n: number): number { return n < 2 ? 1 : n * fact(n - 1) }", "fact(5)"),
        120,
      );
    });
  });

  describe("this", () => {
    it("is undefined at the top, as in a module", async () =>
      assert.equal(await value("typeof this"), "undefined"));
    it("is undefined in top-level arrow functions", async () =>
      assert.equal(await value("// @ts-nocheck\n(() => this)()"), undefined));
    it("is the object in methods and classes", async () => {
      assert.equal(
        await value("class T { v = 3; arrow = () => this.v; static s = () => this } new T().arrow()"),
        3,
      );
    });
  });

  describe("await", () => {
    it("works at the top, in blocks and in any expression", async () => {
      assert.equal(
        await value(
          "const p = Promise.resolve(2)",
          "if (await p === 2) { await p } (await p) + await p * await (async () => 3)()",
        ),
        8,
      );
    });
    it("goes through the runtime at every depth", async () => {
      await value(
        "async function deep() { return await Promise.resolve((await (async () => await 5)()) + 1) }",
        "await deep()",
      );
      assert.equal(cells.awaited.length, 4);
    });
    it("goes through the runtime in for await, sources sync and async", async () => {
      assert.deepEqual(
        await value(
          "async function* count() { try { yield 1; yield 2; yield 3 } finally { log.push('end') } } const log: unknown[] = [];",
          "for await (const n of count()) { log.push(n); if (n === 2) break } for await (const n of [Promise.resolve(7), 8]) log.push(n); log",
        ),
        [1, 2, "end", 7, 8],
      );
      assert.ok(cells.awaited.length >= 4);
    });
    it("allows for await over an earlier variable and with var", async () => {
      assert.equal(
        await value(
          "let last = 0",
          "for await (last of [1, 2]); for await (var w of [Promise.resolve(5)]); last + w!",
        ),
        7,
      );
    });
    it("works in async generators, arrows and methods", async () => {
      assert.deepEqual(
        await value(
          "const out: number[] = []; const o = { async *g() { yield await Promise.resolve(1); yield* [2, 3] } }; for await (const x of o.g()) out.push(x); out",
        ),
        [1, 2, 3],
      );
    });
    it("passes a rejection on", async () => {
      assert.equal(
        await value(
          "let caught = ''; try { await Promise.reject(new Error('no')) } catch (e) { caught = (e as Error).message } caught",
        ),
        "no",
      );
    });
  });

  describe("using", () => {
    it("disposes when the cell has ended", async () => {
      await value(
        "const log: string[] = []; const open = (name: string) => ({ name, [Symbol.dispose]() { log.push(`-${name}`) } })",
      );
      assert.equal(
        await value("using a = open('a'); using b = open('b'); log.push(a.name + b.name); a.name"),
        "a",
      );
      assert.deepEqual(await value("log"), ["ab", "-b", "-a"]);
    });
    it("awaits asynchronous disposal", async () => {
      await value(
        "const log: string[] = []",
        "await using r = { async [Symbol.asyncDispose]() { await 0; log.push('closed') } }; log.push('open')",
      );
      assert.deepEqual(await value("log"), ["open", "closed"]);
    });
    it("works in blocks, functions and loops", async () => {
      assert.deepEqual(
        await value(
          "const log: string[] = []; const open = (n: string) => ({ [Symbol.dispose]() { log.push(n) } }); { using x = open('block') } function f() { using y = open('function'); return 1 } f(); for (using z of [open('loop')]); log",
        ),
        ["block", "function", "loop"],
      );
    });
    it("needs nothing but the runtime", () => {
      assert.doesNotMatch(cells.code("using a = { [Symbol.dispose]() {} }"), /tslib|require|import/);
    });
  });

  describe("imports", () => {
    it("load default, namespace, named, renamed and type-only names", async () => {
      assert.deepEqual(
        await value(
          "import path, { join as glue, type ParsedPath } from 'node:path'; import * as os from 'node:os'; import type { Stats } from 'node:fs'; import { type PathLike } from 'node:fs'; import p2, * as all from 'node:path'",
          "const parsed: ParsedPath = path.parse('/a/b.c'); let s: Stats | undefined; [glue('a', 'b'), os.EOL, parsed.base, p2 === (all as any).default]",
        ),
        ["a/b", "\n", "b.c", true],
      );
      assert.deepEqual(cells.imported.map(([specifier]) => specifier).sort(), [
        "node:os",
        "node:path",
        "node:path",
      ]);
    });
    it("load a module for its side effects, and nothing for its types", async () => {
      await value(
        "import 'node:fs'; import {} from 'node:os'; import type { A } from './nowhere'".replace(
          "; import type { A } from './nowhere'",
          "",
        ),
      );
      assert.deepEqual(cells.imported, [["node:fs"], ["node:os"]]);
    });
    it("are hoisted over the statements before them", async () => {
      assert.equal(
        await value("const early = basename('/x/y'); import { basename } from 'node:path'; early"),
        "y",
      );
    });
    it("pass attributes on", () => {
      assert.match(
        cells.code("// @ts-nocheck\nimport data from './d.json' with { type: 'json' }; data"),
        /import\("\.\/d\.json", \{ "?with"?: \{ "type": 'json' \} \}\)/,
      );
    });
    it("work as expressions", async () => {
      assert.equal(await value("const { sep } = await import('node:path'); sep"), "/");
      assert.equal(
        await value("const load = (name: string) => import(name)", "(await load('node:path')).sep"),
        "/",
      );
    });
    it("work as import = require", async () => {
      assert.equal(
        await value(
          "import path = require('node:path'); namespace N { export namespace M { export const sep = '/' } } import alias = N.M",
          "path.sep + alias.sep",
        ),
        "//",
      );
    });
    it("re-exports load their module", async () => {
      await value("export * from 'node:fs'; export { join } from 'node:path'");
      assert.deepEqual(cells.imported, [["node:fs"], ["node:path"]]);
    });
    it("are called without this", () => {
      assert.match(cells.code("import { join } from 'node:path'; join('a')"), /\(0, \$scope\.join\)\("?'?a/);
    });
    it("answer import.meta", async () =>
      assert.match(String(await value("import.meta.url")), /^file:.*notebook\.ipynb$/));
  });

  describe("JSX", () => {
    it("calls the factory of an earlier cell", async () => {
      await value(
        "const React = { createElement: (tag: any, props: any, ...children: any[]) => typeof tag === 'string' ? { tag, props, children } : tag(props), Fragment: 'fragment' }",
      );
      assert.deepEqual(await value("const who = 'you'; <b id='x'>hello {who}</b>"), {
        tag: "b",
        props: { id: "x" },
        children: ["hello ", "you"],
      });
      assert.deepEqual(
        await value("function Hi({ name }: { name: string }) { return <i>{name}</i> }", "<Hi name='me' />"),
        { tag: "i", props: null, children: ["me"] },
      );
      assert.deepEqual(await value("<><br/></>"), {
        tag: "fragment",
        props: null,
        children: [{ tag: "br", props: null, children: [] }],
      });
    });
    it("honours a pragma", async () => {
      assert.deepEqual(await value("const h = (...all: unknown[]) => all", "/** @jsx h */\n<p>t</p>"), [
        "p",
        null,
        "t",
      ]);
    });
    it("leaves generics, comparisons and assertions to TypeScript", async () => {
      assert.equal(await value("const id = <T>(x: T) => x; const n = <number>id(3); n < 4 && n > 2"), true);
    });
  });

  describe("strange cells", () => {
    const expected: [string, unknown][] = [
      ["var f = 1; var f = 2; f", 2],
      ["let a = 1, b = a + 1, c = b * 2; c", 4],
      ["const o = { get x() { return 1 }, set x(v) {}, async *[Symbol.asyncIterator]() {} }; o.x", 1],
      ["a: { b: { break a } }\n9", 9],
      ["(() => { try { return 1 } finally { } })()", 1],
      ["`${`${1 + 1}`}`", "2"],
      ["new Function('return 5')()", 5],
      ["(function () { return arguments.length })(1, 2)", 0],
      ["const x = 1\n;[1, 2].map((y) => y + x)", [2, 3]],
      ["const re = /[/'\"`]/g; re.source", "[/'\"`]"],
      ["0, 1, 2", 2],
      ["const big = 10n ** 20n; typeof big", "bigint"],
      ["const { length } = 'abc'; length", 3],
      ["const fn = function* () { const got: unknown = yield 1; return got }; [...fn()]", [1]],
      ["do { var once = 1 } while (false); once", 1],
      ["type T = { a: 1 }; const t = { a: 1 } satisfies T; t.a", 1],
      ["const s = Symbol('x'); ({ [s]: 1 })[s]", 1],
      ["class A { static async f() { return await 1 } } await A.f()", 1],
      ["let n = 0; for (const _ of [1, 2, 3]) { if (_ === 2) continue; n += _ } n", 4],
      ["const [a = 1, { b } = { b: 2 }] = [] as any; a + b", 3],
      ["const maybe = (): number | undefined => undefined; const u = maybe() ?? null; u", null],
      ["\uFEFF1 + 1", 2],
      ["#!/usr/bin/env node\n3", 3],
      ["3\r\n\r\n", 3],
      ["const a = 1;\u2028a", 1],
      ["<any>5", 5],
      ["let x = 5 as const; x", 5],
      ["function f(this: number) { return this } f.call(1)", 1],
      ["delete (globalThis as any).nothing", true],
      [
        "const self2: string = self2x(); function self2x(): string { return typeof self2 } self2",
        "undefined",
      ],
      ["switch (2 as number) { case 2: { var hit = 'yes' } } hit!", "yes"],
      ["var a = 1; { function a2() { return a } } a2x(); function a2x() { return a }\na2x()", 1],
      ["if (1) {} else {}\n4", 4],
      ["const t = class T { static x = T.name }; t.x", "T"],
      ["const { a: { b: [c] } } = { a: { b: [7] } }; c", 7],
      ["let v; v = 1; v += 1; v", 2],
      ["const x = await Promise.all([1, Promise.resolve(2)]); x", [1, 2]],
      ["let i = 5; while (i --> 0); i", -1],
      ["const obj = { async m() { return await this.n() }, async n() { return 3 } }; await obj.m()", 3],
      ["const fs = [async () => await 1, async function () { return await 2 }]; await fs[1]!()", 2],
      ["throwing(); function throwing() { try { throw 1 } catch { return } }\n8", 8],
      ["let q = { r: { s: 1 } }; q?.r?.['s']", 1],
      ["export {}; 5", 5],
      ["import.meta === import.meta", true],
      ["typeof globalThis.setTimeout", "function"],
      ["const a = 1 // comment at the end", undefined],
      ["(1 as any as string)", 1],
      ["[...'😀é']", ["😀", "é"]],
      ["const 变量 = 1; 变量", 1],
      ["async function f() { for await (const x of [1]) return x } await f()", 1],
      ["var { a, ...r } = { a: 1, b: 2 }; r", { b: 2 }],
      ["enum Bits { A = 1 << 0, B = 1 << 1, C = A | B } Bits.C", 3],
      ["const k = 3; enum FromName { A = k } FromName.A", 3],
      ["namespace Deep.Er { export let x = 4 } Deep.Er.x", 4],
      ["function f<const T>(x: T) { return x } f([1] as const)[0]", 1],
    ];
    for (const [source, result] of expected)
      it(`runs ${JSON.stringify(source)}`, async () => {
        if (source.includes("arguments")) assert.equal(await value("// @ts-nocheck\n" + source), 2);
        else assert.deepEqual(await value(source), result);
      });
  });
});
