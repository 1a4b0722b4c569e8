import { tensor, type Tensor } from "../../tensor/index.ts";
import { OptionError } from "../errors.ts";

/**
 * A wiggle for each position: in each pair of dimensions a point on a circle, whose angle grows with the position,
 * more slowly from pair to pair: PE(pos, 2i) = sin(pos / 10000^(2i / d_model)), PE(pos, 2i + 1) = cos of the same.
 * Source: Vaswani et al. 2017, section 3.5; Rohrer, "Positional encoding".
 *
 * @param length how many positions
 * @param width d_model, an even number
 * @returns position, embedding: added to the embedded words
 * @throws OptionError
 * @example positionalEncoding(10, 6).row(1) // [.8415, .5403, .0464, .9989, .0022, 1.0000]
 */
export function positionalEncoding(length: number, width: number): Tensor<["position", "embedding"]> {
  if (!Number.isInteger(length) || length < 1)
    throw new OptionError("length", length, "a whole number from 1");
  if (!Number.isInteger(width) || width < 2 || width % 2 === 1)
    throw new OptionError("width (d_model)", width, "an even number: sine and cosine come in pairs");
  const encoding = Float64Array.from({ length: length * width }, (_, cell) => {
    const dimension = cell % width;
    const angle = Math.floor(cell / width) / 10000 ** ((dimension - (dimension % 2)) / width);
    return dimension % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
  return tensor(["position", "embedding"], encoding, { shape: [length, width] });
}
