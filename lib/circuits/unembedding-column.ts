import type { Token, Transformer } from "../models/transformer/index.ts";

/** What the residual stream after the final norm is multiplied with to give one token's logit, and what is added to it. */
export function unembeddingColumn(
  model: Transformer,
  token: Token,
): { readonly vector: Float64Array; readonly bias: number } {
  const { embedding, unembedding, unembeddingBias, vocabulary } = model.configuration;
  const word = typeof token === "number" ? token : model.vocabulary.index(token);
  const isTied = unembedding === "tied";
  const { data } = isTied ? model.parameter("W_E") : model.parameter("W_U");
  const vector = Float64Array.from(
    { length: embedding },
    (_, at) => (isTied ? data[word * embedding + at] : data[at * vocabulary + word]) ?? 0,
  );
  return { vector, bias: unembeddingBias ? (model.parameter("b_U").data[word] ?? 0) : 0 };
}
