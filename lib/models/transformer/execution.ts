import { numbersOf, Tape, tidied, type Arithmetic, type Numbers } from "../../backend/operations/index.ts";
import { tensor, Tensor } from "../../tensor/index.ts";
import type { TransformerConfiguration } from "./configuration.ts";
import { InputError } from "./errors.ts";
import { forward, type Past, type Weights } from "./forward.ts";
import { hookNames, matchingHooks } from "./hooks.ts";
import { hookTensor, replacementData, type Labels } from "./hook-tensors.ts";
import type { Prefix } from "./prefix.ts";
import { RecordingTap, type TapPlan } from "./recording-tap.ts";
import { NO_TAP } from "./sequence-reader.ts";
import type { ReadTokens } from "./token-input.ts";

/** One pass as `run`, `runBatch` and their relatives ask for it. */
export interface Request extends TapPlan {
  readonly input: ReadTokens;
  readonly source?: ReadTokens | undefined;
  readonly isBatched: boolean;
  readonly logits: "all" | "last" | "none";
  readonly from?:
    | {
        readonly layer: number;
        readonly residual: Tensor<readonly string[]>;
        readonly after?: Prefix | undefined;
      }
    | undefined;
  readonly until?: number | undefined;
  /** Makes the seed of the gradients from the logits (with the batch axis if the run has one). */
  readonly seed?: ((logits: Tensor<readonly string[]>) => Tensor<readonly string[]>) | undefined;
}

/** What a pass gives, as named tensors. */
export interface Result {
  readonly logits: Tensor<readonly string[]>;
  readonly residual: Tensor<readonly string[]>;
  readonly activations: Record<string, Tensor<readonly string[]>>;
  readonly gradients: Record<string, Tensor<readonly string[]>>;
}

/** One pass through a model, with what is kept, changed and differentiated on the way; all of its memory is freed at the end. */
export function execute(
  arithmetic: Omit<Arithmetic, "tape">,
  configuration: TransformerConfiguration,
  weights: Weights,
  vocabulary: readonly string[],
  request: Request,
): Result {
  const { tf } = arithmetic;
  return tidied(arithmetic, () => {
    const tape = request.seed === undefined ? undefined : new Tape();
    const a: Arithmetic = { ...arithmetic, tape };
    const { input, source, isBatched } = request;
    const labels: Labels = { tokens: input.words, sourceTokens: source?.words, vocabulary };
    const tap = new RecordingTap(a, configuration, request, labels, isBatched);
    const from = request.from && { layer: request.from.layer, residual: restart(a, configuration, request) };
    const { logits: wanted, until } = request;
    const past = pastOf(a, configuration, request);
    const out = forward(
      a,
      configuration,
      weights,
      { ...input, source, from, past, until, logits: wanted },
      tap,
    );
    for (const pattern of request.keep) {
      if (!matchingHooks(pattern, hookNames(configuration)).some((name) => tap.kept.has(name)))
        throw new InputError(
          `Nothing at "${pattern}" was computed, so nothing can be kept: the run goes from ${request.from ? `block ${request.from.layer}` : "the embeddings"} to ${until === undefined ? (wanted === "none" ? "the end, without logits" : "the end") : `block ${until}`}.`,
        );
    }
    const named = (hook: string, numbers: Numbers, name = hook) =>
      hookTensor(hook, tap.whenRead(numbers), numbers.shape, labels, isBatched, name);
    const logits =
      out.logits === undefined
        ? noLogits(input.batch, vocabulary, isBatched)
        : (tap.kept.get("logits") ?? named("logits", out.logits));
    const gradients: Result["gradients"] = {};
    if (request.seed !== undefined && tape !== undefined && out.logits !== undefined) {
      const seed = replacementData("logits", withBatch(request.seed(logits), isBatched), out.logits.shape);
      const seen = [...tap.watched];
      const found = tape.gradients(
        out.logits,
        tf.tensor(seed, out.logits.shape),
        seen.map(([, { value }]) => value),
        (x, y) => tf.add(x, y),
      );
      for (const [i, [name, { value, shape }]] of seen.entries()) {
        gradients[name] = hookTensor(
          name,
          tap.whenRead(found[i] ?? tf.zerosLike(value)),
          shape,
          labels,
          isBatched,
        );
      }
    }
    const residual = named("finalNorm", out.residual, "residual");
    return { logits, residual, activations: Object.fromEntries(tap.kept), gradients };
  });
}

function noLogits(
  batch: number,
  vocabulary: readonly string[],
  isBatched: boolean,
): Tensor<readonly string[]> {
  const labels = { vocabulary };
  return isBatched
    ? tensor(["batch", "position", "vocabulary"], new Float32Array(), {
        shape: [batch, 0, vocabulary.length],
        labels,
      })
    : tensor(["position", "vocabulary"], new Float32Array(), { shape: [0, vocabulary.length], labels });
}

function withBatch(given: Tensor<readonly string[]>, isBatched: boolean): Tensor<readonly string[]> {
  if (isBatched || !(given instanceof Tensor)) return given;
  return tensor(["batch", ...given.axes], Float32Array.from(given.data), {
    shape: [1, ...given.shape],
  }) as Tensor<readonly string[]>;
}

/** Each layer's keys and values for all positions of one sequence. */
export function prefixOf(
  arithmetic: Omit<Arithmetic, "tape">,
  configuration: TransformerConfiguration,
  weights: Weights,
  input: ReadTokens,
): { readonly k: Float32Array; readonly v: Float32Array }[] {
  return tidied(arithmetic, () => {
    const { past } = forward(arithmetic, configuration, weights, { ...input, logits: "none" }, NO_TAP);
    return past.layers.map(({ k, v }) => ({ k: numbersOf(arithmetic, k), v: numbersOf(arithmetic, v) }));
  });
}

/** What the layers that a run goes through see of the positions before it, once for each sequence. */
function pastOf(
  { tf }: Arithmetic,
  { kind, layers, keyHeads, feature, value, context }: TransformerConfiguration,
  { from, until, input }: Request,
): Past | undefined {
  if (until !== undefined && !(Number.isInteger(until) && until >= (from?.layer ?? 0) && until <= layers)) {
    throw new InputError(`A run can stop before block ${from?.layer ?? 0} to ${layers}, not ${until}.`);
  }
  const after = from?.after;
  if (from === undefined || after === undefined || after.length === 0) return undefined;
  if (kind !== "decoder") throw new InputError(`A prefix says all about its positions in a decoder only.`);
  if (input.present !== undefined) throw new InputError("After a prefix there can be no padding.");
  if (after.layers.length !== layers || after.layers[0]?.k.length !== after.length * keyHeads * feature) {
    throw new InputError("The prefix is one of another model: its layers, heads or features differ.");
  }
  if (after.length + input.positions > context) {
    throw new InputError(
      `${after.length} tokens and ${input.positions} after them are more than the model's context of ${context}.`,
    );
  }
  const repeated = (data: Float32Array, size: number) =>
    tf.tile(tf.tensor(data, [1, after.length, keyHeads * size]), [input.batch, 1, 1]);
  return {
    length: after.length,
    layers: after.layers.map(({ k, v }, layer) =>
      layer >= from.layer && layer < (until ?? layers)
        ? { k: repeated(k, feature), v: repeated(v, value) }
        : undefined,
    ),
  };
}

/** The residual stream that a run is to start from, checked. */
function restart({ tf }: Arithmetic, configuration: TransformerConfiguration, request: Request): Numbers {
  const { from, input, isBatched } = request;
  const layer = from?.layer ?? 0;
  if (!Number.isInteger(layer) || layer < 0 || layer > configuration.layers) {
    throw new InputError(`A run can start before block 0 to ${configuration.layers}, not ${layer}.`);
  }
  const shape = [input.batch, input.positions, configuration.embedding];
  const given = from === undefined ? undefined : withBatch(from.residual, isBatched);
  return tf.tensor(replacementData("residualBefore", given, shape), shape);
}
