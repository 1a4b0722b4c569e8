import type { Transformer } from "../models/transformer/index.ts";
import { HeadError } from "./errors.ts";
import { queriesAtDistance } from "./rotary-distance.ts";
import { headInterventions, type HeadInterventions } from "./interventions.ts";
import { factored, type FactoredMatrix, type Tensor } from "../tensor/index.ts";

/**
 * One attention head of a model as matrices, in the convention of code: row vectors, weights on the right.
 *
 * Three places take part when a head moves information, named as in Elhage et al. 2021 (A Mathematical Framework for
 * Transformer Circuits): the *destination* looks, the *source* is looked at, and *out* is what the head writes at the destination.
 * Only QK and OV are facts about a head: W_Q and W_K may be turned into each other's basis (W_Q R, W_K R⁻ᵀ), W_V and W_O likewise,
 * and nothing changes. So no direction of a single query, key or value means anything by itself.
 */
export interface Head extends HeadInterventions {
  readonly layer: number;
  /** The head's number in its layer, from 0. */
  readonly index: number;
  /** "1.4": layer 1, head 4. */
  readonly name: string;
  /**
   * W_Q, W_K, W_V and W_O depend on the basis that training happened to end in: so do their norms, rows and columns, and the hooks
   * q, k, v and z. Every score of this library is made of {@link QK} and {@link OV}, and does not.
   */
  readonly W_Q: Tensor<["embedding", "feature"]>;
  readonly W_K: Tensor<["embedding", "feature"]>;
  readonly W_V: Tensor<["embedding", "value"]>;
  readonly W_O: Tensor<["value", "embedding"]>;
  /**
   * W_Q W_Kᵀ: how much a destination's residual stream wants to look at a source's, before scale, norm and biases.
   * With rotary positions: for a source at the destination's own position; {@link QKAt} for one further back.
   */
  readonly QK: FactoredMatrix<"destination", "source">;
  /**
   * W_QK for a source `distance` positions before the destination. With rotary positions W_Q R(distance) W_Kᵀ, where R turns each pair of
   * features by distance × frequency; with all other kinds of position it is {@link QK}, whatever the distance.
   * @throws HeadError for a distance that is no whole number of at least 0
   */
  QKAt(distance: number): FactoredMatrix<"destination", "source">;
  /** W_V W_O: what is written at the destination for what is read at the source. */
  readonly OV: FactoredMatrix<"source", "out">;
}

/**
 * Head `index` of block `layer` of `model`.
 * @throws HeadError when the model has no such head
 * @example head(model, 1, 4).OV.svd().S
 */
export function head(model: Transformer, layer: number, index: number): Head {
  const { layers, heads } = model.configuration;
  if (!Number.isInteger(layer) || layer < 0 || layer >= layers)
    throw new HeadError(
      `there is no layer ${layer}; the model has ${layers === 0 ? "none" : `0 to ${layers - 1}`}`,
    );
  if (!Number.isInteger(index) || index < 0 || index >= heads)
    throw new HeadError(
      `there is no head ${layer}.${index}; layer ${layer} has ${layer}.0 to ${layer}.${heads - 1}`,
    );
  const weight = `blocks.${layer}.attention` as const;
  const W_Q = model.parameter(`${weight}.W_Q`).at({ head: index });
  const W_K = model.parameter(`${weight}.W_K`).at({ head: index });
  const W_V = model.parameter(`${weight}.W_V`).at({ head: index });
  const W_O = model.parameter(`${weight}.W_O`).at({ head: index });
  const QKAt = (distance: number) =>
    factored(
      queriesAtDistance(model, W_Q, distance).rename({ embedding: "destination" }),
      W_K.rename({ embedding: "source" }).transpose("feature", "source"),
    );
  return {
    ...headInterventions(model, layer, index),
    layer,
    index,
    name: `${layer}.${index}`,
    W_Q,
    W_K,
    W_V,
    W_O,
    QK: QKAt(0),
    QKAt,
    OV: factored(W_V.rename({ embedding: "source" }), W_O.rename({ embedding: "out" })),
  };
}

/** All heads of `model`, layer by layer. */
export function heads(model: Transformer): Head[] {
  const { layers, heads: count } = model.configuration;
  return Array.from({ length: layers * count }, (_, place) =>
    head(model, Math.floor(place / count), place % count),
  );
}

/** The names of all heads, layer by layer: labels of an axis over heads. */
export function headNames(model: Transformer): string[] {
  const { layers, heads: count } = model.configuration;
  return Array.from(
    { length: layers * count },
    (_, place) => `${Math.floor(place / count)}.${place % count}`,
  );
}
