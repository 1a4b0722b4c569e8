import { numbersOf, tidied, type Arithmetic, type Numbers } from "../../backend/operations/index.ts";
import type { TransformerConfiguration } from "./configuration.ts";
import { forward, type Past, type ReadPast, type Tap, type TokenBatch, type Weights } from "./forward.ts";

/** A tap that wants nothing. */
export const NO_TAP: Tap = {
  wants: () => false,
  isOnPath: () => false,
  at: (_name, value) => value,
};

/**
 * Next-token distributions with a memory: keys and values of the tokens read last stay in the backend, so that a sequence that
 * goes on from there costs only its new tokens. Another sequence uses what it has in common.
 */
export class SequenceReader {
  readonly #arithmetic: Arithmetic;
  readonly #configuration: TransformerConfiguration;
  readonly #weights: () => Weights;
  readonly #source: TokenBatch | undefined;
  #read: number[] = [];
  #past: ReadPast | undefined;

  constructor(
    arithmetic: Arithmetic,
    configuration: TransformerConfiguration,
    weights: () => Weights,
    source: TokenBatch | undefined,
  ) {
    this.#arithmetic = arithmetic;
    this.#configuration = configuration;
    this.#weights = weights;
    this.#source = source;
  }

  /** The shares of all tokens after `tokens`. */
  next(tokens: readonly number[]): Float32Array {
    const { tf } = this.#arithmetic;
    const common = this.#common(tokens);
    const fresh = Int32Array.from(tokens.slice(common));
    const { shares, past } = tidied(this.#arithmetic, () => {
      const output = forward(
        this.#arithmetic,
        this.#configuration,
        this.#weights(),
        {
          tokens: fresh,
          batch: 1,
          positions: fresh.length,
          source: this.#source,
          past: this.#shortened(common),
          logits: "last",
        },
        NO_TAP,
      );
      if (output.logits === undefined) throw new Error("A model with an unembedding gives logits.");
      for (const { k, v } of output.past.layers) {
        tf.keep(k);
        tf.keep(v);
      }
      return { shares: numbersOf(this.#arithmetic, tf.softmax(output.logits)), past: output.past };
    });
    this.dispose();
    this.#past = past;
    this.#read = [...tokens];
    return shares;
  }

  /** Forgets what was read and frees its memory. */
  dispose(): void {
    for (const { k, v } of this.#past?.layers ?? []) {
      k.dispose();
      v.dispose();
    }
    this.#past = undefined;
    this.#read = [];
  }

  /** How many tokens at the start were read last time; at least the last one is always new. */
  #common(tokens: readonly number[]): number {
    const limit = Math.min(this.#read.length, tokens.length - 1);
    let common = 0;
    while (common < limit && tokens[common] === this.#read[common]) common++;
    return this.#past === undefined ? 0 : common;
  }

  #shortened(length: number): Past | undefined {
    if (this.#past === undefined || length === 0) return undefined;
    if (length === this.#past.length) return this.#past;
    const { tf } = this.#arithmetic;
    const cut = (x: Numbers) => tf.slice(x, [0, 0, 0], [-1, length, -1]);
    return { length, layers: this.#past.layers.map(({ k, v }) => ({ k: cut(k), v: cut(v) })) };
  }
}
