import type { Displayable } from "../display/index.ts";
import { InputError, type Token, type Transformer } from "../models/transformer/index.ts";
import { stack, type Tensor } from "../tensor/index.ts";
import { logitLensTable } from "../views/index.ts";
import { shown } from "./shown.ts";

/**
 * What a model would predict if it stopped after each block: the residual stream there, through the final norm, with that norm's own
 * statistics of that stream, and the unembedding. The first entry is the embedding alone, the last is the model's own logits.
 *
 * Source: nostalgebraist 2020, "interpreting GPT: the logit lens".
 * @returns logits; axis `layer` is labelled "embedding", "0", "1" …: after that block
 * @throws InputError for a model without unembedding, or whose norms stand after each part (then there is no final norm to apply)
 */
export function logitLens(
  model: Transformer,
  tokens: readonly Token[],
): Tensor<["layer", "position", "vocabulary"]> & Displayable {
  const { layers, unembedding, norm, kind } = model.configuration;
  if (unembedding === "none")
    throw new InputError("The logit lens needs an unembedding; this model has none.");
  if (norm?.place === "after" || kind === "encoder-decoder")
    throw new InputError(
      "The logit lens is defined for one stack of blocks with the norms before each part.",
    );
  const withPicture = (lenses: Tensor<["layer", "position", "vocabulary"]>) =>
    shown(lenses, () => logitLensTable(lenses));
  if (layers === 0) return withPicture(stack([model.run(tokens).logits], "layer", ["embedding"]));
  const { activations, logits } = model.run(tokens, { keep: ["blocks.*.residualBefore"] });
  const names = ["embedding", ...Array.from({ length: layers }, (_, layer) => String(layer))];
  const lenses = names.map((_, layer) => {
    const residual = activations[`blocks.${layer}.residualBefore`];
    // a run that starts after the last block is the final norm and the unembedding
    return layer === layers || !residual
      ? logits
      : model.run(tokens, { from: { layer: layers, residual } }).logits;
  });
  return withPicture(stack(lenses, "layer", names));
}
