import type { TransformerConfiguration } from "./configuration.ts";
import { UnknownHookError } from "./errors.ts";

/** Hook points of attention, each with its axes. `query` and `key` are positions that look and positions that are looked at. */
interface AttentionHooks {
  /**
   * Queries, keys and values as their maps give them. With grouped keys: one copy for each query head. In coordinates of the head's own,
   * as `rotatedQ`, `rotatedK` and `z` are: another basis would do the same, so no length, angle or single number of them is a fact.
   */
  readonly q: ["query", "head", "feature"];
  readonly k: ["key", "head", "feature"];
  readonly v: ["key", "head", "value"];
  /** Queries and keys turned by their positions; only with rotary positions. */
  readonly rotatedQ: ["query", "head", "feature"];
  readonly rotatedK: ["key", "head", "feature"];
  /** Scaled scores before the mask and the softmax. */
  readonly scores: ["head", "query", "key"];
  /** Attention: each query's shares sum to 1. */
  readonly pattern: ["head", "query", "key"];
  /** Values mixed by the pattern, in the head's own coordinates; `result` says the same in the residual stream's. */
  readonly z: ["query", "head", "value"];
  /** What each head adds to the residual stream, z W_O (without b_O). */
  readonly result: ["position", "head", "embedding"];
}

/** Hook points of one block and their axes, in the order of computation. */
export interface BlockHooks extends AttentionHooks {
  readonly residualBefore: ["position", "embedding"];
  /** What attention reads: the residual stream, normalised where there is a norm before it. */
  readonly attentionInput: ["position", "embedding"];
  /** What that norm divided by: √(variance + ε). */
  readonly attentionNormScale: ["position"];
  /** What attention adds (the sum of the heads' results and b_O). */
  readonly attentionOut: ["position", "embedding"];
  /** The residual stream between attention and feed-forward; not with parallel residuals. */
  readonly residualMiddle: ["position", "embedding"];
  readonly feedForwardInput: ["position", "embedding"];
  readonly feedForwardNormScale: ["position"];
  /** Neurons before the activation function (of the gate, if gated). */
  readonly feedForwardPre: ["position", "neuron"];
  /** Gated only: what the gate multiplies, x W_in. */
  readonly feedForwardLinear: ["position", "neuron"];
  /** Neurons as W_out reads them. */
  readonly feedForwardPost: ["position", "neuron"];
  readonly feedForwardOut: ["position", "embedding"];
  readonly residualAfter: ["position", "embedding"];
}

/** Hook points of the attention from a decoder to its encoder: `key` runs over source positions. */
export type CrossHooks = {
  readonly [
    N in Exclude<keyof AttentionHooks, "rotatedQ" | "rotatedK"> as `cross${Capitalize<N>}`
  ]: AttentionHooks[N];
} & {
  readonly crossAttentionInput: ["position", "embedding"];
  readonly crossAttentionNormScale: ["position"];
  readonly crossAttentionOut: ["position", "embedding"];
  readonly residualAfterCross: ["position", "embedding"];
};

/** Hook points outside the blocks. */
export interface OuterHooks {
  /** Rows of W_E for the tokens (times `embeddingScale`). */
  readonly tokenEmbedding: ["position", "embedding"];
  /** The vectors of the positions, where a model has them. */
  readonly positionEmbedding: ["position", "embedding"];
  /** The residual stream after the last norm: what W_U reads. */
  readonly finalNorm: ["position", "embedding"];
  readonly finalNormScale: ["position"];
  readonly logits: ["position", "vocabulary"];
}

type BlockHook = keyof BlockHooks | keyof CrossHooks;

/** The name of a hook point: `blocks.1.pattern`, `encoder.blocks.0.z`, `finalNorm`. */
export type HookName =
  | keyof OuterHooks
  | `blocks.${number}.${BlockHook}`
  | `encoder.blocks.${number}.${keyof BlockHooks}`
  | `encoder.${Exclude<keyof OuterHooks, "logits">}`;

/** A hook name, or one with `*` for any number of characters: `*.pattern`, `blocks.*.z`, `blocks.0.*`, `*`. */
export type HookPattern =
  | HookName
  | `*.${BlockHook}`
  | `${"" | "encoder."}blocks.*.${BlockHook}`
  | `${"" | "encoder."}blocks.${number}.*`
  | "*";

type AxesOfBlockHook<N> = N extends keyof BlockHooks
  ? BlockHooks[N]
  : N extends keyof CrossHooks
    ? CrossHooks[N]
    : never;

/** The axes of the activation at a hook point. */
export type HookAxes<N extends string> = N extends `${"" | "encoder."}blocks.${number}.${infer Hook}`
  ? AxesOfBlockHook<Hook>
  : N extends `encoder.${infer Outer extends keyof OuterHooks}`
    ? OuterHooks[Outer]
    : N extends keyof OuterHooks
      ? OuterHooks[N]
      : never;

/** The names that a pattern stands for: a name itself, or every block's hook of that name. */
export type HooksOf<P extends string> = P extends HookName
  ? P
  : P extends "*"
    ? HookName
    : P extends `*.${infer Hook extends BlockHook}`
      ? `blocks.${number}.${Hook}` | `encoder.blocks.${number}.${Hook & keyof BlockHooks}`
      : P extends `${infer Side extends "" | "encoder."}blocks.*.${infer Hook extends BlockHook}`
        ? `${Side}blocks.${number}.${Hook}` & HookName
        : P extends `${infer Side extends "" | "encoder."}blocks.${infer Layer extends number}.*`
          ? `${Side}blocks.${Layer}.${BlockHook}` & HookName
          : never;

const ATTENTION = ["q", "k", "v", "rotatedQ", "rotatedK", "scores", "pattern", "z", "result"] as const;

/** Every hook point that a model with this configuration has, in the order of computation. */
export function hookNames(configuration: TransformerConfiguration): readonly HookName[] {
  const c = configuration;
  const names: string[] = [];
  const outerStart = (side: string) => {
    names.push(`${side}tokenEmbedding`);
    if (c.positions.kind === "learned" || c.positions.kind === "sinusoidal")
      names.push(`${side}positionEmbedding`);
  };
  const blocks = (side: string, layers: number, hasCross: boolean) => {
    for (let layer = 0; layer < layers; layer++) {
      names.push(...blockHooks(c, hasCross).map((hook) => `${side}blocks.${layer}.${hook}`));
    }
    if (c.finalNorm) names.push(`${side}finalNorm`, `${side}finalNormScale`);
  };
  if (c.kind === "encoder-decoder") {
    outerStart("encoder.");
    blocks("encoder.", c.encoderLayers ?? c.layers, false);
  }
  outerStart("");
  blocks("", c.layers, c.kind === "encoder-decoder");
  if (c.unembedding !== "none") names.push("logits");
  return names as HookName[];
}

function blockHooks(c: TransformerConfiguration, hasCross: boolean): readonly string[] {
  const isNormed = c.norm !== null;
  const hasRotation = c.positions.kind === "rotary";
  const isParallel = c.residual === "parallel" && c.feedForward !== null;
  const hooks: (keyof BlockHooks | keyof CrossHooks)[] = ["residualBefore", "attentionInput"];
  if (isNormed) hooks.push("attentionNormScale");
  hooks.push(...ATTENTION.filter((hook) => hasRotation || !hook.startsWith("rotated")), "attentionOut");
  if (hasCross) {
    hooks.push("residualMiddle", "crossAttentionInput");
    if (isNormed) hooks.push("crossAttentionNormScale");
    hooks.push("crossQ", "crossK", "crossV", "crossScores", "crossPattern", "crossZ", "crossResult");
    hooks.push("crossAttentionOut", "residualAfterCross");
  } else if (c.feedForward !== null && !isParallel) hooks.push("residualMiddle");
  if (c.feedForward !== null) {
    hooks.push("feedForwardInput");
    if (isNormed) hooks.push("feedForwardNormScale");
    hooks.push("feedForwardPre");
    if (c.feedForward.kind === "gated") hooks.push("feedForwardLinear");
    hooks.push("feedForwardPost", "feedForwardOut");
  }
  hooks.push("residualAfter");
  return hooks;
}

/**
 * The hook points that a name or pattern stands for in a model that has `known`.
 * @throws {UnknownHookError} when there is none
 */
export function matchingHooks(pattern: string, known: readonly HookName[]): readonly HookName[] {
  const source = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll("*", ".*");
  const expression = new RegExp(`^${source}$`);
  const found = known.filter((name) => expression.test(name));
  if (found.length === 0) throw new UnknownHookError(pattern, known);
  return found;
}

const AXES: Record<string, readonly string[]> = {
  q: ["query", "head", "feature"],
  k: ["key", "head", "feature"],
  v: ["key", "head", "value"],
  rotatedQ: ["query", "head", "feature"],
  rotatedK: ["key", "head", "feature"],
  scores: ["head", "query", "key"],
  pattern: ["head", "query", "key"],
  z: ["query", "head", "value"],
  result: ["position", "head", "embedding"],
  logits: ["position", "vocabulary"],
};

/** The axes of a hook point at run time: what {@link HookAxes} says in the type. */
export function axesOfHook(name: string): readonly string[] {
  const hook = name.slice(name.lastIndexOf(".") + 1);
  const plain = /^cross[A-Z]/.test(hook) ? hook.charAt(5).toLowerCase() + hook.slice(6) : hook;
  const known = AXES[plain];
  if (known !== undefined) return known;
  if (plain.endsWith("NormScale")) return ["position"];
  if (/^feedForward(Pre|Linear|Post)$/.test(plain)) return ["position", "neuron"];
  return ["position", "embedding"];
}
