import type { Displayable } from "../display/index.ts";
import { InputError, type Token, type Transformer } from "../models/transformer/index.ts";
import { stack, type Tensor } from "../tensor/index.ts";
import { heatmap } from "../views/index.ts";
import { heads } from "./head.ts";
import { shown } from "./shown.ts";

/** The logits of an attention-only model as a sum over paths from the tokens to the output. */
export interface PathExpansion extends Displayable {
  /**
   * What each path adds to each logit. "direct": token to output. "0.3": through one head alone. "0.3 → 1.2": through a head of an
   * earlier layer and one of a later, a virtual head. They add up to the model's logits.
   */
  readonly paths: Tensor<["path", "position", "vocabulary"]>;
  /** How many heads each path goes through: 0, 1, 2 … */
  readonly orders: readonly number[];
}

/** Largest number of cells that an expansion may have: 512 MB. */
const MAX_CELLS = 2 ** 26;

/**
 * The path expansion of an attention-only model at one text: every path through its heads, with the attention patterns of the run.
 * With the patterns fixed, each path is linear in the tokens: A^h₂ A^h₁ x W_OV^h₁ W_OV^h₂ W_U.
 *
 * Source: Elhage et al. 2021, "Path expansion trick", "Virtual attention heads".
 * @throws InputError for a model with feed-forward parts, norms or biases (its logits are not a sum of paths), or with more paths than fit
 */
export function pathExpansion(model: Transformer, tokens: readonly Token[]): PathExpansion {
  checkExpandable(model);
  const { layers, heads: perLayer, vocabulary } = model.configuration;
  const count = (1 + perLayer) ** layers;
  if (count * tokens.length * vocabulary > MAX_CELLS)
    throw new InputError(
      `The model has ${count} paths, with ${tokens.length} positions and ${vocabulary} words ${count * tokens.length * vocabulary} numbers; at most ${MAX_CELLS} are built. Take a shorter text.`,
    );
  let streams = [{ name: "direct", order: 0, stream: embedded(model, tokens) }];
  for (const [layer, patterns] of patternsOf(model, tokens).entries())
    streams = [
      ...streams,
      ...streams.flatMap(({ name, order, stream }) =>
        heads(model)
          .filter((head) => head.layer === layer)
          .map(({ name: head, index, W_V, W_O }) => ({
            name: order === 0 ? head : `${name} → ${head}`,
            order: order + 1,
            stream: patterns
              .at({ head: index })
              .dot(stream.rename({ position: "key" }).dot(W_V, "embedding"), "key")
              .dot(W_O, "value")
              .rename({ query: "position" }),
          })),
      ),
    ];
  const ordered = streams.toSorted((a, b) => a.order - b.order);
  const W_U =
    model.configuration.unembedding === "tied"
      ? model.parameter("W_E").transpose("embedding", "vocabulary")
      : model.parameter("W_U");
  const paths = stack(
    ordered.map(({ stream }) => stream.dot(W_U, "embedding")),
    "path",
    ordered.map(({ name }) => name),
  );
  return shown({ paths, orders: ordered.map(({ order }) => order) }, () =>
    heatmap(paths.at({ position: tokens.length - 1 }), { title: "What each path adds at the last position" }),
  );
}

/** @throws InputError for a model whose logits are not a sum of paths through heads */
export function checkExpandable({ configuration }: Transformer): void {
  const { feedForward, norm, attentionBiases, unembedding, unembeddingBias, kind, segments, embeddingNorm } =
    configuration;
  const obstacle = [
    [kind !== "decoder", "it is no decoder"],
    [feedForward !== null, "it has feed-forward parts"],
    [norm !== null || embeddingNorm, "it has norms"],
    [attentionBiases.queryKeyValue || attentionBiases.output || unembeddingBias, "it has biases"],
    [segments > 0, "it has segments"],
    [unembedding === "none", "it has no unembedding"],
  ].find(([holds]) => holds);
  if (obstacle)
    throw new InputError(
      `The logits of this model are not a sum of paths through heads: ${String(obstacle[1])}.`,
    );
}

/** The residual stream before the first block. */
function embedded(model: Transformer, tokens: readonly Token[]): Tensor<["position", "embedding"]> {
  const { positions } = model.configuration;
  const { activations } = model.run(tokens, { keep: ["tokenEmbedding"], logits: "none" });
  if (!("at" in positions) || positions.at !== "embedding") return activations.tokenEmbedding;
  const { positionEmbedding } = model.run(tokens, {
    keep: ["positionEmbedding"],
    logits: "none",
  }).activations;
  return activations.tokenEmbedding.plus(positionEmbedding);
}

function patternsOf(model: Transformer, tokens: readonly Token[]): Tensor<["head", "query", "key"]>[] {
  const { layers } = model.configuration;
  if (layers === 0) return [];
  const { activations } = model.run(tokens, { keep: ["blocks.*.pattern"], logits: "none" });
  return Array.from({ length: layers }, (_, layer) => activations[`blocks.${layer}.pattern`]).filter(
    (pattern) => pattern !== undefined,
  );
}
