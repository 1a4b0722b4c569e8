import type { Transformer } from "../models/transformer/index.ts";
import { factored, type FactoredMatrix } from "../tensor/index.ts";
import type { Head } from "./head.ts";

/**
 * W_OV of the virtual head that an earlier and a later head make together: what is read where the earlier one looks, and written where
 * the later one stands. Rank at most d_head.
 * Source: Elhage et al. 2021, "Virtual attention heads".
 */
export function virtualOV(earlier: Head, later: Head): FactoredMatrix<"source", "out"> {
  return factored(
    earlier.W_V.rename({ embedding: "source" }),
    earlier.W_O.dot(later.W_V.rename({ value: "laterValue" }), "embedding").dot(
      later.W_O.rename({ value: "laterValue", embedding: "out" }),
      "laterValue",
    ),
  );
}

/**
 * What the later head looks for through the earlier one, from words to words: W_E W_QK (W_OV)ᵀ W_Eᵀ. How much a destination word of the
 * later head wants to look at a position into which the earlier head has moved each source word.
 * Positive eigenvalues: it looks for what was moved there being its own word, which is what makes an induction head.
 * Source: Elhage et al. 2021, "Mechanistic theory of induction heads"; claim of its eigenvalue figure.
 */
export function keyCompositionCircuit(
  model: Transformer,
  earlier: Head,
  later: Head,
): FactoredMatrix<"destination", "source"> {
  const W_E = model.parameter("W_E");
  const moved = W_E.rename({ vocabulary: "source" }).dot(earlier.W_V, "embedding").dot(earlier.W_O, "value");
  return factored(
    W_E.rename({ vocabulary: "destination" }).dot(later.W_Q, "embedding"),
    moved.dot(later.W_K, "embedding").transpose("feature", "source"),
  );
}
