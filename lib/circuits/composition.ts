import { arithmeticOfBackend, tidied, type Arithmetic, type Numbers } from "../backend/operations/index.ts";
import { probit } from "simple-statistics";
import type { Displayable } from "../display/index.ts";
import type { Transformer } from "../models/transformer/index.ts";
import { tensor, type Tensor } from "../tensor/index.ts";
import { heatmap } from "../views/index.ts";
import { headNames } from "./head.ts";
import { queriesAtDistance } from "./rotary-distance.ts";
import { shown } from "./shown.ts";
import { writesCentred } from "./writes-centred.ts";

/** Through what the later head uses what the earlier one wrote. */
export type CompositionKind = "query" | "key" | "value";

/** Composition of all pairs of heads of one kind, beside what two unrelated heads would have; shown white at the baseline. */
export interface CompositionScores extends Displayable {
  readonly kind: CompositionKind;
  /** The score; 0 where the later head's layer is not later. */
  readonly scores: Tensor<["earlierHead", "laterHead"]>;
  /**
   * What a random pair scores: 1/√d_model, or 1/√(d_model − 1) where everything that heads write is centred.
   * The root of the mean of the squared score, exactly, when either head is turned by a random rotation.
   */
  readonly baseline: number;
  /**
   * How many standard deviations the squared score lies above the baseline's square, if the earlier head were turned by a random
   * rotation; 0 where the later head's layer is not later.
   */
  readonly deviations: Tensor<["earlierHead", "laterHead"]>;
  /** How many pairs were looked at: those whose later head is in a later layer. */
  readonly pairs: number;
  /**
   * The deviations that a pair must exceed to be a finding among so many: where all pairs are unrelated, any of them does with a probability
   * of 5 % at most (Bonferroni, one side, as if deviations were normal; heads that write few directions have a longer tail, so their pairs
   * need more).
   */
  readonly threshold: number;
}

/** The probability with which unrelated heads alone give any finding. */
const FALSE_FINDING = 0.05;

/** Which W_QK is meant. */
export interface CompositionOptions {
  /** Positions from the query back to the key: with rotary positions W_QK depends on it (`head(…).QKAt`). Default 0. */
  readonly distance?: number;
}

/**
 * How much each later head's queries, keys or values are made of what each earlier head writes:
 * ‖W_OV¹ W_QK²‖ (query), ‖W_OV¹ (W_QK²)ᵀ‖ (key) or ‖W_OV¹ W_OV²‖ (value), over the product of the two matrices' Frobenius norms.
 * From 0 to 1, the same in every basis of the heads' features.
 *
 * Computed without ever building a d_model × d_model matrix of a pair: ‖AB‖² is the inner product of the Gram matrices AᵀA and BBᵀ,
 * so each head's two Gram matrices are made once and all pairs of two layers are one matrix product.
 *
 * Source: Elhage et al. 2021, "Composition scores", in row-vector convention. Baseline: for a rotation R that is uniformly random,
 * E tr(AᵀA R BBᵀ Rᵀ) = tr(AᵀA) tr(BBᵀ) / d, with variance 2‖G_A‖²‖G_B‖² / ((d − 1)(d + 2)), G being the Gram matrices without their trace.
 *
 * @example compositionScores(model, "key").scores.topK(5)
 */
export function compositionScores(
  model: Transformer,
  kind: CompositionKind,
  { distance = 0 }: CompositionOptions = {},
): CompositionScores {
  return compositionTables(model, [kind], distance)[kind];
}

/** {@link compositionScores} of several kinds at once: what the earlier heads write is made once, and read from memory once. */
export function compositionTables<K extends CompositionKind>(
  model: Transformer,
  kinds: readonly K[],
  distance = 0,
): Readonly<Record<K, CompositionScores>> {
  const arithmetic = arithmeticOfBackend();
  const { layers, heads: perLayer, embedding } = model.configuration;
  const count = layers * perLayer;
  const dimensions = writesCentred(model) ? embedding - 1 : embedding;
  const found = kinds.map(() => ({
    scores: new Float64Array(count * count),
    deviations: new Float64Array(count * count),
  }));
  const written: Grams[] = [];
  try {
    for (let later = 0; later < layers; later++) {
      if (later > 0)
        tidied(arithmetic, () => {
          const read = joined(
            arithmetic,
            kinds.map((kind) => readGrams(arithmetic, model, later, kind, distance)),
          );
          let earlier = 0;
          for (const grams of written) {
            const products = arithmetic.tf
              .matMul(rows(arithmetic, grams), rows(arithmetic, read), false, true)
              .dataSync();
            for (const [first, spread] of grams.spread.entries())
              for (const [second, spreadOfRead] of read.spread.entries()) {
                const square = products[first * read.spread.length + second] ?? 0;
                const table = found[Math.floor(second / perLayer)];
                if (!table) continue;
                const cell = (earlier + first) * count + later * perLayer + (second % perLayer);
                const deviation = deviationOf(spread, spreadOfRead, dimensions);
                table.scores[cell] = Math.sqrt(Math.max(0, square));
                table.deviations[cell] = deviation === 0 ? 0 : (square - 1 / dimensions) / deviation;
              }
            earlier += grams.spread.length;
          }
        });
      if (later < layers - 1) remember(arithmetic, written, () => writtenGrams(arithmetic, model, later));
    }
  } finally {
    for (const { normed } of written) normed.dispose();
  }
  const names = headNames(model);
  const pairs = (perLayer * perLayer * layers * (layers - 1)) / 2;
  const matrix = (data: Float64Array) =>
    tensor(["earlierHead", "laterHead"], data, {
      shape: [count, count],
      labels: { earlierHead: names, laterHead: names },
      copy: false,
    });
  const tables = kinds.map((kind, place) => {
    const scores = {
      kind,
      scores: matrix(found[place]?.scores ?? new Float64Array(count * count)),
      baseline: 1 / Math.sqrt(dimensions),
      deviations: matrix(found[place]?.deviations ?? new Float64Array(count * count)),
      pairs,
      threshold: pairs === 0 ? 0 : probit(1 - FALSE_FINDING / pairs),
    };
    return [kind, shown(scores, () => picture(scores, perLayer))];
  });
  return Object.fromEntries(tables) as Record<K, CompositionScores>;
}

/** Heads whose Gram matrices are multiplied at once: a product of few rows waits for memory. */
const HEADS_AT_ONCE = 48;

/** Keeps one more layer's Gram matrices, in one tensor with those before while they are few. */
function remember(arithmetic: Arithmetic, written: Grams[], make: () => Grams): void {
  const last = written.at(-1);
  const more = tidied(arithmetic, () => {
    const made = make();
    const isFull = !last || last.spread.length + made.spread.length > HEADS_AT_ONCE;
    const kept = isFull ? made : joined(arithmetic, [last, made]);
    arithmetic.tf.keep(kept.normed);
    return { kept, isFull };
  });
  if (!more.isFull) written.pop()?.normed.dispose();
  written.push(more.kept);
}

function joined({ tf }: Arithmetic, grams: readonly Grams[]): Grams {
  const [first] = grams;
  if (grams.length === 1 && first) return first;
  return {
    normed: tf.concat(
      grams.map(({ normed }) => normed),
      0,
    ),
    spread: grams.flatMap(({ spread }) => spread),
  };
}

/** The pairs whose second head is in a later layer; white is the baseline. */
function picture({ kind, scores, baseline }: Omit<CompositionScores, keyof Displayable>, perLayer: number) {
  const count = scores.sizeOf("laterHead");
  const layer = (place: number) => Math.floor(place / perLayer);
  const possible = Float64Array.from(scores.data, (score, cell) =>
    layer(cell % count) > layer(Math.floor(cell / count)) ? score : Number.NaN,
  );
  const names = scores.labels("laterHead") ?? [];
  const whole = tensor(["earlierHead", "laterHead"], possible, {
    shape: [count, count],
    labels: { earlierHead: names, laterHead: names },
  });
  const pairs =
    count > perLayer
      ? whole.slice({ earlierHead: [0, count - perLayer], laterHead: [perLayer, count] })
      : whole;
  return heatmap(pairs, {
    title: `Composition through ${kind === "query" ? "queries" : `${kind}s`}; white is the baseline ${baseline.toFixed(3)}`,
    domain: [0, baseline, Math.max(2 * baseline, scores.max())],
    missing: "no path: the first head is not in an earlier layer",
  });
}

/** Gram matrices of one layer's heads, each divided by its trace. */
interface Grams {
  /** [head, embedding, embedding], trace 1 (or 0 for a head that is zero). */
  readonly normed: Numbers;
  /** ‖G‖² of each head's Gram matrix: 1 where one direction is all, 1/d where all are alike. */
  readonly spread: readonly number[];
}

/** Of W_OV, on the side that it writes to: W_Oᵀ (W_Vᵀ W_V) W_O. */
function writtenGrams(arithmetic: Arithmetic, model: Transformer, layer: number): Grams {
  const weight = `blocks.${layer}.attention` as const;
  return grams(arithmetic, model.parameter(`${weight}.W_O`), model.parameter(`${weight}.W_V`));
}

/** Of W_QK or W_OV, on the side that reads the residual stream. */
function readGrams(
  arithmetic: Arithmetic,
  model: Transformer,
  layer: number,
  kind: CompositionKind,
  distance: number,
): Grams {
  const weight = `blocks.${layer}.attention` as const;
  const W_Q = queriesAtDistance(model, model.parameter(`${weight}.W_Q`), distance);
  const W_K = model.parameter(`${weight}.W_K`);
  if (kind === "query") return grams(arithmetic, W_Q, W_K);
  if (kind === "key") return grams(arithmetic, W_K, W_Q);
  return grams(arithmetic, model.parameter(`${weight}.W_V`), model.parameter(`${weight}.W_O`));
}

/** The Gram matrices of `side · other` on the embedding axis of `side`, side (otherᵀ other) sideᵀ, in the scope around this call. */
function grams(
  { tf }: Arithmetic,
  side: Tensor<readonly ["head", string, string]>,
  other: Tensor<readonly ["head", string, string]>,
): Grams {
  const [sideRows, otherRows] = [side, other].map((weights) => {
    const numbers = tf.tensor(Float32Array.from(weights.data), [...weights.shape]);
    // [head, embedding, inner], whichever way round it is stored
    return weights.axes[1] === "embedding" ? numbers : tf.transpose(numbers, [0, 2, 1]);
  }) as [Numbers, Numbers];
  const gramOfOther = tf.matMul(otherRows, otherRows, true, false);
  // the trace and the norm of side M sideᵀ from M = otherᵀ other and sideᵀ side, which are small: tr(M N), and tr(M N M N)
  const small = tf.matMul(gramOfOther, tf.matMul(sideRows, sideRows, true, false));
  const size = small.shape[1] ?? 0;
  const [products, squares] = [small.dataSync(), tf.matMul(small, small).dataSync()];
  const traces = Array.from({ length: small.shape[0] }, (_, head) => [
    trace(products, size, head),
    trace(squares, size, head),
  ]);
  const scales = traces.map(([once = 0]) => (once === 0 ? 0 : 1 / once));
  const inner = tf.mul(tf.matMul(sideRows, gramOfOther), tf.tensor(scales, [scales.length, 1, 1]));
  return {
    normed: tf.matMul(inner, sideRows, false, true),
    spread: traces.map(([, twice = 0], head) => twice * (scales[head] ?? 0) ** 2),
  };
}

/** The trace of one of several square matrices of `size` rows. */
function trace(matrices: ArrayLike<number>, size: number, at: number): number {
  let sum = 0;
  for (let row = 0; row < size; row++) sum += matrices[(at * size + row) * size + row] ?? 0;
  return sum;
}

/** Each head's Gram matrix as one row. */
function rows({ tf }: Arithmetic, { normed }: Grams): Numbers {
  return tf.reshape(normed, [normed.shape[0], -1]);
}

/** The standard deviation of tr(G_A R G_B Rᵀ) over random rotations R, for Gram matrices of trace 1. */
function deviationOf(spreadA: number, spreadB: number, dimensions: number): number {
  if (dimensions < 2) return 0;
  const [withoutTraceA, withoutTraceB] = [spreadA, spreadB].map((spread) =>
    Math.max(0, spread - 1 / dimensions),
  );
  return Math.sqrt((2 * (withoutTraceA ?? 0) * (withoutTraceB ?? 0)) / ((dimensions - 1) * (dimensions + 2)));
}
