import type { Displayable } from "../display/index.ts";
import type { HookName, HookPattern, Token, Transformer } from "../models/transformer/index.ts";
import { tensor, type Tensor } from "../tensor/index.ts";
import { attribution } from "../views/index.ts";
import { shown } from "./shown.ts";
import { unembeddingColumn } from "./unembedding-column.ts";

/** An attribution that cannot be made, or that does not add up; the message says why. */
export class AttributionError extends Error {
  override readonly name = "AttributionError";
}

/** Which logit is taken apart, and where. */
export interface AttributionTarget {
  /** The token whose logit it is. */
  readonly token: Token;
  /** The token whose logit is subtracted; without it the logit itself is taken apart. */
  readonly against?: Token;
  /** The position that predicts; default the last. */
  readonly position?: number;
}

/** A logit, or a difference of two, as a sum over everything that writes to the residual stream. */
export interface LogitAttribution extends Displayable {
  /**
   * What each component adds: the token's and the position's embedding, each head ("head 1.4"), attention's biases, each
   * feed-forward part, and what no input changes ("constant": the final norm's bias and b_U).
   */
  readonly components: Tensor<["component"]>;
  /** Their sum: what the model's own logits say. */
  readonly total: number;
  /** "please − down at position 9 (ran)". */
  readonly title: string;
}

/** How far a float32 sum of contributions may lie from the logit, as a share of the contributions' absolute sum. */
const ROUNDING = 2e-5;

/**
 * Direct logit attribution: how much each component speaks directly for `token` (against `against`) at one position.
 * Each component c adds ((c − mean(c)) / σ) ∘ gain · (W_U[token] − W_U[against]), with the σ of the run itself (root-mean-square norm:
 * without the mean). The contributions add up to the logits' difference, which is checked.
 *
 * Source: Elhage et al. 2021, "Residual stream as sum"; σ frozen as in TransformerLens' `logit_attrs`.
 * @throws AttributionError for a model without unembedding or with norms placed after each part, or when the sum does not add up
 */
export function logitAttribution(
  model: Transformer,
  tokens: readonly Token[],
  { token, against, position = tokens.length - 1 }: AttributionTarget,
): LogitAttribution {
  const {
    layers,
    norm,
    finalNorm,
    unembedding,
    embeddingNorm,
    segments,
    positions,
    kind,
    attentionBiases,
    feedForward,
    heads,
  } = model.configuration;
  if (unembedding === "none" || kind === "encoder-decoder" || norm?.place === "after")
    throw new AttributionError(
      "direct logit attribution needs one stack of blocks with an unembedding, and norms (if any) before each part",
    );
  const hasPositions = "at" in positions && positions.at === "embedding";
  const isWhole = embeddingNorm || segments > 0;
  const keep: HookPattern[] = isWhole ? ["blocks.0.residualBefore"] : ["tokenEmbedding"];
  if (hasPositions && !isWhole) keep.push("positionEmbedding");
  if (finalNorm) keep.push("finalNormScale");
  if (layers > 0) keep.push("blocks.*.result");
  if (layers > 0 && feedForward) keep.push("blocks.*.feedForwardOut");
  const run = model.run(tokens, { keep });
  const { logits } = run;
  const activation = (name: HookName): Tensor<readonly string[]> => {
    const found = (run.activations as Readonly<Partial<Record<HookName, Tensor<readonly string[]>>>>)[name];
    if (!found) throw new AttributionError(`the run kept nothing at ${name}`);
    return found.at({ position });
  };
  const [first, second] = [token, against].map((each) =>
    each === undefined ? undefined : wordIndex(model, each),
  );
  const direction = readingDirection(model, first ?? 0, second);
  const scale = finalNorm ? (activation("finalNormScale").data[0] ?? 1) : 1;
  const isCentred = finalNorm && norm?.kind === "layer";
  const labels: string[] = [];
  const values: number[] = [];
  const add = (label: string, vector: ArrayLike<number>) => {
    let mean = 0;
    if (isCentred) for (let at = 0; at < vector.length; at++) mean += (vector[at] ?? 0) / vector.length;
    let sum = 0;
    for (let at = 0; at < vector.length; at++)
      sum += ((vector[at] ?? 0) - mean) * (direction.vector[at] ?? 0);
    labels.push(label);
    values.push(sum / scale);
  };
  if (isWhole) add("embedding", activation("blocks.0.residualBefore").data);
  else add("token embedding", activation("tokenEmbedding").data);
  if (hasPositions && !isWhole) add("position embedding", activation("positionEmbedding").data);
  for (let layer = 0; layer < layers; layer++) {
    const results = activation(`blocks.${layer}.result`);
    for (let head = 0; head < heads; head++) add(`head ${layer}.${head}`, results.at({ head }).data);
    if (attentionBiases.output)
      add(`attention bias ${layer}`, model.parameter(`blocks.${layer}.attention.b_O`).data);
    if (feedForward) add(`feed-forward ${layer}`, activation(`blocks.${layer}.feedForwardOut`).data);
  }
  labels.push("constant");
  values.push(direction.constant);
  const at = (index: number | undefined) =>
    index === undefined ? 0 : logits.at({ position, vocabulary: index }).value();
  const total = at(first) - at(second);
  const sum = values.reduce((result, value) => result + value, 0);
  const size = values.reduce((result, value) => result + Math.abs(value), 0);
  if (!(Math.abs(sum - total) <= ROUNDING * Math.max(1, size)))
    throw new AttributionError(`the contributions add up to ${sum}, but the logits say ${total}`);
  const word = (each: Token) => (typeof each === "string" ? each : model.vocabulary.word(each));
  const title = `${word(token)}${against === undefined ? "" : ` − ${word(against)}`} at position ${position}`;
  const components = tensor(["component"], Float64Array.from(values), { labels: { component: labels } });
  return shown({ components, total, title }, () =>
    attribution(components, { title: `What speaks for ${title}`, valueName: "logits", sort: "size" }),
  );
}

function wordIndex(model: Transformer, token: Token): number {
  return typeof token === "number" ? token : model.vocabulary.index(token);
}

/** What the residual stream (divided by the norm's scale) is multiplied with, and what is added whatever it is. */
export function readingDirection(model: Transformer, token: number, against: number | undefined) {
  const { embedding, finalNorm, norm } = model.configuration;
  const chosen = unembeddingColumn(model, token);
  const other = against === undefined ? undefined : unembeddingColumn(model, against);
  const isLearned = finalNorm && norm?.learned === true;
  const gain = isLearned ? model.parameter("finalNorm.gain").data : undefined;
  const shift = isLearned && norm.kind === "layer" ? model.parameter("finalNorm.bias").data : undefined;
  const vector = new Float64Array(embedding);
  let constant = chosen.bias - (other?.bias ?? 0);
  for (let at = 0; at < embedding; at++) {
    const difference = (chosen.vector[at] ?? 0) - (other?.vector[at] ?? 0);
    constant += (shift?.[at] ?? 0) * difference;
    vector[at] = difference * (gain?.[at] ?? 1);
  }
  return { vector, constant };
}
