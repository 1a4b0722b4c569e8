import { arithmeticOfBackend, tidied } from "../backend/operations/index.ts";
import type { Displayable } from "../display/index.ts";
import type { Transformer } from "../models/transformer/index.ts";
import { eigenvalues, magnitude, tensor, type ComplexNumber, type Tensor } from "../tensor/index.ts";
import { heatmap } from "../views/index.ts";
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
  const scores = eigenvaluesOfHeads(model, circuit).map(positiveShare);
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

/**
 * The eigenvalues of each head's W_V W_O, which are those of W_O W_V, or of its W_E W_V W_O W_U: those of W_O (W_U W_E) W_V. W_U W_E, the
 * only part that the vocabulary's size enters, is the same for all heads and made once.
 */
function eigenvaluesOfHeads(model: Transformer, circuit: "OV" | "full"): ComplexNumber[][] {
  const arithmetic = arithmeticOfBackend();
  const { tf } = arithmetic;
  const { layers, heads: perLayer, value, unembedding, embedding } = model.configuration;
  const numbers = (weights: Tensor<readonly string[]>) =>
    tf.tensor(Float32Array.from(weights.data), [...weights.shape]);
  const wordsOnly = () => {
    const W_E = numbers(model.parameter("W_E"));
    return unembedding === "tied"
      ? tf.matMul(W_E, W_E, true)
      : tf.matMul(numbers(model.parameter("W_U")), W_E);
  };
  return tidied(arithmetic, () => {
    const middle = circuit === "full" ? wordsOnly() : undefined;
    return Array.from({ length: layers }, (_, layer) =>
      tidied(arithmetic, () => {
        const weight = `blocks.${layer}.attention` as const;
        const W_O = numbers(model.parameter(`${weight}.W_O`));
        const W_V = numbers(model.parameter(`${weight}.W_V`));
        const through =
          middle && tf.reshape(tf.matMul(tf.reshape(W_O, [perLayer * value, embedding]), middle), W_O.shape);
        const small = tf.matMul(through ?? W_O, W_V).dataSync<"float32">();
        return Array.from({ length: perLayer }, (__, head) =>
          eigenvalues(
            tensor(["row", "column"], small.slice(head * value ** 2, (head + 1) * value ** 2), {
              shape: [value, value],
            }),
          ),
        );
      }),
    ).flat();
  });
}
