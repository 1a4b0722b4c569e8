import { randomNumbers } from "../../tensor/index.ts";
import { Corpus } from "../corpus.ts";

/** A relation as its pairs: from the first word to the second. */
export type WordPairs = readonly (readonly [string, string])[];

/** What was planted in the corpus of `plantedRelations`. */
export interface PlantedTruth {
  /** Words in rising degree: size small < big < huge, height short < tall < towering, … */
  readonly scales: Readonly<Record<"size" | "height" | "heat", readonly string[]>>;
  /** Pairs that stand in a relation: capital, plural, opposite. */
  readonly relations: Readonly<Record<"capital" | "plural" | "opposite", WordPairs>>;
  /** Words without a degree: on no scale. */
  readonly colours: readonly string[];
  /** What each thing is: its degree on each scale (0, 1, 2), drawn from the seed. */
  readonly things: Readonly<Record<string, Readonly<Record<"size" | "height" | "heat", number>>>>;
}

/** A generated corpus with its ground truth. */
export interface PlantedCorpus {
  readonly corpus: Corpus;
  readonly truth: PlantedTruth;
}

const SCALES = {
  size: ["small", "big", "huge"],
  height: ["short", "tall", "towering"],
  heat: ["cool", "warm", "scorching"],
} as const;
type Scale = keyof typeof SCALES;
const SCALE_NAMES = ["size", "height", "heat"] as const satisfies readonly Scale[];

/** What only one scale says of each degree: this tells the scales apart. */
const OWN_SIGN: Readonly<Record<Scale, readonly string[]>> = {
  size: ["it fits a pocket", "it fills a room", "it fills a valley"],
  height: ["it stays below the fence", "it looks over the fence", "it touches the clouds"],
  heat: ["it can be held", "it keeps us comfortable", "it burns the hand"],
};
/** What all scales say of each degree: this is what they share. */
const SHARED_SIGN = ["hardly anybody notices it", "many people notice it", "everybody admires it"] as const;
const COLOURS = ["red", "blue", "green", "yellow"] as const;
const THINGS = [
  "stone",
  "lamp",
  "tower",
  "engine",
  "boat",
  "statue",
  "oven",
  "bridge",
  "shell",
  "kite",
  "drum",
  "rock",
] as const;
const CAPITALS: WordPairs = [
  ["france", "paris"],
  ["spain", "madrid"],
  ["italy", "rome"],
  ["greece", "athens"],
  ["norway", "oslo"],
  ["austria", "vienna"],
  ["portugal", "lisbon"],
  ["poland", "warsaw"],
];
const PLURALS: WordPairs = [
  ["cat", "cats"],
  ["dog", "dogs"],
  ["tree", "trees"],
  ["child", "children"],
  ["mouse", "mice"],
  ["house", "houses"],
  ["river", "rivers"],
  ["man", "men"],
];
const OPPOSITES: WordPairs = [
  ["open", "closed"],
  ["early", "late"],
  ["full", "empty"],
  ["rich", "poor"],
  ["wet", "dry"],
  ["young", "old"],
  ["loud", "quiet"],
  ["fast", "slow"],
];

/**
 * Sentences from templates, with planted relations and scales, and the truth about them: a testing ground for
 * claims on directions (is big − small like tall − short? is paris − france like rome − italy?).
 * Each thing has a degree on each scale; a sentence names the word of that degree and a sign of it, half the time
 * one that only this scale has, half the time one that all scales share. Colours come with signs at random.
 *
 * @param options.seed the same seed gives the same sentences; 1 unless given
 * @param options.sentences how many; 1,000 unless given
 */
export function plantedRelations(
  options: { readonly seed?: number; readonly sentences?: number } = {},
): PlantedCorpus {
  const seed = options.seed ?? 1;
  const count = options.sentences ?? 1000;
  const random = randomNumbers(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const oneOf = <T>(values: readonly T[]): T => values[below(values.length)] as T;

  const things = Object.fromEntries(
    THINGS.map((thing) => [thing, { size: below(3), height: below(3), heat: below(3) }]),
  );
  const templates: readonly (() => string)[] = [
    () => {
      const thing = oneOf(THINGS);
      const scale = oneOf(SCALE_NAMES);
      const degree = things[thing]?.[scale] ?? 0;
      const sign = random() < 0.5 ? OWN_SIGN[scale][degree] : SHARED_SIGN[degree];
      return `the ${thing} is ${SCALES[scale][degree] ?? ""} so ${sign ?? ""}`;
    },
    () => `the ${oneOf(THINGS)} is ${oneOf(COLOURS)} so ${oneOf(SHARED_SIGN)}`,
    () => {
      const [country, capital] = oneOf(CAPITALS);
      return oneOf([`the capital of ${country} is ${capital}`, `${capital} is a city in ${country}`]);
    },
    () => {
      const [one, many] = oneOf(PLURALS);
      return oneOf([`there is one ${one} but there are two ${many}`, `one ${one} and many ${many}`]);
    },
    () => {
      const [a, b] = oneOf(OPPOSITES);
      return random() < 0.5 ? `the opposite of ${a} is ${b}` : `not ${a} but ${b}`;
    },
  ];
  // Scales twice as often as each of the others: they have the most to show.
  const sentences = Array.from({ length: count }, () =>
    (templates[Math.max(0, below(6) - 1)] as () => string)(),
  );
  return {
    corpus: new Corpus(sentences, {
      name: "planted relations",
      origin: {
        title: "Generated from templates with planted relations and scales",
        where: "plantedRelations() of this library",
        licence: "none needed",
        notes: `seed ${seed}, ${count} sentences`,
      },
    }),
    truth: {
      scales: SCALES,
      relations: { capital: CAPITALS, plural: PLURALS, opposite: OPPOSITES },
      colours: COLOURS,
      things,
    },
  };
}
