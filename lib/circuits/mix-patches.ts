import { intervention, type Transformer } from "../models/transformer/index.ts";
import { tensor } from "../tensor/index.ts";
import { joined, numbersOf, variantMetrics, type BaseRun, type Metric, type Variant } from "./variants.ts";

/** One cell of a figure and the variant of a run that it measures. */
export interface Cell {
  readonly cell: number;
  readonly variant: Variant;
}

/** What one head mixes instead, at some positions. */
export interface MixPatch {
  readonly cell: number;
  readonly head: number;
  readonly positions: readonly number[];
  /** What it mixes at a position: z, in the head's own coordinates. */
  readonly mix: (position: number) => Float32Array;
}

/** How many short sequences run at once. */
const BATCH = 512;

/** Whether the prediction, at the last position, can see what happens before block `layer` at `position`. */
export function isReached(model: Transformer, layer: number, position: number, length: number): boolean {
  return layer < model.configuration.layers || position === length - 1;
}

/** Whether any number differs. */
export function isDifferent(a: Float32Array, b: Float32Array): boolean {
  return a.some((number, at) => number !== b[at]);
}

/** The numbers of one head at one position among z, [position, head, value]. */
export function partOf(model: Transformer, z: Float32Array, position: number, head: number): Float32Array {
  const { heads, value } = model.configuration;
  return z.subarray((position * heads + head) * value, (position * heads + head + 1) * value);
}

/** The metric in each of `count` cells: in those that no variant belongs to, nothing changes. */
export function cellMetrics(
  model: Transformer,
  metric: Metric,
  base: BaseRun,
  {
    count,
    unchanged,
    cells,
  }: { readonly count: number; readonly unchanged: number; readonly cells: readonly Cell[] },
): Float64Array {
  const found = new Float64Array(count).fill(unchanged);
  const values = variantMetrics(
    model,
    base,
    metric,
    cells.map(({ variant }) => variant),
  );
  for (const [place, { cell }] of cells.entries()) found[cell] = values[place] ?? Number.NaN;
  return found;
}

/**
 * Patches of what heads of block `layer` mix, as variants of the residual stream after it: only at positions where something differs from
 * the base run and that the prediction can see. A patch that changes nothing there is left out.
 */
export function mixCells(
  model: Transformer,
  base: BaseRun,
  layer: number,
  patches: readonly MixPatch[],
): Cell[] {
  const { heads, value, embedding } = model.configuration;
  const z = base.mixes[layer] ?? new Float32Array();
  const length = base.tokens.length;
  const chosen = patches
    .map((patch) => ({
      ...patch,
      positions: patch.positions.filter(
        (position) =>
          isReached(model, layer + 1, position, length) &&
          isDifferent(patch.mix(position), partOf(model, z, position, patch.head)),
      ),
    }))
    .filter(({ positions }) => positions.length > 0);
  const rows = chosen.flatMap(({ head, positions, mix }) =>
    positions.map((position) => {
      const mixed = z.slice(position * heads * value, (position + 1) * heads * value);
      mixed.set(mix(position), head * value);
      return { position, mixed };
    }),
  );
  const after = mixedAfter(model, base, layer, rows);
  let row = 0;
  return chosen.map(({ cell, positions }) => {
    const [first = 0] = positions;
    const end = (positions.at(-1) ?? first) + 1;
    const residual = (base.residuals[layer + 1] ?? z).slice(first * embedding, end * embedding);
    for (const position of positions)
      residual.set(after.subarray(row * embedding, ++row * embedding), (position - first) * embedding);
    return { cell, variant: { layer: layer + 1, position: first, residual } };
  });
}

interface Row {
  readonly position: number;
  /** [head, value]. */
  readonly mixed: Float32Array;
}

/**
 * The residual stream after block `layer` at single positions of the base run, where its heads mixed something else: [row, embedding].
 * Given what heads mix, a block does with each position what it does whatever the others are: each is a sequence of its own.
 */
function mixedAfter(model: Transformer, base: BaseRun, layer: number, rows: readonly Row[]): Float32Array {
  const { heads, value, embedding } = model.configuration;
  if (model.isChanged) return joined(rows.map((row) => mixedAfterWhole(model, base, layer, row)));
  const before = base.residuals[layer] ?? new Float32Array();
  const parts: Float32Array[] = [];
  for (let start = 0; start < rows.length; start += BATCH) {
    const chosen = rows.slice(start, start + BATCH);
    const mixed = tensor(["batch", "query", "head", "value"], joined(chosen.map((row) => row.mixed)), {
      shape: [chosen.length, 1, heads, value],
      copy: false,
    });
    const residual = joined(
      chosen.map(({ position }) => before.subarray(position * embedding, (position + 1) * embedding)),
    );
    const run = model.runBatch(
      chosen.map(({ position }) => [base.tokens[position] ?? 0]),
      {
        from: {
          layer,
          residual: tensor(["batch", "position", "embedding"], residual, {
            shape: [chosen.length, 1, embedding],
            copy: false,
          }),
        },
        interventions: [intervention(`blocks.${layer}.z`, () => mixed)],
        until: layer + 1,
        logits: "none",
      },
    );
    parts.push(numbersOf(run.residual));
  }
  return joined(parts);
}

/** One row of {@link mixedAfter} of a model whose changes may depend on the whole sequence. */
function mixedAfterWhole(
  model: Transformer,
  base: BaseRun,
  layer: number,
  { position, mixed }: Row,
): Float32Array {
  const { embedding } = model.configuration;
  const residual = tensor(["position", "embedding"], base.residuals[layer] ?? [], {
    shape: [base.tokens.length, embedding],
  });
  const patch = intervention(`blocks.${layer}.z`, (own) => {
    const data = numbersOf(own);
    data.set(mixed, position * mixed.length);
    return tensor(["batch", "query", "head", "value"], data, {
      shape: [...own.shape] as [number, number, number, number],
    });
  });
  const run = model.run(base.tokens, {
    from: { layer, residual },
    interventions: [patch],
    until: layer + 1,
    logits: "none",
  });
  return numbersOf(run.residual).subarray(position * embedding, (position + 1) * embedding);
}
