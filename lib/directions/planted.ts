import { transformerOf, type Transformer } from "../models/transformer/index.ts";
import { randomNormalNumbers, tensor, type Tensor } from "../tensor/index.ts";
import { DirectionError } from "./errors.ts";
import { relation, type Relation } from "./relation.ts";
import type { RelationKind } from "./verdict.ts";

/** A head that reads a planted direction, and as what. */
export interface PlantedPlace {
  readonly part: "query" | "key" | "OV";
  readonly layer: number;
  readonly head: number;
}

/** What is planted of one relation. */
export interface PlantedSpecification {
  readonly name: string;
  /**
   * `paired relation`: the words of a pair are alike but for the direction, and the head reads both. `class direction`: words are unlike, and
   * second words have the direction. `nothing`: the words of a pair are alike and no direction tells which is first.
   */
  readonly kind: RelationKind;
  /** The words; `name0−`, `name0+`, … unless given. */
  readonly pairs?: readonly (readonly [from: string, to: string])[];
  /** Another planted relation, and the cosine of this one's direction with its. */
  readonly shares?: { readonly with: string; readonly cosine: number };
  /** Which head reads the direction, and as what; drawn from the seed unless given. */
  readonly place?: PlantedPlace;
}

/** What was planted where. */
export interface PlantedRelation {
  readonly relation: Relation;
  readonly kind: RelationKind;
  /** The one head that reads the direction, and as what. */
  readonly place: PlantedPlace;
  /** The direction in the embedding, from first words to second. */
  readonly direction: Tensor<["embedding"]>;
  /** What the head makes of it: the direction to be found at `place`. */
  readonly written: Tensor<["embedding"]>;
}

/** How large a planted model is. */
export interface PlantedOptions {
  readonly seed: number | string;
  /** 2 unless given. */
  readonly layers?: number;
  /** 4 unless given. */
  readonly heads?: number;
  /** d_model; 64 unless given. */
  readonly embedding?: number;
  /** d_head; 8 unless given. */
  readonly size?: number;
  /** Pairs of relations without words of their own; 12 unless given. */
  readonly pairs?: number;
  /** How far apart first and second words lie along the direction, in deviations of a word's other coordinates; 2 unless given. */
  readonly strength?: number;
}

/**
 * A model made by hand, in which the truth about relations is known: words are random vectors, and each relation's direction is read by one
 * head. What all other heads read is at right angles to all planted directions, so that a direction found elsewhere is a false discovery.
 * Attention only, no positions, nothing trained.
 *
 * @throws DirectionError for sharing with a relation that was not planted before, words that two relations have, or more relations than heads
 * @example
 * const { model, planted } = await plantedDirections([{ name: "size", kind: "class direction" }], { seed: 1 });
 */
export async function plantedDirections(
  specifications: readonly PlantedSpecification[],
  options: PlantedOptions,
): Promise<{ readonly model: Transformer; readonly planted: readonly PlantedRelation[] }> {
  const { seed, layers = 2, heads = 4, embedding = 64, size = 8, pairs = 12, strength = 2 } = options;
  const normal = randomNormalNumbers(`planted ${seed}`);
  const vector = () => Float64Array.from({ length: embedding }, normal);
  const whole = (limit: number) => Math.floor(Math.abs(normal()) * 1000) % limit;

  const directions = plantedDirectionsOf(specifications, vector);
  const all = orthonormal([...directions.values()]);
  if (specifications.length > layers * heads)
    throw new DirectionError(
      `${specifications.length} relations need as many heads; the model has ${layers * heads}`,
    );
  const taken = new Set(
    specifications.flatMap(({ place }) => (place ? [`${place.layer}.${place.head}`] : [])),
  );
  /** A head of its own. */
  const free = (): PlantedPlace => {
    for (;;) {
      const [layer, head] = [whole(layers), whole(heads)];
      if (taken.has(`${layer}.${head}`)) continue;
      taken.add(`${layer}.${head}`);
      return { part: "OV", layer, head };
    }
  };
  const words: string[] = [];
  const rows: Float64Array[] = [];
  const planted = specifications.map((specification): Omit<PlantedRelation, "written"> => {
    const { name, kind, place } = specification;
    const direction = directions.get(name) ?? new Float64Array(embedding);
    // texts are cut at spaces
    const stem = name.replaceAll(" ", "-");
    const list =
      specification.pairs ??
      Array.from({ length: pairs }, (_, pair) => [`${stem}${pair}−`, `${stem}${pair}+`] as const);
    for (const pair of list) {
      const shared = without(vector(), all);
      for (const [end, word] of pair.entries()) {
        if (words.includes(word)) throw new DirectionError(`the word "${word}" is planted twice`);
        const own = without(vector(), all);
        const degree = kind === "nothing" ? 0 : (end - 0.5) * strength + 0.15 * normal();
        words.push(word);
        rows.push(
          own.map(
            (x, i) =>
              (kind === "class direction" ? x : 0.9 * (shared[i] ?? 0) + 0.45 * x) +
              degree * (direction[i] ?? 0),
          ),
        );
      }
    }
    return {
      relation: relation(name, list, "planted"),
      kind,
      place: place ?? free(),
      direction: tensor(["embedding"], direction),
    };
  });

  const parameters = new Map<string, Float32Array>([
    ["W_E", Float32Array.from(rows.flatMap((row) => [...row]))],
  ]);
  const written = planted.map(() => new Float64Array(embedding));
  for (let layer = 0; layer < layers; layer++) {
    const name = `blocks.${layer}.attention`;
    const reads = { W_Q: "query", W_K: "key", W_V: "OV" } as const;
    const made = Object.fromEntries(
      (["W_Q", "W_K", "W_V", "W_O"] as const).map((letter) => [
        letter,
        new Float32Array(heads * embedding * size),
      ]),
    ) as Record<"W_Q" | "W_K" | "W_V" | "W_O", Float32Array>;
    for (let head = 0; head < heads; head++)
      for (let column = 0; column < size; column++) {
        for (const letter of ["W_Q", "W_K", "W_V"] as const) {
          const here = planted.findIndex(
            ({ place }) => place.part === reads[letter] && place.layer === layer && place.head === head,
          );
          const other = without(vector(), all);
          // a column of the head that was chosen: the direction first, beside it what makes words different
          const column_ =
            here < 0
              ? other
              : column === 0
                ? Float64Array.from(planted[here]?.direction.data ?? other).map(
                    (x) => x * Math.sqrt(embedding),
                  )
                : other.map((x) => (planted[here]?.kind === "class direction" ? 0.3 * x : 0.6 * x));
          for (let row = 0; row < embedding; row++)
            made[letter][(head * embedding + row) * size + column] = (column_[row] ?? 0) / embedding;
        }
        // what heads write is small: it must not reach the heads after them
        const writes = vector();
        for (let row = 0; row < embedding; row++)
          made.W_O[(head * size + column) * embedding + row] = 0.001 * (writes[row] ?? 0);
      }
    for (const [letter, weights] of Object.entries(made)) parameters.set(`${name}.${letter}`, weights);
    for (const [index, { place }] of planted.entries()) {
      if (place.layer !== layer) continue;
      const back = { query: made.W_K, key: made.W_Q, OV: made.W_O }[place.part];
      for (let row = 0; row < embedding; row++)
        (written[index] ?? [])[row] =
          place.part === "OV"
            ? (back[place.head * size * embedding + row] ?? 0)
            : (back[(place.head * embedding + row) * size] ?? 0);
    }
  }
  parameters.set("W_U", Float32Array.from(words.flatMap(() => [...vector()])));
  const model = await transformerOf(
    {
      vocabulary: words.length,
      context: 8,
      layers,
      heads,
      embedding,
      feature: size,
      value: size,
      positions: "none",
    },
    parameters,
    { vocabulary: words },
  );
  return {
    model,
    planted: planted.map((each, index) => ({
      ...each,
      written: tensor(["embedding"], unit(written[index] ?? new Float64Array(embedding))),
    })),
  };
}

/** The directions by name, each of length 1, at the cosines asked for. */
function plantedDirectionsOf(
  specifications: readonly PlantedSpecification[],
  vector: () => Float64Array,
): Map<string, Float64Array> {
  const directions = new Map<string, Float64Array>();
  for (const { name, shares } of specifications) {
    const own = unit(without(vector(), orthonormal([...directions.values()])));
    const other = shares && directions.get(shares.with);
    if (shares && !other)
      throw new DirectionError(
        `"${name}" shares a direction with "${shares.with}", which is not planted before it`,
      );
    const cosine = shares?.cosine ?? 0;
    directions.set(
      name,
      other ? own.map((x, i) => cosine * (other[i] ?? 0) + Math.sqrt(1 - cosine ** 2) * x) : own,
    );
  }
  return directions;
}

function unit(numbers: Float64Array): Float64Array {
  const length = Math.hypot(...numbers);
  return numbers.map((number) => number / (length || 1));
}

/** What is left of `numbers` at right angles to all of `basis`. */
function without(numbers: Float64Array, basis: readonly Float64Array[]): Float64Array {
  const left = Float64Array.from(numbers);
  for (const direction of basis) {
    const along = left.reduce((sum, x, i) => sum + x * (direction[i] ?? 0), 0);
    for (const [i, x] of direction.entries()) left[i] = (left[i] ?? 0) - along * x;
  }
  return left;
}

function orthonormal(directions: readonly Float64Array[]): Float64Array[] {
  const basis: Float64Array[] = [];
  for (const direction of directions) basis.push(unit(without(direction, basis)));
  return basis;
}
