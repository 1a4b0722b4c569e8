import { head as headOf } from "../circuits/index.ts";
import { tensor, type Tensor } from "../tensor/index.ts";
import { DirectionError } from "./errors.ts";
import { checkedPlace, type ModelPlace } from "./place.ts";
import { modelOf, wordInText, type Subject, type WordInText } from "./words-in-text.ts";

/** In which texts, and where in them, vectors of words are taken. */
export interface ReadingOptions {
  /** Texts with `{word}` once each; vectors are averaged over them. Default: the word by itself. */
  readonly templates?: readonly string[];
  /** `word`: at the word's last token (default). `end`: at the text's last token, where the next word is predicted. */
  readonly position?: "word" | "end";
  /** Words that a tokeniser cuts into several tokens: left out and named in `skipped` (default), or taken at their last token. */
  readonly splitWords?: "skip" | "last token";
}

/** A word that was left out, and why. */
export interface SkippedWord {
  readonly word: string;
  readonly reason: string;
}

/** What a model makes of some words: their vectors at every place, from one pass. Made by {@link readWords}. */
export interface WordReading {
  readonly words: readonly string[];
  readonly skipped: readonly SkippedWord[];
  /**
   * One vector a word. Axis `embedding` for places in the residual stream, `feature` for `q` and `k`, `value` for `v` and `z`.
   * @throws DirectionError for a place that the model lacks
   */
  readonly at: (place: ModelPlace) => Tensor<["word", string]>;
}

/** Sequences that run at a time. */
const BATCH = 16;

/**
 * The vectors of `words` in `subject`, to be asked for place by place.
 *
 * @throws DirectionError when no word is left, or for a template that cannot be used
 * @example readWords(model, ["big", "small"], { templates: ["the {word} is"] }).at({ part: "OV", layer: 1, head: 0 })
 */
export function readWords(
  subject: Subject,
  words: readonly string[],
  options: ReadingOptions = {},
): WordReading {
  const { position = "word", splitWords = "skip" } = options;
  const templates = checkedTemplates(subject, options);
  const skipped: SkippedWord[] = [];
  const kept: { word: string; texts: WordInText[] }[] = [];
  for (const word of new Set(words)) {
    const texts = templates.map((template) => wordInText(subject, template, word));
    const there = texts.filter((text) => text !== undefined);
    const reason =
      there.length < texts.length
        ? "the vocabulary lacks it, or the text is too long"
        : splitWords === "skip" && there.some(({ first, last }) => first !== last)
          ? `the tokeniser cuts it into ${Math.max(...there.map(({ first, last }) => last - first + 1))} tokens`
          : undefined;
    if (reason === undefined) kept.push({ word, texts: there });
    else skipped.push({ word, reason });
  }
  if (kept.length === 0)
    throw new DirectionError(
      `none of the ${skipped.length} words can be used; "${skipped[0]?.word ?? ""}": ${skipped[0]?.reason ?? "no words given"}`,
    );
  const means = meanActivations(subject, kept, position);
  const names = kept.map(({ word }) => word);
  return { words: names, skipped, at: (place) => vectorsAt(subject, means, names, place) };
}

/**
 * The templates asked for.
 * @throws DirectionError for none, or one that the model cannot use
 */
export function checkedTemplates(
  subject: Subject,
  { templates = ["{word}"] }: ReadingOptions,
): readonly string[] {
  if (templates.length === 0)
    throw new DirectionError("there is no template; leave `templates` out for bare words");
  for (const template of templates) wordInText(subject, template, "");
  return templates;
}

/** By hook: one row a word, averaged over its texts. */
type Means = ReadonlyMap<string, Float64Array>;

function meanActivations(
  subject: Subject,
  kept: readonly { readonly word: string; readonly texts: readonly WordInText[] }[],
  position: "word" | "end",
): Means {
  const model = modelOf(subject);
  const { layers } = model.configuration;
  const keep = [
    "tokenEmbedding",
    ...(layers > 0 ? (["blocks.*.residualBefore", `blocks.${layers - 1}.residualAfter`] as const) : []),
    ...(layers > 0
      ? (["attentionInput", "q", "k", "v", "z"] as const).map((name) => `blocks.*.${name}` as const)
      : []),
  ] as const;
  const texts = kept.flatMap((entry, row) =>
    entry.texts.map((text) => ({ ...text, row, share: 1 / entry.texts.length })),
  );
  // alike in length, so that little is padding
  texts.sort((a, b) => a.tokens.length - b.tokens.length || a.row - b.row);
  const means = new Map<string, Float64Array>();
  for (let start = 0; start < texts.length; start += BATCH) {
    const batch = texts.slice(start, start + BATCH);
    const { activations } = model.runBatch(
      batch.map(({ tokens }) => tokens),
      { keep, logits: "none" },
    );
    for (const [name, found] of Object.entries(activations as Record<string, Tensor<readonly string[]>>)) {
      const [, positions = 0] = found.shape;
      const size = found.size / batch.length / positions;
      let mean = means.get(name);
      if (mean === undefined) means.set(name, (mean = new Float64Array(kept.length * size)));
      for (const [index, { tokens, last, row, share }] of batch.entries()) {
        const at = (index * positions + (position === "end" ? tokens.length - 1 : last)) * size;
        for (let i = 0; i < size; i++)
          mean[row * size + i] = (mean[row * size + i] ?? 0) + share * (found.data[at + i] ?? 0);
      }
    }
  }
  for (const [name, mean] of means) {
    const place = mean.findIndex((value) => !Number.isFinite(value));
    const row = Math.floor(place / (mean.length / kept.length));
    if (place >= 0)
      throw new DirectionError(
        `the model's ${name} is ${String(mean[place])} for "${kept[row]?.word ?? ""}": with such numbers nothing can be compared; are its weights too large, or damaged?`,
      );
  }
  return means;
}

const HOOK = {
  query: "q",
  key: "k",
  OV: "v",
  result: "z",
  "OV out": "z",
  q: "q",
  k: "k",
  v: "v",
  z: "z",
} as const;

function vectorsAt(
  subject: Subject,
  means: Means,
  words: readonly string[],
  place: ModelPlace,
): Tensor<["word", string]> {
  const model = modelOf(subject);
  checkedPlace(model, place);
  const { heads, layers } = model.configuration;
  const whole = (name: string) =>
    tensor(["word", "embedding"], means.get(name) ?? new Float64Array(0), {
      shape: [words.length, model.configuration.embedding],
      labels: { word: words },
      copy: false,
    });
  const ofHead = <S extends "feature" | "value">(hook: string, axis: S, layer: number, index: number) => {
    const all = means.get(`blocks.${layer}.${hook}`) ?? new Float64Array(0);
    const size = model.configuration[axis];
    const data = new Float64Array(words.length * size);
    for (let row = 0; row < words.length; row++)
      data.set(all.subarray((row * heads + index) * size, (row * heads + index + 1) * size), row * size);
    return tensor<["word", S]>(["word", axis], data, {
      shape: [words.length, size],
      labels: { word: words },
    } as never);
  };
  if (place.part === "embedding") return whole("tokenEmbedding");
  if (place.part === "residual")
    return whole(
      place.layer < layers
        ? `blocks.${place.layer}.residualBefore`
        : layers === 0
          ? "tokenEmbedding"
          : `blocks.${layers - 1}.residualAfter`,
    );
  if (place.part === "attention input") return whole(`blocks.${place.layer}.attentionInput`);
  const { W_Q, W_K, W_O, QK, OV } = headOf(model, place.layer, place.head);
  const features = (hook: "q" | "k") => ofHead(hook, "feature", place.layer, place.head);
  const values = (hook: "v" | "z") => ofHead(hook, "value", place.layer, place.head);
  switch (place.part) {
    case "q":
    case "k":
      return features(place.part);
    case "v":
    case "z":
      return values(place.part);
    case "query":
      return features(HOOK.query).dot(W_K, "feature");
    case "key":
      return features(HOOK.key).dot(W_Q, "feature");
    case "OV":
      return values(HOOK.OV).dot(W_O, "value");
    case "result":
      return values(HOOK.result).dot(W_O, "value");
    default: {
      const read =
        place.part === "OV out"
          ? values(HOOK["OV out"]).dot(W_O, "value")
          : whole(`blocks.${place.layer}.attentionInput`);
      const side =
        place.part === "QK destination"
          ? QK.svd().U.rename({ destination: "embedding" })
          : place.part === "QK source"
            ? QK.svd().V.rename({ source: "embedding" })
            : place.part === "OV source"
              ? OV.svd().U.rename({ source: "embedding" })
              : OV.svd().V.rename({ out: "embedding" });
      const basis = side.slice({ component: [0, place.directions] });
      return read.dot(basis, "embedding").dot(basis, "component");
    }
  }
}
