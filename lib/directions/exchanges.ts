import { randomNumbers } from "../tensor/index.ts";
import type { IndexPair } from "./inner-products.ts";
import { relation, type Relation } from "./relation.ts";
import { permutation, type Random } from "./statistics.ts";

/** What is exchanged at random, and so which structure is taken away; see `pairTests`. */
export const EXCHANGES = ["words", "order", "partners"] as const;
/** See {@link EXCHANGES}. */
export type Exchange = (typeof EXCHANGES)[number];

/**
 * The relation with something exchanged at random: a control in which nothing should be found (`words`), no direction (`order`),
 * or no pairing (`partners`).
 * @example shuffledTwin(capitals, "words", { seed: 1 })
 */
export function shuffledTwin(
  { name, pairs }: Relation,
  exchange: Exchange,
  { seed }: { readonly seed: number | string },
): Relation {
  const words = [...new Set(pairs.flat())];
  const indices = pairs.map(([from, to]): IndexPair => [words.indexOf(from), words.indexOf(to)]);
  const exchanged = { words: shuffledWords, order: exchangedOrder, partners: shuffledPartners }[exchange](
    indices,
    randomNumbers(`twin ${seed} ${exchange}`),
  );
  return relation(
    `${name}, ${exchange} exchanged`,
    exchanged.map(([from, to]) => [words[from] ?? "", words[to] ?? ""] as const),
    `${name} with its ${exchange} exchanged at random`,
  );
}

/** The pairs with their words exchanged at random among all places in them: the shuffled twin. A word that is there twice moves as one. */
export function shuffledWords(pairs: readonly IndexPair[], random: Random): IndexPair[] {
  const words = [...new Set(pairs.flat())];
  const order = permutation(words.length, random);
  const moved = new Map(words.map((word, index) => [word, words[order[index] ?? 0] ?? 0]));
  return pairs.map(([from, to]) => [moved.get(from) ?? 0, moved.get(to) ?? 0]);
}

/** First words with each other's second words: keeps what all first words have in common against all second words. No word meets itself. */
export function shuffledPartners(pairs: readonly IndexPair[], random: Random): IndexPair[] {
  for (let attempt = 0; attempt < 100; attempt++) {
    const order = permutation(pairs.length, random);
    const moved = pairs.map(([from], index): IndexPair => [from, pairs[order[index] ?? 0]?.[1] ?? 0]);
    if (moved.every(([from, to]) => from !== to)) return moved;
  }
  return [...pairs];
}

/** Each pair as it is or turned round, by chance: keeps who is paired with whom. */
export function exchangedOrder(pairs: readonly IndexPair[], random: Random): IndexPair[] {
  return pairs.map(([from, to]) => (random() < 0.5 ? [from, to] : [to, from]));
}

/** Exchanges in a block. */
export const BLOCK = 1024;
/** Blocks that are kept: as many as the usual number of draws takes. Further ones are drawn anew whenever they are asked for. */
const MOST_KEPT = 20;

/**
 * Exchanges of one kind for some pairs, in blocks. They depend on the seed alone, so that all places of a relation are tested with the same
 * ones (as Westfall & Young 1993 do), drawn once, in whichever thread.
 */
export class DrawnExchanges {
  readonly #pairs: readonly IndexPair[];
  readonly #exchange: Exchange;
  readonly #seed: string;
  readonly #kept: Int32Array[] = [];
  #last: { readonly index: number; readonly rows: Int32Array } | undefined;

  constructor(pairs: readonly IndexPair[], exchange: Exchange, seed: string) {
    this.#pairs = pairs;
    this.#exchange = exchange;
    this.#seed = seed;
  }

  /** {@link BLOCK} exchanges: of each the rows of all first words, then of all second words. */
  block(index: number): Int32Array {
    const known = this.#kept[index] ?? (this.#last?.index === index ? this.#last.rows : undefined);
    if (known) return known;
    const count = this.#pairs.length;
    const rows = new Int32Array(BLOCK * 2 * count);
    const random = randomNumbers(`${this.#seed} ${this.#exchange} ${index}`);
    const draw = DRAWS[this.#exchange](this.#pairs, random);
    for (let start = 0; start < rows.length; start += 2 * count) draw(rows, start);
    if (index < MOST_KEPT) this.#kept[index] = rows;
    else this.#last = { index, rows };
    return rows;
  }
}

/** Writes one more exchange from `start` on: the rows of all first words, then of all second words. */
type Draw = (rows: Int32Array, start: number) => void;

// The three exchanges once more, in place: a sweep of a large relation draws many.

const DRAWS: Readonly<Record<Exchange, (pairs: readonly IndexPair[], random: Random) => Draw>> = {
  words: (pairs, random) => {
    const words = [...new Set(pairs.flat())];
    const slots = sides(pairs).map((word) => words.indexOf(word));
    const moved = Int32Array.from(words);
    return (rows, start) => {
      mix(moved, random);
      for (let i = 0; i < slots.length; i++) rows[start + i] = moved[slots[i] ?? 0] ?? 0;
    };
  },
  order: (pairs, random) => {
    const count = pairs.length;
    const words = sides(pairs);
    return (rows, start) => {
      for (let i = 0; i < count; i++) {
        const turned = random() < 0.5 ? count : 0;
        rows[start + i] = words[i + turned] ?? 0;
        rows[start + count + i] = words[i + count - turned] ?? 0;
      }
    };
  },
  partners: (pairs, random) => {
    const count = pairs.length;
    const words = sides(pairs);
    const partners = words.slice(count);
    const meetsItself = () => {
      for (let i = 0; i < count; i++) if (partners[i] === words[i]) return true;
      return false;
    };
    return (rows, start) => {
      for (let attempt = 0; attempt < 100; attempt++) {
        mix(partners, random);
        if (!meetsItself()) break;
        if (attempt === 99) partners.set(words.subarray(count));
      }
      rows.set(words.subarray(0, count), start);
      rows.set(partners, start + count);
    };
  },
};

/** All first words, then all second words. */
function sides(pairs: readonly IndexPair[]): Int32Array {
  return Int32Array.from([...pairs.map(([from]) => from), ...pairs.map(([, to]) => to)]);
}

/** In a random order, in place (Fisher–Yates). */
function mix(words: Int32Array, random: Random): void {
  for (let last = words.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const moved = words[last] ?? 0;
    words[last] = words[other] ?? 0;
    words[other] = moved;
  }
}
