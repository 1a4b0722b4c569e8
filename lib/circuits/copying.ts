import { arithmeticOfBackend, tidied } from "../backend/operations/index.ts";
import type { Displayable } from "../display/index.ts";
import type { Transformer } from "../models/transformer/index.ts";
import { eigenvalues, magnitude, tensor, type ComplexNumber, type Tensor } from "../tensor/index.ts";
import { heatmap } from "../views/index.ts";
import { heads, type Head } from "./head.ts";
import { shown } from "./shown.ts";

/**
 * Σλ / Σ|λ| over eigenvalues: 1 where all are positive, −1 where all are negative, near 0 for a random matrix; NaN where all are 0.
 * Source: Elhage et al. 2021, "Copying / primitive in-context learning"; the summary as in Olsson et al. 2022.
 */
export function positiveShare(values: readonly ComplexNumber[]): number {
  const sum = values.reduce((total, { real }) => total + real, 0);
  return sum / values.reduce((total, value) => total + magnitude(value), 0);
}

/**
 * How much each head copies: {@link positiveShare} of the eigenvalues of W_OV, or of the full circuit W_E W_OV W_U from words to words.
 * Positive eigenvalues make copying likely; they don't prove it, for eigenvectors need not be orthogonal.
 *
 * Eigenvalues of a product are those of the product in the other order: d_head × d_head matrices are all that is ever built.
 *
 * @returns from −1 to 1, labelled with the heads' numbers
 */
export function copyingScores(
  model: Transformer,
  circuit: "OV" | "full" = "OV",
): Tensor<["layer", "head"]> & Displayable {
  const { layers, heads: perLayer } = model.configuration;
  const middle = circuit === "full" ? wordMiddle(model) : undefined;
  const scores = heads(model).map((each) =>
    positiveShare(middle ? throughMiddle(each, middle) : each.OV.eigenvalues()),
  );
  const found = tensor(["layer", "head"], Float64Array.from(scores), {
    shape: [layers, perLayer],
    labels: {
      layer: Array.from({ length: layers }, (_, layer) => String(layer)),
      head: Array.from({ length: perLayer }, (_, index) => String(index)),
    },
  });
  return shown(found, () =>
    heatmap(found, {
      title: `How much each head copies (${circuit === "full" ? "W_E W_OV W_U" : "W_OV"}): −1 never, 1 always`,
      domain: [-1, 0, 1],
    }),
  );
}

/** W_U W_E, [embedding, embedding]: the only part of the full circuit that the vocabulary's size enters, the same for all heads. */
function wordMiddle(model: Transformer): Tensor<["out", "source"]> {
  const { tf } = arithmeticOfBackend();
  const { embedding, unembedding } = model.configuration;
  const W_E = model.parameter("W_E");
  const data = tidied({ tf }, () => {
    const words = tf.tensor2d(Float32Array.from(W_E.data), [W_E.shape[0] ?? 0, embedding]);
    if (unembedding === "tied") return tf.matMul(words, words, true).dataSync<"float32">();
    const W_U = model.parameter("W_U");
    return tf
      .matMul(tf.tensor2d(Float32Array.from(W_U.data), [embedding, W_U.shape[1] ?? 0]), words)
      .dataSync<"float32">();
  });
  return tensor(["out", "source"], data, { shape: [embedding, embedding] });
}

/** Eigenvalues of W_E W_V W_O W_U: those of W_O (W_U W_E) W_V. */
function throughMiddle({ W_V, W_O }: Head, middle: Tensor<["out", "source"]>): ComplexNumber[] {
  const small = W_O.rename({ embedding: "out" })
    .dot(middle, "out")
    .dot(W_V.rename({ value: "column", embedding: "source" }), "source");
  return eigenvalues(small);
}
