import {
  activated,
  attentionMix,
  attentionPattern,
  attentionScores,
  headResults,
  linear,
  normalised,
  normScale,
  onlyKept,
  plus,
  repeatedHeads,
  rotated,
  rowsOf,
  scaled,
  shifted,
  sumOfHeads,
  times,
  type Arithmetic,
  type AttentionMask,
  type Numbers,
  type Rotation,
} from "../../backend/operations/index.ts";
import type { TransformerConfiguration } from "./configuration.ts";
import { rotaryFrequencies } from "./positions.ts";

/** Token indices of a batch, row after row, and which of them are there (1) and which are padding (0). */
export interface TokenBatch {
  readonly tokens: Int32Array;
  readonly batch: number;
  readonly positions: number;
  /** [batch, position]; absent: all are there. */
  readonly present?: Float32Array | undefined;
  /** Token types, [batch, position]; absent: all 0. */
  readonly segments?: Int32Array | undefined;
}

/** Keys (rotated) and values of each layer that is run, for the positions that were read before: [batch, position, keyHeads × size]. */
export interface Past {
  readonly length: number;
  readonly layers: readonly ({ readonly k: Numbers; readonly v: Numbers } | undefined)[];
}

/** {@link Past} as a whole pass leaves it. */
export interface ReadPast extends Past {
  readonly layers: readonly { readonly k: Numbers; readonly v: Numbers }[];
}

/** What a forward pass starts from. */
export interface ForwardInput extends TokenBatch {
  /** The source's tokens; encoder–decoder only. */
  readonly source?: TokenBatch | undefined;
  /** Starts before this block with this residual stream [batch, position, embedding], instead of from the embeddings. */
  readonly from?: { readonly layer: number; readonly residual: Numbers } | undefined;
  readonly past?: Past | undefined;
  /** Stops before this block: then there are no logits, and what comes out went through no final norm. */
  readonly until?: number | undefined;
  /** For which positions logits are wanted. */
  readonly logits: "all" | "last" | "none";
}

/** Where activations may be looked at and replaced. Shapes are given with the batch first and heads as an axis of their own. */
export interface Tap {
  /** Whether anything wants this hook point: what is costly is computed only then. */
  wants(name: string): boolean;
  /** Whether the value may be replaced, or gradients with regard to it are wanted, so that it must be on the way to the output. */
  isOnPath(name: string): boolean;
  /** The value that the computation goes on with: the same, or a replacement of the same shape. */
  at(name: string, value: Numbers, shape: readonly number[]): Numbers;
}

/** Parameters as the arithmetic wants them: W_Q, W_K, W_V as [embedding, heads × size], W_O as [heads × value, embedding], biases flat. */
export type Weights = ReadonlyMap<string, Numbers>;

/** What a forward pass gives. */
export interface ForwardOutput {
  /** [batch, position, vocabulary], or [batch, 1, vocabulary] for `last`. */
  readonly logits: Numbers | undefined;
  /** The residual stream after the last block and the final norm, or before block `until`. */
  readonly residual: Numbers;
  /** The keys and values of this pass after those of the past. */
  readonly past: ReadPast;
}

/** One pass through a model. Everything that it makes belongs to the surrounding `tidy`. */
export function forward(
  arithmetic: Arithmetic,
  configuration: TransformerConfiguration,
  weights: Weights,
  input: ForwardInput,
  tap: Tap,
): ForwardOutput {
  const pass = new Pass(arithmetic, configuration, weights, tap);
  const source =
    input.source === undefined
      ? undefined
      : {
          ...input.source,
          residual: pass.stream("encoder.", input.source, configuration.encoderLayers ?? 0, null).residual,
        };
  return pass.decode(input, source);
}

interface Source extends TokenBatch {
  readonly residual: Numbers;
}

interface AttentionPlan {
  /** `blocks.0.attention`. */
  readonly weights: string;
  /** `blocks.0.` and the spelling of the hook: `pattern` or `crossPattern`. */
  readonly hook: (name: string) => string;
  readonly out: string;
  readonly mask: AttentionMask;
  readonly rotation?: { readonly queries: Rotation; readonly keys: Rotation } | undefined;
  readonly past?: { readonly k: Numbers; readonly v: Numbers } | undefined;
}

class Pass {
  readonly #a: Arithmetic;
  readonly #c: TransformerConfiguration;
  readonly #weights: Weights;
  readonly #tap: Tap;

  constructor(arithmetic: Arithmetic, configuration: TransformerConfiguration, weights: Weights, tap: Tap) {
    this.#a = arithmetic;
    this.#c = configuration;
    this.#weights = weights;
    this.#tap = tap;
  }

  decode(input: ForwardInput, source: Source | undefined): ForwardOutput {
    const { residual, past } = this.stream("", input, this.#c.layers, source ?? null, input);
    return { logits: input.until === undefined ? this.#logits(residual, input) : undefined, residual, past };
  }

  /** Embedding, blocks and final norm of one side. */
  stream(
    side: "" | "encoder.",
    input: TokenBatch,
    layers: number,
    source: Source | null,
    start: Pick<ForwardInput, "from" | "past" | "until"> = {},
  ): { residual: Numbers; past: ReadPast } {
    const c = this.#c;
    const seen = start.past?.length ?? 0;
    const places = positionsOf(input, seen);
    const { positions: length, batch } = input;
    const positionVectors = this.#positionVectors(side, places, input);
    let x = start.from?.residual ?? this.#embedded(side, input, positionVectors);
    const isCausal = c.kind !== "encoder" && side === "";
    const mask: AttentionMask = {
      causalFrom: isCausal ? seen : null,
      keys:
        input.present === undefined ? undefined : this.#a.tf.tensor(input.present, [batch, seen + length]),
    };
    const rotation = this.#rotation(places, input);
    const past: { k: Numbers; v: Numbers }[] = [];
    for (let layer = start.from?.layer ?? 0; layer < (start.until ?? layers); layer++) {
      const block = `${side}blocks.${layer}`;
      const before = start.past?.layers[layer];
      const residual = x;
      const result = onlyKept(this.#a, () =>
        this.#block(block, residual, { mask, rotation, past: before, positionVectors, source }),
      );
      x = result.residual;
      past.push(result.past);
    }
    if (c.finalNorm && start.until === undefined)
      x = this.#normalised(x, `${side}finalNorm`, `${side}finalNorm`);
    return { residual: x, past: { length: seen + length, layers: past } };
  }

  #embedded(side: string, input: TokenBatch, positionVectors: Numbers | undefined): Numbers {
    const c = this.#c;
    const shape = [input.batch, input.positions];
    const rows = rowsOf(this.#a, this.#weight(`${side}W_E`), input.tokens, shape);
    let x = this.#at(`${side}tokenEmbedding`, scaled(this.#a, rows, c.embeddingScale));
    if (positionVectors !== undefined && "at" in c.positions && c.positions.at === "embedding") {
      x = plus(this.#a, x, positionVectors);
    }
    if (c.segments > 0) {
      const segments = input.segments ?? new Int32Array(input.tokens.length);
      x = plus(this.#a, x, rowsOf(this.#a, this.#weight(`${side}W_segment`), segments, shape));
    }
    return c.embeddingNorm ? this.#norm(x, `${side}embeddingNorm`) : x;
  }

  #positionVectors(side: string, places: Int32Array, input: TokenBatch): Numbers | undefined {
    const { positions } = this.#c;
    if (positions.kind !== "learned" && positions.kind !== "sinusoidal") return undefined;
    const rows = places.map((place) => place + positions.offset);
    const table = this.#weight(positions.kind === "learned" ? `${side}W_position` : "sinusoids");
    return this.#at(`${side}positionEmbedding`, rowsOf(this.#a, table, rows, [input.batch, input.positions]));
  }

  #rotation(places: Int32Array, input: TokenBatch): AttentionPlan["rotation"] {
    const { positions } = this.#c;
    if (positions.kind !== "rotary") return undefined;
    const frequencies = rotaryFrequencies(positions);
    const rows = input.present === undefined ? 1 : input.batch;
    const angles = (of: (angle: number) => number) => {
      const data = new Float32Array(rows * input.positions * frequencies.length);
      for (let i = 0; i < data.length; i++) {
        const place = places[Math.floor(i / frequencies.length)] ?? 0;
        data[i] = of(place * (frequencies[i % frequencies.length] ?? 0));
      }
      return this.#a.tf.tensor(data, [rows, input.positions, 1, frequencies.length]);
    };
    const { features, pairs } = positions;
    const rotation = { features, pairs, cosines: angles(Math.cos), sines: angles(Math.sin) };
    return { queries: rotation, keys: rotation };
  }

  #block(
    block: string,
    residual: Numbers,
    plan: {
      mask: AttentionMask;
      rotation: AttentionPlan["rotation"];
      past: { k: Numbers; v: Numbers } | undefined;
      positionVectors: Numbers | undefined;
      source: Source | null;
    },
  ): { residual: Numbers; past: { k: Numbers; v: Numbers } } {
    const c = this.#c;
    const isBefore = c.norm?.place === "before";
    let x = this.#at(`${block}.residualBefore`, residual);
    const start = x;
    const read = isBefore ? this.#norm(x, `${block}.attentionNorm`) : x;
    const attentionInput = this.#at(`${block}.attentionInput`, read);
    const withPositions =
      plan.positionVectors !== undefined && "at" in c.positions && c.positions.at === "queries-and-keys"
        ? plus(this.#a, attentionInput, plan.positionVectors)
        : attentionInput;
    const attention = this.#attention(withPositions, withPositions, attentionInput, {
      weights: `${block}.attention`,
      hook: (name) => `${block}.${name}`,
      out: `${block}.attentionOut`,
      mask: plan.mask,
      rotation: plan.rotation,
      past: plan.past,
    });
    const isParallel = c.residual === "parallel" && c.feedForward !== null;
    if (isParallel) {
      const out = this.#feedForward(block, isBefore ? this.#norm(start, `${block}.feedForwardNorm`) : start);
      x = plus(this.#a, plus(this.#a, x, attention.out), out);
      return { residual: this.#at(`${block}.residualAfter`, x), past: attention.past };
    }
    x = plus(this.#a, x, attention.out);
    if (c.norm?.place === "after") x = this.#norm(x, `${block}.attentionNorm`);
    if (plan.source !== null) {
      x = this.#crossed(block, this.#at(`${block}.residualMiddle`, x), plan.source);
    } else if (c.feedForward !== null) x = this.#at(`${block}.residualMiddle`, x);
    if (c.feedForward !== null) {
      const out = this.#feedForward(block, isBefore ? this.#norm(x, `${block}.feedForwardNorm`) : x);
      x = plus(this.#a, x, out);
      if (c.norm?.place === "after") x = this.#norm(x, `${block}.feedForwardNorm`);
    }
    return { residual: this.#at(`${block}.residualAfter`, x), past: attention.past };
  }

  /** The decoder reads the encoder: queries from the target, keys and values from the source. */
  #crossed(block: string, residual: Numbers, source: Source): Numbers {
    const isBefore = this.#c.norm?.place === "before";
    const read = isBefore ? this.#norm(residual, `${block}.crossAttentionNorm`) : residual;
    const keys =
      source.present === undefined
        ? undefined
        : this.#a.tf.tensor(source.present, [source.batch, source.positions]);
    const { out } = this.#attention(
      this.#at(`${block}.crossAttentionInput`, read),
      source.residual,
      source.residual,
      {
        weights: `${block}.crossAttention`,
        hook: (name) => `${block}.cross${name.charAt(0).toUpperCase()}${name.slice(1)}`,
        out: `${block}.crossAttentionOut`,
        mask: { causalFrom: null, keys },
      },
    );
    const x = plus(this.#a, residual, out);
    return this.#at(
      `${block}.residualAfterCross`,
      isBefore || this.#c.norm === null ? x : this.#norm(x, `${block}.crossAttentionNorm`),
    );
  }

  #attention(
    queryInput: Numbers,
    keyInput: Numbers,
    valueInput: Numbers,
    plan: AttentionPlan,
  ): { out: Numbers; past: { k: Numbers; v: Numbers } } {
    const { heads, keyHeads, feature, value, embedding, scoreScale, queryKeyNorm } = this.#c;
    const { weights, hook } = plan;
    const map = (x: Numbers, letter: "Q" | "K" | "V") =>
      linear(this.#a, x, this.#weight(`${weights}.W_${letter}`), this.#weights.get(`${weights}.b_${letter}`));
    let q = this.#at(hook("q"), map(queryInput, "Q"), heads, feature);
    let k = this.#perHead(hook("k"), map(keyInput, "K"), keyHeads, feature);
    let v = this.#perHead(hook("v"), map(valueInput, "V"), keyHeads, value);
    if (queryKeyNorm) {
      q = this.#featureNorm(q, heads, `${weights}.queryNorm.gain`);
      k = { ...k, numbers: this.#featureNorm(k.numbers, k.heads, `${weights}.keyNorm.gain`) };
    }
    if (plan.rotation !== undefined) {
      q = this.#at(hook("rotatedQ"), rotated(this.#a, q, heads, plan.rotation.queries), heads, feature);
      const turned = rotated(this.#a, k.numbers, k.heads, plan.rotation.keys);
      k = this.#perHead(hook("rotatedK"), turned, k.heads, feature);
    }
    if (plan.past !== undefined) {
      // an intervention makes one copy of grouped keys for each head; what was read before follows
      const joined = (past: Numbers, { numbers, heads: count }: typeof k) => ({
        heads: count,
        numbers: this.#a.tf.concat(
          [count === keyHeads ? past : repeatedHeads(this.#a, past, keyHeads, count / keyHeads), numbers],
          1,
        ),
      });
      k = joined(plan.past.k, k);
      v = joined(plan.past.v, v);
    }
    const { causalFrom } = plan.mask;
    // Scores of keys that are not seen are computed only where somebody looks at them.
    const seen = this.#tap.wants(hook("scores")) ? null : causalFrom;
    const allScores = attentionScores(this.#a, q, k.numbers, heads, k.heads, scoreScale, seen);
    const scores = this.#atPlain(hook("scores"), allScores);
    const pattern = this.#atPlain(hook("pattern"), attentionPattern(this.#a, scores, plan.mask));
    // What an intervention puts into the pattern may lie anywhere.
    const isChanged = this.#tap.isOnPath(hook("pattern"));
    const mix = attentionMix(this.#a, pattern, v.numbers, heads, v.heads, isChanged ? null : causalFrom);
    const z = this.#at(hook("z"), mix, heads, value);
    const output = this.#weight(`${weights}.W_O`);
    const bias = this.#weights.get(`${weights}.b_O`);
    let out: Numbers | undefined;
    if (this.#tap.wants(hook("result"))) {
      const results = this.#at(hook("result"), headResults(this.#a, z, output, heads), heads, embedding);
      // Their sum costs less than the product of all heads at once; its gradient costs more.
      if (this.#tap.isOnPath(hook("result")) || this.#a.tape === undefined) {
        const sum = sumOfHeads(this.#a, results, heads);
        out = bias === undefined ? sum : shifted(this.#a, sum, bias);
      }
    }
    out ??= linear(this.#a, z, output, bias);
    return { out: this.#at(plan.out, out), past: { k: k.numbers, v: v.numbers } };
  }

  #feedForward(block: string, x: Numbers): Numbers {
    const { feedForward } = this.#c;
    if (feedForward === null) throw new Error("A block without feed-forward part has none to run.");
    const name = `${block}.feedForward`;
    const read = this.#at(`${block}.feedForwardInput`, x);
    const map = (letter: string) =>
      linear(this.#a, read, this.#weight(`${name}.W_${letter}`), this.#weights.get(`${name}.b_${letter}`));
    const isGated = feedForward.kind === "gated";
    const pre = this.#at(`${block}.feedForwardPre`, map(isGated ? "gate" : "in"));
    let post = activated(this.#a, pre, feedForward.activation);
    if (isGated) post = times(this.#a, post, this.#at(`${block}.feedForwardLinear`, map("in")));
    post = this.#at(`${block}.feedForwardPost`, post);
    const out = linear(this.#a, post, this.#weight(`${name}.W_out`), this.#weights.get(`${name}.b_out`));
    return this.#at(`${block}.feedForwardOut`, out);
  }

  #logits(residual: Numbers, input: ForwardInput): Numbers | undefined {
    const { unembedding } = this.#c;
    if (unembedding === "none" || input.logits === "none") return undefined;
    const weight = this.#weight(unembedding === "tied" ? "W_E" : "W_U");
    const read = input.logits === "last" ? this.#lastOf(residual, input) : residual;
    const logits = linear(this.#a, read, weight, this.#weights.get("b_U"), unembedding === "tied");
    return this.#at("logits", logits);
  }

  /** The residual stream at each row's last token that is not padding: [batch, 1, embedding]. */
  #lastOf(residual: Numbers, { batch, positions, present }: ForwardInput): Numbers {
    const rows = Int32Array.from({ length: batch }, (_, row) => {
      const start = row * positions;
      const last = present?.subarray(start, start + positions).lastIndexOf(1) ?? positions - 1;
      return start + Math.max(0, last);
    });
    const flat = this.#a.tf.reshape(residual, [batch * positions, this.#c.embedding]);
    return rowsOf(this.#a, flat, rows, [batch, 1]);
  }

  #norm(x: Numbers, name: string): Numbers {
    return this.#c.norm === null ? x : this.#normalised(x, name);
  }

  /** With `hook`, what comes out is a hook point of that name. */
  #normalised(x: Numbers, name: string, hook?: string): Numbers {
    const { norm } = this.#c;
    if (norm === null) return x;
    const scale = `${name}Scale`;
    if (this.#tap.wants(scale)) {
      const [batch = 0, position = 0] = x.shape;
      this.#tap.at(scale, normScale(this.#a, x, norm.kind, norm.epsilon), [batch, position]);
    }
    const gain = this.#weights.get(`${name}.gain`);
    const y = normalised(this.#a, x, gain, this.#weights.get(`${name}.bias`), norm.kind, norm.epsilon);
    return hook === undefined ? y : this.#at(hook, y);
  }

  /** Root-mean-square norm over each head's features. */
  #featureNorm(x: Numbers, heads: number, gain: string): Numbers {
    const { tf } = this.#a;
    const split = tf.reshape(x, [...x.shape.slice(0, 2), heads, this.#c.feature]);
    this.#a.tape?.record(split, [x], (dy) => [tf.reshape(dy, x.shape)]);
    const epsilon = this.#c.norm?.epsilon ?? 1e-6;
    const y = normalised(this.#a, split, this.#weight(gain), undefined, "root-mean-square", epsilon);
    const back = tf.reshape(y, x.shape);
    this.#a.tape?.record(back, [y], (dy) => [tf.reshape(dy, y.shape)]);
    return back;
  }

  /** A hook point whose last axis is `heads` × `size` in memory, or plain with heads left out. */
  #at(name: string, value: Numbers, heads = 0, size = 0): Numbers {
    if (!this.#tap.wants(name)) return value;
    const [batch = 0, position = 0] = value.shape;
    return this.#tap.at(name, value, heads === 0 ? value.shape : [batch, position, heads, size]);
  }

  #atPlain(name: string, value: Numbers): Numbers {
    return this.#tap.wants(name) ? this.#tap.at(name, value, value.shape) : value;
  }

  /** Keys or values at their hook point, shown once for each query head; grouped ones stay grouped unless they may be replaced. */
  #perHead(
    name: string,
    value: Numbers,
    keyHeads: number,
    size: number,
  ): { numbers: Numbers; heads: number } {
    if (!this.#tap.wants(name)) return { numbers: value, heads: keyHeads };
    const { heads } = this.#c;
    const shown = this.#at(name, repeatedHeads(this.#a, value, keyHeads, heads / keyHeads), heads, size);
    return this.#tap.isOnPath(name) ? { numbers: shown, heads } : { numbers: value, heads: keyHeads };
  }

  #weight(name: string): Numbers {
    const weight = this.#weights.get(name);
    if (weight === undefined) throw new Error(`The model has no parameter ${name}.`);
    return weight;
  }
}

/** The position of each token: its index among its row's tokens that are there, so that padding on the left moves nothing. */
function positionsOf({ batch, positions, present }: TokenBatch, seen: number): Int32Array {
  const places = new Int32Array(batch * positions);
  for (let row = 0; row < batch; row++) {
    let place = seen;
    for (let i = row * positions; i < (row + 1) * positions; i++) {
      places[i] = place;
      if (present === undefined || present[i] === 1) place++;
    }
  }
  return places;
}
