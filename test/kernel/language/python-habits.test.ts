import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { Cells } from "./cells.ts";

describe("what is typed out of habit from Python", function () {
  this.timeout(120_000);
  const cells = new Cells({ folder: tmpdir() });
  const message = (source: string): string => cells.errors(source)[0] ?? "";

  for (const [source, answer] of [
    ["%time 1 + 1", /%time is a magic command of IPython.*console\.time\(\)/],
    ["%%bash\nls", /%bash is a magic command.*execSync/],
    ["%matplotlib inline", /%matplotlib .* figures are drawn without it/],
    ["1;\n%unheard_of", /%unheard_of is a magic command of IPython, which TypeScript has not\./],
    ["!ls", /IPython's way to run a command\. Here: import \{ execSync \}/],
    ["!pip install numpy", /IPython's way to run a command/],
    ["Math.max?", /Shift\+Tab/],
    ["?Math.max", /Shift\+Tab/],
    ["print('hello')", /Python's print is here: console\.log\(…\)$/],
    ["len([1])", /Python's len is here: \.length/],
    ["const nothing = None", /Python's None is here: null, or undefined/],
    ["for (const i of range(3)) {}", /Python's range is here: Array\.from/],
    ["def f(x):\n  return x", /looks like Python/],
    ["import numpy as np", /looks like Python/],
    ["from math import pi", /looks like Python/],
    ["for i in range(3):\n  1", /looks like Python/],
    ["# a comment", /looks like Python/],
  ] as const)
    it(`is told in words of TypeScript: ${source.split("\n")[0]}`, () => {
      assert.match(message(source), answer);
    });

  it("is not suspected in what is wrong otherwise, nor in what is right", () => {
    for (const source of [
      "const a = ;",
      "foo(",
      "if (x { y }",
      "a % b %",
      "const b: number = 'x'",
      "unheardOf(1)",
      "!unheardOf.length",
    ])
      assert.doesNotMatch(message(source), /Python|IPython|Shift/, source);
    for (const source of ["const c = 7 % 4; !c", "const d = c ? 1 : 2", "class Shape { #sides = 3 }"])
      assert.equal(message(source), "", source);
    assert.deepEqual(cells.errors("function print() {}"), []);
    assert.doesNotMatch(message("print(1)"), /Python/);
  });
});
