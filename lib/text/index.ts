export {
  DuplicateWordError,
  EmptyCorpusError,
  EmptySentenceError,
  MergeCountError,
  SentenceWeightError,
  TokenError,
  UnknownWordError,
  WordIndexError,
} from "./errors.ts";
export { Vocabulary, type VocabularyOptions } from "./vocabulary.ts";
export { vocabularyOf, type VocabularyOfOptions } from "./vocabulary-of.ts";
export type { Tokeniser } from "./tokeniser.ts";
export { WordTokeniser, type WordTokeniserOptions } from "./word-tokeniser.ts";
export { CharacterTokeniser } from "./character-tokeniser.ts";
export {
  Corpus,
  corpusFrom,
  type CorpusOptions,
  type CorpusSource,
  type CorpusOrigin,
  type SentenceSource,
  type WeightedSentence,
} from "./corpus.ts";
export { batteryOrProgram, programAndBatteryLogs, showMeMyFiles } from "./corpora/rohrer.ts";
export { blackCatDrankTheMilk, blueBall, type SentencePair } from "./corpora/doshi.ts";
export { mobyDick, mobyDickChapters, type Chapter } from "./corpora/moby-dick.ts";
export {
  plantedRelations,
  type PlantedCorpus,
  type PlantedTruth,
  type WordPairs,
} from "./corpora/planted-relations.ts";
export { skipTrigrams, type SkipTrigram, type SkipTrigramCorpus } from "./corpora/skip-trigrams.ts";
export { bytePairMerges, type BytePairMerge } from "./byte-pair-merges.ts";
export { BytePairTokeniser, type BytePairOptions } from "./byte-pair-tokeniser.ts";
