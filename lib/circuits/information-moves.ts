import type { Displayable } from "../display/index.ts";
import { HandMadeModel } from "../models/index.ts";
import { InputError, type Token, type Transformer } from "../models/transformer/index.ts";
import { tensor, type Tensor } from "../tensor/index.ts";
import { informationFlow, type InformationMove } from "../views/index.ts";
import { AttributionError, readingDirection } from "./attribution.ts";
import { headNames } from "./head.ts";
import { shown } from "./shown.ts";

/** What the heads of a model carried between the positions of one text. */
export interface InformationMoves extends Displayable {
  /** The words, one for each position; with the start token where the model puts one in front. */
  readonly tokens: readonly string[];
  /** Who carried how much from where to where, the largest first; `informationFlow(tokens, moves)` draws them. */
  readonly moves: readonly InformationMove[];
}

/** Options of {@link informationMoves}. */
export interface InformationMovesOptions {
  /**
   * A word: the amounts are what each move adds to its logit, directly. Without it they are the length of the vector that
   * is written; in a hand-made model, whose dimensions have names, with a minus where it takes away more than it adds.
   */
  readonly towards?: Token;
  /** Whether to list moves from the first position, where heads rest that find nothing; no unless given. */
  readonly fromFirst?: boolean;
  /** How many moves, the largest, are kept; 400 unless given. */
  readonly count?: number;
  /** The title of the picture. */
  readonly title?: string;
}

/** One layer's amounts: what each head carried from each key to each query. */
type Amounts = Tensor<["head", "query", "key"]>;

/**
 * What moves from where to where: for each head and each pair of positions the share of attention times what is written
 * for the word attended to, A[query, key] · (value[key] W_O). Shows itself as a picture of the flow.
 *
 * Source: Elhage et al. 2021, "Attention heads as information movement".
 * @param tokens words (a hand-made model puts its start token in front) or, for a transformer, their numbers too
 * @throws InputError for an encoder–decoder; AttributionError for `towards` in a model without an unembedding or with
 *   norms after each part; UnknownWordError
 * @example informationMoves(handMadeModel([[previous], [induction]], { vocabulary }), ["A", "B", "A"])
 */
export function informationMoves(
  model: HandMadeModel,
  tokens: readonly string[],
  options?: InformationMovesOptions,
): InformationMoves;
export function informationMoves(
  model: Transformer,
  tokens: readonly Token[],
  options?: InformationMovesOptions,
): InformationMoves;
export function informationMoves(
  model: HandMadeModel | Transformer,
  tokens: readonly Token[],
  options: InformationMovesOptions = {},
): InformationMoves {
  const { towards, fromFirst = false, count = 400 } = options;
  const { words, layers } =
    model instanceof HandMadeModel
      ? movesOfHandMade(model, tokens.map(String), towards)
      : movesOfTransformer(model, tokens, towards);
  const moves = layers
    .flatMap((amounts, layer) => largest(fromFirst ? amounts : withoutFirst(amounts), layer, count))
    .toSorted((left, right) => Math.abs(right.amount) - Math.abs(left.amount))
    .slice(0, count);
  const title =
    towards === undefined
      ? "What moves from where to where"
      : `What moves towards “${nameOf(model, towards)}”`;
  return shown({ tokens: words, moves }, () =>
    informationFlow(words, moves, {
      title: options.title ?? title,
      valueName: towards === undefined ? "written" : "logit",
    }),
  );
}

function movesOfHandMade(model: HandMadeModel, tokens: readonly string[], towards: Token | undefined) {
  const run = model.run(tokens);
  const layers = run.layers.map(({ attention }, layer): Amounts => {
    const { W_O } = model.weights.layers[layer]?.attention ?? {};
    if (W_O === undefined) throw new InputError(`Layer ${layer} has no attention.`);
    const written = attention.values.dot(W_O, "value");
    const amounts =
      towards === undefined
        ? written.norm("embedding").times(written.sum("embedding").map((sum) => (sum < 0 ? -1 : 1)))
        : written.dot(model.weights.W_U.column(towards), "embedding");
    return attention.pattern.times(amounts).transpose("head", "query", "key");
  });
  return { words: run.tokens, layers };
}

function movesOfTransformer(model: Transformer, tokens: readonly Token[], towards: Token | undefined) {
  const { layers: depth, heads, kind, finalNorm, norm, unembedding } = model.configuration;
  if (kind === "encoder-decoder")
    throw new InputError("The moves of an encoder–decoder go between two texts; this reads one.");
  if (towards !== undefined && (unembedding === "none" || norm?.place === "after"))
    throw new AttributionError(
      "what a head adds to a logit directly needs an unembedding, and norms (if any) before each part",
    );
  const { activations } = model.run(tokens, {
    keep: ["blocks.*.pattern", "blocks.*.v", ...(finalNorm ? (["finalNormScale"] as const) : [])],
    logits: "none",
  });
  const kept: Readonly<Record<string, Tensor<readonly string[]> | undefined>> = activations;
  const scale = kept["finalNormScale"]?.expectAxes("position").rename({ position: "query" });
  const layers = Array.from({ length: depth }, (_, layer): Amounts => {
    const W_O = model.parameter(`blocks.${layer}.attention.W_O`);
    const values = activations[`blocks.${layer}.v`];
    const pattern = activations[`blocks.${layer}.pattern`];
    if (values === undefined || pattern === undefined) throw new InputError(`Layer ${layer} kept nothing.`);
    const named = pattern.withLabels({ head: headNames(model).slice(layer * heads, (layer + 1) * heads) });
    const written = values.dot(W_O, "value").withoutLabels("head");
    if (towards === undefined) return named.times(written.norm("embedding"));
    const amounts = named.times(written.dot(directionTowards(model, towards), "embedding"));
    return scale === undefined ? amounts : amounts.dividedBy(scale);
  });
  const words = tokens.map((token) => nameOf(model, token));
  return { words, layers };
}

/** What a vector in the residual stream is multiplied with to give its part of a word's logit, but for the last norm's scale. */
function directionTowards(model: Transformer, word: Token): Tensor<["embedding"]> {
  const { finalNorm, norm } = model.configuration;
  const index = typeof word === "number" ? word : model.vocabulary.index(word);
  const direction = tensor(["embedding"], readingDirection(model, index, undefined).vector);
  // Taking the mean away from what is written is the same as taking it away from what it is multiplied with.
  return finalNorm && norm?.kind === "layer" ? direction.minus(direction.mean()) : direction;
}

function withoutFirst(amounts: Amounts): Amounts {
  const size = amounts.sizeOf("key");
  return amounts.slice({ key: [Math.min(1, size)] });
}

function largest(amounts: Amounts, layer: number, count: number): InformationMove[] {
  const size = amounts.map(Math.abs);
  const first = amounts.sizeOf("query") - amounts.sizeOf("key");
  const names = amounts.labels("head");
  return size
    .topK(count)
    .filter(({ value }) => value > 0)
    .map(({ index }) => ({
      layer,
      head: names?.[index.head] ?? index.head,
      from: index.key + first,
      to: index.query,
      amount: amounts.value(index),
    }));
}

function nameOf(model: HandMadeModel | Transformer, token: Token): string {
  return typeof token === "string" ? token : model.vocabulary.word(token);
}
