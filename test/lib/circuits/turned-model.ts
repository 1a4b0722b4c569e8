import { transformerOf, type Transformer } from "../../../lib/models/transformer/index.ts";
import { inverse, randomNormal, randomUniform, svd, tensor, type Tensor } from "../../../lib/tensor/index.ts";

/** A change of one head's coordinates; rows are the old ones, columns the new ones. */
type Turn = Tensor<["old", "new"]>;

/**
 * The same function with every head's coordinates changed: (W_Q R, W_K R⁻ᵀ) and (W_V S, S⁻¹ W_O), with b_Q R, b_K R⁻ᵀ and b_V S.
 * Heads that share a key head share their R and S; with rotary positions R commutes with the rotations. Queries and keys that have norms
 * of their own (Qwen3) leave nothing but signs free, the same ones for both of a pair that positions turn.
 */
export async function turnedModel(model: Transformer, seed: number): Promise<Transformer> {
  const { layers, heads, keyHeads, value } = model.configuration;
  const parameters = new Map(model.parameters);
  const change = (name: string, part: number, parts: number, turn: Turn, side: "left" | "right") => {
    const stored = Float32Array.from(parameters.get(name) ?? []);
    if (stored.length === 0) return;
    const numbers = stored.subarray((part * stored.length) / parts, ((part + 1) * stored.length) / parts);
    const size = turn.sizeOf("old");
    const turned =
      side === "right"
        ? tensor(["row", "old"], Float64Array.from(numbers), { shape: [numbers.length / size, size] }).dot(
            turn,
            "old",
          )
        : turn.dot(
            tensor(["new", "column"], Float64Array.from(numbers), { shape: [size, numbers.length / size] }),
            "new",
          );
    numbers.set(turned.data);
    parameters.set(name, stored);
  };
  for (let layer = 0; layer < layers; layer++)
    for (let keyHead = 0; keyHead < keyHeads; keyHead++) {
      const [R, S] = [
        queryTurn(model, `${seed} R ${layer}.${keyHead}`),
        freeTurn(value, `${seed} S ${layer}.${keyHead}`),
      ];
      const attention = `blocks.${layer}.attention`;
      for (const letter of ["W", "b"]) {
        change(`${attention}.${letter}_K`, keyHead, keyHeads, transposed(inverted(R)), "right");
        change(`${attention}.${letter}_V`, keyHead, keyHeads, S, "right");
      }
      const group = heads / keyHeads;
      for (let head = keyHead * group; head < (keyHead + 1) * group; head++) {
        for (const letter of ["W", "b"]) change(`${attention}.${letter}_Q`, head, heads, R, "right");
        change(`${attention}.W_O`, head, heads, inverted(S), "left");
      }
    }
  return transformerOf(model.configuration, parameters, { vocabulary: model.vocabulary });
}

/** Any turn, or, with rotary positions, one that turns and stretches each pair of features that the positions turn. */
function queryTurn({ configuration }: Transformer, seed: string): Turn {
  const { positions, feature, queryKeyNorm } = configuration;
  if (queryKeyNorm) return signs(configuration, seed);
  if (positions.kind !== "rotary") return freeTurn(feature, seed);
  const { features, pairs } = positions;
  const turn = new Float64Array(feature * feature);
  const put = (row: number, column: number, number: number) => {
    turn[row * feature + column] = number;
  };
  const random = randomUniform(["pair", "part"], [features / 2, 2], { seed });
  for (let pair = 0; pair < features / 2; pair++) {
    const [one, other] = pairs === "halves" ? [pair, pair + features / 2] : [2 * pair, 2 * pair + 1];
    const length = 0.5 + random.value({ pair, part: 0 });
    const angle = 2 * Math.PI * random.value({ pair, part: 1 });
    put(one, one, length * Math.cos(angle));
    put(other, other, length * Math.cos(angle));
    put(one, other, length * Math.sin(angle));
    put(other, one, -length * Math.sin(angle));
  }
  const rest = freeTurn(feature - features, seed);
  for (let row = features; row < feature; row++)
    for (let column = features; column < feature; column++)
      put(row, column, rest.value({ old: row - features, new: column - features }));
  return tensor(["old", "new"], turn, { shape: [feature, feature] });
}

/** 1 or −1 for each feature. */
function signs({ positions, feature }: Transformer["configuration"], seed: string): Turn {
  const random = randomUniform(["feature"], [feature], { seed });
  const turn = new Float64Array(feature * feature);
  for (let at = 0; at < feature; at++) {
    const { features, pairs } = positions.kind === "rotary" ? positions : { features: 0, pairs: "halves" };
    const pair = pairs === "halves" ? at % (features / 2) : at - (at % 2);
    turn[at * feature + at] = random.value({ feature: at < features ? pair : at }) < 0.5 ? -1 : 1;
  }
  return tensor(["old", "new"], turn, { shape: [feature, feature] });
}

/** A random matrix that stretches no direction to more than twice or less than half its length. */
function freeTurn(size: number, seed: string): Turn {
  if (size === 0) return tensor(["old", "new"], [], { shape: [0, 0] });
  const { U, V } = svd(randomNormal(["old", "new"], [size, size], { seed }));
  const lengths = randomUniform(["component"], [size], { seed }).map((share) => 0.5 * 4 ** share);
  return U.times(lengths).dot(V, "component");
}

function inverted(turn: Turn): Turn {
  return tensor(["old", "new"], inverse(turn).data.slice(), {
    shape: [turn.sizeOf("old"), turn.sizeOf("new")],
  });
}

function transposed(turn: Turn): Turn {
  return tensor(["old", "new"], turn.transpose("new", "old").data.slice(), {
    shape: [turn.sizeOf("old"), turn.sizeOf("new")],
  });
}
