import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PretrainedError } from "./errors.ts";
import type { TokeniserFiles } from "./tokeniser.ts";

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** The text of `folder/name`; `undefined` where there is no such file. */
async function textIfThere(folder: string, name: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, name), "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR"))
      return undefined;
    throw error;
  }
}

/** The object in the JSON file `folder/name`; `undefined` where there is no such file. */
export async function jsonIfThere(folder: string, name: string): Promise<Json | undefined> {
  const text = await textIfThere(folder, name);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new PretrainedError(`${join(folder, name)} is not valid JSON: ${why}`, { cause: error });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
  throw new PretrainedError(`${join(folder, name)} holds ${text.slice(0, 40)}; expected an object`);
}

/**
 * What a folder says of its tokeniser: `tokenizer.json`, or the older `vocab.json` with `merges.txt` (GPT-2) or `vocab.txt` (BERT).
 * `undefined` where it says nothing: such a model takes token ids.
 */
export async function folderTokeniser(folder: string): Promise<TokeniserFiles | undefined> {
  const config = (await jsonIfThere(folder, "tokenizer_config.json")) ?? {};
  const tokeniser = await jsonIfThere(folder, "tokenizer.json");
  if (tokeniser) return { tokeniser, config };
  const vocabulary = await jsonIfThere(folder, "vocab.json");
  const merges = await textIfThere(folder, "merges.txt");
  if (vocabulary && merges !== undefined)
    return {
      tokeniser: bytePairTokeniser(
        vocabulary,
        merges.split(/\r?\n/).filter((line) => line && !line.startsWith("#version")),
      ),
      config,
    };
  const words = await textIfThere(folder, "vocab.txt");
  return words === undefined ? undefined : { tokeniser: wordPieceTokeniser(words, config), config };
}

const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };

/** How llama.cpp's names of pre-tokenisers cut text before merging. Source: llama.cpp `llama-vocab.cpp`. */
const PRE_TOKENISERS: Readonly<Record<string, unknown>> = {
  default: byteLevel,
  "gpt-2": byteLevel,
  smollm: { type: "Sequence", pretokenizers: [{ type: "Digits", individual_digits: true }, byteLevel] },
  "llama-bpe": splitThenBytes(
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  ),
  qwen2: splitThenBytes(
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  ),
};

function splitThenBytes(pattern: string) {
  return {
    type: "Sequence",
    pretokenizers: [
      { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false },
      { ...byteLevel, use_regex: false },
    ],
  };
}

/**
 * What a GGUF header says of its tokeniser; `undefined` for a kind that is not read (SentencePiece): such a model takes ids.
 * Source: GGUF specification, "Tokenizer"; token types 3 and 4 are control and user-defined tokens.
 */
export function ggufTokeniser(metadata: Json): TokeniserFiles | undefined {
  const tokens = metadata["tokenizer.ggml.tokens"];
  const merges = metadata["tokenizer.ggml.merges"];
  const types = metadata["tokenizer.ggml.token_type"];
  const cut = metadata["tokenizer.ggml.pre"] ?? "default";
  const isKnown =
    metadata["tokenizer.ggml.model"] === "gpt2" && typeof cut === "string" && cut in PRE_TOKENISERS;
  if (!isKnown || !Array.isArray(tokens) || !Array.isArray(merges)) return undefined;
  const vocabulary = Object.fromEntries(tokens.map((token, id) => [String(token), id]));
  const added = tokens.flatMap((token, id) => {
    const type: unknown = Array.isArray(types) ? types[id] : 1;
    return type === 3 || type === 4 ? [addedToken(id, String(token))] : [];
  });
  const files = bytePairTokeniser(vocabulary, merges.map(String));
  return { tokeniser: { ...files, added_tokens: added, pre_tokenizer: PRE_TOKENISERS[cut] }, config: {} };
}

function addedToken(id: number, content: string) {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
}

function bytePairTokeniser(vocabulary: Json, merges: readonly string[]): Json {
  const end = vocabulary["<|endoftext|>"];
  return {
    version: "1.0",
    added_tokens: typeof end === "number" ? [addedToken(end, "<|endoftext|>")] : [],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: { type: "BPE", vocab: vocabulary, merges, unk_token: null, fuse_unk: false, byte_fallback: false },
  };
}

function wordPieceTokeniser(words: string, config: Json): Json {
  const list = words.split(/\r?\n/);
  if (list.at(-1) === "") list.pop();
  const vocabulary = Object.fromEntries(list.map((word, id) => [word, id]));
  const special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].filter((word) => word in vocabulary);
  const mark = (word: string) => ({ SpecialToken: { id: word, type_id: 0 } });
  const template = [mark("[CLS]"), { Sequence: { id: "A", type_id: 0 } }, mark("[SEP]")];
  return {
    version: "1.0",
    added_tokens: special.map((word) => addedToken(vocabulary[word] ?? 0, word)),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: config["do_lower_case"] !== false,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single: template,
      pair: [
        ...template,
        { Sequence: { id: "B", type_id: 1 } },
        { SpecialToken: { id: "[SEP]", type_id: 1 } },
      ],
      special_tokens: Object.fromEntries(
        ["[CLS]", "[SEP]"].map((word) => [word, { id: word, ids: [vocabulary[word] ?? 0], tokens: [word] }]),
      ),
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      vocab: vocabulary,
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
    },
  };
}
