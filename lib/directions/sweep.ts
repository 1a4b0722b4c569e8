import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import { setImmediate as nextTurn } from "node:timers/promises";
import { shown } from "../circuits/shown.ts";
import type { Displayable } from "../display/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { DirectionError } from "./errors.ts";
import { EXCHANGES, type Exchange } from "./exchanges.ts";
import { indexPairs, innerProducts, type IndexPair } from "./inner-products.ts";
import { MEASURES, measuresOf, type RelationMeasures } from "./measures.ts";
import type { PermutationTest } from "./permutation-tests.ts";
import { isBasisDependent, placeName, places, type ModelPlace } from "./place.ts";
import { RelationError, type Relation } from "./relation.ts";
import { cached, keep, type SweepCache } from "./sweep-cache.ts";
import { sweepFigure } from "./sweep-figure.ts";
import { sweepTester, type SweepTest } from "./sweep-tests.ts";
import { SweepThreads } from "./sweep-threads.ts";
import type { Transformer } from "../models/transformer/index.ts";
import {
  checkedTemplates,
  readWords,
  type ReadingOptions,
  type SkippedWord,
  type WordReading,
} from "./vectors.ts";
import { corrected, decision, type CorrectedDecision } from "./verdict.ts";
import { modelOf, type Subject } from "./words-in-text.ts";

/** Used unless told. */
export const SWEEP_DEFAULTS = { draws: 19_999, stopAfter: 20, level: 0.05 } as const;

/** How a sweep is made. */
export interface SweepOptions extends ReadingOptions {
  /** The same seed gives the same rows, whatever the order or the shards. */
  readonly seed: number | string;
  /** Default: query, key, OV and result of every head. */
  readonly places?: readonly ModelPlace[];
  /** Most shuffles for one relation at one place; 19,999 unless given. */
  readonly draws?: number;
  /** A place is given up after so many shuffles that did as well (its p-value is then this over the draws so far); 20 unless given. */
  readonly stopAfter?: number;
  /** Share of false discoveries among what is called found; .05 unless given. */
  readonly level?: number;
  /** `[3, 16]`: only the third of sixteen parts, to be put together with {@link mergeSweeps}. */
  readonly shard?: readonly [part: number, of: number];
  /** Rows found before are taken from here: a sweep that was interrupted goes on where it was. */
  readonly cache?: SweepCache;
  /** Threads that test; the rows are the same with any number. As many as there are cores (at most 8) unless given, and 1 for a small sweep. */
  readonly threads?: number;
  /** Interrupts the sweep between two places: it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Hears each place that is done. */
  readonly onProgress?: (progress: {
    readonly done: number;
    readonly total: number;
    readonly row: SweepRow;
  }) => void;
}

/** One relation at one place. Plain data. */
export interface SweepRow {
  /** The number of the relation and place among all of the sweep. */
  readonly cell: number;
  readonly relation: string;
  readonly place: ModelPlace;
  readonly placeName: string;
  readonly isBasisDependent: boolean;
  readonly pairs: number;
  /** Measures that are numbers here. */
  readonly measures: Partial<RelationMeasures>;
  /** The mean cosine beside that of the shuffled twin, of turned pairs and of other partners. */
  readonly tests: Readonly<Record<Exchange, PermutationTest>>;
  /** How many deviations the mean cosine is above that of shuffled words. */
  readonly excess: number;
  /** How many deviations it is above that of shuffled partners. */
  readonly pairedExcess: number;
}

/** A row with what was decided about it among all rows of the sweep. */
export interface RankedRow extends SweepRow, CorrectedDecision {}

/** The rows of a sweep, the surest first. Plain data under JSON, too. */
export interface Sweep {
  /** A digest of what was asked: parts of one sweep have the same. */
  readonly experiment: string;
  readonly shard: readonly [part: number, of: number];
  readonly rows: readonly RankedRow[];
  /** Words that could not be used, and why; their pairs were left out. */
  readonly leftOut: readonly (SkippedWord & { readonly relation: string })[];
  /** Relations of which the model knows too little. */
  readonly skipped: readonly { readonly relation: string; readonly reason: string }[];
  /** Most shuffles for one row. */
  readonly draws: number;
  /** The false discovery rate that is promised: of the rows that are found, and of those that are paired. */
  readonly level: number;
  /** The q of a single discovery at the smallest p-value that so many draws can give: above the level wanted, more draws are needed. */
  readonly smallestRate: number;
}

/**
 * All relations at all places, row by row as they are found; {@link sweep} collects and ranks them.
 * @throws DirectionError for a shard that cannot be
 */
export function sweepRows(
  subject: Subject,
  relations: readonly Relation[],
  options: SweepOptions,
): AsyncGenerator<SweepRow> {
  return rowsOf(subject, relations, options, { skipped: [], leftOut: [] });
}

/** What a sweep leaves aside. */
interface Aside {
  readonly skipped: { readonly relation: string; readonly reason: string }[];
  readonly leftOut: (SkippedWord & { readonly relation: string })[];
}

async function* rowsOf(
  subject: Subject,
  relations: readonly Relation[],
  options: SweepOptions,
  aside: Aside,
): AsyncGenerator<SweepRow> {
  const { seed, draws, stopAfter, signal, cache } = { ...SWEEP_DEFAULTS, ...options };
  const all = placesOf(subject, options);
  const [part, of] = checkedShard(options.shard);
  checkedTemplates(subject, options);
  const threads = threadsOf(options, ((all.length * relations.length) / of) * draws);
  const owner = {};
  const here = sweepTester();
  const tests = (test: SweepTest, what: string) =>
    threads > 1 ? THREADS.run(test, { what, owner, most: threads }) : here(test);
  /** Rows that threads are about, the first asked for first. */
  const ahead: Awaited<SweepRow>[] = [];
  try {
    for (const [index, relation] of relations.entries()) {
      const mine = all
        .map((place, at) => ({ place, cell: index * all.length + at }))
        .filter(({ cell }) => cell % of === part - 1);
      if (mine.length === 0) continue;
      const read = readRelation(subject, relation, options);
      if ("reason" in read) {
        aside.skipped.push({ relation: relation.name, reason: read.reason });
        continue;
      }
      const { pairs } = read;
      for (const word of read.reading.skipped) aside.leftOut.push({ relation: relation.name, ...word });
      const rowAt = async (place: ModelPlace, cell: number): Promise<SweepRow> => {
        const vectors = read.reading.at(place);
        const settings = { seed, draws, stopAfter, relation: relation.name, pairs };
        const key = digest(JSON.stringify([FORMAT, settings, vectors.shape]), vectors);
        const known = await cached(cache, key);
        let found: Tested;
        if (known === undefined) {
          const words = innerProducts(vectors);
          const test = { words, pairs, seed: `${seed} ${relation.name}`, draws, stopAfter };
          found = tested(
            measuresOf(words, pairs),
            await tests(test, `"${relation.name}", ${placeName(place)}`),
          );
          await keep(cache, key, JSON.stringify(found));
        } else found = JSON.parse(known) as Tested;
        return {
          cell,
          relation: relation.name,
          place,
          placeName: placeName(place),
          isBasisDependent: isBasisDependent(place),
          pairs: pairs.length,
          ...rounded(found),
        };
      };
      for (const { place, cell } of mine) {
        signal?.throwIfAborted();
        ahead.push(new Awaited(rowAt(place, cell)));
        while (ahead.length >= (threads > 1 ? ROWS_AHEAD * threads : 1) || ahead[0]?.isSettled) {
          const row = await ahead[0]?.value(signal);
          ahead.shift();
          if (row) yield row;
        }
        // so that timers, interrupts and the notebook's messages get their turn
        await nextTurn();
      }
    }
    for (let first = ahead[0]; first; first = ahead[0]) {
      const row = await first.value(signal);
      ahead.shift();
      yield row;
    }
  } finally {
    if (ahead.length > 0) await THREADS.stop(owner);
  }
}

/** Of all sweeps of the process. */
const THREADS = new SweepThreads();
/** Rows that each thread is given in advance. */
const ROWS_AHEAD = 4;
/** More threads than this wait for the vectors. */
const MOST_THREADS = 8;
/** Exchanges in a sweep before threads, which take a tenth of a second to start, are worth it. */
const WORTH_THREADS = 4e6;

/** @throws DirectionError for a number of threads that cannot be */
function threadsOf({ threads }: SweepOptions, draws: number): number {
  if (threads === undefined)
    return draws < WORTH_THREADS ? 1 : Math.min(MOST_THREADS, availableParallelism());
  if (Number.isInteger(threads) && threads >= 1) return threads;
  throw new DirectionError(`threads is ${threads}; it has to be a whole number from 1`);
}

/** A value to come, waited for so that whoever stops the caller's timers stops the waiting, too: a notebook's interrupt does. */
class Awaited<T> {
  isSettled = false;
  readonly #value: Promise<T>;

  constructor(value: Promise<T>) {
    this.#value = value;
    const settled = () => {
      this.isSettled = true;
    };
    value.then(settled, settled);
  }

  /** @throws the signal's reason, once it is aborted */
  async value(signal: AbortSignal | undefined): Promise<T> {
    if (!this.isSettled)
      await new Promise<void>((resolve) => {
        const beat = setInterval(() => {
          if (!this.isSettled && signal?.aborted !== true) return;
          clearInterval(beat);
          resolve();
        }, 1);
      });
    signal?.throwIfAborted();
    return this.#value;
  }
}

/**
 * Where in the model is each relation a direction? Every relation at every place against its shuffled twin, ranked, corrected for how many
 * were tried.
 *
 * The test is sequential: a place is given up once `stopAfter` shuffles did as well (Besag & Clifford 1991), so that the many places where
 * nothing is cost little. Correction: Benjamini & Hochberg 1995.
 * @example (await sweep(model, GRADED_OPPOSITES, { seed: 1 })).rows.filter(({ qValue }) => qValue <= 0.05)
 */
export async function sweep(
  subject: Subject,
  relations: readonly Relation[],
  options: SweepOptions,
): Promise<Sweep & Displayable> {
  const all = placesOf(subject, options);
  const shard = checkedShard(options.shard);
  const names = relations.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new DirectionError(`two relations are called "${twice}"; a sweep tells them apart by name`);
  const cells = relations.length * all.length;
  const total = Math.floor((cells - shard[0]) / shard[1]) + 1;
  const rows: SweepRow[] = [];
  const aside: Aside = { skipped: [], leftOut: [] };
  for await (const row of rowsOf(subject, relations, options, aside)) {
    rows.push(row);
    options.onProgress?.({ done: rows.length, total, row });
  }
  const { seed, draws, stopAfter, level, templates, position, splitWords } = {
    ...SWEEP_DEFAULTS,
    ...options,
  };
  const experiment = digest(
    JSON.stringify([
      FORMAT,
      relations.map(({ name, pairs }) => [name, pairs]),
      all.map(placeName),
      [seed, draws, stopAfter, level, templates ?? null, position ?? null, splitWords ?? null],
      modelOf(subject).configuration,
      weightsDigest(modelOf(subject)),
    ]),
  );
  return ranked({ experiment, shard, rows, ...aside, draws, level });
}

/**
 * The sweep that `parts` (also as read from JSON) are the shards of: exactly what it would have been in one piece.
 * @throws DirectionError when a part is missing, there twice, or of another sweep
 */
export function mergeSweeps(parts: readonly Sweep[]): Sweep & Displayable {
  const [first] = parts;
  if (first === undefined) throw new DirectionError("there is no part to merge");
  const of = first.shard[1];
  const numbers = parts.map(({ shard }) => shard[0]).sort((a, b) => a - b);
  for (const { experiment, shard } of parts) {
    const both = `part ${shard.join("/")} is of another sweep than part ${first.shard.join("/")}`;
    if (shard[1] !== of) throw new DirectionError(`${both}: one of ${shard[1]} parts, and not of ${of}`);
    if (experiment !== first.experiment)
      throw new DirectionError(
        `${both}: other relations, places, options, or weights (digest ${experiment.slice(0, 12)}…, and not ${first.experiment.slice(0, 12)}…)`,
      );
  }
  for (let part = 1; part <= of; part++)
    if (numbers.filter((number) => number === part).length !== 1)
      throw new DirectionError(
        `part ${part}/${of} is ${numbers.includes(part) ? "there twice" : "missing"}; there are ${numbers.join(", ")}`,
      );
  const rows = parts.flatMap((each) => each.rows);
  const once = <T>(of: (part: Sweep) => readonly T[]) => [
    ...new Map(parts.flatMap(of).map((each) => [JSON.stringify(each), each])).values(),
  ];
  const { experiment, draws, level } = first;
  return ranked({
    experiment,
    shard: [1, 1],
    rows,
    skipped: once((part) => part.skipped),
    leftOut: once((part) => part.leftOut),
    draws,
    level,
  });
}

/** Changes whenever rows would. */
const FORMAT = "matrix-composition/sweep 3";

/** The part of a row that takes time. */
type Tested = Pick<SweepRow, "measures" | "tests" | "excess" | "pairedExcess">;

function tested(measures: RelationMeasures, tests: Readonly<Record<Exchange, PermutationTest>>): Tested {
  const above = ({ nullMean, nullDeviation }: PermutationTest) =>
    nullDeviation > 0 ? (measures.meanCosine - nullMean) / nullDeviation : 0;
  return {
    measures: Object.fromEntries(
      MEASURES.map((name) => [name, measures[name]] as const).filter(([, value]) => Number.isFinite(value)),
    ),
    tests,
    excess: above(tests.words),
    pairedExcess: above(tests.partners),
  };
}

/** What a row keeps of its numbers: digits beyond these are summation's, or the luck of the draws. */
function rounded({ measures, tests, excess, pairedExcess }: Tested): Tested {
  // what is 0 but for rounding is 0, whoever summed it in which order
  const to = (value: number, digits: number) =>
    Math.abs(value) < 1e-9 ? 0 : Number(value.toPrecision(digits));
  return {
    measures: Object.fromEntries(
      MEASURES.flatMap((name) => (measures[name] === undefined ? [] : [[name, to(measures[name], 5)]])),
    ),
    tests: Object.fromEntries(
      EXCHANGES.map((exchange) => {
        const { nullMean, nullDeviation, pValue, draws } = tests[exchange];
        return [
          exchange,
          { nullMean: to(nullMean, 3), nullDeviation: to(nullDeviation, 3), pValue: to(pValue, 4), draws },
        ];
      }),
    ) as Tested["tests"],
    excess: to(excess, 4),
    pairedExcess: to(pairedExcess, 4),
  };
}

function ranked(found: {
  readonly experiment: string;
  readonly shard: readonly [number, number];
  readonly rows: readonly SweepRow[];
  readonly skipped: Sweep["skipped"];
  readonly leftOut: Sweep["leftOut"];
  readonly draws: number;
  readonly level: number;
}): Sweep & Displayable {
  const { experiment, shard, draws, level } = found;
  const inOrder = [...found.rows].sort((a, b) => a.cell - b.cell);
  const decisions = corrected(
    inOrder.map(({ tests: { words, order, partners }, pairs }) =>
      decision({ words: words.pValue, order: order.pValue, partners: partners.pValue }, pairs, level),
    ),
    level,
  );
  const rows = inOrder
    .map((row, index): RankedRow => ({ ...row, ...(decisions[index] ?? NOTHING) }))
    .sort((a, b) => a.qValue - b.qValue || a.pValue - b.pValue || b.excess - a.excess || a.cell - b.cell);
  const result: Sweep = {
    experiment,
    shard,
    rows,
    skipped: sorted(found.skipped),
    leftOut: sorted(found.leftOut),
    draws,
    level,
    smallestRate: Math.max(1, rows.length) / (1 + draws),
  };
  return shown(result, () => sweepFigure(result));
}

/** In an order that does not depend on who did which part. */
function sorted<T extends { readonly relation: string; readonly word?: string }>(list: readonly T[]): T[] {
  const key = ({ relation, word = "" }: T) => JSON.stringify([relation, word]);
  return [...list].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

const NOTHING: CorrectedDecision = {
  pValue: 1,
  pairedPValue: 1,
  qValue: 1,
  pairedQValue: 1,
  kind: "nothing",
};

function placesOf(subject: Subject, { places: given }: SweepOptions): readonly ModelPlace[] {
  return given ?? places(modelOf(subject), ["query", "key", "OV", "result"]);
}

function checkedShard([part, of]: readonly [number, number] = [1, 1]): readonly [number, number] {
  if (!Number.isInteger(part) || !Number.isInteger(of) || part < 1 || part > of)
    throw new DirectionError(`shard [${part}, ${of}] is not a part from 1 to the number of parts`);
  return [part, of];
}

function readRelation(
  subject: Subject,
  relation: Relation,
  options: ReadingOptions,
): { readonly reading: WordReading; readonly pairs: readonly IndexPair[] } | { readonly reason: string } {
  try {
    const reading = readWords(subject, relation.pairs.flat(), options);
    return { reading, pairs: indexPairs(reading.words, relation) };
  } catch (error) {
    if (error instanceof RelationError || error instanceof DirectionError) return { reason: error.message };
    throw error;
  }
}

const DIGESTS = new WeakMap<Transformer, string>();

/** Of all weights: shards of different models must not be put together. */
function weightsDigest(model: Transformer): string {
  const known = DIGESTS.get(model);
  if (known !== undefined) return known;
  const hash = createHash("sha256");
  for (const [name, weights] of model.parameters) hash.update(name).update(weights);
  const found = hash.digest("hex");
  DIGESTS.set(model, found);
  return found;
}

function digest(text: string, vectors?: Tensor<readonly ["word", string]>): string {
  const hash = createHash("sha256").update(text);
  if (vectors) hash.update(Float64Array.from(vectors.data));
  return hash.digest("hex");
}
