import type { Run, Token, Transformer } from "../../models/transformer/index.ts";
import { stack, type Tensor } from "../../tensor/index.ts";
import { compositionTables, type CompositionKind, type CompositionScores } from "../composition.ts";
import { copyingScores } from "../copying.ts";
import { attentionShareOfAll, targetPattern, type AttentionTarget } from "../detectors.ts";
import { HeadError } from "../errors.ts";
import { canFoldNorms, foldedModel } from "../folding.ts";
import { headNames } from "../head.ts";
import { headRoles, type HeadRoles } from "../head-roles.ts";
import { logitLens } from "../logit-lens.ts";

/** What is reported of a model's weights, and of one text if there is one. */
export interface ModelReport {
  /** What the model is, fact by fact: its card. */
  readonly card: Readonly<Record<string, unknown>>;
  /** "0.0", "0.1", …: all heads, layer by layer. */
  readonly heads: readonly string[];
  readonly roles: HeadRoles | undefined;
  /** Copying and composition of the weights as they are stored. */
  readonly copying: WeightScores["copying"];
  readonly composition: WeightScores["composition"];
  /**
   * The same of the weights after `foldedModel`: what heads read through their norms. Nothing for a model without learned norms
   * that stand before each part.
   */
  readonly folded: WeightScores | undefined;
  readonly text: TextReport | undefined;
  /** What is left out, by its key, and why. */
  readonly leftOut: Readonly<Record<string, string>>;
}

/** What is read off a model's weights alone. */
export interface WeightScores {
  /** Copying scores of W_OV, and of the full circuit from words to words. */
  readonly copying: {
    readonly OV: ReturnType<typeof copyingScores> | undefined;
    readonly full: ReturnType<typeof copyingScores> | undefined;
  };
  readonly composition: Readonly<Record<CompositionKind, CompositionScores>> | undefined;
}

/** What a model does with one text. */
export interface TextReport {
  readonly tokens: readonly number[];
  readonly words: readonly string[];
  /** Empty of positions for a model without unembedding. */
  readonly logits: Tensor<["position", "vocabulary"]> | undefined;
  /** Layer 0: before the first block; layer n: after block n − 1. */
  readonly residualStream: Tensor<["layer", "position", "embedding"]>;
  /** After the last block and the final norm, if there is one. */
  readonly finalResidual: Tensor<["position", "embedding"]>;
  readonly patterns: Tensor<["layer", "head", "query", "key"]> | undefined;
  /** The share of all of each head's attention that goes to each target. */
  readonly attentionShares: Readonly<Record<AttentionTarget, Tensor<["layer", "head"]>>> | undefined;
  readonly logitLens: ReturnType<typeof logitLens> | undefined;
}

/** The kinds of composition, in the order of a report. */
export const COMPOSITION_KINDS = ["query", "key", "value"] as const;
const TARGETS = ["previous", "current", "first", "duplicate", "induction"] as const;

/**
 * Everything that `matrix-composition report` says about a model: head roles, copying, composition above the baseline, and for a text
 * its logits, residual stream, patterns and logit lens. What a model has not (an encoder has no logits) is left out, with the reason.
 *
 * @throws HeadError for a model with two stacks of blocks
 * @throws InputError for tokens that the model does not take
 */
export function modelReport(
  model: Transformer,
  card: Readonly<Record<string, unknown>>,
  tokens?: readonly Token[],
): ModelReport {
  const { kind, layers, unembedding, norm } = model.configuration;
  if (kind === "encoder-decoder")
    throw new HeadError(
      "a report needs a model with one stack of blocks; this one has an encoder and a decoder",
    );
  const leftOut: Record<string, string> = {};
  const unless = <T>(obstacle: string | undefined, keys: readonly string[], make: () => T): T | undefined => {
    if (obstacle === undefined) return make();
    for (const key of keys) leftOut[key] = obstacle;
    return undefined;
  };
  const noHeads = layers === 0 ? "the model has no heads" : undefined;
  const noLogits = unembedding === "none" ? "the model has no unembedding, so it gives no logits" : undefined;
  const noPairs = layers === 1 ? "the model has one layer, so no head reads what another writes" : undefined;
  const noLens =
    norm?.place === "after" ? "its norms stand after each part, so there is no final norm" : undefined;
  const textKeys = ["logits", "residualStream", "attention", "attentionShares", "logitLens"];
  const noFolding = canFoldNorms(model.configuration)
    ? undefined
    : "there are no learned norms before each part that could be folded into what reads them";
  const weightScores = (weights: Transformer): WeightScores => ({
    copying: {
      OV: unless(noHeads, ["copying.OV"], () => copyingScores(weights)),
      full: unless(noHeads ?? noLogits, ["copying.full"], () => copyingScores(weights, "full")),
    },
    composition: unless(noHeads ?? noPairs, ["composition"], () =>
      compositionTables(weights, COMPOSITION_KINDS),
    ),
  });
  const text = unless(tokens ? undefined : "no text was given", textKeys, () =>
    textReport(model, tokens ?? [], {
      logits: (make) => unless(noLogits, ["logits"], make),
      attention: (make) => unless(noHeads, ["attention", "attentionShares"], make),
      logitLens: (make) => unless(noLogits ?? noLens, ["logitLens"], make),
    }),
  );
  return {
    card,
    heads: headNames(model),
    roles: unless(noHeads, ["headRoles"], () => headRoles(model)),
    ...weightScores(model),
    folded: unless(noHeads ?? noFolding, ["folded"], () => weightScores(foldedModel(model))),
    text,
    leftOut,
  };
}

/** Makes a part, or says why there is none. */
type Part = <T>(make: () => T) => T | undefined;

function textReport(
  model: Transformer,
  tokens: readonly Token[],
  parts: { readonly logits: Part; readonly attention: Part; readonly logitLens: Part },
): TextReport {
  const { layers } = model.configuration;
  const run =
    layers === 0
      ? undefined
      : model.run(tokens, {
          keep: ["blocks.*.residualBefore", "blocks.*.residualAfter", "blocks.*.pattern"],
        });
  const { logits, residual, tokens: words } = run ?? model.run(tokens);
  const patterns = run && parts.attention(() => patternsOf(run, layers));
  if (!run) parts.attention(() => undefined);
  return {
    tokens: tokens.map((token) => (typeof token === "number" ? token : model.vocabulary.index(token))),
    words,
    logits: parts.logits(() => logits),
    residualStream: run ? streams(run, layers) : stack([residual], "layer"),
    finalResidual: residual,
    patterns,
    attentionShares: patterns && sharesOf(patterns, words),
    logitLens: parts.logitLens(() => logitLens(model, tokens)),
  };
}

type TextRun = Run<["blocks.*.residualBefore", "blocks.*.residualAfter", "blocks.*.pattern"]>;

function patternsOf({ activations }: TextRun, layers: number) {
  return stack(
    present(Array.from({ length: layers }, (_, layer) => activations[`blocks.${layer}.pattern`])).map(
      (pattern) => pattern.withLabels({ head: pattern.labels("head")?.map((_, head) => String(head)) ?? [] }),
    ),
    "layer",
    Array.from({ length: layers }, (_, layer) => String(layer)),
  );
}

function streams({ activations }: TextRun, layers: number) {
  return stack(
    present([
      activations["blocks.0.residualBefore"],
      ...Array.from({ length: layers }, (_, layer) => activations[`blocks.${layer}.residualAfter`]),
    ]),
    "layer",
  );
}

function sharesOf(patterns: Tensor<["layer", "head", "query", "key"]>, words: readonly string[]) {
  const shares = TARGETS.map((target) => [
    target,
    attentionShareOfAll(patterns, targetPattern(target, words)).expectAxes("layer", "head"),
  ]);
  return Object.fromEntries(shares) as Record<AttentionTarget, Tensor<["layer", "head"]>>;
}

function present<T>(values: readonly (T | undefined)[]): T[] {
  return values.filter((value) => value !== undefined);
}
