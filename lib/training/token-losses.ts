import type { Tensor } from "../tensor/index.ts";
import { tensor } from "../tensor/index.ts";
import type { Token, Transformer } from "../models/transformer/index.ts";

/**
 * How much each token of each sequence surprised the model, −ln of the share that it gave it after the tokens before it, in nats. The axis `position` is the
 * position of the token that was read last, so it is one shorter than the sequences, which have one length.
 *
 * @throws {InputError} as `runBatch` does
 */
export function tokenLosses(
  model: Transformer,
  sequences: readonly (readonly Token[])[],
): Tensor<["batch", "position"]> {
  const { logits } = model.runBatch(sequences.map((sequence) => sequence.slice(0, -1)));
  const [batch = 0, positions = 0, vocabulary = 0] = logits.shape;
  const losses = new Float64Array(batch * positions);
  for (const [row, sequence] of sequences.entries()) {
    for (let position = 0; position < sequence.length - 1; position++) {
      const token = sequence[position + 1] ?? 0;
      const target = typeof token === "number" ? token : model.vocabulary.index(token);
      const start = (row * positions + position) * vocabulary;
      losses[row * positions + position] = surprise(logits.data.slice(start, start + vocabulary), target);
    }
  }
  return tensor(["batch", "position"], losses, { shape: [batch, positions] });
}

/** −ln softmax(logits)[target]. */
function surprise(logits: Iterable<number> & ArrayLike<number>, target: number): number {
  let highest = -Infinity;
  for (const logit of logits) highest = Math.max(highest, logit);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - highest);
  return Math.log(sum) + highest - (logits[target] ?? NaN);
}
