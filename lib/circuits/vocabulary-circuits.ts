import type { Transformer } from "../models/transformer/index.ts";
import { factored, type FactoredMatrix } from "../tensor/index.ts";
import type { Head } from "./head.ts";

/**
 * The full QK circuit W_E W_QK W_Eᵀ, from words to words: how much each destination word wants to look at each source word.
 * Never built: [vocabulary, feature] times [feature, vocabulary]. Norms and positions are left out; fold the norms first
 * (`foldedModel`) where the model has them.
 * Source: Elhage et al. 2021, "The QK circuit".
 * @example fullQK(model, head(model, 0, 3)).topK(10)
 */
export function fullQK(model: Transformer, { W_Q, W_K }: Head): FactoredMatrix<"destination", "source"> {
  const W_E = model.parameter("W_E");
  return factored(
    W_E.rename({ vocabulary: "destination" }).dot(W_Q, "embedding"),
    W_E.rename({ vocabulary: "source" }).dot(W_K, "embedding").transpose("feature", "source"),
  );
}

/**
 * The full OV circuit W_E W_OV W_U, from words to words: how much attending to each source word raises each word out.
 * Source: Elhage et al. 2021, "The OV circuit".
 */
export function fullOV(model: Transformer, { W_V, W_O }: Head): FactoredMatrix<"source", "out"> {
  return factored(
    model.parameter("W_E").rename({ vocabulary: "source" }).dot(W_V, "embedding"),
    W_O.dot(unembedding(model), "embedding"),
  );
}

/** W_U with its words on the axis `out`. */
function unembedding(model: Transformer) {
  return model.configuration.unembedding === "tied"
    ? model.parameter("W_E").rename({ vocabulary: "out" }).transpose("embedding", "out")
    : model.parameter("W_U").rename({ vocabulary: "out" });
}
