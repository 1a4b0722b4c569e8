import assert from "node:assert/strict";
import fc from "fast-check";
import * as circuits from "../../../lib/circuits/index.ts";
import {
  createTransformer,
  parameterSpecifications,
  transformerOf,
  type Transformer,
  type TransformerOptions,
} from "../../../lib/models/transformer/index.ts";
import { randomNormal, tensor, type FactoredMatrix, type Tensor } from "../../../lib/tensor/index.ts";
import { turnedModel } from "./turned-model.ts";

/** Numbers by the name of the public function that they come from. */
type Scores = ReadonlyMap<string, readonly number[]>;

/** How far two float32 computations may lie apart, as a share of the largest number of the score. */
const TOLERANCE = 2e-4;

const TOKENS = [1, 2, 3, 1, 2, 4];
const CLEAN = [1, 5, 3, 0, 2, 4];

/** What exists for all models, and takes no norm, bias or depth for granted. */
function scoresOfAnyModel(model: Transformer): Scores {
  const scores = new Map<string, readonly number[]>();
  const add = (name: string, ...numbers: (number | readonly number[] | Tensor<readonly string[]>)[]) => {
    scores.set(
      name,
      numbers.flatMap((each) =>
        typeof each === "number" ? [each] : "data" in each ? Array.from(each.data) : [...each],
      ),
    );
  };
  const heads = circuits.heads(model);
  const [first, last] = [circuits.head(model, 0, 0), circuits.head(model, 1, 1)];
  const maps = (each: circuits.Head) => [each.QK, each.OV, each.QKAt(2)] as unknown as AnyFactored[];
  add("heads", ...heads.flatMap(maps).map(numbersOf));
  add("fullQK", ...heads.map((each) => numbersOf(circuits.fullQK(model, each))));
  add("fullOV", ...heads.map((each) => numbersOf(circuits.fullOV(model, each))));
  add("virtualOV", numbersOf(circuits.virtualOV(first, last)));
  add("keyCompositionCircuit", numbersOf(circuits.keyCompositionCircuit(model, first, last)));
  for (const distance of [0, 3])
    for (const kind of ["query", "key", "value"] as const) {
      const composition = circuits.compositionScores(model, kind, { distance });
      add(`compositionScores, ${kind} at ${distance}`, composition.scores, composition.baseline);
      add(`compositionScores, deviations of ${kind} at ${distance}`, composition.deviations);
    }
  add("copyingScores", circuits.copyingScores(model), circuits.copyingScores(model, "full"));
  add("positiveShare", ...heads.map(({ QK }) => circuits.positiveShare(QK.eigenvalues())));
  const roles = circuits.headRoles(model, { texts: 1 });
  add("headRoles", roles.scores);
  const run = model.run(TOKENS, { keep: ["blocks.*.pattern", "blocks.*.z"] });
  const pattern = run.activations["blocks.1.pattern"];
  assert.ok(pattern);
  const target = circuits.targetPattern("induction", TOKENS.map(String));
  add("stripe", circuits.stripe(pattern, -1));
  add("attentionShare", circuits.attentionShare(pattern.withoutLabels(), target.withoutLabels()));
  add("attentionShareOfAll", circuits.attentionShareOfAll(pattern.withoutLabels(), target.withoutLabels()));
  add("logitLens", circuits.logitLens(model, TOKENS));
  const attribution = circuits.logitAttribution(model, TOKENS, { token: 2, against: 5 });
  add("logitAttribution", attribution.components, attribution.total);
  add("informationMoves", movesOf(model));
  const folded = circuits.foldedModel(model, { refactor: true });
  add("foldedModel", folded.run(TOKENS).logits, circuits.compositionScores(folded, "key").scores);
  for (const circuit of ["QK", "OV"] as const)
    for (const head of heads)
      for (const direction of circuits.singularDirections(model, head, circuit, { count: 3, words: 2 })) {
        const name = `singularDirections, ${circuit} ${head.name} component ${direction.component}`;
        add(name, direction.singularValue);
        // its sign and, where two values are close, it itself are one choice among many: see the docstring
        if (direction.gap > 0.2)
          add(`${name} up to sign`, outer(direction.reads), outer(direction.writes), crossed(direction));
      }
  const task = { clean: CLEAN, corrupted: TOKENS, metric: circuits.logitDifference(2, 5) };
  const add2 = (name: string, { metric, clean, corrupted, restored }: AnyPatching) => {
    add(name, metric, clean, corrupted, restored.times(clean - corrupted));
  };
  add2("patchResidual", circuits.patchResidual(model, task));
  add2("patchHeads", circuits.patchHeads(model, task));
  add2("patchHeadsByPosition", circuits.patchHeadsByPosition(model, task));
  for (const through of ["query", "key", "value"] as const)
    add2(`patchPaths, ${through}`, circuits.patchPaths(model, task, through));
  const gradient = tensor(
    ["vocabulary"],
    Array.from({ length: 6 }, (_, word) => word - 2),
  );
  add("attributeHeads", circuits.attributeHeads(model, task, gradient));
  const direction = tensor(["embedding"], last.OV.row(0).data.slice());
  const other = model.run(CLEAN, { keep: ["blocks.*.pattern", "blocks.*.z"] });
  for (const [name, intervention] of Object.entries({
    zeroed: first.zeroed(),
    scaled: first.scaled(-2),
    replacedBy: first.replacedBy(other),
    meanAblated: first.meanAblated([run, other]),
    projectedOut: first.projectedOut(direction),
    steered: first.steered(direction),
    patternFrozen: first.patternFrozen(other),
  }))
    add(`head, ${name}`, model.with(intervention).run(TOKENS).logits);
  add("frozenPatterns", model.with(...circuits.frozenPatterns(model, other)).run(TOKENS).logits);
  const report = circuits.modelReport(model, {}, TOKENS);
  const { logitLens, ...json } = circuits.reportJson(report);
  assert.ok(logitLens);
  add("reportJson", numbersIn(json));
  return scores;
}

/** What exists only for models of attention alone without norms and biases, of one layer or of more. */
function scoresOfAttentionOnly(model: Transformer): Scores {
  const scores = new Map<string, readonly number[]>();
  if (model.configuration.layers > 1) {
    scores.set("pathExpansion", Array.from(circuits.pathExpansion(model, TOKENS).paths.data));
    const { upToOrder, layerAlone } = circuits.termImportance(model, [TOKENS, CLEAN]);
    scores.set("termImportance", [...upToOrder.data, ...layerAlone.data]);
    return scores;
  }
  const head = circuits.head(model, 0, 1);
  const table = circuits
    .skipTrigramTable(model, head, { count: 6 ** 3, sources: [0, 1, 2, 3, 4, 5] })
    .toSorted((one, other) => wordsOf(one).localeCompare(wordsOf(other)));
  scores.set(
    "skipTrigramTable",
    table.flatMap(({ attention, write, strength }) => [attention, write, strength]),
  );
  const bug = circuits.skipTrigramBug(model, head, 3, [
    [0, 1],
    [2, 4],
  ]);
  scores.set("skipTrigramBug", [...bug.contributions.data, ...bug.attention.data, ...bug.writes.data]);
  return scores;
}

/** Functions that give no number of their own, or one that another one above gives as well. */
const NO_SCORES = [
  "HeadError, FoldingError, AttributionError: errors",
  "headNames, repeatedTokens, targetPattern, logitDifference: of no weights",
  "modelReport, reportJsonText, reportPage, reportText: what reportJson holds",
];

interface AnyFactored extends Pick<FactoredMatrix<string, string>, "norm" | "trace" | "svd" | "eigenvalues"> {
  toTensor(): Tensor<readonly string[]>;
}
interface AnyPatching {
  readonly metric: Tensor<readonly string[]>;
  readonly restored: Tensor<readonly string[]>;
  readonly clean: number;
  readonly corrupted: number;
}

/** A matrix whole, its norm, its trace and its singular values; eigenvalues by what is smooth in them: sums of their powers. */
function numbersOf(matrix: AnyFactored): number[] {
  const values = matrix.eigenvalues();
  return [
    ...matrix.toTensor().data,
    matrix.norm(),
    matrix.trace(),
    ...matrix.svd().S.data,
    values.reduce((sum, { real }) => sum + real, 0),
    values.reduce((sum, { real, imaginary }) => sum + real ** 2 - imaginary ** 2, 0),
  ];
}

function movesOf(model: Transformer): number[] {
  return [undefined, 3].flatMap((towards) =>
    circuits
      .informationMoves(model, TOKENS, {
        fromFirst: true,
        count: 10_000,
        ...(towards === undefined ? {} : { towards }),
      })
      .moves.toSorted(
        (a, b) =>
          a.layer - b.layer || String(a.head).localeCompare(String(b.head)) || a.from - b.from || a.to - b.to,
      )
      .map(({ amount }) => amount),
  );
}

/** v vᵀ: v up to sign. */
function outer(vector: Tensor<["embedding"]>): number[] {
  return Array.from(vector.outer(vector.rename({ embedding: "other" })).data);
}

/** reads writesᵀ: the signs of both together are not free. */
function crossed({ reads, writes }: circuits.SingularDirection): number[] {
  return Array.from(reads.outer(writes.rename({ embedding: "other" })).data);
}

function wordsOf({ source, destination, out }: circuits.SkipTrigramEntry): string {
  return `${source} ${destination} ${out}`;
}

function numbersIn(json: unknown): number[] {
  if (typeof json === "number") return [json];
  if (typeof json !== "object" || json === null) return [];
  return Object.values(json).flatMap(numbersIn);
}

/** A model all of whose parameters, biases and gains too, are large enough to matter. */
async function randomModel(options: TransformerOptions, seed: number): Promise<Transformer> {
  const { configuration, vocabulary } = await createTransformer(options, { seed });
  const parameters = parameterSpecifications(configuration).map(({ name, shape }) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const deviation = shape.length > 1 ? 1.5 / Math.sqrt(configuration.embedding) : 0.5;
    const numbers = randomNormal(["number"], [size], { seed: `${seed} ${name}`, deviation });
    return [name, Float32Array.from(numbers.data)] as const;
  });
  return transformerOf(configuration, new Map(parameters), { vocabulary });
}

function assertAlike(before: Scores, after: Scores): void {
  assert.deepEqual([...before.keys()], [...after.keys()]);
  for (const [name, numbers] of before) {
    const others = after.get(name) ?? [];
    assert.equal(others.length, numbers.length, name);
    const largest = numbers.reduce((most, number) => Math.max(most, Math.abs(number)), 0);
    assert.ok(largest > 1e-3 && Number.isFinite(largest), `${name} says nothing: ${largest}`);
    for (const [at, number] of numbers.entries())
      assert.ok(
        Math.abs(number - (others[at] ?? Number.NaN)) <= TOLERANCE * Math.max(1, largest),
        `${name}, number ${at}: ${number}, then ${others[at]}`,
      );
  }
}

const SIZES = { vocabulary: 6, context: 8, layers: 2, heads: 2, embedding: 10, feature: 4, value: 3 };

describe("what is not identifiable: (W_Q R, W_K R⁻ᵀ) and (W_V S, S⁻¹ W_O)", function () {
  this.timeout(60_000);

  it("changes no public score of any kind of model", async () => {
    const kinds = fc.record<TransformerOptions>({
      ...fixed(SIZES),
      keyHeads: fc.constantFrom(1, 2),
      positions: fc.constantFrom<NonNullable<TransformerOptions["positions"]>>(
        "learned",
        { kind: "rotary" },
        { kind: "rotary", features: 2, pairs: "neighbours" },
      ),
      norm: fc.constantFrom<NonNullable<TransformerOptions["norm"]>>(false, true, {
        kind: "root-mean-square",
      }),
      feedForward: fc.constantFrom<NonNullable<TransformerOptions["feedForward"]>>(false, { neurons: 12 }),
      attentionBiases: fc.boolean(),
      queryKeyNorm: fc.boolean(),
      unembedding: fc.constantFrom<"tied" | "own">("tied", "own"),
    });
    await fc.assert(
      fc.asyncProperty(kinds, fc.nat(1000), async (options, seed) => {
        const model = await randomModel(options, seed);
        assertAlike(scoresOfAnyModel(model), scoresOfAnyModel(await turnedModel(model, seed + 1)));
      }),
      { numRuns: 12, seed: 17 },
    );
  });

  it("changes no path and no skip-trigram of models of attention alone", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(1, 2), fc.nat(1000), async (layers, seed) => {
        const model = await randomModel({ ...SIZES, layers }, seed);
        assertAlike(scoresOfAttentionOnly(model), scoresOfAttentionOnly(await turnedModel(model, seed + 1)));
      }),
      { numRuns: 12, seed: 17 },
    );
  });

  it("is asked of every public function", async () => {
    const asked = [SIZES, { ...SIZES, layers: 1 }];
    const names = new Set(NO_SCORES.flatMap((line) => (line.split(":")[0] ?? "").split(", ")));
    for (const options of asked) {
      const model = await randomModel(options, 1);
      const scores = new Map([
        ...(options.layers > 1 ? scoresOfAnyModel(model) : []),
        ...scoresOfAttentionOnly(model),
      ]);
      for (const name of scores.keys()) names.add(name.split(",")[0] ?? name);
    }
    assert.deepEqual([...names].toSorted(), Object.keys(circuits).toSorted());
  });

  it("changes what is said to depend on the basis: a head's four matrices, and q, k, v and z", async () => {
    const model = await randomModel(SIZES, 1);
    const turned = await turnedModel(model, 2);
    const keep = ["blocks.0.q", "blocks.0.k", "blocks.0.v", "blocks.0.z"] as const;
    const [before, after] = [model, turned].map((each) => {
      const { W_Q, W_K, W_V, W_O } = circuits.head(each, 0, 1);
      const { activations } = each.run(TOKENS, { keep: [...keep] });
      return [W_Q, W_K, W_V, W_O, ...keep.map((name) => activations[name])].map((found) => found.norm());
    });
    for (const [at, norm] of (before ?? []).entries())
      assert.ok(
        Math.abs(norm - (after?.[at] ?? norm)) > 0.02 * norm,
        `number ${at}: ${norm}, ${after?.[at]}`,
      );
  });
});

/** Each value as it is. */
function fixed<T extends object>(values: T): { [K in keyof T]: fc.Arbitrary<T[K]> } {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, fc.constant(value)])) as {
    [K in keyof T]: fc.Arbitrary<T[K]>;
  };
}
