import { ConfigurationError } from "./errors.ts";

/** What an activation function does to each number: the field's names. */
export type Activation = "relu" | "gelu" | "gelu-tanh" | "gelu-sigmoid" | "silu" | "solu" | "identity";

/** The feed-forward part of a block. `plain`: f(x W_in + b_in) W_out + b_out. `gated`: (f(x W_gate + b_gate) ∘ (x W_in + b_in)) W_out + b_out (SwiGLU with silu, usually without biases). */
export interface FeedForwardConfiguration {
  readonly kind: "plain" | "gated";
  /** Size of the axis `neuron` (d_ff). */
  readonly neurons: number;
  readonly activation: Activation;
  readonly biases: boolean;
}

/** How the residual stream is normalised where it is read (`before`: pre-norm) or after each addition (`after`: post-norm, as in BERT). */
export interface NormConfiguration {
  /** `layer`: subtract the mean, divide by the standard deviation, gain and bias. `root-mean-square`: divide by the root mean square, gain alone. */
  readonly kind: "layer" | "root-mean-square";
  readonly place: "before" | "after";
  /** Added to the variance (or mean square) under the root. */
  readonly epsilon: number;
  /** Whether gain (and, for `layer`, bias) exist; without them the norm is fixed (as after folding). */
  readonly learned: boolean;
}

/** How rotary frequencies are stretched beyond the context that a model was trained on. */
export type RotaryScaling =
  | { readonly kind: "linear"; readonly factor: number }
  | {
      /** Each pair's frequency divided by a factor of its own (GGUF's `rope_freqs`). */
      readonly kind: "each";
      readonly factors: readonly number[];
    }
  | {
      /** Llama 3.1: low frequencies divided by `factor`, high ones kept, smooth between. */
      readonly kind: "llama3";
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalContext: number;
    };

/** How a model knows where a token stands. */
export type PositionConfiguration =
  | { readonly kind: "none" }
  | {
      /** A vector for each position: trained, or fixed sines and cosines (Vaswani et al. 2017, section 3.5). */
      readonly kind: "learned" | "sinusoidal";
      /** `embedding`: added to the token's vector. `queries-and-keys`: added only where W_Q and W_K read (Elhage et al. 2021). */
      readonly at: "embedding" | "queries-and-keys";
      /** Rows before position 0 (OPT, RoBERTa: 2). */
      readonly offset: number;
    }
  | {
      /** Pairs of query and key features turned by an angle that grows with the position (Su et al. 2021). */
      readonly kind: "rotary";
      /** How many of a head's features turn; the others stay (GPT-NeoX: a quarter). Even. */
      readonly features: number;
      /** The base of the frequencies, theta. */
      readonly base: number;
      /** `halves`: feature i turns with feature i + features/2 (GPT-NeoX, Llama). `neighbours`: 2i with 2i + 1 (GPT-J). */
      readonly pairs: "halves" | "neighbours";
      readonly scaling?: RotaryScaling;
    };

/**
 * Everything that says how a transformer computes: plain data, the content of a checkpoint's `config.json`.
 * Made complete and checked by {@link transformerConfiguration}.
 *
 * One class runs GPT-2, GPT-NeoX, Llama, Qwen2, BERT, attention-only models, encoders and encoder–decoders:
 * what differs between them is here, and which parameters they have follows from it ({@link parameterSpecifications}).
 */
export interface TransformerConfiguration {
  readonly format: "matrix-composition/transformer";
  /** `decoder`: causal. `encoder`: every position sees every other. `encoder-decoder`: a decoder that also reads an encoder. */
  readonly kind: "decoder" | "encoder" | "encoder-decoder";
  /** Size of the axis `vocabulary`: rows of W_E and columns of W_U. */
  readonly vocabulary: number;
  /** Size of the source's vocabulary; encoder–decoder only. */
  readonly sourceVocabulary?: number;
  /** The longest sequence. */
  readonly context: number;
  /** Blocks; 0 is allowed (embed, unembed). */
  readonly layers: number;
  /** Blocks of the encoder; encoder–decoder only. */
  readonly encoderLayers?: number;
  /** Query heads in each block. */
  readonly heads: number;
  /** Key and value heads; divides `heads` (grouped-query attention), equal to it otherwise. */
  readonly keyHeads: number;
  /** Size of the axis `embedding` (d_model). */
  readonly embedding: number;
  /** Size of the axis `feature` (d_head of queries and keys). */
  readonly feature: number;
  /** Size of the axis `value` (d_head of values). */
  readonly value: number;
  /** `null`: attention only. */
  readonly feedForward: FeedForwardConfiguration | null;
  /** `null`: no norm anywhere. */
  readonly norm: NormConfiguration | null;
  /** A norm directly after the embeddings (BERT). */
  readonly embeddingNorm: boolean;
  /** A norm before the unembedding. */
  readonly finalNorm: boolean;
  /** `parallel`: attention and feed-forward read the same residual stream and are added together (GPT-NeoX, GPT-J). */
  readonly residual: "sequential" | "parallel";
  readonly positions: PositionConfiguration;
  /** Rows of the table of token types (BERT's segments); 0: none. */
  readonly segments: number;
  /** Which of attention's maps have a bias. */
  readonly attentionBiases: { readonly queryKeyValue: boolean; readonly output: boolean };
  /** Norm over each head's features before the rotation (Qwen3); off elsewhere. */
  readonly queryKeyNorm: boolean;
  /** What scores are multiplied with; usually 1/√feature. */
  readonly scoreScale: number;
  /** What embedded tokens are multiplied with; usually 1. */
  readonly embeddingScale: number;
  /** `tied`: W_U is the transpose of W_E. `own`: its own W_U. `none`: no logits (an encoder whose result is its residual stream). */
  readonly unembedding: "own" | "tied" | "none";
  /** Whether a bias b_U is added to the logits. */
  readonly unembeddingBias: boolean;
}

/** What a reader writes; everything else follows. */
export interface TransformerOptions {
  readonly kind?: TransformerConfiguration["kind"];
  readonly vocabulary: number;
  readonly sourceVocabulary?: number;
  readonly context: number;
  readonly layers: number;
  readonly encoderLayers?: number;
  readonly heads: number;
  readonly keyHeads?: number;
  readonly embedding: number;
  /** Default: embedding / heads. */
  readonly feature?: number;
  /** Default: feature. */
  readonly value?: number;
  /** `false`: attention only (default). `true`: 4 × embedding neurons, gelu-tanh, with biases. */
  readonly feedForward?: boolean | Partial<FeedForwardConfiguration> | null;
  /** `false`: none (default). `true`: layer norm before each part, with gain and bias. */
  readonly norm?: boolean | Partial<NormConfiguration> | null;
  readonly embeddingNorm?: boolean;
  /** Default: whether there is a norm that is placed before. */
  readonly finalNorm?: boolean;
  readonly residual?: TransformerConfiguration["residual"];
  /** A kind by its name or in full. Default: learned, at the embedding. */
  readonly positions?:
    | "none"
    | "learned"
    | "sinusoidal"
    | "rotary"
    | { readonly kind: "none" }
    | {
        readonly kind: "learned" | "sinusoidal";
        readonly at?: "embedding" | "queries-and-keys";
        readonly offset?: number;
      }
    | {
        readonly kind: "rotary";
        readonly features?: number;
        readonly base?: number;
        readonly pairs?: "halves" | "neighbours";
        readonly scaling?: RotaryScaling;
      };
  readonly segments?: number;
  /** One word for all, or each. Default: none. */
  readonly attentionBiases?: boolean | { readonly queryKeyValue: boolean; readonly output: boolean };
  readonly queryKeyNorm?: boolean;
  readonly scoreScale?: number;
  readonly embeddingScale?: number;
  readonly unembedding?: TransformerConfiguration["unembedding"];
  readonly unembeddingBias?: boolean;
}

const POSITION_KINDS = ["none", "learned", "sinusoidal", "rotary"] as const;
const ACTIVATIONS: readonly Activation[] = [
  "relu",
  "gelu",
  "gelu-tanh",
  "gelu-sigmoid",
  "silu",
  "solu",
  "identity",
];

/**
 * The complete, checked configuration that `options` describe. A complete configuration passes through unchanged.
 *
 * @throws {ConfigurationError} naming the field, what it was and what would be right.
 * @example
 * transformerConfiguration({ vocabulary: 13, context: 12, layers: 1, heads: 1, embedding: 16, positions: "none" })
 * // a one-layer attention-only decoder, d_head 16, as in the first pilot
 */
export function transformerConfiguration(
  options: TransformerOptions | TransformerConfiguration,
): TransformerConfiguration {
  const kind = oneOf("kind", options.kind ?? "decoder", ["decoder", "encoder", "encoder-decoder"]);
  const embedding = count("embedding", options.embedding);
  const heads = count("heads", options.heads);
  const keyHeads = count("keyHeads", options.keyHeads ?? heads);
  if (heads % keyHeads !== 0) {
    throw new ConfigurationError("keyHeads", keyHeads, `a divisor of heads (${heads})`);
  }
  if (options.feature === undefined && embedding % heads !== 0) {
    throw new ConfigurationError(
      "embedding",
      embedding,
      `a multiple of heads (${heads}), or \`feature\` given`,
    );
  }
  const feature = count("feature", options.feature ?? embedding / heads);
  const norm = normConfiguration(options.norm);
  const layers = count("layers", options.layers, 0);
  const isTranslator = kind === "encoder-decoder";
  if (!isTranslator && options.sourceVocabulary !== undefined) {
    throw new ConfigurationError("sourceVocabulary", options.sourceVocabulary, "left out of a " + kind);
  }
  if (!isTranslator && options.encoderLayers !== undefined) {
    throw new ConfigurationError("encoderLayers", options.encoderLayers, "left out of a " + kind);
  }
  const biases = options.attentionBiases ?? false;
  return {
    format: "matrix-composition/transformer",
    kind,
    vocabulary: count("vocabulary", options.vocabulary),
    ...(isTranslator && {
      sourceVocabulary: count("sourceVocabulary", options.sourceVocabulary ?? options.vocabulary),
      encoderLayers: count("encoderLayers", options.encoderLayers ?? layers, 0),
    }),
    context: count("context", options.context),
    layers,
    heads,
    keyHeads,
    embedding,
    feature,
    value: count("value", options.value ?? feature),
    feedForward: feedForwardConfiguration(options.feedForward, embedding),
    norm,
    embeddingNorm: needsNorm("embeddingNorm", options.embeddingNorm ?? false, norm),
    finalNorm: needsNorm("finalNorm", options.finalNorm ?? norm?.place === "before", norm),
    residual: oneOf("residual", options.residual ?? "sequential", ["sequential", "parallel"]),
    positions: positionConfiguration(options.positions ?? "learned", feature, embedding),
    segments: count("segments", options.segments ?? 0, 0),
    attentionBiases:
      typeof biases === "boolean"
        ? { queryKeyValue: biases, output: biases }
        : {
            queryKeyValue: flag("attentionBiases.queryKeyValue", biases.queryKeyValue),
            output: flag("attentionBiases.output", biases.output),
          },
    queryKeyNorm: flag("queryKeyNorm", options.queryKeyNorm ?? false),
    scoreScale: positive("scoreScale", options.scoreScale ?? 1 / Math.sqrt(feature)),
    embeddingScale: positive("embeddingScale", options.embeddingScale ?? 1),
    unembedding: oneOf("unembedding", options.unembedding ?? "own", ["own", "tied", "none"]),
    unembeddingBias: flag("unembeddingBias", options.unembeddingBias ?? false),
  };
}

function feedForwardConfiguration(
  given: TransformerOptions["feedForward"],
  embedding: number,
): FeedForwardConfiguration | null {
  if (given === undefined || given === null || given === false) return null;
  const options = given === true ? {} : given;
  const kind = oneOf("feedForward.kind", options.kind ?? "plain", ["plain", "gated"]);
  return {
    kind,
    neurons: count("feedForward.neurons", options.neurons ?? 4 * embedding),
    activation: oneOf(
      "feedForward.activation",
      options.activation ?? (kind === "gated" ? "silu" : "gelu-tanh"),
      ACTIVATIONS,
    ),
    biases: flag("feedForward.biases", options.biases ?? kind === "plain"),
  };
}

function normConfiguration(given: TransformerOptions["norm"]): NormConfiguration | null {
  if (given === undefined || given === null || given === false) return null;
  const options = given === true ? {} : given;
  return {
    kind: oneOf("norm.kind", options.kind ?? "layer", ["layer", "root-mean-square"]),
    place: oneOf("norm.place", options.place ?? "before", ["before", "after"]),
    epsilon: positive("norm.epsilon", options.epsilon ?? 1e-5),
    learned: flag("norm.learned", options.learned ?? true),
  };
}

type Rotary = Extract<PositionConfiguration, { kind: "rotary" }>;
type Added = Extract<PositionConfiguration, { kind: "learned" | "sinusoidal" }>;

function positionConfiguration(
  given: NonNullable<TransformerOptions["positions"]>,
  feature: number,
  embedding: number,
): PositionConfiguration {
  const options = typeof given === "string" ? { kind: given } : given;
  const kind = oneOf("positions.kind", options.kind, POSITION_KINDS);
  if (kind === "none") return { kind };
  if (kind === "rotary") {
    const { features = feature, base = 10000, pairs = "halves", scaling } = options as Partial<Rotary>;
    if (!Number.isInteger(features) || features < 2 || features % 2 !== 0 || features > feature) {
      throw new ConfigurationError(
        "positions.features",
        features,
        `an even number from 2 to feature (${feature})`,
      );
    }
    return {
      kind,
      features,
      base: positive("positions.base", base),
      pairs: oneOf("positions.pairs", pairs, ["halves", "neighbours"]),
      ...(scaling !== undefined && { scaling: rotaryScaling(scaling, features) }),
    };
  }
  const { at = "embedding", offset = 0 } = options as Partial<Added>;
  if (kind === "sinusoidal" && embedding % 2 !== 0) {
    throw new ConfigurationError(
      "embedding",
      embedding,
      "even: sinusoidal positions are pairs of sine and cosine",
    );
  }
  return {
    kind,
    at: oneOf("positions.at", at, ["embedding", "queries-and-keys"]),
    offset: count("positions.offset", offset, 0),
  };
}

function rotaryScaling(scaling: RotaryScaling, features: number): RotaryScaling {
  const kind = oneOf("positions.scaling.kind", scaling.kind, ["linear", "each", "llama3"]);
  if (scaling.kind === "each") {
    if (scaling.factors.length !== features / 2)
      throw new ConfigurationError(
        "positions.scaling.factors",
        scaling.factors.length,
        `one for each of ${features / 2} pairs of features`,
      );
    for (const factor of scaling.factors) positive("positions.scaling.factors", factor);
    return scaling;
  }
  positive("positions.scaling.factor", scaling.factor);
  if (kind === "llama3" && scaling.kind === "llama3") {
    positive("positions.scaling.lowFrequencyFactor", scaling.lowFrequencyFactor);
    positive("positions.scaling.highFrequencyFactor", scaling.highFrequencyFactor);
    count("positions.scaling.originalContext", scaling.originalContext);
  }
  return scaling;
}

/** Above this no size is believed: it would be a lying file, not a model. */
const LARGEST_SIZE = 2 ** 24;

function count(field: string, given: unknown, least = 1): number {
  if (typeof given !== "number" || !Number.isInteger(given) || given < least || given > LARGEST_SIZE) {
    throw new ConfigurationError(field, given, `a whole number from ${least} to ${LARGEST_SIZE}`);
  }
  return given;
}

function positive(field: string, given: unknown): number {
  if (typeof given !== "number" || !Number.isFinite(given) || given <= 0) {
    throw new ConfigurationError(field, given, "a positive number");
  }
  return given;
}

function flag(field: string, given: unknown): boolean {
  if (typeof given !== "boolean") throw new ConfigurationError(field, given, "true or false");
  return given;
}

function oneOf<const T extends string>(field: string, given: unknown, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === given);
  if (found === undefined)
    throw new ConfigurationError(field, given, choices.map((c) => `"${c}"`).join(" or "));
  return found;
}

function needsNorm(field: string, given: unknown, norm: NormConfiguration | null): boolean {
  const wanted = flag(field, given);
  if (wanted && norm === null)
    throw new ConfigurationError(field, true, "false where `norm` is null, or a `norm`");
  return wanted;
}
