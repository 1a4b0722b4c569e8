import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import {
  frozenPatterns,
  head,
  headRoles,
  logitDifference,
  patchPaths,
  repeatedTokens,
  type PatchingTask,
} from "../../../lib/circuits/index.ts";
import { createTransformer, intervention, type Transformer } from "../../../lib/models/transformer/index.ts";
import { loadModel } from "../../../lib/pretrained/index.ts";
import { tensor, type Tensor } from "../../../lib/tensor/index.ts";
import { tokenLosses } from "../../../lib/training/index.ts";

const close = (got: number, expected: number, tolerance = 1e-4) =>
  assert.ok(Math.abs(got - expected) <= tolerance, `${got}, not ${expected}`);

describe("patchPaths(model, task, through)", () => {
  const task: PatchingTask = {
    clean: [3, 1, 4, 1, 5],
    corrupted: [3, 7, 4, 1, 5],
    metric: logitDifference(2, 9),
  };
  let model: Transformer;
  before(async () => {
    model = await createTransformer(
      { vocabulary: 12, context: 8, layers: 3, heads: 2, embedding: 8, feedForward: true, norm: true },
      { seed: 6 },
    );
  });

  it("equals two whole passes: the sender's z changed and all heads between frozen, then the receiver's input put in", () => {
    const zOf = (tokens: readonly (string | number)[]) =>
      model.run(tokens, { keep: ["blocks.*.z"] }).activations;
    const [clean, corrupted] = [zOf(task.clean), zOf(task.corrupted)];
    const [cleanZ, frozenZ] = [
      clean["blocks.0.z"]?.withoutLabels(),
      corrupted["blocks.1.z"]?.withoutLabels(),
    ];
    assert.ok(cleanZ && frozenZ);
    const only = (index: number) =>
      tensor(
        ["head"],
        [0, 1].map((at) => (at === index ? 1 : 0)),
      );
    const first = model.run(task.corrupted, {
      interventions: [
        intervention("blocks.0.z", (z) => z.plus(z.times(-1).plus(cleanZ).times(only(1)))),
        intervention("blocks.1.z", (z) => z.times(0).plus(frozenZ)),
      ],
      keep: ["blocks.2.q", "blocks.2.k", "blocks.2.v"],
    }).activations;
    for (const [through, letter] of [
      ["query", "q"],
      ["key", "k"],
      ["value", "v"],
    ] as const) {
      const name = `blocks.2.${letter}` as const;
      const recorded = (
        first[name] as Tensor<readonly ("query" | "key" | "head" | "feature" | "value")[]>
      ).withoutLabels();
      const patch = intervention(name, (own) => {
        const difference = own.times(-1).plus(recorded);
        return own.plus(difference.times(only(0)));
      });
      const { logits } = model.run(task.corrupted, { interventions: [patch] });
      const expected = task.metric(logits.at({ position: 4 }));
      const { metric } = patchPaths(model, task, through);
      close(metric.value({ earlierHead: "0.1", laterHead: "2.0" }), expected);
    }
  });

  it("a path that cannot exist changes nothing: exactly 0 to the same or an earlier layer", () => {
    for (const through of ["query", "key", "value"] as const) {
      const { restored } = patchPaths(model, task, through);
      for (const earlierHead of ["0.0", "1.1", "2.0", "2.1"])
        for (const laterHead of ["0.0", "0.1", "1.0", "1.1", "2.1"])
          if (Number(laterHead[0]) <= Number(earlierHead[0]))
            assert.equal(restored.value({ earlierHead, laterHead }), 0);
    }
  });

  it("patches between the heads asked for alone, with the same numbers", () => {
    const all = patchPaths(model, task, "value").restored;
    const some = patchPaths(model, task, "value", { senders: ["1.0", "0.1"], receivers: ["2.1"] }).restored;
    assert.deepEqual(some.shape, [2, 1]);
    for (const earlierHead of ["1.0", "0.1"])
      close(
        some.value({ earlierHead, laterHead: "2.1" }),
        all.value({ earlierHead, laterHead: "2.1" }),
        1e-5,
      );
    assert.throws(() => patchPaths(model, task, "value", { senders: ["5.0"] }), {
      name: "HeadError",
      message: 'there is no head "5.0"; the model has 0.0 to 2.1',
    });
  });
});

describe("the induction model's circuit", () => {
  const LATER = ["1.0", "1.1", "1.2", "1.3"] as const;
  let model: Transformer;
  let previous: string;
  before(async () => {
    ({ model } = await loadModel(fileURLToPath(new URL("../../../checkpoints/induction", import.meta.url))));
    previous = headRoles(model, { first: 0, period: 24 }).roles["previous token"][0] ?? "";
  });

  it("runs from the previous-token head into the induction heads' keys, not into queries or values", () => {
    // … q b … q → b: the corrupted run has another word where b's predecessor q stood first
    const block = "q b d f h j l n p r".split(" ");
    const clean = ["<start>", ...block, "q"];
    const corrupted = ["<start>", "z", ...block.slice(1), "q"];
    const task = { clean, corrupted, metric: logitDifference("b", "f") };
    const through = (kind: "query" | "key" | "value") => patchPaths(model, task, kind).restored;
    const [query, key, value] = [through("query"), through("key"), through("value")];
    const sum = (paths: typeof key, earlierHead: string) =>
      LATER.reduce((total, laterHead) => total + paths.value({ earlierHead, laterHead }), 0);
    assert.ok(sum(key, previous) > 0.5, `keys: ${sum(key, previous)}`);
    assert.ok(Math.abs(sum(query, previous)) < 0.05, `queries: ${sum(query, previous)}`);
    assert.ok(Math.abs(sum(value, previous)) < 0.05, `values: ${sum(value, previous)}`);
    for (const other of ["0.0", "0.1", "0.2", "0.3"].filter((name) => name !== previous))
      assert.ok(Math.abs(sum(key, other)) < 0.1, `${other}: ${sum(key, other)}`);
  });

  it("needs the previous-token head for its patterns only: zeroed with patterns frozen hardly matters (claim 25)", () => {
    const [layer = 0, index = 0] = previous.split(".").map(Number);
    const silenced = head(model, layer, index).zeroed();
    const sequences = repeatedTokens(model, { first: 0, period: 24, texts: 6, seed: 3 });
    const lossOfLast16 = (changed: (tokens: readonly number[]) => Transformer) =>
      sequences
        .map((tokens) => [...tokenLosses(changed(tokens), [tokens]).data].slice(-16))
        .flat()
        .reduce((sum, loss, _, all) => sum + loss / all.length, 0);
    const unchanged = lossOfLast16(() => model);
    const recomputed = lossOfLast16(() => model.with(silenced));
    const frozen = lossOfLast16((tokens) =>
      model.with(
        silenced,
        ...frozenPatterns(
          model,
          model.run(tokens.slice(0, -1), { keep: ["blocks.*.pattern"], logits: "none" }),
        ),
      ),
    );
    assert.ok(unchanged < 0.6, `unchanged: ${unchanged}`);
    assert.ok(Math.abs(frozen - unchanged) < 0.05, `frozen: ${frozen}, unchanged ${unchanged}`);
    assert.ok(recomputed > 2, `recomputed: ${recomputed}`);
  });
});
