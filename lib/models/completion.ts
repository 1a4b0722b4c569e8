import { inspect } from "node:util";
import { DISPLAY, type Displayable, type MimeBundle } from "../display/index.ts";
import { randomNumbers, type Tensor } from "../tensor/index.ts";
import { WordTokeniser, type Tokeniser } from "../text/index.ts";
import { htmlTable, visibleToken } from "../text/html-table.ts";
import { entropy } from "./entropy.ts";
import { OptionError } from "./errors.ts";
import type { NextTokenModel } from "./next-token-model.ts";
import { samplingDistribution, type SamplingOptions } from "./sampling-distribution.ts";

/** How a sentence is completed. Without temperature, top k, top p and seed the likeliest word is always taken. */
export interface CompletionOptions extends SamplingOptions {
  /** The most words that are added; 20 unless given. */
  readonly length?: number;
  /** Draws words by chance, the same ones for the same seed. */
  readonly seed?: number;
  /** How a prompt that is text becomes tokens, and tokens text; words in lower case unless given. */
  readonly tokeniser?: Tokeniser;
}

/** One word that was added. */
export interface CompletionStep {
  readonly token: string;
  /** The share that the model gave it. */
  readonly probability: number;
  /** How undecided the model was, in nats. */
  readonly entropy: number;
  /** What the model gave every word. */
  readonly distribution: Tensor<["vocabulary"]>;
}

/** A prompt with the words that a model added, and how sure it was of each. */
export class Completion implements Displayable {
  readonly prompt: readonly string[];
  readonly steps: readonly CompletionStep[];
  /** Why it stopped: the length was reached, nothing ever follows the last words, or the model ended the sentence. */
  readonly stopped: "length" | "nothing follows" | "end token";
  readonly #tokeniser: Tokeniser;

  constructor(
    prompt: readonly string[],
    steps: readonly CompletionStep[],
    stopped: Completion["stopped"],
    tokeniser: Tokeniser,
  ) {
    this.prompt = prompt;
    this.steps = steps;
    this.stopped = stopped;
    this.#tokeniser = tokeniser;
  }

  /** Prompt and added words. */
  get tokens(): string[] {
    return [...this.prompt, ...this.added];
  }

  /** The added words only. */
  get added(): string[] {
    return this.steps.map((step) => step.token);
  }

  /** All as text. */
  get text(): string {
    return this.#tokeniser.text(this.tokens);
  }

  toString(): string {
    return this.text;
  }

  /** What `console.log` writes. */
  [inspect.custom](): string {
    return this.toString();
  }

  /** As a table: each added word with its probability. */
  [DISPLAY](): MimeBundle {
    const rows = this.steps.map((step) => [
      visibleToken(step.token),
      Number(step.probability.toPrecision(3)),
      Number(step.entropy.toFixed(3)),
    ]);
    return {
      "text/plain": `${this.text}\n(stopped: ${this.stopped})`,
      "text/html": htmlTable(
        `${this.text} (stopped: ${this.stopped})`,
        ["added", "probability", "entropy (nats)"],
        rows,
      ),
    };
  }
}

/**
 * What a model makes of a beginning: word after word, each chosen from `model.next` of all words so far.
 * Source: Rohrer, "Sequence completion".
 *
 * @param prompt text, or tokens
 * @throws UnknownWordError, ContextTooShortError, OptionError
 * @example completion(new MarkovChain(showMeMyFiles()), "show me").text // "show me my photos please"
 */
export function completion(
  model: NextTokenModel,
  prompt: string | readonly string[],
  options: CompletionOptions = {},
): Completion {
  const length = options.length ?? 20;
  if (!Number.isInteger(length) || length < 0)
    throw new OptionError("length", length, "a whole number from 0");
  const tokeniser = options.tokeniser ?? new WordTokeniser();
  const beginning = typeof prompt === "string" ? tokeniser.tokens(prompt) : [...prompt];
  const isDrawn = [options.temperature, options.topK, options.topP, options.seed].some(
    (set) => set !== undefined,
  );
  const random = randomNumbers(options.seed ?? 1);

  const tokens = [...beginning];
  const steps: CompletionStep[] = [];
  while (steps.length < length) {
    const distribution = model.next(tokens.slice(-(model.maximumContext ?? tokens.length) || undefined));
    const choices = samplingDistribution(distribution, isDrawn ? options : { temperature: 0 });
    const index = drawn(choices.data, random());
    if (index === undefined) return new Completion(beginning, steps, "nothing follows", tokeniser);
    const token = model.vocabulary.word(index);
    if (token === model.end) return new Completion(beginning, steps, "end token", tokeniser);
    const probability = distribution.data[index] ?? 0;
    steps.push({ token, probability, entropy: entropy(distribution), distribution });
    tokens.push(token);
  }
  return new Completion(beginning, steps, "length", tokeniser);
}

/** The index that a number between 0 and 1 falls on; none when all shares are zero. */
function drawn(shares: ArrayLike<number>, number: number): number | undefined {
  let last: number | undefined;
  for (let index = 0, sum = 0; index < shares.length; index++) {
    const share = shares[index] ?? 0;
    if (share <= 0) continue;
    last = index;
    sum += share;
    if (number < sum) return index;
  }
  return last;
}
