import { inspect } from "node:util";
import { DISPLAY, type Displayable, type MimeBundle } from "../display/index.ts";
import type { Tensor } from "../tensor/index.ts";
import type { Vocabulary } from "../text/index.ts";
import type { FeedForwardMemory } from "./feed-forward-memory.ts";
import type { NextTokenModel } from "./next-token-model.ts";

/** What the model is made of. */
export interface SelectiveSecondOrderParts {
  readonly vocabulary: Vocabulary;
  /** query = latest word, key = earlier word; see `attentionMask`. */
  readonly mask: Tensor<["query", "key"]>;
  /** From the attended words and the latest one to votes; see `wordFeatures`. */
  readonly memory: FeedForwardMemory;
}

/**
 * The second-order model with skips and a mask, in matrix products only: mask lookup (attention), feature creation,
 * ReLU, votes — already the parts of a transformer's layer.
 * Source: Rohrer, "Second order sequence model as matrix multiplications"; the name is from "Rest stop".
 */
export class SelectiveSecondOrder implements NextTokenModel, Displayable {
  readonly vocabulary: Vocabulary;
  readonly mask: Tensor<["query", "key"]>;
  readonly memory: FeedForwardMemory;

  constructor(parts: SelectiveSecondOrderParts) {
    this.vocabulary = parts.vocabulary;
    this.mask = parts.mask;
    this.memory = parts.memory;
  }

  /** What the feed-forward layer reads: the earlier words that the mask leaves, and the latest word. */
  attended(tokens: readonly string[]): Tensor<["vocabulary"]> {
    const latest = tokens.at(-1) ?? "";
    const query = this.vocabulary.oneHot(latest);
    const earlier = this.memory.activities(tokens.slice(0, -1)).rename({ vocabulary: "key" });
    const masked = query.rename({ vocabulary: "query" }).dot(this.mask, "query").times(earlier);
    return masked
      .rename({ key: "vocabulary" })
      .plus(query)
      .map((activity) => Math.min(1, activity));
  }

  /** The totals of the votes; zero everywhere when no feature fires. */
  votes(tokens: readonly string[]): Tensor<["vocabulary"]> {
    return this.memory.votes(this.attended(tokens));
  }

  next(tokens: readonly string[]): Tensor<["vocabulary"]> {
    const votes = this.votes(tokens);
    const all = votes.map((vote) => Math.max(0, vote)).sum();
    return votes.map((vote) => (all > 0 ? Math.max(0, vote) / all : 0));
  }

  toString(): string {
    return `A selective second-order model with skips, in matrix products\n${this.memory.toString()}`;
  }

  /** What `console.log` writes. */
  [inspect.custom](): string {
    return this.toString();
  }

  /** As text. */
  [DISPLAY](): MimeBundle {
    return { "text/plain": this.toString() };
  }
}
