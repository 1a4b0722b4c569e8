import { createTransformer } from "../models/transformer/index.ts";
import { qr, randomNormal, tensor, type Tensor } from "../tensor/index.ts";
import {
  differenceProducts,
  heldOutProjection,
  innerProducts,
  type IndexPair,
  type InnerProducts,
} from "./inner-products.ts";
import { measuresOf, type RelationMeasures } from "./measures.ts";
import { areaUnderCurve } from "./statistics.ts";
import { modelOf, type Subject } from "./words-in-text.ts";

/** Measures of held-out pairs along a random direction, its sign fixed on the other pairs as that of the relation's is. */
export function alongRandomDirection(
  vectors: Tensor<readonly ["word", string]>,
  pairs: readonly IndexPair[],
  seed: string,
): Pick<RelationMeasures, "heldOutAccuracy" | "heldOutAUC"> {
  const [count = 0, width = 0] = vectors.shape;
  const direction = randomNormal(["dimension"], [width], { seed }).data;
  const coordinates = Float64Array.from({ length: count }, (_, word) => {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += (vectors.data[word * width + i] ?? 0) * (direction[i] ?? 0);
    return sum;
  });
  const products: InnerProducts = {
    size: count,
    products: Float64Array.from(
      { length: count * count },
      (_, cell) => (coordinates[Math.floor(cell / count)] ?? 0) * (coordinates[cell % count] ?? 0),
    ),
  };
  const differences = differenceProducts(products, pairs);
  const [positives, negatives]: [number[], number[]] = [[], []];
  let right = 0;
  for (const pair of pairs) {
    const along = heldOutProjection(products, pairs, differences, pair);
    const [from, to] = [along(pair[0]), along(pair[1])];
    if (Number.isNaN(from)) continue;
    right += to > from ? 1 : to === from ? 0.5 : 0;
    positives.push(to);
    negatives.push(from);
  }
  return {
    heldOutAccuracy: positives.length === 0 ? Number.NaN : right / positives.length,
    heldOutAUC: areaUnderCurve(positives, negatives),
  };
}

/**
 * The measures after a random map of the same singular values in place of the head's: what is left of a relation by chance when
 * `inputs` are squeezed into that many dimensions.
 */
export function throughRandomMap(
  inputs: Tensor<readonly ["word", string]>,
  singularValues: readonly number[],
  pairs: readonly IndexPair[],
  seed: string,
): RelationMeasures {
  const [words = 0, width = 0] = inputs.shape;
  const plain = tensor(["word", "dimension"], inputs.data.slice(), { shape: [words, width] });
  const rank = Math.min(singularValues.length, width);
  const { Q } = qr(randomNormal(["dimension", "column"], [width, rank], { seed }));
  const squeezed = plain.dot(Q, "dimension").times(tensor(["component"], singularValues.slice(0, rank)));
  return measuresOf(innerProducts(squeezed), pairs);
}

/**
 * An untrained model of the same shape, with the same words and tokeniser: what is found in it is not what the model has learnt.
 * @example await sweep(await untrainedTwin(subject, { seed: 1 }), GRADED_OPPOSITES, { seed: 1 })
 */
export async function untrainedTwin(
  subject: Subject,
  { seed }: { readonly seed: number | string },
): Promise<Subject> {
  const { configuration, vocabulary } = modelOf(subject);
  const model = await createTransformer(configuration, { seed, vocabulary });
  return "model" in subject ? { ...subject, model } : model;
}
