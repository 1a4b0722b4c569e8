import type { Tensor } from "../../tensor/index.ts";
import type { Reading } from "./reading.ts";
import { feature as featureNamed, word } from "./reading.ts";
import type { ResidualSpace } from "./residual-space.ts";
import { OptionError } from "../errors.ts";

/** Numbers for some dimensions of the residual stream: a direction, most of it zero. */
export type Direction = ReadonlyMap<number, number>;

/** One column of W_Q beside one of W_K: it adds (query · position that asks) × (key · position attended to). */
export interface ScoreTerm {
  readonly label: string;
  readonly query: Direction;
  readonly key: Direction;
}

/** What a head looks for, as columns of W_Q and W_K for any residual stream. */
export interface LooksFor {
  /** "the previous position". */
  readonly description: string;
  /** Whether the head attends to the first position (the start token) where nothing matches. */
  readonly rests: boolean;
  /** The part of the residual stream that the position which asks is known by. */
  readonly asks: Reading | "position" | "always";
  /** The channels that it reads. */
  readonly reads: readonly Reading[];
  /** Its columns; `at` limits them to these words that ask. */
  readonly terms: (space: ResidualSpace, at: readonly string[] | undefined) => readonly ScoreTerm[];
}

/**
 * The position before (or `distance` before): a previous-token head.
 *
 * @throws OptionError
 */
export function previousPosition(distance = 1): LooksFor {
  if (!Number.isInteger(distance) || distance < 0)
    throw new OptionError("distance", distance, "a whole number from 0");
  return {
    description:
      distance === 0
        ? "its own position"
        : distance === 1
          ? "the previous position"
          : `the position ${distance} back`,
    rests: true,
    asks: "position",
    reads: [],
    terms: (space) => {
      const { start } = space.block("position");
      return Array.from({ length: Math.max(0, space.positions - distance) }, (_, position) => ({
        label: `${position + distance} → ${position}`,
        query: new Map([[start + position + distance, 1]]),
        key: new Map([[start + position, 1]]),
      }));
    },
  };
}

/** Its own position. */
export function samePosition(): LooksFor {
  return previousPosition(0);
}

/** All positions alike, as far as the mask lets it see: attention without a preference. */
export function everyPosition(): LooksFor {
  return { description: "every position", rests: false, asks: "always", reads: [], terms: () => [] };
}

/**
 * Positions where `there` is what `here` is at the position that asks.
 *
 * @example matching(word(), channel("previous word")) // an induction head: what followed this word before?
 */
export function matching(here: Reading, there: Reading): LooksFor {
  const isSame = here.block === "word" && there.block === "word";
  return {
    description: isSame
      ? "the same word"
      : `a position whose ${there.description} is its own ${here.description}`,
    rests: true,
    asks: here,
    reads: [here, there],
    terms: (space, at) => {
      const labels = here.label === undefined ? space.block(here.block).labels : [here.label];
      return labels
        .filter((label) => at?.includes(label) ?? true)
        .map((label) => ({
          label,
          query: new Map([[space.dimension(here.block, label), 1]]),
          key: new Map([[space.dimension(there.block, there.label ?? label), 1]]),
        }));
    },
  };
}

/** The same word, earlier (or here). */
export function sameWord(): LooksFor {
  return matching(word(), word());
}

/**
 * One of these words, wherever it stands.
 *
 * @example anyWordOf("battery", "program")
 */
export function anyWordOf(...words: readonly string[]): LooksFor {
  return whatever(words.map((each) => `“${each}”`).join(" or "), [], (space) =>
    words.map((each) => space.dimension("word", each)),
  );
}

/** Words with a property: see `features` of `handMadeModel`. */
export function withFeature(name: string): LooksFor {
  return whatever(`a word with the feature “${name}”`, [featureNamed(name)], (space) => [
    space.dimension("feature", name),
  ]);
}

/**
 * What a hand-made mask says: the words with a 1 in the row of the word that asks. Where the mask has a 0 the score
 * is −1,000,000,000, the softmax of which is exactly 0: W_QK is the logarithm of the mask.
 *
 * @param mask query = the word that asks, key = the word attended to; labels are words; see `attentionMask`
 */
export function wordsInMask(mask: Tensor<["query", "key"]>): LooksFor {
  const asking = mask.labels("query") ?? [];
  const attended = mask.labels("key") ?? [];
  return {
    description: "the words that the mask leaves",
    rests: false,
    asks: word(),
    reads: [],
    terms: (space, at) =>
      asking
        .map((query, row) => ({ query, row }))
        .filter(({ query }) => at?.includes(query) ?? true)
        .map(({ query, row }) => {
          const key = new Map<number, number>();
          for (const outside of space.vocabulary.words)
            if (!attended.includes(outside)) key.set(space.dimension("word", outside), NOT_IN_MASK);
          for (const [column, each] of attended.entries())
            if (mask.data[row * attended.length + column] === 0)
              key.set(space.dimension("word", each), MASKED);
          return { label: query, query: new Map([[space.dimension("word", query), 1]]), key };
        }),
  };
}

/** A score whose exponential is 0 beside that of 0; and one that still beats it: the start token's. */
const MASKED = -1e9;
const NOT_IN_MASK = -1e6;

/** Keys of some dimensions, whoever asks: the query is 1 everywhere, or for the words of `at`. */
function whatever(
  description: string,
  reads: readonly Reading[],
  keys: (space: ResidualSpace) => readonly number[],
): LooksFor {
  return {
    description,
    rests: true,
    asks: "always",
    reads,
    terms: (space, at) => [
      {
        label: at === undefined ? description : `${at.join(" or ")} → ${description}`,
        query:
          at === undefined
            ? everywhere(space)
            : new Map(at.map((each) => [space.dimension("word", each), 1])),
        key: new Map(keys(space).map((dimension) => [dimension, 1])),
      },
    ],
  };
}

/** A direction that every position has 1 along: it has one position. */
export function everywhere(space: ResidualSpace): Direction {
  const { start, labels } = space.block("position");
  return new Map(labels.map((_, position) => [start + position, 1]));
}
