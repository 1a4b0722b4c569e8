import type { Tokeniser } from "../text/tokeniser.ts";
import { Vocabulary } from "../text/vocabulary.ts";
import { PretrainedError } from "./errors.ts";

/** The tokeniser that a pretrained model was trained with. */
export interface PretrainedTokeniser extends Tokeniser {
  /**
   * All tokens in the order of their ids, written as the text that they stand for (" the", not "Ġthe"),
   * unless they are no whole characters or that text is another token's already.
   */
  readonly vocabulary: Vocabulary;
  /** The ids of `text`, with the marks that the model expects round a text ([CLS] … [SEP]) unless `special` is false. */
  encode(text: string, options?: { readonly special?: boolean }): number[];
  /** The text of `ids`. */
  decode(ids: readonly number[]): string;
}

/** What is used of `@huggingface/tokenizers`, whose own declarations TypeScript cannot resolve in Node's ESM (imports without endings). */
interface Engine {
  encode(text: string, options: { readonly add_special_tokens: boolean }): { readonly ids: number[] };
  decode(ids: number[], options: { readonly clean_up_tokenization_spaces: boolean }): string;
  id_to_token(id: number): string | undefined;
}

/** Content of `tokenizer.json` and `tokenizer_config.json`. */
export interface TokeniserFiles {
  readonly tokeniser: Readonly<Record<string, unknown>>;
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * The tokeniser that `files` describe.
 * @param size rows of W_E: ids that no token has get a name of their own, so that every row has one
 * @throws PretrainedError for a description that cannot be used; its `encode` and `tokens` do for a text that it has no tokens for
 */
export async function pretrainedTokeniser(files: TokeniserFiles, size: number): Promise<PretrainedTokeniser> {
  const { Tokenizer } = (await import("@huggingface/tokenizers")) as unknown as {
    readonly Tokenizer: new (tokeniser: object, config: object) => Engine;
  };
  let engine: Engine;
  try {
    engine = new Tokenizer(files.tokeniser, files.config);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new PretrainedError(`tokenizer.json cannot be used: ${why}`, { cause: error });
  }
  const model = files.tokeniser["model"] as { readonly type?: unknown } | undefined;
  const isByteLevel = JSON.stringify(files.tokeniser["decoder"] ?? "").includes('"ByteLevel"');
  const raw = Array.from({ length: size }, (_, id) => engine.id_to_token(id));
  const vocabulary = new Vocabulary(readable(raw, isByteLevel));
  const encode = (text: string, special: boolean) => {
    const { ids } = engine.encode(text, { add_special_tokens: special });
    // a description without a token for what it does not know
    if (!ids.every(Number.isInteger))
      throw new PretrainedError(
        `the tokeniser has no token for a part of ${JSON.stringify(text.slice(0, 60))}, and none for what is unknown`,
      );
    return ids;
  };
  const decode = (ids: readonly number[]) =>
    ids.length === 0 ? "" : engine.decode([...ids], { clean_up_tokenization_spaces: false });
  return {
    kind: model?.type === "WordPiece" ? "word-piece" : "byte-pair",
    vocabulary,
    tokens: (text) => encode(text, false).map((id) => vocabulary.word(id)),
    text: (tokens) => decode(vocabulary.indices(tokens)),
    encode: (text, { special = true } = {}) => encode(text, special),
    decode,
  };
}

/** The tokens as text, each once. */
function readable(raw: readonly (string | undefined)[], isByteLevel: boolean): string[] {
  const taken = new Set(raw);
  return raw.map((token, id) => {
    if (token === undefined) return `<unused ${id}>`;
    const text = isByteLevel ? byteLevelText(token) : token;
    if (text === undefined || text === token || taken.has(text)) return token;
    taken.add(text);
    return text;
  });
}

/** GPT-2 writes each byte as one printable character: those that print as themselves, the others from U+0100 on. */
const BYTE_OF_CHARACTER = new Map<string, number>();
let next = 0x100;
for (let byte = 0; byte < 256; byte++) {
  const prints =
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  BYTE_OF_CHARACTER.set(String.fromCodePoint(prints ? byte : next++), byte);
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of a byte-level token; `undefined` where its bytes are no whole characters. */
function byteLevelText(token: string): string | undefined {
  const bytes: number[] = [];
  for (const character of token) {
    const byte = BYTE_OF_CHARACTER.get(character);
    if (byte === undefined) return undefined;
    bytes.push(byte);
  }
  try {
    return utf8.decode(Uint8Array.from(bytes));
  } catch {
    return undefined;
  }
}
