import type { Tensor } from "../../tensor/index.ts";
import type { CompositionScores } from "../composition.ts";
import type { ModelReport, WeightScores } from "./model-report.ts";

/** How many words the logit lens lists at each layer and position. */
const LENS_WORDS = 10;

/**
 * A report as plain JSON; `docs/report.md` documents every key. Matrices are nested arrays, a number that is not finite is null, and
 * what is left out is null with its reason under `leftOut`.
 */
export function reportJson(report: ModelReport): Readonly<Record<string, unknown>> {
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
    logits: numbers(text?.logits),
    residualStream: numbers(text?.residualStream),
    finalResidual: numbers(text?.finalResidual),
    attention: numbers(text?.patterns),
    attentionShares: text?.attentionShares
      ? Object.fromEntries(
          Object.entries(text.attentionShares).map(([target, shares]) => [target, numbers(shares)]),
        )
      : null,
    logitLens: text?.logitLens ? lensWords(text.logitLens) : null,
    leftOut,
  };
}

function weightScoresJson({ copying, composition }: WeightScores) {
  return {
    copying: { OV: numbers(copying.OV), full: numbers(copying.full) },
    composition: composition
      ? {
          query: compositionJson(composition.query),
          key: compositionJson(composition.key),
          value: compositionJson(composition.value),
        }
      : null,
  };
}

function compositionJson({ baseline, scores, deviations }: CompositionScores) {
  return { baseline, scores: numbers(scores), deviations: numbers(deviations) };
}

/** Nested arrays; `JSON.stringify` writes what is not finite as null. */
function numbers(values: Tensor<readonly string[]> | undefined): unknown {
  return values?.toArray() ?? null;
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
      const total = Array.from(here.data).reduce((sum, logit) => sum + Math.exp(logit - highest), 0);
      return here.topK(Math.min(LENS_WORDS, here.data.length)).map(({ index, label, value }) => ({
        token: index,
        word: label,
        probability: Math.exp(value - highest) / total,
      }));
    }),
  );
}
