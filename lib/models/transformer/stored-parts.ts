import type { TransformerParts } from "./transformer.ts";

/** What a checkpoint's `config.json` keeps beside the configuration: the words (of both sides) and the token that ends a sentence. */
export function storedParts(config: Readonly<Record<string, unknown>>): TransformerParts {
  return {
    vocabulary: wordsIn(config["words"]),
    sourceVocabulary: wordsIn(config["sourceWords"]),
    end: typeof config["end"] === "string" ? config["end"] : undefined,
  };
}

function wordsIn(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.map(String) : undefined;
}
