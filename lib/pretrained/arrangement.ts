/**
 * How one parameter is taken out of a stored tensor: `out[i, j, …] = stored[offset + i·strides[0] + j·strides[1] + …]`.
 * A transpose, the query part of a fused map, a head's slice and a permutation of rotary features are all of this form.
 */
export interface Arrangement {
  /** The stored tensor; `undefined` for zeros, where the model has a bias and the file leaves it out. */
  readonly from: string | undefined;
  /** The shape that it must have. */
  readonly stored: readonly number[];
  readonly offset: number;
  /** Sizes of the result's axes; there may be more of them than the parameter has, their product is what counts. */
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
}

/** The stored tensor as it is. */
export function asStored(from: string, ...stored: readonly number[]): Arrangement {
  const strides = stored.map((_, axis) =>
    stored.slice(axis + 1).reduce((product, size) => product * size, 1),
  );
  return { from, stored, offset: 0, sizes: stored, strides };
}

/** A bias of zeros. */
export function zeros(...sizes: readonly number[]): Arrangement {
  return { ...asStored("", ...sizes), from: undefined };
}

/** PyTorch's `Linear.weight` [out, in] as the matrix of x W: [in, out]. */
export function linear(from: string, input: number, output: number): Arrangement {
  return { from, stored: [output, input], offset: 0, sizes: [input, output], strides: [1, input] };
}

/** `Linear.weight` [heads · features, embedding] as [head, embedding, feature]. */
export function linearHeads(from: string, heads: number, embedding: number, features: number): Arrangement {
  return {
    from,
    stored: [heads * features, embedding],
    offset: 0,
    sizes: [heads, embedding, features],
    strides: [features * embedding, 1, embedding],
  };
}

/** The output map's `Linear.weight` [embedding, heads · features] as [head, value, embedding]. */
export function linearOutput(from: string, heads: number, features: number, embedding: number): Arrangement {
  return {
    from,
    stored: [embedding, heads * features],
    offset: 0,
    sizes: [heads, features, embedding],
    strides: [features, 1, heads * features],
  };
}

/** Whether {@link arrange} gives the stored tensor itself, not a copy of a part or in another order. */
export function isWhole(arrangement: Arrangement): boolean {
  const count = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);
  return isContiguous(arrangement) && count(arrangement.sizes) === count(arrangement.stored);
}

/** The numbers that `arrangement` takes out of `stored`, row-major. */
export function arrange(stored: Float32Array, arrangement: Arrangement): Float32Array {
  const { offset, sizes, strides } = arrangement;
  const size = sizes.reduce((product, length) => product * length, 1);
  if (isContiguous(arrangement)) return isWhole(arrangement) ? stored : stored.slice(offset, offset + size);
  const out = new Float32Array(size);
  const [rows = 1, columns = 1] = [1, ...sizes].slice(-2);
  const [rowStride = 0, columnStride = 0] = [0, ...strides].slice(-2);
  let to = 0;
  const copy = (axis: number, from: number) => {
    if (axis >= sizes.length - 2) {
      copyMatrix(stored, from, rowStride, columnStride, out, to, rows, columns);
      to += rows * columns;
      return;
    }
    const stride = strides[axis] ?? 0;
    for (let index = 0; index < (sizes[axis] ?? 1); index++) copy(axis + 1, from + index * stride);
  };
  copy(0, offset);
  return out;
}

function copyMatrix(
  stored: Float32Array,
  from: number,
  rowStride: number,
  columnStride: number,
  out: Float32Array,
  to: number,
  rows: number,
  columns: number,
): void {
  // Of a transpose, eight columns at once: each reads along a stored row, and what is written side by side stays in the cache.
  let left = 0;
  for (; left + 8 <= columns; left += 8) {
    let a = from + left * columnStride;
    let b = a + columnStride;
    let c = b + columnStride;
    let d = c + columnStride;
    let e = d + columnStride;
    let f = e + columnStride;
    let g = f + columnStride;
    let h = g + columnStride;
    for (let row = 0, at = to + left; row < rows; row++, at += columns) {
      out[at] = stored[a] ?? Number.NaN;
      out[at + 1] = stored[b] ?? Number.NaN;
      out[at + 2] = stored[c] ?? Number.NaN;
      out[at + 3] = stored[d] ?? Number.NaN;
      out[at + 4] = stored[e] ?? Number.NaN;
      out[at + 5] = stored[f] ?? Number.NaN;
      out[at + 6] = stored[g] ?? Number.NaN;
      out[at + 7] = stored[h] ?? Number.NaN;
      a += rowStride;
      b += rowStride;
      c += rowStride;
      d += rowStride;
      e += rowStride;
      f += rowStride;
      g += rowStride;
      h += rowStride;
    }
  }
  for (; left < columns; left++)
    for (let row = 0; row < rows; row++)
      out[to + row * columns + left] = stored[from + left * columnStride + row * rowStride] ?? Number.NaN;
}

function isContiguous({ sizes, strides }: Arrangement): boolean {
  let expected = 1;
  for (let axis = sizes.length - 1; axis >= 0; axis--) {
    if (strides[axis] !== expected) return false;
    expected *= sizes[axis] ?? 1;
  }
  return true;
}
