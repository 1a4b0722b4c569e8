import assert from "node:assert/strict";
import { compositionScores, head } from "../../../lib/circuits/index.ts";
import { compositionTables } from "../../../lib/circuits/composition.ts";
import { createTransformer, transformerOf, type Transformer } from "../../../lib/models/transformer/index.ts";

const KINDS = ["query", "key", "value"] as const;

/** The definition, with matrices that are built. */
function byDefinition(model: Transformer, kind: (typeof KINDS)[number], first: string, second: string) {
  const at = (name: string) => head(model, ...(name.split(".").map(Number) as [number, number]));
  const OV = at(first).OV.toTensor().toArray();
  const QK = at(second).QK.toTensor().toArray();
  const reads = { query: QK, key: transposed(QK), value: at(second).OV.toTensor().toArray() }[kind];
  return norm(product(OV, reads)) / (norm(OV) * norm(reads));
}

type Rows = readonly (readonly number[])[];

const transposed = (matrix: Rows): Rows =>
  (matrix[0] ?? []).map((_, column) => matrix.map((row) => row[column] ?? 0));
const product = (a: Rows, b: Rows): Rows =>
  a.map((row) => transposed(b).map((column) => row.reduce((sum, x, at) => sum + x * (column[at] ?? 0), 0)));
const norm = (matrix: Rows) => Math.hypot(...matrix.flat());

describe("compositionScores(model, kind)", () => {
  it("is the definition for pairs out of hundreds of heads, which are multiplied many at a time", async () => {
    const heads = 20;
    const model = await createTransformer(
      { vocabulary: 5, context: 4, layers: 5, heads, embedding: 12, feature: 2 },
      { seed: 8, deviation: 0.4 },
    );
    const tables = compositionTables(model, KINDS);
    for (const kind of KINDS) {
      for (const [first, second] of [
        ["0.0", "1.0"],
        ["0.19", "4.7"],
        ["2.3", "3.19"],
        ["3.11", "4.0"],
      ] as const) {
        const found = tables[kind].scores.value({ earlierHead: first, laterHead: second });
        assert.ok(
          Math.abs(found - byDefinition(model, kind, first, second)) < 1e-5,
          `${kind} ${first} ${second}`,
        );
      }
      assert.deepEqual([...tables[kind].scores.data], [...compositionScores(model, kind).scores.data]);
      assert.equal(tables[kind].scores.value({ earlierHead: "3.0", laterHead: "3.1" }), 0);
      assert.equal(tables[kind].scores.value({ earlierHead: "4.0", laterHead: "0.1" }), 0);
    }
  });

  it("is 1/√d_model in the root mean square over unrelated heads, the baseline that it gives", async () => {
    const model = await createTransformer(
      { vocabulary: 5, context: 4, layers: 2, heads: 30, embedding: 40, feature: 3 },
      { seed: 9, deviation: 0.4 },
    );
    for (const kind of KINDS) {
      const { scores, baseline, pairs } = compositionScores(model, kind);
      assert.equal(baseline, 1 / Math.sqrt(40));
      const mean = Array.from(scores.data).reduce((sum, score) => sum + score * score, 0) / pairs;
      assert.ok(Math.abs(Math.sqrt(mean) / baseline - 1) < 0.05, `${Math.sqrt(mean)}, not ${baseline}`);
    }
  });

  it("is 1 where the later head reads all that the earlier one writes, and 0 where it reads nothing of it", async () => {
    const model = await createTransformer(
      { vocabulary: 5, context: 4, layers: 2, heads: 1, embedding: 4, feature: 1, positions: "none" },
      { seed: 1 },
    );
    const parameters = new Map(model.parameters);
    const set = (name: string, numbers: readonly number[]) =>
      parameters.set(name, Float32Array.from(numbers));
    set("blocks.0.attention.W_V", [1, 0, 0, 0]);
    set("blocks.0.attention.W_O", [0, 1, 0, 0]);
    set("blocks.1.attention.W_Q", [0, 0, 1, 0]);
    set("blocks.1.attention.W_K", [0, 1, 0, 0]);
    set("blocks.1.attention.W_V", [0, 0, 0, 1]);
    const made = await transformerOf(model.configuration, parameters);
    const scores = KINDS.map((kind) => compositionScores(made, kind).scores.data[1]);
    assert.deepEqual(scores, [0, 1, 0]);
  });
});
