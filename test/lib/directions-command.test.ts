import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadSweep } from "../../lib/directions/index.ts";
import { ended, ROOT, type Ended } from "../python.ts";

const CLI = join(ROOT, "kernel-setup", "cli.mjs");
const MODEL = join(ROOT, "checkpoints", "planted-relations");
const RELATIONS = {
  templates: ["the {word} is"],
  draws: 299,
  relations: [
    {
      name: "capital",
      pairs: [
        ["france", "paris"],
        ["spain", "madrid"],
        ["italy", "rome"],
        ["greece", "athens"],
        ["norway", "oslo"],
        ["austria", "vienna"],
        ["poland", "warsaw"],
        ["nowhere", "utopia"],
      ],
    },
    {
      name: "<script>alert(1)</script> & more",
      pairs: [
        ["small", "huge"],
        ["short", "towering"],
        ["cool", "scorching"],
      ],
    },
  ],
};

describe("matrix-composition directions", function () {
  this.timeout(120_000);
  let folder: string;
  let relations: string;
  const at = (name: string) => join(folder, name);
  const directions = (...args: string[]): Promise<Ended> =>
    ended(process.execPath, [CLI, "directions", ...args]);
  const asked = (name: string, content: unknown) => {
    writeFileSync(at(name), typeof content === "string" ? content : JSON.stringify(content));
    return at(name);
  };
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "directions "));
    relations = asked("relations.json", RELATIONS);
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it("writes rows and a page that needs no network, and tells what was left out", async () => {
    const { code, stdout } = await directions(
      MODEL,
      ...[
        "--relations",
        relations,
        "--json",
        at("whole.json"),
        "--html",
        at("whole.html"),
        "--cache",
        at("cache"),
      ],
    );
    assert.deepEqual([code, stdout], [0, ""]);
    const { sweep, model } = await loadSweep(at("whole.json"));
    assert.equal(model["name"], "planted-relations");
    assert.equal(sweep.rows.length, 2 * 2 * 4 * 4);
    assert.deepEqual(
      sweep.leftOut.map(({ relation, word }) => [relation, word]),
      [
        ["capital", "nowhere"],
        ["capital", "utopia"],
      ],
    );
    const [best] = sweep.rows;
    assert.ok(best && best.relation === "capital" && best.pairs === 7 && best.kind !== "nothing");
    // No p-value below one in 300 comes of 299 draws; a file holds four digits.
    assert.ok(best.pairedQValue >= best.qValue && best.pValue >= 0.003333);
    const page = readFileSync(at("whole.html"), "utf8");
    assert.ok(!page.includes("<script>alert") && page.includes("&lt;script&gt;alert"));
    assert.doesNotMatch(page, /(src|href)="(?!data:)/i);
    assert.ok((page.match(/<img alt="/g) ?? []).length >= 6, "maps, scales and nulls");
    assert.equal((page.match(/<option value=/g) ?? []).length, 2 * 8, "all heads to choose");
    assert.equal((page.match(/<button data-head=/g) ?? []).length, 2 * 8, "all heads of the maps");
  });

  it("gives in parts that xargs spreads over processes, merged, the same file to the byte, also packed", async () => {
    const parts = [1, 2, 3].map((part) => `part-${part}.json.gz`);
    const { code, stderr } = await ended("sh", [
      "-c",
      `seq 3 | xargs -P 2 -I PART "$0" "$1" directions "$2" --relations "$3" --cache "$4" --shard PART/3 --json "$5/part-PART.json.gz"`,
      ...[process.execPath, CLI, MODEL, relations, at("cache of parts"), folder],
    ]);
    assert.equal(code, 0, stderr);
    const merged = await directions(
      "merge",
      ...parts.map(at),
      "--json",
      at("merged.json"),
      "--html",
      at("merged.html"),
      "--model",
      MODEL,
    );
    assert.deepEqual([merged.code, merged.stderr], [0, ""]);
    assert.equal(readFileSync(at("merged.json"), "utf8"), readFileSync(at("whole.json"), "utf8"));
    assert.equal(readFileSync(at("merged.html"), "utf8"), readFileSync(at("whole.html"), "utf8"));
  });

  it("keeps what it has on Ctrl-C, and the same command goes on from there to the same file", async () => {
    const long = asked("long.json", { ...RELATIONS, draws: 60_000, stopAfter: 60_000 });
    const args = (name: string) => [
      ...["directions", MODEL, "--relations", long, "--json", at(`${name}.json`), "--cache", at(name)],
      ...["--threads", name === "alone" ? "1" : "2"],
    ];
    const child = spawn(process.execPath, [CLI, ...args("stopped")]);
    let stderr = "";
    const code = await new Promise<number | null>((resolve) => {
      child.stderr.on("data", (data: Buffer) => {
        stderr += data.toString();
        // the first row is told: others are on their way
        if (!child.killed && /\d of 64 rows/.test(stderr)) child.kill("SIGINT");
      });
      child.on("close", resolve);
    });
    assert.equal(code, 130, stderr);
    assert.match(stderr, /stopped after \d+ of 64 rows; they are kept in .*stopped/);
    const kept = () => readdirSync(at("stopped")).filter((name) => name.endsWith(".json"));
    const before = kept().map((name) => [name, statSync(join(at("stopped"), name)).mtimeMs] as const);
    assert.ok(before.length > 0 && before.length < 64, `${before.length} kept`);
    const [resumed, alone] = await Promise.all(
      ["stopped", "alone"].map((name) => ended(process.execPath, [CLI, ...args(name)])),
    );
    assert.deepEqual([resumed?.code, alone?.code], [0, 0], resumed?.stderr);
    assert.deepEqual(kept().sort(), readdirSync(at("alone")).sort());
    for (const [name, time] of before)
      assert.equal(statSync(join(at("stopped"), name)).mtimeMs, time, "made once only");
    assert.equal(readFileSync(at("stopped.json"), "utf8"), readFileSync(at("alone.json"), "utf8"));
  });

  it("prints a relations file to begin with, and then a summary", async () => {
    const { stdout, code } = await directions("example");
    assert.equal(code, 0);
    const example = JSON.parse(stdout) as typeof RELATIONS;
    assert.ok(example.relations.length >= 15 && example.relations.every(({ pairs }) => pairs.length >= 8));
    const summary = await directions(
      MODEL,
      "--relations",
      relations,
      "--cache",
      at("cache"),
      "--twin",
      "words",
    );
    assert.equal(summary.code, 0, summary.stderr);
    assert.match(summary.stdout, /Directions of planted-relations: /);
    assert.match(
      summary.stdout,
      /capital, words exchanged: a paired relation at \d+, a class direction at \d+ of 32/,
    );
  });

  it("sweeps an untrained model of the same shape as control, and says so", async () => {
    const { code, stdout, stderr } = await directions(
      MODEL,
      ...["--relations", relations, "--cache", at("cache"), "--twin", "untrained"],
    );
    assert.equal(code, 0, stderr);
    assert.match(stdout, /Directions of planted-relations, untrained: Not distinguishable from chance/);
  });

  const [capital] = RELATIONS.relations;
  const errors: Readonly<
    Record<string, readonly [code: number, message: RegExp, ...args: (() => string)[]]>
  > = {
    "no model": [2, /which model\?/],
    "no relations": [2, /which relations\?/, () => MODEL],
    "a model that is not there": [1, /nowhere/, () => at("nowhere"), () => "--relations", () => relations],
    "a file that is not there": [
      1,
      /ENOENT.*none\.json/,
      () => MODEL,
      () => "--relations",
      () => at("none.json"),
    ],
    "JSON that is cut off": [
      1,
      /cut\.json is not whole JSON .* was it cut off\?/,
      () => MODEL,
      () => "--relations",
      () => asked("cut.json", JSON.stringify(RELATIONS).slice(0, 200)),
    ],
    "no relation": [
      1,
      /"relations" has to be a list/,
      () => MODEL,
      () => "--relations",
      () => asked("a.json", { relations: [] }),
    ],
    "an unknown key": [
      1,
      /"template" is not known; there are "relations", "templates"/,
      () => MODEL,
      () => "--relations",
      () => asked("b.json", { ...RELATIONS, template: "x" }),
    ],
    "an empty relation": [
      1,
      /"relations"\[0\] : relation "none" has 0 pairs/,
      () => MODEL,
      () => "--relations",
      () => asked("c.json", { relations: [{ name: "none", pairs: [] }] }),
    ],
    "one pair": [
      1,
      /relation "one" has 1 pairs; a common direction needs at least 2/,
      () => MODEL,
      () => "--relations",
      () => asked("d.json", { relations: [{ name: "one", pairs: [["a", "b"]] }] }),
    ],
    "unknown words only": [
      1,
      /"strange" was skipped: none of the 4 words can be used.*nothing was tested/s,
      () => MODEL,
      () => "--relations",
      () =>
        asked("e.json", {
          relations: [
            {
              name: "strange",
              pairs: [
                ["qux", "quux"],
                ["foo", "bar"],
              ],
            },
          ],
        }),
    ],
    "a template word that is unknown": [
      1,
      /lacks "quux" of the template/,
      () => MODEL,
      () => "--relations",
      () => asked("f.json", { ...RELATIONS, templates: ["quux {word}"] }),
    ],
    "a place that is none": [
      1,
      /"parts" is "value"; it has to be one of/,
      () => MODEL,
      () => "--relations",
      () => asked("g.json", { relations: [capital], parts: ["value"] }),
    ],
    "a wrong shard": [
      2,
      /--shard takes a part .* not "5\/4"/,
      () => MODEL,
      () => "--relations",
      () => relations,
      () => "--shard",
      () => "5/4",
    ],
    "a shard without file": [
      2,
      /give --json FILE/,
      () => MODEL,
      () => "--relations",
      () => relations,
      () => "--shard",
      () => "1/2",
    ],
    "threads that are none": [
      2,
      /--threads takes a whole number from 1; not "0"/,
      () => MODEL,
      () => "--relations",
      () => relations,
      () => "--threads",
      () => "0",
    ],
    "a file that cannot be written, before the sweep": [
      1,
      /^directions: --json: .*none\/all\.json cannot be written/,
      () => MODEL,
      () => "--relations",
      () => relations,
      () => "--json",
      () => at("none/all.json"),
    ],
    "a page in place of a folder": [
      2,
      /--html takes a file to write; .* is a folder/,
      () => MODEL,
      () => "--relations",
      () => relations,
      () => "--html",
      () => folder,
    ],
    "a missing part": [
      1,
      /part 2\/3 is missing/,
      () => "merge",
      () => at("part-1.json.gz"),
      () => at("part-3.json.gz"),
    ],
    "a part that is cut off": [
      1,
      /part-cut\.json is not whole JSON/,
      () => "merge",
      () => asked("part-cut.json", readFileSync(at("whole.json"), "utf8").slice(0, 5000)),
    ],
    "a file that is no part": [
      1,
      /is no result of "matrix-composition directions"/,
      () => "merge",
      () => relations,
    ],
    "another model's part": [
      1,
      /part-other\.json is of another sweep than .*part-1\.json\.gz: model\.name is "other", and "planted-relations" there/,
      () => "merge",
      () => at("part-1.json.gz"),
      () =>
        asked(
          "part-other.json",
          readFileSync(at("whole.json"), "utf8").replace('"planted-relations"', '"other"'),
        ),
    ],
    "a part with another seed": [
      1,
      /part-seed\.json is of another sweep than .*: asked\.seed is 2, and 1 there/,
      () => "merge",
      () => at("part-1.json.gz"),
      () => asked("part-seed.json", readFileSync(at("whole.json"), "utf8").replace('"seed":1', '"seed":2')),
    ],
    "a part with another pair": [
      1,
      /: asked\.relations\.0\.pairs\.0\.1 is "lyon", and "paris" there/,
      () => "merge",
      () => at("part-1.json.gz"),
      () => asked("part-pair.json", readFileSync(at("whole.json"), "utf8").replace('"paris"', '"lyon"')),
    ],
    "a part of another number of parts": [
      1,
      /part 1\/1 is of another sweep than part 1\/3: one of 1 parts, and not of 3/,
      () => "merge",
      () => at("part-1.json.gz"),
      () => at("whole.json"),
    ],
  };
  for (const [what, [code, message, ...args]] of Object.entries(errors))
    it(`says what is wrong: ${what}`, async () => {
      const got = await directions(
        ...args.map((each) => each()),
        ...(args.length > 1 && args[0]?.() !== "merge" ? ["--cache", at("cache")] : []),
      );
      assert.equal(got.code, code, got.stderr);
      assert.match(got.stderr, message);
      assert.doesNotMatch(got.stderr, /\n\s+at /, "no stack");
    });
});
