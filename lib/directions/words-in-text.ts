import type { Transformer } from "../models/transformer/index.ts";
import { DirectionError } from "./errors.ts";

/** A model, with its tokeniser where it has one (a `PretrainedModel` is such a value); without one, texts are cut at spaces. */
export type Subject =
  | Transformer
  | {
      readonly model: Transformer;
      readonly tokeniser?:
        | {
            /** The numbers of a text's tokens, with or without the special ones around them. */
            readonly encode: (text: string, options?: { readonly special?: boolean }) => number[];
          }
        | undefined;
    };

/** The model of a subject. */
export function modelOf(subject: Subject): Transformer {
  return "model" in subject ? subject.model : subject;
}

/** A word in a text as tokens. */
export interface WordInText {
  /** Token indices of the whole text. */
  readonly tokens: readonly number[];
  /** Where the word's first and last token stand. */
  readonly first: number;
  readonly last: number;
}

const SLOT = "{word}";

/**
 * `word` in the template's slot, as tokens; `undefined` where the vocabulary lacks the word or the text is longer than the context.
 * @param template has `{word}` once: "the {word} is"
 * @throws DirectionError for a template without slot or with two, or one with other words that the vocabulary lacks
 */
export function wordInText(subject: Subject, template: string, word: string): WordInText | undefined {
  const [before, after, more] = template.split(SLOT);
  if (before === undefined || after === undefined || more !== undefined)
    throw new DirectionError(`template "${template}" needs ${SLOT} once`);
  const model = modelOf(subject);
  const found =
    "model" in subject && subject.tokeniser !== undefined
      ? throughTokeniser(subject.tokeniser.encode, before, word, after)
      : atSpaces(model, before, word, after);
  return found && found.tokens.length > model.configuration.context ? undefined : found;
}

function atSpaces(model: Transformer, before: string, word: string, after: string): WordInText | undefined {
  const { vocabulary } = model;
  const cut = (text: string) => text.split(" ").filter((part) => part !== "");
  for (const other of [...cut(before), ...cut(after)])
    if (!vocabulary.has(other))
      throw new DirectionError(
        `the vocabulary lacks "${other}" of the template "${before}${SLOT}${after}"; choose words that the model knows`,
      );
  const words = cut(word);
  if (words.length === 0 || !words.every((part) => vocabulary.has(part))) return undefined;
  const first = cut(before).length;
  const tokens = vocabulary.indices([...cut(before), ...words, ...cut(after)]);
  return { tokens, first, last: first + words.length - 1 };
}

function throughTokeniser(
  encode: (text: string, options?: { readonly special?: boolean }) => number[],
  before: string,
  word: string,
  after: string,
): WordInText | undefined {
  const plain = (text: string) => (text === "" ? [] : encode(text, { special: false }));
  const tokens = encode(before + word + after);
  const inner = plain(before + word + after);
  const offset = tokens.findIndex((_, start) => inner.every((token, at) => tokens[start + at] === token));
  // a space before a word belongs to its token
  const first = plain(before.trimEnd()).length;
  const last = plain(before + word).length - 1;
  const isThere = plain(before + word).every((token, at) => inner[at] === token);
  return offset < 0 || !isThere || last < first
    ? undefined
    : { tokens, first: offset + first, last: offset + last };
}
