import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compositionScores, copyingScores, foldedModel, headRoles } from "../../lib/circuits/index.ts";
import type { Transformer } from "../../lib/models/transformer/index.ts";
import { loadModel } from "../../lib/pretrained/index.ts";
import { ended, ROOT, type Ended } from "../python.ts";

type Nested = number | readonly Nested[];

/** What transformers computes; `hidden` is the residual stream before each block, and at the end after the final norm. */
interface Expected {
  readonly tokens: readonly (readonly number[])[];
  readonly hidden: readonly (readonly Nested[])[];
  readonly attention: readonly (readonly Nested[])[];
  readonly logits?: readonly Nested[];
}

interface WeightsJson {
  readonly copying: { readonly OV: Nested; readonly full: Nested | null };
  readonly composition: Readonly<Record<string, { readonly baseline: number; readonly scores: Nested }>>;
}

interface ReportJson extends WeightsJson {
  readonly model: Readonly<Record<string, unknown>>;
  readonly heads: readonly string[];
  readonly headRoles: { readonly scores: Readonly<Record<string, Readonly<Record<string, number>>>> };
  readonly folded: WeightsJson | null;
  readonly tokens: readonly number[];
  readonly words: readonly string[];
  readonly logits: readonly Nested[] | null;
  readonly residualStream: readonly Nested[];
  readonly finalResidual: Nested;
  readonly attention: readonly Nested[];
  readonly logitLens:
    readonly (readonly (readonly { readonly token: number; readonly probability: number }[])[])[] | null;
  readonly leftOut: Readonly<Record<string, string>>;
}

function assertClose(got: unknown, expected: unknown, tolerance: number, what: string): void {
  if (Array.isArray(expected)) {
    assert.ok(Array.isArray(got) && got.length === expected.length, `${what}: another size`);
    for (const [place, each] of expected.entries())
      assertClose(got[place], each, tolerance, `${what}[${place}]`);
  } else
    assert.ok(
      typeof got === "number" && Math.abs(got - Number(expected)) <= tolerance,
      `${what}: ${String(got)}, not ${String(expected)}`,
    );
}

/** Copying and composition of `weights`. */
function assertScores(json: WeightsJson, weights: Transformer): void {
  assertClose(json.copying.OV, copyingScores(weights).toArray(), 1e-6, "copying");
  if (json.copying.full !== null)
    assertClose(json.copying.full, copyingScores(weights, "full").toArray(), 1e-6, "copying.full");
  for (const kind of ["query", "key", "value"] as const) {
    const { scores, baseline } = compositionScores(weights, kind);
    assertClose(json.composition[kind]?.scores, scores.toArray(), 1e-6, `composition.${kind}`);
    assert.equal(json.composition[kind]?.baseline, baseline);
  }
}

describe("matrix-composition report", function () {
  this.timeout(60_000);
  let folder: string;
  const models = join(ROOT, "test", "fixtures", "models");
  const report = (...args: string[]): Promise<Ended> =>
    ended(process.execPath, [join(ROOT, "kernel-setup", "cli.mjs"), "report", ...args]);
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "report "));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  for (const name of ["gpt2-tiny", "llama-tiny", "bert-tiny"])
    it(`writes ${name}'s numbers as JSON, equal to transformers', and a page`, async () => {
      const expected = JSON.parse(readFileSync(join(models, name, "expected.json"), "utf8")) as Expected;
      const tokens = expected.tokens[0] ?? [];
      const files = ["json", "html"].map((extension) => join(folder, `${name}.${extension}`));
      const [jsonFile = "", htmlFile = ""] = files;
      const { code, stdout, stderr } = await report(
        join(models, name),
        "--tokens",
        tokens.join(","),
        "--json",
        jsonFile,
        "--html",
        htmlFile,
      );
      assert.deepEqual([code, stdout, stderr], [0, "", ""]);
      const json = JSON.parse(readFileSync(jsonFile, "utf8")) as ReportJson;
      assert.deepEqual(json.tokens, tokens);
      assert.equal(json.model["name"], name);
      const layers = Number(json.model["layers"]);
      assert.equal(json.residualStream.length, layers + 1);
      for (let layer = 0; layer < layers; layer++) {
        assertClose(
          json.residualStream[layer],
          expected.hidden[layer]?.[0],
          1e-4,
          `residualStream[${layer}]`,
        );
        assertClose(json.attention[layer], expected.attention[layer]?.[0], 1e-4, `attention[${layer}]`);
      }
      assertClose(json.finalResidual, expected.hidden[layers]?.[0], 1e-4, "finalResidual");
      if (expected.logits) {
        assertClose(json.logits, expected.logits[0], 1e-4, "logits");
        assert.deepEqual(json.leftOut, {});
        const last = json.logits?.at(-1);
        assert.ok(Array.isArray(last));
        assert.equal(
          json.logitLens?.at(-1)?.at(-1)?.[0]?.token,
          last.indexOf(Math.max(...(last as number[]))),
        );
      } else {
        assert.equal(json.logits, null);
        assert.deepEqual(Object.keys(json.leftOut).toSorted(), [
          "copying.full",
          "folded",
          "logitLens",
          "logits",
        ]);
        assert.match(json.leftOut["logits"] ?? "", /no unembedding/);
      }
      const { model } = await loadModel(join(models, name));
      assertScores(json, model);
      // BERT's norms stand after each part: nothing reads through them
      if (expected.logits) {
        assert.ok(json.folded);
        assertScores(json.folded, foldedModel(model));
        assert.notDeepEqual(json.folded.composition, json.composition);
      } else assert.equal(json.folded, null);
      const { scores } = headRoles(model);
      for (const head of json.heads)
        assertClose(
          json.headRoles.scores[head]?.["induction"],
          scores.value({ head, role: "induction" }),
          1e-6,
          head,
        );
      const html = readFileSync(htmlFile, "utf8");
      assert.match(html, /default-src 'none'/);
      assert.ok(!/<script|https?:\/\//.test(html), "no script, no address");
      const titles = [...html.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, title]) => title);
      const always = ["Text", "Head roles", "Copying", "Composition", "Attention on the text"];
      assert.deepEqual(titles, [...always, expected.logits ? "Logit lens" : "Left out"]);
    });

  it("prints a summary, of the text in a model's own words too", async () => {
    const { code, stdout } = await report(
      join(ROOT, "checkpoints", "induction"),
      "--text",
      "<start> a b c a",
    );
    assert.equal(code, 0);
    assert.match(stdout, /^name +induction$/m);
    assert.match(stdout, /^ {2}previous token +0\.3$/m);
    assert.match(stdout, /^ {2}induction +1\.0 1\.1 1\.2 1\.3$/m);
    assert.match(stdout, /^ {2}key +baseline 0\.125, 12 of 16 pairs above 2\.7 sd: 0\.3 → 1\.\d/m);
    assert.match(stdout, /^Text of 5 tokens: "<start>" "a" "b" "c" "a"$/m);
    assert.match(stdout, /^Next, by logit: /m);
  });

  it("reports weights alone, and models with no layer or one, saying what is left out", async () => {
    const file = join(folder, "none.json");
    assert.equal(
      (await report(join(ROOT, "checkpoints", "two-sentences-no-layers"), "--json", file)).code,
      0,
    );
    const json = JSON.parse(readFileSync(file, "utf8")) as ReportJson;
    assert.equal(json.leftOut["headRoles"], "the model has no heads");
    assert.equal(json.leftOut["logits"], "no text was given");
    const one = await report(join(ROOT, "checkpoints", "skip-trigrams"));
    assert.match(one.stdout, /composition: the model has one layer/);
  });

  for (const [what, args, code, message] of [
    ["no model", [], 2, /^report: which model\? .*\nmatrix-composition report MODEL .*\n$/],
    ["an unknown option", ["model", "--pdf", "x"], 2, /^report: .*--pdf.*\n.*\n$/],
    ["two texts", ["model", "--text", "a", "--tokens", "1"], 2, /choose one\n/],
    ["tokens that are no ids", ["model", "--tokens", "1,x"], 2, /such as 1,2,3; not "1,x"\n/],
    [
      "a text without a tokeniser",
      [join(models, "gpt2-tiny"), "--text", "a b"],
      1,
      /^report: gpt2-tiny has no tokeniser.*--tokens\n$/,
    ],
    ["a token that is none", [join(models, "gpt2-tiny"), "--tokens", "1,61"], 1, /^report: .*61.*\n$/],
    [
      "a text that is too long",
      [join(models, "gpt2-tiny"), "--tokens", Array(17).fill(1).join(",")],
      1,
      /^report: .*16.*\n$/,
    ],
    ["a page without a name", ["model", "--html="], 2, /^report: --html takes the name of a file/],
    [
      "a page that is a folder",
      ["model", "--html", models],
      2,
      /^report: --html takes a file to write; .* is a folder\n/,
    ],
    [
      "a file in no folder, before any work",
      ["model", "--json", join(models, "none", "report.json")],
      1,
      /^report: --json: .*none.report\.json cannot be written: .*\n$/,
    ],
    ["a folder without a model", [models], 1, /^report: .*no config\.json.*\n$/],
    [
      "a model with two stacks",
      [join(ROOT, "checkpoints", "translation")],
      1,
      /^report: .*an encoder and a decoder\n$/,
    ],
  ] as const)
    it(`says in a line what is wrong: ${what}`, async () => {
      const result = await report(...args);
      assert.match(result.stderr, message);
      assert.deepEqual([result.code, result.stdout], [code, ""]);
    });
});
