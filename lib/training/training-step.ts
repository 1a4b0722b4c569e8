import {
  crossEntropy,
  plus,
  Tape,
  tidied,
  type Arithmetic,
  type Numbers,
} from "../backend/operations/index.ts";
import { forward, type TokenBatch } from "../models/transformer/forward.ts";
import type { TransformerConfiguration } from "../models/transformer/index.ts";
import { NO_TAP } from "../models/transformer/sequence-reader.ts";
import type { Batch } from "./batch.ts";
import { TrainingError } from "./errors.ts";

/** The mean loss of a batch, in nats, and its gradients, handed to `use` while they live. */
export function lossAndGradients<T>(
  arithmetic: Omit<Arithmetic, "tape">,
  configuration: TransformerConfiguration,
  weights: ReadonlyMap<string, Numbers>,
  batch: Batch,
  use: (loss: number, gradients: ReadonlyMap<string, Numbers>) => T,
): T {
  const { tf } = arithmetic;
  return tidied(arithmetic, () => {
    const tape = new Tape();
    const a = { ...arithmetic, tape };
    const trained = [...weights].filter(([name]) => name !== "sinusoids");
    for (const [, weight] of trained) tape.watch(weight);
    const { input, source, targets, targetWeights } = task(batch, configuration);
    const { logits } = forward(a, configuration, weights, { ...input, source, logits: "all" }, NO_TAP);
    if (logits === undefined) throw new TrainingError("A model without unembedding has no loss to train on.");
    const loss = crossEntropy(a, logits, targets, targetWeights);
    const found = tape.gradients(
      loss,
      tf.scalar(1),
      trained.map(([, weight]) => weight),
      (x, y) => plus(arithmetic, x, y),
      { frees: true, isAlone: (tensor) => arithmetic.fast?.isAlone(tensor) === true },
    );
    const gradients = new Map<string, Numbers>();
    for (const [i, [name]] of trained.entries()) {
      const gradient = found[i];
      if (gradient !== undefined) gradients.set(name, gradient);
    }
    return use(loss.dataSync<"float32">()[0] ?? NaN, gradients);
  });
}

interface Task {
  readonly input: TokenBatch;
  readonly source: TokenBatch | undefined;
  readonly targets: Int32Array;
  /** They sum to 1. */
  readonly targetWeights: Float32Array;
}

/** What a batch asks: which tokens are read, which are to be predicted where, and how much each counts. */
function task(batch: Batch, configuration: TransformerConfiguration): Task {
  const { sequences, targets: given, sources, weights } = batch;
  if (sequences.length === 0) throw new TrainingError("A batch has no sequences.");
  const reads = given === undefined ? sequences.map((sequence) => sequence.slice(0, -1)) : sequences;
  const wanted = given ?? sequences.map((sequence) => sequence.slice(1));
  const input = padded(reads, configuration.context, configuration.vocabulary);
  const targets = new Int32Array(input.tokens.length);
  const targetWeights = new Float32Array(input.tokens.length);
  let sum = 0;
  for (const [row, sequence] of wanted.entries()) {
    const weight = weights === undefined ? 1 : (weights[row] ?? 0);
    for (const [i, target] of sequence.entries()) {
      if (target < 0) continue;
      if (!(target < configuration.vocabulary) || i >= input.positions) {
        throw new TrainingError(
          `Row ${row} asks for token ${target} after token ${i}; the vocabulary has ${configuration.vocabulary}.`,
        );
      }
      targets[row * input.positions + i] = target;
      targetWeights[row * input.positions + i] = weight;
      sum += weight;
    }
  }
  if (!(sum > 0)) throw new TrainingError("A batch asks for no token; sequences need at least two.");
  for (let i = 0; i < targetWeights.length; i++) targetWeights[i] = (targetWeights[i] ?? 0) / sum;
  const source =
    sources &&
    padded(sources, configuration.context, configuration.sourceVocabulary ?? configuration.vocabulary);
  return { input, source, targets, targetWeights };
}

function padded(rows: readonly (readonly number[])[], context: number, vocabulary: number): TokenBatch {
  const positions = Math.max(...rows.map(({ length }) => length));
  if (positions > context) {
    throw new TrainingError(
      `A sequence of ${positions} tokens is longer than the model's context of ${context}.`,
    );
  }
  const tokens = new Int32Array(rows.length * positions);
  const present = new Float32Array(tokens.length);
  for (const [row, sequence] of rows.entries()) {
    for (const token of sequence) {
      if (!(token >= 0 && token < vocabulary)) {
        throw new TrainingError(`Token ${token} is outside the model's vocabulary of ${vocabulary}.`);
      }
    }
    tokens.set(sequence, row * positions);
    present.fill(1, row * positions, row * positions + sequence.length);
  }
  const isWhole = rows.every(({ length }) => length === positions);
  return { tokens, batch: rows.length, positions, present: isWhole ? undefined : present };
}
