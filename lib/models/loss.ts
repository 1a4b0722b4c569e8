import { inspect } from "node:util";
import { DISPLAY, type Displayable, type MimeBundle } from "../display/index.ts";
import { corpusFrom, type CorpusSource } from "../text/index.ts";
import { htmlTable, visibleToken } from "../text/html-table.ts";
import { NothingToCountError } from "./errors.ts";
import type { NextTokenModel } from "./next-token-model.ts";

/** One word of the corpus as a model foresaw it. */
export interface Prediction {
  /** The number of the sentence and of the word in it, from 0. */
  readonly sentence: number;
  readonly position: number;
  /** The words before it. */
  readonly context: readonly string[];
  readonly word: string;
  /** The share that it was given. */
  readonly probability: number;
  /** Its surprise, − ln probability, in nats. */
  readonly nats: number;
  readonly weight: number;
}

/** How well words are foreseen, on average and one by one. */
export class Loss implements Displayable {
  readonly predictions: readonly Prediction[];
  /** Words that were not asked for, because too few stand before them. */
  readonly skipped: number;
  /** The mean surprise in nats (natural logarithm), weighted; Infinity if a word was held impossible. */
  readonly nats: number;

  constructor(predictions: readonly Prediction[], skipped: number) {
    const weight = predictions.reduce((sum, prediction) => sum + prediction.weight, 0);
    this.predictions = predictions;
    this.skipped = skipped;
    this.nats =
      predictions.reduce((sum, prediction) => sum + prediction.weight * prediction.nats, 0) / weight;
  }

  /** The same in bits. */
  get bits(): number {
    return this.nats / Math.LN2;
  }

  /** Among how many equally likely words the model chooses on average: e to the loss. */
  get perplexity(): number {
    return Math.exp(this.nats);
  }

  /** The words that surprised most, first. */
  get surprises(): readonly Prediction[] {
    return this.predictions.filter(({ nats }) => nats > 0).sort((a, b) => b.nats - a.nats);
  }

  toString(): string {
    return (
      `Loss ${this.nats.toFixed(4)} nats a word (perplexity ${this.perplexity.toFixed(3)}) ` +
      `over ${this.predictions.length} words` +
      (this.skipped > 0 ? `, ${this.skipped} with too few words before them left out` : "")
    );
  }

  /** What `console.log` writes. */
  [inspect.custom](): string {
    return this.toString();
  }

  /** As a table: the words that surprised it most. */
  [DISPLAY](): MimeBundle {
    const rows = this.surprises
      .slice(0, 10)
      .map(({ context, word, probability, nats }) => [
        context.slice(-6).map(visibleToken).join(" "),
        visibleToken(word),
        Number(probability.toPrecision(3)),
        Number(nats.toFixed(3)),
      ]);
    const headings = ["after", "word", "share it was given", "surprise (nats)"];
    return { "text/plain": this.toString(), "text/html": htmlTable(this.toString(), headings, rows) };
  }
}

/**
 * How badly a model foresees the words of a corpus: the mean of − ln (share that it gave the word that came).
 * Each sentence counts with its weight; the first words are left out (`minimumContext`, at least one).
 *
 * @throws UnknownWordError, NothingToCountError
 * @example modelLoss(new MarkovChain(programAndBatteryLogs()), programAndBatteryLogs()).nats // 0.1320
 */
export function modelLoss(model: NextTokenModel, source: CorpusSource): Loss {
  const most = model.maximumContext ?? Infinity;
  const { size } = model.vocabulary;
  let read: readonly string[] | undefined;
  let all: ArrayLike<number> = [];
  return foreseen(source, Math.max(1, model.minimumContext ?? 1), (context, tokens) => {
    const isWithin = context.length <= most;
    if (model.nextAll !== undefined && isWithin) {
      if (read !== tokens) {
        // The last word that is foreseen needs no distribution after it.
        all = model.nextAll(tokens.slice(0, Math.min(most, tokens.length - 1))).data;
        read = tokens;
      }
      const row = (context.length - 1) * size;
      return (word) => all[row + model.vocabulary.index(word)] ?? 0;
    }
    const { data } = model.next(isWithin ? context : context.slice(-most));
    return (word) => data[model.vocabulary.index(word)] ?? 0;
  });
}

/**
 * The exact floor: the loss that no model can go below that reads only the last `context` words of the same
 * sentence (all of them: Infinity), counted from the corpus itself. Where a sentence is shorter so far, what it has
 * is read.
 *
 * @throws EmptyCorpusError, NothingToCountError
 * @example lossFloor(programAndBatteryLogs(), 1).nats // 4 ln 2 / 21 = 0.1320
 */
export function lossFloor(source: CorpusSource, context = Infinity): Loss {
  const corpus = corpusFrom(source);
  const read = (words: readonly string[]): string =>
    JSON.stringify(context === Infinity ? words : words.slice(-context));
  const counts = new Map<string, { total: number; words: Map<string, number> }>();
  for (const { tokens, weight } of corpus.sentences)
    for (let position = 1; position < tokens.length; position++) {
      const key = read(tokens.slice(0, position));
      const row = counts.get(key) ?? { total: 0, words: new Map<string, number>() };
      counts.set(key, row);
      const word = tokens[position] ?? "";
      row.total += weight;
      row.words.set(word, (row.words.get(word) ?? 0) + weight);
    }
  return foreseen(corpus, 1, (words) => {
    const row = counts.get(read(words));
    return (word) => (row === undefined ? 0 : (row.words.get(word) ?? 0) / row.total);
  });
}

function foreseen(
  source: CorpusSource,
  minimum: number,
  shares: (context: readonly string[], tokens: readonly string[]) => (word: string) => number,
): Loss {
  const predictions: Prediction[] = [];
  let skipped = 0;
  let longest = 0;
  for (const [sentence, { tokens, weight }] of corpusFrom(source).sentences.entries()) {
    longest = Math.max(longest, tokens.length);
    for (const [position, word] of tokens.entries()) {
      if (position === 0) continue;
      if (position < minimum) {
        skipped++;
        continue;
      }
      const context = tokens.slice(0, position);
      const probability = shares(context, tokens)(word);
      predictions.push({
        sentence,
        position,
        context,
        word,
        probability,
        nats: surprise(probability),
        weight,
      });
    }
  }
  if (predictions.length === 0) throw new NothingToCountError("A loss", minimum + 1, longest);
  return new Loss(predictions, skipped);
}

/** − ln p, and 0 rather than −0 for certainty. */
function surprise(probability: number): number {
  return probability === 1 ? 0 : -Math.log(probability);
}
