import { tensor, type Tensor } from "../../tensor/index.ts";

/** Queries, keys and values of four positions, as a source printed them. */
export interface FourRandomWords {
  readonly queries: Tensor<["query", "feature"]>;
  readonly keys: Tensor<["key", "feature"]>;
  readonly values: Tensor<["key", "value"]>;
}

/**
 * Random queries, keys and values of eight numbers each for four positions. They were drawn without a seed, but printed: so
 * their scores, variances and attention can be compared with the source's, digit by digit.
 *
 * Source: Ajay Halthor (CodeEmporium), Transformer-Neural-Network, "Self Attention in Transformers" (MIT licence).
 * @example scaledDotProductAttention(queries, keys, values, { mask: causalMask(4) }).pattern.row(1) // .5136, .4864, 0, 0
 */
export function fourRandomWords(): FourRandomWords {
  return {
    queries: tensor(
      ["query", "feature"],
      [
        [0.11672673, -2.54870451, -1.44065948, 0.93661829, 1.36278968, 1.04252277, -0.01310938, -1.3163937],
        [0.26721599, -0.90218255, 0.07417847, -0.10430246, 0.52684253, -0.07081531, -0.60511725, -0.55225527],
        [-0.93297509, 0.28724456, 1.37184579, 0.41589874, 0.34981245, -0.24753755, -1.24497125, 0.05044148],
        [
          -0.11414585, -0.01545749, -0.58376828, -0.40193907, 0.93931836, -1.94334363, -0.34770465,
          1.50103406,
        ],
      ],
    ),
    keys: tensor(
      ["key", "feature"],
      [
        [1.1226585, -0.85645535, 0.54315044, 1.36560451, 0.52539476, -0.94502504, -0.48444661, 0.46268014],
        [
          -0.53713766, -1.16937329, -0.57988617, 0.92713577, -0.85995607, -0.40352635, 0.26555146,
          -1.83159914,
        ],
        [-2.06994435, -0.09514715, -1.64928361, -0.17375184, 0.13146819, -1.76335363, 1.56568846, 0.69751826],
        [0.32910684, -0.1939204, -0.80444134, 0.78816869, 0.35599408, 0.28309835, -0.25970963, 1.49744622],
      ],
    ),
    values: tensor(
      ["key", "value"],
      [
        [
          -0.00368231, 1.43739233, -0.59614565, -1.23171219, 1.12030717, -0.98620738, -0.15461465,
          -1.03106383,
        ],
        [0.85585446, -1.79878344, 0.67321704, 0.05607552, -0.15542661, -1.41264124, -0.40136933, -1.17626611],
        [0.50465335, 2.28693419, 0.67128338, 0.2506863, 1.78802234, 0.14775751, -0.11405725, 0.88026286],
        [-0.68069105, 0.68385101, 0.17994557, -1.68013201, 0.91543969, -0.19108312, 0.03160471, 1.40527326],
      ],
    ),
  };
}
