import type { Vocabulary } from "../../text/index.ts";
import { OptionError } from "../errors.ts";

/** What a hand-made residual stream has room for. */
export interface ResidualSpaceOptions {
  readonly vocabulary: Vocabulary;
  /** The most words of a sentence, the start token included. */
  readonly positions: number;
  /** Names of further places for a word each, which heads write and later heads read. */
  readonly channels?: readonly string[];
  /** Properties of words: for each property the words that have it. */
  readonly features?: Readonly<Record<string, readonly string[]>>;
}

/** A run of dimensions: one for each label. */
export interface Block {
  readonly name: string;
  readonly labels: readonly string[];
  /** The dimension of the first label. */
  readonly start: number;
}

/** The widest residual stream that is made: W_Q of a head would already have tens of millions of numbers. */
const MOST_DIMENSIONS = 4096;

/**
 * The residual stream of a hand-made model, with a meaning for every dimension: the word that stands here (one-hot),
 * its position (one-hot), its properties, what heads wrote into each channel, and what is to be predicted.
 * (A trained model has the same things in fewer dimensions, as directions that need not be axes.)
 * Source: Elhage et al. 2021, "The residual stream as a communication channel".
 */
export class ResidualSpace {
  readonly vocabulary: Vocabulary;
  readonly positions: number;
  readonly blocks: readonly Block[];
  /** Which words have which property. */
  readonly features: Readonly<Record<string, readonly string[]>>;

  /** @throws OptionError for more than 4,096 dimensions; UnknownWordError for a property of a word that is not there */
  constructor(options: ResidualSpaceOptions) {
    const { vocabulary, positions, channels = [], features = {} } = options;
    this.vocabulary = vocabulary;
    this.positions = positions;
    this.features = features;
    for (const words of Object.values(features)) vocabulary.indices(words);
    const parts: [name: string, labels: readonly string[]][] = [
      ["word", vocabulary.words],
      ["position", Array.from({ length: positions }, (_, position) => String(position))],
      ["feature", Object.keys(features)],
      ...[...new Set(channels)].map((channel): [string, readonly string[]] => [channel, vocabulary.words]),
      ["predict", vocabulary.words],
    ];
    let start = 0;
    this.blocks = parts.map(([name, labels]) => {
      const block = { name, labels, start };
      start += labels.length;
      return block;
    });
    if (this.width > MOST_DIMENSIONS)
      throw new OptionError(
        "The width of the residual stream",
        this.width,
        `at most ${MOST_DIMENSIONS}: take fewer words, positions or channels`,
      );
  }

  /** How many dimensions there are: d_model. */
  get width(): number {
    return this.blocks.reduce((sum, block) => sum + block.labels.length, 0);
  }

  /** The names of all dimensions: "word: ran", "position: 3", "previous word: it", "predict: down". */
  get labels(): string[] {
    return this.blocks.flatMap((block) => block.labels.map((label) => `${block.name}: ${label}`));
  }

  /**
   * The dimensions of one part.
   * @throws OptionError for a part that is not there
   */
  block(name: string): Block {
    const block = this.blocks.find((candidate) => candidate.name === name);
    if (block === undefined)
      throw new OptionError(
        "The part of the residual stream",
        `"${name}"`,
        `one of ${this.blocks.map((candidate) => `"${candidate.name}"`).join(", ")}`,
      );
    return block;
  }

  /**
   * One dimension.
   * @throws OptionError, UnknownWordError
   */
  dimension(name: string, label: string): number {
    const block = this.block(name);
    const place = block.labels.indexOf(label);
    if (place >= 0) return block.start + place;
    if (block.labels === this.vocabulary.words) this.vocabulary.index(label);
    throw new OptionError(`The ${name}`, `"${label}"`, `one of ${block.labels.slice(0, 12).join(", ")}`);
  }
}
