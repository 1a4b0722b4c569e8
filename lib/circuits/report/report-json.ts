import { Tensor } from "../../tensor/index.ts";
import type { CompositionScores } from "../composition.ts";
import type { ModelReport, WeightScores } from "./model-report.ts";

/** How many words the logit lens lists at each layer and position. */
const LENS_WORDS = 10;

/**
 * A report as plain JSON; `docs/report.md` documents every key. Matrices are nested arrays, a number that is not finite is null, and
 * what is left out is null with its reason under `leftOut`.
 */
export function reportJson(report: ModelReport): Readonly<Record<string, unknown>> {
  return nested(entries(report)) as Readonly<Record<string, unknown>>;
}

/**
 * {@link reportJson} as text, in parts of bounded length: one string could not hold a long text's logits.
 * @example await writeFile("report.json", reportJsonText(report));
 */
export function* reportJsonText(report: ModelReport): Generator<string> {
  let part = "";
  for (const piece of pieces(entries(report))) {
    part += piece;
    if (part.length < PART) continue;
    yield part;
    part = "";
  }
  yield part;
}

/** About how many characters are written at once. */
const PART = 2 ** 16;

/** A report as its JSON has it, matrices still as tensors. */
function entries(report: ModelReport): Readonly<Record<string, unknown>> {
  const { card, heads, roles, folded, text, leftOut } = report;
  return {
    format: "matrix-composition/report",
    version: 1,
    model: card,
    heads,
    headRoles: roles
      ? {
          threshold: roles.threshold,
          roles: roles.roles,
          scores: byLabels(roles.scores),
          tokens: roles.tokens,
        }
      : null,
    ...weightScoresJson(report),
    folded: folded ? weightScoresJson(folded) : null,
    tokens: text?.tokens ?? null,
    words: text?.words ?? null,
    logits: text?.logits ?? null,
    residualStream: text?.residualStream ?? null,
    finalResidual: text?.finalResidual ?? null,
    attention: text?.patterns ?? null,
    attentionShares: text?.attentionShares ?? null,
    logitLens: text?.logitLens ? lensWords(text.logitLens) : null,
    leftOut,
  };
}

function weightScoresJson({ copying, composition }: WeightScores) {
  return {
    copying: { OV: copying.OV ?? null, full: copying.full ?? null },
    composition: composition
      ? {
          query: compositionJson(composition.query),
          key: compositionJson(composition.key),
          value: compositionJson(composition.value),
        }
      : null,
  };
}

function compositionJson({ baseline, scores, deviations, pairs, threshold }: CompositionScores) {
  return { baseline, scores, deviations, pairs, threshold };
}

/** Tensors as nested arrays; `JSON.stringify` writes what is not finite as null. */
function nested(value: unknown): unknown {
  if (value instanceof Tensor) return (value as Tensor<readonly string[]>).toArray();
  if (Array.isArray(value)) return value.map(nested);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, nested(entry)]));
}

/** The JSON of a value, a row of numbers or a word at a time. */
function* pieces(value: unknown): Generator<string> {
  if (value instanceof Tensor) yield* rowsOf(value as Tensor<readonly string[]>);
  else if (Array.isArray(value)) {
    for (const [place, entry] of value.entries()) {
      yield place === 0 ? "[" : ",";
      yield* pieces(entry ?? null);
    }
    yield value.length === 0 ? "[]" : "]";
  } else if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).filter(([, entry]) => entry !== undefined);
    for (const [place, [key, entry]] of fields.entries()) {
      yield `${place === 0 ? "{" : ","}${JSON.stringify(key)}:`;
      yield* pieces(entry);
    }
    yield fields.length === 0 ? "{}" : "}";
  } else yield JSON.stringify(value);
}

function* rowsOf(
  { data, shape }: Pick<Tensor<readonly string[]>, "data" | "shape">,
  axis = 0,
  start = 0,
): Generator<string> {
  const [size = 1, ...inner] = shape.slice(axis);
  if (inner.length === 0) {
    const row = Array.from(data.slice(start, start + size));
    yield JSON.stringify(shape.length === 0 ? (row[0] ?? null) : row);
    return;
  }
  const step = inner.reduce((product, each) => product * each, 1);
  for (let place = 0; place < size; place++) {
    yield place === 0 ? "[" : ",";
    yield* rowsOf({ data, shape }, axis + 1, start + place * step);
  }
  yield size === 0 ? "[]" : "]";
}

/** { head: { role: score } } */
function byLabels(scores: Tensor<["head", "role"]>) {
  const [heads, roles] = [scores.labels("head") ?? [], scores.labels("role") ?? []];
  return Object.fromEntries(
    heads.map((head) => [
      head,
      Object.fromEntries(roles.map((role) => [role, scores.value({ head, role })])),
    ]),
  );
}

/** [layer][position]: the likeliest words with their probabilities. */
function lensWords(logits: Tensor<["layer", "position", "vocabulary"]>) {
  const [layers = 0, positions = 0] = logits.shape;
  return Array.from({ length: layers }, (_, layer) =>
    Array.from({ length: positions }, (__, position) => {
      const here = logits.at({ layer, position });
      const highest = here.max();
      let total = 0;
      for (const logit of here.data) total += Math.exp(logit - highest);
      return here.topK(Math.min(LENS_WORDS, here.data.length)).map(({ index, label, value }) => ({
        token: index,
        word: label,
        probability: Math.exp(value - highest) / total,
      }));
    }),
  );
}
