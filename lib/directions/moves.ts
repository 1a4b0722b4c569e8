import { shown } from "../circuits/shown.ts";
import { headNames } from "../circuits/index.ts";
import type { Displayable } from "../display/index.ts";
import { randomNumbers, tensor, type Tensor } from "../tensor/index.ts";
import type { Token } from "../models/transformer/index.ts";
import { headMap, informationFlow, type InformationMove } from "../views/index.ts";
import { DirectionError } from "./errors.ts";
import { indexPairs, type IndexPair } from "./inner-products.ts";
import { commonDirection } from "./measures.ts";
import { relation as relationOf, type Relation } from "./relation.ts";
import { readWords, type ReadingOptions, type WordReading } from "./vectors.ts";
import { modelOf, type Subject } from "./words-in-text.ts";

/** How much of a relation one head moved from one word to another. */
export interface DirectionMove extends InformationMove {
  readonly head: string;
  /** The words at `from` and `to`. */
  readonly words: readonly [from: string, to: string];
  /** `enhances` what the word that is written to has of the relation itself, or `inhibits` it: the signs agree, or don't. */
  readonly effect: "enhances" | "inhibits";
}

/** What heads move of a relation in one text. Made by {@link directionMoves}. */
export interface DirectionMoves {
  readonly relation: string;
  readonly tokens: readonly string[];
  /** What each word has of the relation before each layer: −1 as first words have it, 1 as second words. */
  readonly present: Tensor<["layer", "position"]>;
  /** The largest first. */
  readonly moves: readonly DirectionMove[];
}

/**
 * How much of a relation ("size") each head moves from which word to which in a text, along the relation's direction in the residual stream
 * where the head writes. 1 is as much as leads from neutral to the second words (the big ones), −1 to the first.
 *
 * Direction and scale are those of the relation's own words in the residual stream before the layer; of what a head writes for a word,
 * what it writes for the relation's words on average counts as nothing.
 * @param tokens as `model.run` takes them
 * @param options `instead`: another text, as long: what moves is then how much more than in that one (huge instead of small), so that words
 *   that are the same in both, and only happen to lie along the direction, carry nothing
 * @throws DirectionError for a model without layers; RelationError when the model knows too few pairs
 * @example directionMoves(model, ["the", "lamp", "is", "huge"], size, { instead: ["the", "lamp", "is", "small"] })
 */
export function directionMoves(
  subject: Subject,
  tokens: readonly Token[],
  relation: Relation,
  {
    count = 40,
    instead,
    ...options
  }: ReadingOptions & { readonly count?: number; readonly instead?: readonly Token[] } = {},
): DirectionMoves & Displayable {
  const model = modelOf(subject);
  const { layers, heads } = model.configuration;
  const { reading, pairs } = wordsOf(subject, relation, options);
  if (instead && instead.length !== tokens.length)
    throw new DirectionError(
      `the text has ${tokens.length} tokens and the one it is compared with ${instead.length}; they have to be as long`,
    );
  const scales = Array.from({ length: layers }, (_, layer) => scaleAt(reading, relation, pairs, layer));
  /** What each head carries from each word to each in a text, and what words have of the relation themselves. */
  const read = (text: readonly Token[]) => {
    const { activations, tokens: words } = model.run(text, {
      keep: ["blocks.*.pattern", "blocks.*.v", "blocks.*.residualBefore"],
      logits: "none",
    });
    return {
      words,
      layers: scales.map(({ direction, half, coordinate }, layer) => {
        const [pattern, values, before] = [
          activations[`blocks.${layer}.pattern`],
          activations[`blocks.${layer}.v`],
          activations[`blocks.${layer}.residualBefore`],
        ];
        if (!pattern || !values || !before) throw new DirectionError(`layer ${layer} kept nothing`);
        const written = values
          .dot(model.parameter(`blocks.${layer}.attention.W_O`), "value")
          .dot(direction, "embedding");
        const neutral = tensor(
          ["head"],
          Array.from({ length: heads }, (_, head) => neutralOf(reading, pairs, { layer, head }, direction)),
        );
        return {
          present: Array.from(before.dot(direction, "embedding").data, coordinate),
          amounts: pattern
            .withoutLabels()
            .times(
              written
                .withoutLabels()
                .minus(neutral)
                .times(1 / half),
            )
            .transpose("head", "query", "key"),
        };
      }),
    };
  };
  const here = read(tokens);
  const there = instead && read(instead);
  const names = headNames(model);
  const { words } = here;
  const moves: DirectionMove[] = [];
  for (const [layer, { amounts, present }] of here.layers.entries())
    for (let head = 0; head < heads; head++)
      for (let query = 0; query < words.length; query++)
        for (let key = 0; key < words.length; key++) {
          const at = { head, query, key };
          const amount = amounts.value(at) - (there?.layers[layer]?.amounts.value(at) ?? 0);
          if (amount === 0) continue;
          moves.push({
            layer,
            head: names[layer * heads + head] ?? `${layer}.${head}`,
            from: key,
            to: query,
            amount,
            words: [words[key] ?? "", words[query] ?? ""],
            effect: amount > 0 === (present[query] ?? 0) > 0 ? "enhances" : "inhibits",
          });
        }
  const present = here.layers.map((layer) => layer.present);
  const found: DirectionMoves = {
    relation: relation.name,
    tokens: words,
    present: tensor(["layer", "position"], present, { labels: { position: words } }),
    moves: moves.sort((a, b) => Math.abs(b.amount) - Math.abs(a.amount)).slice(0, count),
  };
  return shown(found, () =>
    informationFlow(words, found.moves, {
      title: `What moves of “${relation.name}” from where to where`,
      valueName: relation.name,
    }),
  );
}

/** How much of a relation each head passes on. Made by {@link directionGains}. */
export interface DirectionGains {
  readonly relation: string;
  readonly gains: Tensor<["layer", "head"]>;
  /** Standard deviation of the gain when what is written is turned round in half of the pairs, by chance. */
  readonly chance: Tensor<["layer", "head"]>;
}

/**
 * Which heads enhance a relation, and which inhibit it? For one unit of the relation in the residual stream of the word that a head attends
 * to, how much it writes along the same direction: above 0 it passes it on, below 0 it writes the opposite, near 0 it moves something else.
 *
 * Each pair is measured on the direction of the pairs without it, so that no direction is fitted to what it measures.
 * @throws RelationError when the model knows fewer than three pairs
 * @example directionGains(model, size)
 */
export function directionGains(
  subject: Subject,
  relation: Relation,
  {
    twins = 20,
    seed = 1,
    ...options
  }: ReadingOptions & { readonly twins?: number; readonly seed?: number | string } = {},
): DirectionGains & Displayable {
  const model = modelOf(subject);
  const { layers, heads } = model.configuration;
  const { reading, pairs } = wordsOf(subject, relation, options, 3);
  const random = randomNumbers(`gains ${seed}`);
  const turns = Array.from({ length: twins }, () => pairs.map(() => (random() < 0.5 ? 1 : -1)));
  const gains = new Float64Array(layers * heads);
  const chance = new Float64Array(layers * heads);
  for (let layer = 0; layer < layers; layer++) {
    const stream = differencesOf(reading.at({ part: "residual", layer }), pairs);
    for (let head = 0; head < heads; head++) {
      const written = differencesOf(reading.at({ part: "OV", layer, head }), pairs);
      gains[layer * heads + head] = gainOf(stream, written);
      const others = turns.map((signs) =>
        gainOf(
          stream,
          written.map((each, pair) => each.map((x) => (signs[pair] ?? 1) * x)),
        ),
      );
      const mean = others.reduce((sum, x) => sum + x, 0) / Math.max(1, twins);
      chance[layer * heads + head] = Math.sqrt(
        others.reduce((sum, x) => sum + (x - mean) ** 2, 0) / Math.max(1, twins - 1),
      );
    }
  }
  const shape = { shape: [layers, heads] as const };
  const found: DirectionGains = {
    relation: relation.name,
    gains: tensor(["layer", "head"], gains, shape),
    chance: tensor(["layer", "head"], chance, shape),
  };
  return shown(found, () =>
    headMap(found.gains, {
      title: `Which heads pass “${relation.name}” on, and which turn it round`,
      valueName: "written for 1 read",
      beside: { chance: found.chance },
    }),
  );
}

/** Mean written along the direction of the other pairs, for the mean read along it. */
function gainOf(stream: readonly Float64Array[], written: readonly Float64Array[]): number {
  const units = stream.map((difference) => {
    const length = Math.hypot(...difference);
    return difference.map((x) => (length > 0 ? x / length : 0));
  });
  const total = new Float64Array(units[0]?.length ?? 0);
  for (const unit of units) for (const [i, x] of unit.entries()) total[i] = (total[i] ?? 0) + x;
  let [read, wrote] = [0, 0];
  for (const [pair, unit] of units.entries())
    for (let i = 0; i < total.length; i++) {
      const other = (total[i] ?? 0) - (unit[i] ?? 0);
      read += other * (stream[pair]?.[i] ?? 0);
      wrote += other * (written[pair]?.[i] ?? 0);
    }
  return read === 0 ? Number.NaN : wrote / read;
}

function differencesOf(
  vectors: Tensor<readonly ["word", string]>,
  pairs: readonly IndexPair[],
): Float64Array[] {
  const width = vectors.shape[1] ?? 0;
  const at = (word: number, i: number) => vectors.data[word * width + i] ?? 0;
  return pairs.map(([from, to]) => Float64Array.from({ length: width }, (_, i) => at(to, i) - at(from, i)));
}

/** The relation's direction before a layer, and what counts as 0 and 1 on it. */
function scaleAt(reading: WordReading, relation: Relation, pairs: readonly IndexPair[], layer: number) {
  const vectors = reading.at({ part: "residual", layer });
  const known = relationOf(
    relation.name,
    pairs.map(([from, to]) => [reading.words[from] ?? "", reading.words[to] ?? ""] as const),
  );
  const direction = commonDirection(vectors, known).expectAxes("embedding");
  const along = vectors.expectAxes("word", "embedding").dot(direction, "embedding").data;
  const mean = (words: readonly number[]) =>
    words.reduce((sum, word) => sum + (along[word] ?? 0), 0) / words.length;
  const [low, high] = [mean(pairs.map(([from]) => from)), mean(pairs.map(([, to]) => to))];
  const half = (high - low) / 2;
  return { direction, half, coordinate: (value: number) => (value - (low + high) / 2) / half };
}

/** What a head writes along the direction for the relation's words on average. */
function neutralOf(
  reading: WordReading,
  pairs: readonly IndexPair[],
  place: { readonly layer: number; readonly head: number },
  direction: Tensor<["embedding"]>,
): number {
  const along = reading
    .at({ part: "OV", ...place })
    .expectAxes("word", "embedding")
    .dot(direction, "embedding").data;
  const words = pairs.flat();
  return words.reduce((sum, word) => sum + (along[word] ?? 0), 0) / words.length;
}

function wordsOf(subject: Subject, relation: Relation, options: ReadingOptions, least = 2) {
  if (modelOf(subject).configuration.layers === 0) throw new DirectionError("the model has no layers");
  const reading = readWords(subject, relation.pairs.flat(), options);
  return { reading, pairs: indexPairs(reading.words, relation, least) };
}
