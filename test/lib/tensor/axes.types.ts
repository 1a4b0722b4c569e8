/**
 * What the type checker accepts and refuses. `axes.test.ts` runs the real checker over this file: a line marked as an error that is
 * none fails too.
 */
import {
  concatenate,
  cosine,
  explain,
  factored,
  oneHot,
  pca,
  randomNormal,
  softmax,
  stack,
  svd,
  tensor,
  zeros,
  type Tensor,
} from "../../../lib/tensor/index.ts";

/* eslint-disable @typescript-eslint/no-unnecessary-type-parameters -- the usual way to compare two types exactly */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** `expectType<Expected>()(value)`: the value's type is exactly this, not merely assignable to it. */
declare function expectType<Expected>(): <Actual>(
  value: Actual,
  ...same: Same<Actual, Expected> extends true ? [] : ["the type is another"]
) => void;
/* eslint-enable @typescript-eslint/no-unnecessary-type-parameters */

const queries = randomNormal(["query", "head", "feature"], [5, 2, 3], { seed: 1 });
const keys = randomNormal(["key", "head", "feature"], [4, 2, 3], { seed: 2 });
const table = tensor(["word", "next"], [[1, 2]]);

// Products: contracted, aligned, over several axes, none left.
const scores = queries.dot(keys, "feature");
expectType<Tensor<["query", "head", "key"]>>()(scores);
const overTwo = queries.dot(keys, ["feature", "head"]);
expectType<Tensor<["query", "key"]>>()(overTwo);
const scalar = table.row(0).dot(table.row(0), "next");
expectType<Tensor<[]>>()(scalar);
expectType<number>()(scalar.value());
const outer = table.row(0).outer(zeros(["other"], [2]));
expectType<Tensor<["next", "other"]>>()(outer);
// @ts-expect-error -- "query" is an axis of the left only
queries.dot(keys, "query");
// @ts-expect-error -- "layer" is an axis of neither
queries.dot(keys, "layer");
// @ts-expect-error -- nothing in common
queries.dot(table, "feature");
// @ts-expect-error -- one of several is an axis of the left only
queries.dot(keys, ["feature", "query"]);
// @ts-expect-error -- the product has other axes
export const wrongProduct: Tensor<["query", "key"]> = queries.dot(keys, "feature");

// Sums: the same axes in any order, or some of them; no others.
const sum = scores.plus(scores.transpose("key", "query", "head"));
expectType<Tensor<["query", "head", "key"]>>()(sum);
scores
  .plus(zeros(["key"], [4]))
  .times(2)
  .minus(zeros([], []));
// @ts-expect-error -- "feature" is no axis of the left
scores.plus(queries);
// @ts-expect-error -- the smaller one goes on the right
zeros(["key"], [4]).plus(scores);

// Parts.
expectType<Tensor<["query", "key"]>>()(scores.at({ head: 1 }));
const cell = scores.at({ head: 1, query: "milk", key: 0 });
expectType<Tensor<[]>>()(cell);
const row = table.row("my");
expectType<Tensor<["next"]>>()(row);
const column = table.column(0);
expectType<Tensor<["word"]>>()(column);
scores.value({ head: 0, query: 1, key: 2 });
scores.slice({ query: [1, 2], key: [0] }).pick({ head: [1, 0] });
// @ts-expect-error -- no such axis
scores.at({ heads: 1 });
// @ts-expect-error -- one of them is no axis
scores.at({ head: 1, position: 2 });
// @ts-expect-error -- a cell has a place on every axis
scores.value({ head: 0, query: 1 });
// @ts-expect-error -- no such axis
scores.slice({ layer: [1] });
// @ts-expect-error -- a row is taken from a matrix
scores.row(0);
// @ts-expect-error -- no such axis
scores.sizeOf("layer");

// Reductions.
const mean = scores.mean("head");
expectType<Tensor<["query", "key"]>>()(mean);
expectType<number>()(scores.sum());
// @ts-expect-error -- no such axis
scores.max("feature");
// @ts-expect-error -- no such axis
softmax(scores, "feature");

// Other names and orders.
const renamed = keys.rename({ key: "position", feature: "value" });
expectType<Tensor<["position", "head", "value"]>>()(renamed);
const turned = scores.transpose("key", "head", "query");
expectType<Tensor<["key", "head", "query"]>>()(turned);
const flipped = table.transpose();
expectType<Tensor<["next", "word"]>>()(flipped);
// @ts-expect-error -- no such axis
keys.rename({ position: "key" });
// @ts-expect-error -- "query" is missing
scores.transpose("key", "head");
// @ts-expect-error -- no such axis
scores.transpose("key", "head", "feature");
// @ts-expect-error -- more than two axes have to be named
scores.transpose();

// Made of nested numbers, sizes and labels.
// @ts-expect-error -- two axes need arrays of arrays
tensor(["row", "column"], [1, 2]);
// @ts-expect-error -- one size for two axes
zeros(["row", "column"], [2]);
// @ts-expect-error -- labels for an axis that is not there
tensor(["row"], [1], { labels: { column: ["a"] } });
const nested = table.toArray();
expectType<number[][]>()(nested);
const vectorTop = row.topK(1);
expectType<string | undefined>()(vectorTop[0]?.label);
const matrixTop = table.topK(1);
expectType<{ readonly word: number; readonly next: number } | undefined>()(matrixTop[0]?.index);
const sentence = oneHot(["position", "vocabulary"], ["my"], ["my", "files"]);
expectType<Tensor<["position", "vocabulary"]>>()(sentence);

// Several together.
const stacked = stack([row, row], "layer");
expectType<Tensor<["layer", "next"]>>()(stacked);
const joined = concatenate([table, table], "word");
expectType<Tensor<["word", "next"]>>()(joined);
const angles = cosine(table, table.rename({ word: "other" }), "next");
expectType<Tensor<["word", "other"]>>()(angles);
// @ts-expect-error -- other axes
concatenate([table, row], "next");
// @ts-expect-error -- nothing to compare along
cosine(table, queries, "next");

// A parameter states what it needs; nothing is written to, so a longer tuple of names may stand for a plain list.
export function needsMatrix(matrix: Tensor<["position", "embedding"]>): Tensor<["embedding"]> {
  return matrix.mean("position");
}
needsMatrix(zeros(["position", "embedding"], [1, 2]));
// @ts-expect-error -- the other way round
needsMatrix(zeros(["embedding", "position"], [1, 2]));
// @ts-expect-error -- other axes
needsMatrix(table);
const any: Tensor<readonly string[]> = scores;
const known = any.expectAxes("query", "head", "key");
expectType<Tensor<["query", "head", "key"]>>()(known);
any.dot(table, "word");
// @ts-expect-error -- its axes are not known
scores.plus(any);
export function shares<const A extends readonly string[]>(source: Tensor<A>, axis: A[number]): Tensor<A> {
  return softmax(source, axis).times(2).plus(source);
}

// Decompositions.
const { U, V } = svd(table);
expectType<Tensor<["word", "component"]>>()(U);
expectType<Tensor<["next", "component"]>>()(V);
const { coordinates } = pca(table, 2);
expectType<Tensor<["word", "component"]>>()(coordinates);
// @ts-expect-error -- a matrix has two axes
svd(scores);
const circuit = factored(zeros(["embedding", "value"], [4, 2]), zeros(["value", "output"], [2, 4]));
const composed = circuit.dot(zeros(["output", "vocabulary"], [4, 9]), "output").toTensor();
expectType<Tensor<["embedding", "vocabulary"]>>()(composed);
// @ts-expect-error -- the inner axes differ
factored(zeros(["embedding", "value"], [4, 2]), zeros(["feature", "output"], [2, 4]));

explain(scores, { query: 0, head: 1, key: "milk" });
// @ts-expect-error -- a cell has a place on every axis
explain(scores, { query: 0, head: 1 });

// Nothing can be written to.
// @ts-expect-error -- read only
table.data[0] = 1;
// @ts-expect-error -- read only
table.shape[0] = 1;
