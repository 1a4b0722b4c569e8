import type { Vocabulary } from "../../text/index.ts";
import type { TransformerConfiguration } from "./configuration.ts";
import { InputError } from "./errors.ts";
import type { TokenBatch } from "./forward.ts";
import type { Token } from "./run.ts";

/** Sequences as indices and as words. */
export interface ReadTokens extends TokenBatch {
  readonly words: readonly (readonly string[])[];
}

/**
 * Sequences of tokens as one batch: shorter ones padded at the end, `present` saying which tokens are there (absent when all are).
 *
 * @throws {InputError} for an empty batch or sequence, one longer than the context, an index outside the vocabulary, masks or segments that don't fit
 * @throws UnknownWordError for a word that the vocabulary lacks
 */
export function readTokens(
  sequences: readonly (readonly Token[])[],
  vocabulary: Vocabulary,
  configuration: TransformerConfiguration,
  options: {
    readonly present?: readonly (readonly number[])[] | undefined;
    readonly segments?: readonly (readonly number[])[] | undefined;
  } = {},
): ReadTokens {
  if (sequences.length === 0) throw new InputError("There is no sequence to run on; give at least one.");
  const indices = sequences.map((sequence) => sequence.map((token) => indexOf(token, vocabulary)));
  const positions = Math.max(...indices.map(({ length }) => length));
  for (const [row, { length }] of indices.entries()) {
    if (length === 0) throw new InputError(`Sequence ${row} has no tokens; give at least one.`);
  }
  if (positions > configuration.context) {
    throw new InputError(
      `A sequence of ${positions} tokens is longer than the model's context of ${configuration.context}.`,
    );
  }
  const tokens = new Int32Array(indices.length * positions);
  const given = new Float32Array(tokens.length);
  for (const [row, sequence] of indices.entries()) {
    tokens.set(sequence, row * positions);
    given.fill(1, row * positions, row * positions + sequence.length);
  }
  const present =
    options.present === undefined ? given : flat("present", options.present, indices, positions);
  if (present.some((mark) => mark !== 0 && mark !== 1))
    throw new InputError("`present` has only ones and zeros.");
  for (let row = 0; row < indices.length; row++) {
    if (!present.subarray(row * positions, (row + 1) * positions).includes(1)) {
      throw new InputError(`Every token of sequence ${row} is padding; at least one must be there.`);
    }
  }
  const segments =
    options.segments && Int32Array.from(flat("segments", options.segments, indices, positions));
  if (segments?.some((segment) => segment < 0 || segment >= configuration.segments) === true) {
    throw new InputError(`The model has ${configuration.segments} segments, numbered from 0.`);
  }
  return {
    tokens,
    batch: indices.length,
    positions,
    present: present.includes(0) ? present : undefined,
    segments,
    words: indices.map((sequence) => sequence.map((index) => vocabulary.word(index))),
  };
}

function indexOf(token: Token, vocabulary: Vocabulary): number {
  if (typeof token === "string") return vocabulary.index(token);
  if (!Number.isInteger(token) || token < 0 || token >= vocabulary.size) {
    throw new InputError(
      `Token ${token} is not an index of the vocabulary, which has ${vocabulary.size} words.`,
    );
  }
  return token;
}

/** One number for each token, padded with zeros. */
function flat(
  what: string,
  rows: readonly (readonly number[])[],
  sequences: readonly (readonly number[])[],
  positions: number,
): Float32Array {
  const result = new Float32Array(sequences.length * positions);
  for (const [row, sequence] of sequences.entries()) {
    if (rows[row]?.length !== sequence.length) {
      throw new InputError(
        `\`${what}\` has ${rows[row]?.length ?? 0} numbers for sequence ${row}, which has ${sequence.length} tokens.`,
      );
    }
    result.set(rows[row], row * positions);
  }
  return result;
}
