/** A seeded source of numbers from 0 to 1. Source: Park and Miller (1988), the minimal standard generator. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647;
  };
}

/** Numbers from −1 to 1. */
export function noise(rows: number, columns: number, seed = 5): number[][] {
  const random = generator(seed + rows * 31 + columns);
  return Array.from({ length: rows }, () =>
    Array.from({ length: columns }, () => Math.round((random() * 2 - 1) * 1e4) / 1e4),
  );
}

/** brohrer's commands: each row adds up to 1. */
export function transitions(): number[][] {
  return [
    [0, 1, 0, 0, 0, 0],
    [0, 0, 1, 0, 0, 0],
    [0, 0, 0, 0.5, 0.3, 0.2],
    [1, 0, 0, 0, 0, 0],
    [0.8, 0, 0, 0, 0, 0.2],
    [1, 0, 0, 0, 0, 0],
  ];
}

/** Causal patterns [head, query, key]. */
export function attention2d(heads: number, length: number): number[][][] {
  return Array.from({ length: heads }, (_, head) =>
    Array.from({ length }, (__, query) => {
      const scores = Array.from({ length }, (___, key) =>
        key > query ? 0 : Math.exp(key === query - (head % 3) ? 3 : key / length),
      );
      const sum = scores.reduce((total, score) => total + score, 0);
      return scores.map((score) => score / sum);
    }),
  );
}

/** Causal patterns [layer, head, query, key]. */
export function patterns(layers: number, heads: number, length: number): number[][][][] {
  return Array.from({ length: layers }, (_, layer) => attention2d(heads + layer, length).slice(layer));
}

/** Six vectors of four numbers, in two parallel pairs and two more. */
export function hiddenStates(): number[][] {
  return [
    [3, 1, 0.1, 0],
    [3.1, 2, 0, 0.2],
    [1, 1, 0, 0],
    [1.1, 2, 0.2, 0.1],
    [-2, 0, 0.5, 0],
    [-1, -1, 0, 0.4],
  ];
}

/** A falling loss. */
export function lossSeries(): number[] {
  return Array.from({ length: 40 }, (_, step) => 1 + 2.2 * Math.exp(-step / 9) + 0.05 * Math.sin(step * 3));
}
