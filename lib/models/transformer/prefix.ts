/**
 * The first positions of a sequence as a model read them: each layer's keys (turned by their positions) and values, which is all that later
 * positions of a decoder ever see of them. A value outside the backend; made by `model.prefix`, given to runs as `from.after`.
 */
export class Prefix {
  /** How many positions it holds. */
  readonly length: number;
  /** For each layer the keys and values, [position, keyHeads × size]. */
  readonly layers: readonly { readonly k: Float32Array; readonly v: Float32Array }[];

  constructor(length: number, layers: Prefix["layers"]) {
    this.length = length;
    this.layers = layers;
  }

  /** Its first `length` positions. */
  upTo(length: number): Prefix {
    const first = (data: Float32Array) => data.subarray(0, (data.length / this.length) * length);
    return new Prefix(
      length,
      this.layers.map(({ k, v }) => ({ k: first(k), v: first(v) })),
    );
  }
}
