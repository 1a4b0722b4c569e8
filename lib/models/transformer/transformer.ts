import { startBackend } from "../../backend/index.ts";
import { arithmeticOfBackend } from "../../backend/operations/index.ts";
import { softmax, tensor, type Tensor } from "../../tensor/index.ts";
import { Vocabulary } from "../../text/index.ts";
import type { NextTokenModel } from "../next-token-model.ts";
import {
  transformerConfiguration,
  type TransformerConfiguration,
  type TransformerOptions,
} from "./configuration.ts";
import { InputError } from "./errors.ts";
import { execute, prefixOf, type Request, type Result } from "./execution.ts";
import { hookNames, type HookName, type HookPattern } from "./hooks.ts";
import type { Intervention } from "./intervention.ts";
import { initialParameters, type InitialisationOptions } from "./initial-parameters.ts";
import type { ParameterAxes, ParameterName } from "./parameter-axes.ts";
import { parameterTensor } from "./parameter-tensor.ts";
import { Prefix } from "./prefix.ts";
import { checkParameters, parameterCount, type Parameters } from "./parameters.ts";
import type {
  BatchGradientRun,
  BatchRun,
  BatchRunOptions,
  GradientRun,
  Run,
  RunOptions,
  Token,
} from "./run.ts";
import { SequenceReader } from "./sequence-reader.ts";
import { readTokens } from "./token-input.ts";
import { UploadedWeights } from "./uploaded-weights.ts";

/** What a transformer is made of beside its configuration. */
export interface TransformerParts {
  /** The words of the axis `vocabulary`; default: the indices as numerals. */
  readonly vocabulary?: Vocabulary | readonly string[] | undefined;
  /** The words that an encoder–decoder translates from; default: the indices as numerals. */
  readonly sourceVocabulary?: Vocabulary | readonly string[] | undefined;
  /** The token after which a sentence is over, if the model was trained with one. */
  readonly end?: string | undefined;
}

/**
 * A transformer: decoder, encoder or encoder–decoder, of any of the architectures that {@link TransformerConfiguration} describes.
 *
 * A value: its weights never change, and neither do runs leave anything behind. Made by {@link createTransformer} (new weights) or
 * {@link transformerOf} (given weights), which start the backend; everything afterwards is synchronous.
 *
 * @example
 * const model = await createTransformer({ vocabulary: 13, context: 12, layers: 1, heads: 2, embedding: 16 }, { seed: 1 });
 * const { logits, activations } = model.run([10, 4, 2], { keep: ["blocks.0.pattern"] });
 * activations["blocks.0.pattern"].at({ head: 1 }) // Tensor<["query", "key"]>
 */
export class Transformer implements NextTokenModel {
  readonly configuration: TransformerConfiguration;
  readonly vocabulary: Vocabulary;
  /** The words that an encoder–decoder reads; the vocabulary itself for other kinds. */
  readonly sourceVocabulary: Vocabulary;
  /** The token after which a sentence is over: generation stops there. */
  readonly end?: string;
  /** All weights by the contract's names ({@link parameterSpecifications}); not to be written to. */
  readonly parameters: Parameters;
  readonly #arithmetic = arithmeticOfBackend();
  #uploaded: UploadedWeights | undefined;
  /** What is changed in every run; the model that these changes are made to holds the weights in the backend. */
  #interventions: readonly Intervention[] = [];
  #unchanged: Transformer | undefined;
  readonly #readers = new Map<string, SequenceReader>();

  /** Not for cells: {@link createTransformer} and {@link transformerOf} start the backend and check the weights. */
  constructor(configuration: TransformerConfiguration, parameters: Parameters, parts: TransformerParts) {
    this.configuration = configuration;
    this.parameters = parameters;
    if (parts.end !== undefined) this.end = parts.end;
    this.vocabulary = vocabularyOf("vocabulary", parts.vocabulary, configuration.vocabulary);
    this.sourceVocabulary =
      configuration.kind === "encoder-decoder"
        ? vocabularyOf("sourceVocabulary", parts.sourceVocabulary, configuration.sourceVocabulary ?? 0)
        : this.vocabulary;
  }

  /** How many words {@link next} reads: the context. */
  get maximumContext(): number {
    return this.configuration.context;
  }

  /** How many numbers the model holds. */
  get parameterCount(): number {
    return parameterCount(this.configuration);
  }

  /** All hook points that this model has, in the order of computation. */
  get hooks(): readonly HookName[] {
    return hookNames(this.configuration);
  }

  /**
   * One of the weights as a named tensor with labels: `W_E` has the words on `vocabulary`, `blocks.1.attention.W_Q` the axes head, embedding, feature.
   * Where key heads are shared by several heads, W_K, W_V and their biases are given once for each head.
   *
   * @throws {WeightsError} when this model has no such parameter
   */
  parameter<const N extends ParameterName>(name: N): Tensor<ParameterAxes<N>> {
    return parameterTensor(this.configuration, this.parameters, name, {
      vocabulary: this.vocabulary.words,
      sourceVocabulary: this.sourceVocabulary.words,
    }) as Tensor<ParameterAxes<N>>;
  }

  /**
   * The same model with its computation changed in every run: a value of its own, this one stays as it is. Weights are shared.
   * Changes add up: `model.with(a).with(b)` is `model.with(a, b)`; a run's own interventions come after them.
   *
   * @example model.with(head(model, 1, 4).zeroed()).next(tokens) // what would it predict without head 1.4?
   */
  with(...interventions: readonly Intervention[]): Transformer {
    const changed = new Transformer(this.configuration, this.parameters, this);
    changed.#interventions = [...this.#interventions, ...interventions];
    changed.#unchanged = this.#unchanged ?? this;
    return changed;
  }

  /**
   * Logits for every position of `tokens`, and the activations asked for.
   *
   * @throws {UnknownHookError} for a hook name or pattern that matches nothing in this model
   * @throws {InputError} for no tokens, too many, or indices outside the vocabulary; UnknownWordError for unknown words
   * @throws {InterventionError} when an intervention returns other axes or sizes
   */
  run<const K extends readonly HookPattern[] = []>(
    tokens: readonly Token[],
    options: RunOptions<K> = {},
  ): Run<K> {
    const request = this.#single(tokens, options);
    return { tokens: wordsOf(request), ...this.#execute(request) } as unknown as Run<K>;
  }

  /** Whether {@link with} made it: a model whose computation is changed in every run. */
  get isChanged(): boolean {
    return this.#interventions.length > 0;
  }

  /**
   * What later positions see of `tokens`: keys and values of every layer. A run that starts `from` a residual stream `after` a prefix computes
   * only the positions that follow; any number of runs may share one.
   *
   * @throws {InputError} for other kinds than decoders, where earlier positions see later ones, or a model that is changed
   */
  prefix(tokens: readonly Token[]): Prefix {
    const { kind } = this.configuration;
    if (kind !== "decoder") throw new InputError(`Only a decoder has prefixes; this is an ${kind}.`);
    if (this.isChanged) throw new InputError("A model that is changed has no prefix of its own.");
    const input = readTokens([tokens], this.vocabulary, this.configuration);
    return new Prefix(
      input.positions,
      prefixOf(this.#arithmetic, this.configuration, this.#weights(), input),
    );
  }

  /** {@link run} for several sequences at once; every tensor has the axis `batch` first. Shorter sequences are padded at their ends. */
  runBatch<const K extends readonly HookPattern[] = []>(
    sequences: readonly (readonly Token[])[],
    options: BatchRunOptions<K> = {},
  ): BatchRun<K> {
    const request = this.#batch(sequences, options);
    return { tokens: request.input.words, ...this.#execute(request) } as unknown as BatchRun<K>;
  }

  /**
   * A run with gradients with regard to the activations in `keep`: of the sum of all logits, each times the number that `seed` gives it.
   * What an intervention puts in an activation's place is a constant: no gradient goes through it.
   *
   * @example
   * // how much each head's result speaks for "please" against "down" at the last position
   * model.gradients(tokens, (logits) => contrast, { keep: ["*.result"] }).gradients
   */
  gradients<const K extends readonly HookPattern[]>(
    tokens: readonly Token[],
    seed: (logits: Tensor<["position", "vocabulary"]>) => Tensor<readonly ("position" | "vocabulary")[]>,
    options: RunOptions<K> & { readonly keep: K },
  ): GradientRun<K> {
    const request = {
      ...this.#single(tokens, options),
      gradients: options.keep,
      seed: seed as Request["seed"],
    };
    return { tokens: wordsOf(request), ...this.#execute(request) } as unknown as GradientRun<K>;
  }

  /** {@link gradients} for several sequences at once. */
  gradientsBatch<const K extends readonly HookPattern[]>(
    sequences: readonly (readonly Token[])[],
    seed: (
      logits: Tensor<["batch", "position", "vocabulary"]>,
    ) => Tensor<readonly ("batch" | "position" | "vocabulary")[]>,
    options: BatchRunOptions<K> & { readonly keep: K },
  ): BatchGradientRun<K> {
    const request = {
      ...this.#batch(sequences, options),
      gradients: options.keep,
      seed: seed as Request["seed"],
    };
    return { tokens: request.input.words, ...this.#execute(request) } as unknown as BatchGradientRun<K>;
  }

  /**
   * The distribution of the next token after `tokens` (the last `context` of them). Keys and values of what was read are remembered, so that a sequence
   * that grows by a token costs one token's work.
   *
   * @throws {InputError} for no tokens, or for an encoder, which predicts no next token
   */
  next(tokens: readonly Token[]): Tensor<["vocabulary"]> {
    if (this.configuration.kind === "encoder-decoder") {
      throw new InputError("An encoder–decoder needs a source: `model.reading(source).next(tokens)`.");
    }
    return this.#next(tokens, undefined);
  }

  /**
   * The distributions after each of `tokens`, by one pass.
   *
   * @throws {InputError} for no tokens or more than the context, or for a model that predicts no next token
   */
  nextAll(tokens: readonly Token[]): Tensor<["position", "vocabulary"]> {
    const { kind, unembedding } = this.configuration;
    if (kind !== "decoder" || unembedding === "none") {
      throw new InputError("Only a decoder with unembedding predicts the tokens after each of a sequence.");
    }
    return softmax(this.run(tokens).logits, "vocabulary");
  }

  /**
   * The encoder–decoder with its source sentence read: a model of the next word of the translation.
   *
   * @throws {InputError} when the model is not an encoder–decoder
   */
  reading(source: readonly Token[]): NextTokenModel {
    if (this.configuration.kind !== "encoder-decoder") {
      throw new InputError(`A ${this.configuration.kind} reads no source; only an encoder–decoder does.`);
    }
    return {
      vocabulary: this.vocabulary,
      maximumContext: this.maximumContext,
      ...(this.end !== undefined && { end: this.end }),
      next: (tokens) => this.#next(tokens, source),
    };
  }

  /** Frees the model's memory in the backend at once, instead of when it is no longer reachable; a later run takes it again. */
  release(): void {
    this.#forget();
    if (this.#uploaded !== undefined) {
      memory.unregister(this.#uploaded);
      this.#uploaded.dispose();
    }
    this.#uploaded = undefined;
  }

  #next(tokens: readonly Token[], source: readonly Token[] | undefined): Tensor<["vocabulary"]> {
    const { context, kind, unembedding } = this.configuration;
    if (kind === "encoder" || unembedding === "none") {
      throw new InputError("This model has no next token: it is an encoder, or has no unembedding.");
    }
    if (this.#interventions.length > 0) {
      const { logits } = this.run(tokens.slice(-context), { logits: "last", ...(source && { source }) });
      return softmax(logits.at({ position: 0 }), "vocabulary");
    }
    const input = readTokens([tokens.slice(-context)], this.vocabulary, this.configuration);
    const read =
      source === undefined ? undefined : readTokens([source], this.sourceVocabulary, this.configuration);
    const key = read === undefined ? "" : read.tokens.join(" ");
    let reader = this.#readers.get(key);
    if (reader === undefined) {
      this.#forget();
      reader = new SequenceReader(this.#arithmetic, this.configuration, () => this.#weights(), read);
      this.#readers.set(key, reader);
      memory.register(this, reader, reader);
    }
    return tensor(["vocabulary"], reader.next([...input.tokens]), {
      labels: { vocabulary: this.vocabulary.words },
      copy: false,
    });
  }

  /** Frees what was remembered of the sequence that was read last. */
  #forget(): void {
    for (const reader of this.#readers.values()) {
      memory.unregister(reader);
      reader.dispose();
    }
    this.#readers.clear();
  }

  #single(tokens: readonly Token[], options: RunOptions<readonly HookPattern[]>): Request {
    const { keep = [], interventions = [], logits = "all", segments, source, from, until } = options;
    return {
      input: readTokens([tokens], this.vocabulary, this.configuration, { segments: segments && [segments] }),
      source: this.#source(source && [source]),
      isBatched: false,
      gradients: [],
      keep,
      interventions: [...this.#interventions, ...interventions],
      logits,
      from,
      until,
    };
  }

  #batch(
    sequences: readonly (readonly Token[])[],
    options: BatchRunOptions<readonly HookPattern[]>,
  ): Request {
    const {
      keep = [],
      interventions = [],
      logits = "all",
      segments,
      sources,
      present,
      from,
      until,
    } = options;
    return {
      input: readTokens(sequences, this.vocabulary, this.configuration, { segments, present }),
      source: this.#source(sources),
      isBatched: true,
      gradients: [],
      keep,
      interventions: [...this.#interventions, ...interventions],
      logits,
      from,
      until,
    };
  }

  #source(sources: readonly (readonly Token[])[] | undefined): Request["source"] {
    const isTranslator = this.configuration.kind === "encoder-decoder";
    if (isTranslator !== (sources !== undefined)) {
      throw new InputError(
        isTranslator
          ? "An encoder–decoder needs the sentence to read: `source`."
          : `A ${this.configuration.kind} reads no source; leave it out.`,
      );
    }
    return sources && readTokens(sources, this.sourceVocabulary, this.configuration);
  }

  #execute(request: Request): Result {
    return execute(this.#arithmetic, this.configuration, this.#weights(), this.vocabulary.words, request);
  }

  #weights(): UploadedWeights["weights"] {
    if (this.#unchanged !== undefined) return this.#unchanged.#weights();
    if (this.#uploaded === undefined) {
      this.#uploaded = new UploadedWeights(this.#arithmetic, this.configuration, this.parameters);
      memory.register(this, this.#uploaded, this.#uploaded);
    }
    return this.#uploaded.weights;
  }
}

/** Frees what a model holds in the backend's memory when the model itself is no longer reachable. */
const memory = new FinalizationRegistry<{ dispose(): void }>((held) => held.dispose());

/**
 * A new transformer with random weights.
 *
 * @throws {ConfigurationError} naming the field that cannot be
 * @example await createTransformer({ vocabulary: 13, context: 12, layers: 1, heads: 2, embedding: 16 }, { seed: 1 })
 */
export async function createTransformer(
  options: TransformerOptions | TransformerConfiguration,
  parts: TransformerParts & InitialisationOptions,
): Promise<Transformer> {
  const configuration = transformerConfiguration(options);
  await startBackend();
  return new Transformer(configuration, initialParameters(configuration, parts), parts);
}

/**
 * The transformer with these weights, by the names and in the shapes that {@link parameterSpecifications} gives.
 *
 * @throws {ConfigurationError} naming the field that cannot be
 * @throws {WeightsError} naming the parameter that is missing, superfluous, of another size, or not finite
 */
export async function transformerOf(
  options: TransformerOptions | TransformerConfiguration,
  parameters: Parameters,
  parts: TransformerParts = {},
): Promise<Transformer> {
  const configuration = transformerConfiguration(options);
  checkParameters(configuration, parameters);
  await startBackend();
  return new Transformer(configuration, parameters, parts);
}

function wordsOf(request: Request): readonly string[] {
  return request.input.words[0] ?? [];
}

function vocabularyOf(
  what: string,
  given: Vocabulary | readonly string[] | undefined,
  size: number,
): Vocabulary {
  const vocabulary =
    given === undefined
      ? new Vocabulary(Array.from({ length: size }, (_, i) => String(i)))
      : given instanceof Vocabulary
        ? given
        : new Vocabulary(given);
  if (vocabulary.size !== size) {
    throw new InputError(`The ${what} has ${vocabulary.size} words; the configuration says ${size}.`);
  }
  return vocabulary;
}
