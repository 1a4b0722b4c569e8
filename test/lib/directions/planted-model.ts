import { relation, type Relation } from "../../../lib/directions/index.ts";
import { transformerOf, type Transformer } from "../../../lib/models/transformer/index.ts";
import { randomNormalNumbers, randomNumbers } from "../../../lib/tensor/random.ts";
import { permutation } from "../../../lib/directions/statistics.ts";

const [LAYERS, HEADS, EMBEDDING, SIZE] = [2, 3, 32, 4] as const;

/** A model in which one head's OV alone carries a relation. */
export interface PlantedModel {
  readonly model: Transformer;
  readonly relation: Relation;
  /** The same words in random pairs. */
  readonly twin: Relation;
  readonly layer: number;
  readonly head: number;
  /** What that head writes for second words against first. */
  readonly written: Float64Array;
}

/**
 * Words are random vectors; the second of each pair is the first's plus other random numbers plus a little along a hidden direction.
 * The planted head reads that direction and writes `written`; what all other maps read is at right angles to it.
 */
export async function plantedModel(seed: number | string, pairs = 10): Promise<PlantedModel> {
  const normal = randomNormalNumbers(`planted ${seed}`);
  const vector = (length: number) => Float64Array.from({ length }, normal);
  const unit = (v: Float64Array) => v.map((x) => x / Math.hypot(...v));
  const [hidden, written] = [unit(vector(EMBEDDING)), unit(vector(EMBEDDING))];
  const [layer, head] = [
    Math.floor(Math.abs(normal()) * 10) % LAYERS,
    Math.floor(Math.abs(normal()) * 10) % HEADS,
  ];
  const words = Array.from({ length: pairs }, (_, pair) => [`from${pair}`, `to${pair}`]).flat();
  const W_E = new Float32Array(words.length * EMBEDDING);
  for (const [row] of words.entries()) {
    const noise = vector(EMBEDDING);
    const along = noise.reduce((sum, x, i) => sum + x * (hidden[i] ?? 0), 0);
    const degree = row % 2 === 0 ? -1 : 1;
    W_E.set(
      noise.map((x, i) => x + (hidden[i] ?? 0) * (0.3 * along + degree) - (hidden[i] ?? 0) * along),
      row * EMBEDDING,
    );
  }
  /** [head, embedding, size] that reads nothing along `hidden`. */
  const reading = () => {
    const data = Float32Array.from(vector(HEADS * EMBEDDING * SIZE)).map((x) => x / Math.sqrt(EMBEDDING));
    for (let index = 0; index < HEADS; index++)
      for (let column = 0; column < SIZE; column++) {
        const at = (row: number) => (index * EMBEDDING + row) * SIZE + column;
        let along = 0;
        for (let row = 0; row < EMBEDDING; row++) along += (data[at(row)] ?? 0) * (hidden[row] ?? 0);
        for (let row = 0; row < EMBEDDING; row++)
          data[at(row)] = (data[at(row)] ?? 0) - along * (hidden[row] ?? 0);
      }
    return data;
  };
  const parameters = new Map<string, Float32Array>([["W_E", W_E]]);
  for (let block = 0; block < LAYERS; block++) {
    const name = `blocks.${block}.attention`;
    for (const letter of ["Q", "K"]) parameters.set(`${name}.W_${letter}`, reading());
    const W_V = reading();
    // what heads write is small: the planted one's result must not reach the heads after it
    const W_O = Float32Array.from(vector(HEADS * SIZE * EMBEDDING)).map((x) => x * 0.001);
    if (block === layer) {
      for (let row = 0; row < EMBEDDING; row++) W_V[(head * EMBEDDING + row) * SIZE] = 2 * (hidden[row] ?? 0);
      W_O.set(
        Float32Array.from(written, (x) => x * 0.01),
        head * SIZE * EMBEDDING,
      );
    }
    parameters.set(`${name}.W_V`, W_V);
    parameters.set(`${name}.W_O`, W_O);
  }
  parameters.set("W_U", Float32Array.from(vector(EMBEDDING * words.length)));
  const model = await transformerOf(
    {
      vocabulary: words.length,
      context: 4,
      layers: LAYERS,
      heads: HEADS,
      embedding: EMBEDDING,
      feature: SIZE,
      positions: "none",
    },
    parameters,
    { vocabulary: words },
  );
  const order = permutation(words.length, randomNumbers(`twin ${seed}`));
  const shuffled = order.map((index) => words[index] ?? "");
  const paired = (list: readonly string[]) =>
    Array.from({ length: pairs }, (_, pair) => [list[2 * pair] ?? "", list[2 * pair + 1] ?? ""] as const);
  return {
    model,
    relation: relation("planted", paired(words), "generated"),
    twin: relation("twin", paired(shuffled), "generated"),
    layer,
    head,
    written,
  };
}
