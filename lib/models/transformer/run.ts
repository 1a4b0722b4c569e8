import type { Tensor } from "../../tensor/index.ts";
import type { HookAxes, HookPattern, HooksOf } from "./hooks.ts";
import type { Intervention } from "./intervention.ts";
import type { Prefix } from "./prefix.ts";

/** A token: a word of the model's vocabulary, or its index. */
export type Token = string | number;

/** What a run keeps and changes. */
export interface RunOptions<K extends readonly HookPattern[]> {
  /** Hook points whose activations are wanted: names, or patterns such as `*.pattern`. One that matches nothing is an error. */
  readonly keep?: K;
  readonly interventions?: readonly Intervention[];
  /** For which positions logits are computed; default all. `last` gives the last position alone. */
  readonly logits?: "all" | "last" | "none";
  /** Token types, one for each token (BERT's segments); default all 0. */
  readonly segments?: readonly number[];
  /** The sentence that an encoder–decoder translates. */
  readonly source?: readonly Token[];
  /**
   * Starts before block `layer` with this residual stream, instead of from the embeddings. With `after`, the tokens are those that
   * follow that prefix, and so are the positions of the residual stream and of everything that is kept or changed.
   */
  readonly from?: {
    readonly layer: number;
    readonly residual: Tensor<readonly ("position" | "embedding")[]>;
    readonly after?: Prefix;
  };
  /** Stops before block `until`: `residual` is the residual stream there, through no norm, and there are no logits. */
  readonly until?: number;
}

/** The same for several sequences at once. */
export interface BatchRunOptions<K extends readonly HookPattern[]> extends Omit<
  RunOptions<K>,
  "segments" | "source" | "from"
> {
  readonly segments?: readonly (readonly number[])[];
  readonly sources?: readonly (readonly Token[])[];
  /**
   * 1 for tokens that are there, 0 for padding, one list for each sequence. Without it, shorter sequences are padded at the end.
   */
  readonly present?: readonly (readonly number[])[];
  readonly from?: {
    readonly layer: number;
    readonly residual: Tensor<readonly ("batch" | "position" | "embedding")[]>;
    readonly after?: Prefix;
  };
}

/** Activations by name, each a named tensor with its own axes. */
export type Activations<K extends readonly HookPattern[]> = {
  readonly [N in HooksOf<K[number]>]: Tensor<HookAxes<N>>;
};

/** Activations by name after the axis `batch`. */
export type BatchActivations<K extends readonly HookPattern[]> = {
  readonly [N in HooksOf<K[number]>]: Tensor<["batch", ...HookAxes<N>]>;
};

/** What a run gives. */
export interface Run<K extends readonly HookPattern[]> {
  readonly tokens: readonly string[];
  /** Empty of positions with `logits: "none"` or `until`, or for a model without unembedding. */
  readonly logits: Tensor<["position", "vocabulary"]>;
  /** The residual stream at the end, after the final norm: what an encoder gives; with `until`, the one before that block. */
  readonly residual: Tensor<["position", "embedding"]>;
  readonly activations: Activations<K>;
}

/** What a run over several sequences gives. */
export interface BatchRun<K extends readonly HookPattern[]> {
  readonly tokens: readonly (readonly string[])[];
  readonly logits: Tensor<["batch", "position", "vocabulary"]>;
  readonly residual: Tensor<["batch", "position", "embedding"]>;
  readonly activations: BatchActivations<K>;
}

/** A run with gradients: of the sum of `seed` ∘ logits with regard to each activation asked for. */
export interface GradientRun<K extends readonly HookPattern[]> extends Run<K> {
  readonly gradients: Activations<K>;
}

/** A run over several sequences with gradients. */
export interface BatchGradientRun<K extends readonly HookPattern[]> extends BatchRun<K> {
  readonly gradients: BatchActivations<K>;
}
