import { DISPLAY, type MimeBundle } from "../display/index.ts";
import type { Axes, Place } from "./axes.ts";
import { contraction } from "./contraction.ts";
import { eigenvalues, type ComplexNumber } from "./eigenvalues.ts";
import { AxisError, SizeError } from "./errors.ts";
import { INSPECT } from "./inspection.ts";
import { indexOfPlace, sharedLabels } from "./labels.ts";
import type { Layout } from "./layout.ts";
import { mimeBundleOf } from "./presentation.ts";
import { qr } from "./qr.ts";
import { placesOfLargest } from "./ranking.ts";
import { svd, type SingularValueDecomposition } from "./svd.ts";
import type { Entry } from "./entry.ts";
import { layoutOf, Tensor } from "./tensor.ts";

/** How many cells of the product are built at a time when looking for the largest: 8 MB. */
const CELLS_AT_A_TIME = 2 ** 20;

/**
 * A matrix kept as the product of a tall and a wide one, `left · right` over a short inner axis: a head's W_QK or W_OV,
 * or the whole circuit from words to words, whose cells would not fit into memory. Made by `factored`.
 *
 * Source: Elhage et al., A Mathematical Framework for Transformer Circuits, "Low-rank matrices".
 */
export class FactoredMatrix<const out R extends string, const out C extends string> {
  readonly #left: Layout;
  readonly #right: Layout;
  /** The left factor, [row, inner]. */
  readonly left: Tensor<readonly [R, string]>;
  /** The right factor, [inner, column]. */
  readonly right: Tensor<readonly [string, C]>;

  /** Not for cells: use `factored`. The axes are [row, inner] and [inner, column]. */
  constructor(left: Tensor<readonly [R, string]>, right: Tensor<readonly [string, C]>) {
    this.left = left;
    this.right = right;
    this.#left = layoutOf(left);
    this.#right = layoutOf(right);
  }

  /** The names of the rows' and the columns' axis. */
  get axes(): [R, C] {
    return [this.#left.axes[0] as R, this.#right.axes[1] as C];
  }

  /** How many rows and columns. */
  get shape(): readonly [number, number] {
    return [this.#left.shape[0] ?? 0, this.#right.shape[1] ?? 0];
  }

  /** The name of the inner axis. */
  get innerAxis(): string {
    return this.#left.axes[1] ?? "";
  }

  /** The size of the inner axis: the rank is at most this. */
  get innerSize(): number {
    return this.#left.shape[1] ?? 0;
  }

  /**
   * The product over one of its axes, again factored: with a matrix or factored matrix on the columns' axis
   * (`matrix · other`) or on the rows' axis (`other · matrix`); with a vector, a vector.
   * The product is made on the side that leaves the inner axis short; the whole matrix is never built.
   *
   * Throws `AxisError`, `SizeError`, `LabelError`.
   */
  dot(other: Tensor<readonly [C]>, over: C): Tensor<[R]>;
  dot(other: Tensor<readonly [R]>, over: R): Tensor<[C]>;
  dot<const D extends string>(
    other: Tensor<readonly [C, D]> | FactoredMatrix<C, D>,
    over: C,
  ): FactoredMatrix<R, D>;
  dot<const D extends string>(
    other: Tensor<readonly [D, R]> | FactoredMatrix<D, R>,
    over: R,
  ): FactoredMatrix<D, C>;
  dot(
    other: Tensor<Axes> | FactoredMatrix<string, string>,
    over: string,
  ): Tensor<Axes> | FactoredMatrix<string, string> {
    const [rowAxis, columnAxis] = this.axes;
    if (over === rowAxis) {
      const turned: FactoredMatrix<string, string> = this.transpose();
      const product = turned.#dotOnColumns(other instanceof Tensor ? other : other.transpose(), over);
      return product instanceof Tensor ? product : product.transpose();
    }
    if (over !== columnAxis) {
      throw new AxisError(`The matrix has the axes "${rowAxis}" and "${columnAxis}", not "${over}".`);
    }
    return this.#dotOnColumns(other, over);
  }

  /** `this · other` over the columns' axis, whichever way round the axes of `other` are. */
  #dotOnColumns(
    other: Tensor<Axes> | FactoredMatrix<string, string>,
    over: string,
  ): Tensor<Axes> | FactoredMatrix<string, string> {
    const inner = this.innerAxis;
    if (other instanceof FactoredMatrix) {
      const next = other.axes[0] === over ? other : other.transpose();
      const nextInner = `${next.innerAxis} of the other`;
      const [first, last] = [renamedAxis(next.#left, 1, nextInner), renamedAxis(next.#right, 0, nextInner)];
      const middle = contraction(this.#right, first, [over]);
      return this.innerSize <= next.innerSize
        ? made(this.#left, contraction(middle, last, [nextInner]))
        : made(contraction(this.#left, middle, [inner]), last);
    }
    const layout = layoutOf(other);
    if (layout.axes.length > 2) {
      throw new AxisError(
        `A factored matrix multiplies vectors and matrices, not [${layout.axes.join(", ")}].`,
      );
    }
    const applied = contraction(this.#right, layout, [over]);
    if (layout.axes.length < 2) return new Tensor(contraction(this.#left, applied, [inner]));
    const [, columns] = this.shape;
    if (this.innerSize <= columns) return made(this.#left, applied);
    // More inner than outer: the product over the inner axis is the smaller matrix to keep.
    const whole = contraction(this.#left, this.#right, [inner]);
    return made(whole, layout.axes[0] === over ? layout : turned(layout));
  }

  /** The matrix with rows and columns swapped. */
  transpose(): FactoredMatrix<C, R> {
    return made(turned(this.#right), turned(this.#left)) as FactoredMatrix<C, R>;
  }

  /** Each cell times `factor`. */
  times(factor: number): FactoredMatrix<R, C> {
    return new FactoredMatrix(this.left.times(factor), this.right);
  }

  /** The number in one cell; builds nothing else. */
  value(cell: { readonly [K in R | C]: Place }): number {
    const [rowAxis, columnAxis] = this.axes;
    const row = this.row(cell[rowAxis]);
    return row.value({ [columnAxis]: cell[columnAxis] } as never);
  }

  /** One row, by index or label; builds nothing else. */
  row(place: Place): Tensor<[C]> {
    const [rowAxis] = this.axes;
    const index = indexOfPlace(place, rowAxis, this.shape[0], this.#left.labels.get(rowAxis));
    const inner = this.innerSize;
    const data = this.#left.data.subarray(index * inner, (index + 1) * inner);
    const labels = new Map([...this.#left.labels].filter(([axis]) => axis !== rowAxis));
    const row = { axes: [this.innerAxis], shape: [inner], data, labels, name: undefined };
    return new Tensor(contraction(row, this.#right, [this.innerAxis]));
  }

  /** One column, by index or label; builds nothing else. */
  column(place: Place): Tensor<[R]> {
    return this.transpose().row(place);
  }

  /** The diagonal: how much each row's word gives its own column. Throws `SizeError`, `LabelError` when the two axes differ. */
  diagonal(): Tensor<[R]> {
    const square = this.#square();
    const [rows] = this.shape;
    const inner = this.innerSize;
    const data = new Float64Array(rows);
    for (let row = 0; row < rows; row += 1) {
      let sum = 0;
      for (let step = 0; step < inner; step += 1) {
        sum += (this.#left.data[row * inner + step] ?? 0) * (this.#right.data[step * rows + row] ?? 0);
      }
      data[row] = sum;
    }
    const [rowAxis] = this.axes;
    const labels = square === undefined ? new Map() : new Map([[rowAxis, square]]);
    return new Tensor({ axes: [rowAxis], shape: [rows], data, labels, name: undefined });
  }

  /** The sum of the diagonal. Throws as `diagonal` does. */
  trace(): number {
    return this.diagonal().sum();
  }

  /** The Frobenius norm √Σx², from the factors' Gram matrices: ‖AB‖² = tr((AᵀA)(BBᵀ)). */
  norm(): number {
    const gram = (layout: Layout): Layout => {
      const inner = layout.axes.indexOf(this.innerAxis);
      const other = renamedAxis(layout, inner, `${this.innerAxis} again`);
      return contraction(withoutLabels(layout), withoutLabels(other), [layout.axes[1 - inner] ?? ""]);
    };
    const left = gram(this.#left);
    const right = gram(this.#right);
    let sum = 0;
    for (const [place, value] of left.data.entries()) sum += value * (right.data[place] ?? 0);
    // Rounding may leave a zero matrix a little below 0.
    return Math.sqrt(Math.max(0, sum));
  }

  /**
   * The eigenvalues, largest |λ| first, computed on the inner side: those of `left · right` are those of the small
   * `right · left`, and zeros, which are left out. Rows and columns stand for the same space.
   *
   * Throws `SizeError`, `LabelError` when the two axes differ, `NumberError` for NaN or ±Infinity.
   */
  eigenvalues(): ComplexNumber[] {
    this.#square();
    const [, columnAxis] = this.axes;
    if (this.innerSize > this.shape[0]) return eigenvalues(this.toTensor());
    const first = renamedAxis(withoutLabels(this.#right), 0, `${this.innerAxis} again`);
    const second = renamedAxis(withoutLabels(this.#left), 0, columnAxis);
    return eigenvalues(new Tensor<[string, string]>(contraction(first, second, [columnAxis])));
  }

  /**
   * The singular value decomposition, from the small middle of the factors' QR decompositions; at most `innerSize` components.
   * `U.times(S).dot(V, "component")` is the whole matrix. Throws `NumberError` for NaN or ±Infinity.
   */
  svd(): SingularValueDecomposition<R, C, "component"> {
    const left = qr(this.left, "left component");
    const right = qr(this.right.transpose<string, C>(), "right component");
    const middle = new Tensor<[string, string]>(
      contraction(layoutOf(left.R), layoutOf(right.R), [this.innerAxis]),
    );
    const small = svd(middle);
    const [rowAxis, columnAxis] = this.axes;
    const U = contraction(layoutOf(left.Q), layoutOf(small.U), ["left component"]);
    const V = contraction(layoutOf(right.Q), layoutOf(small.V), ["right component"]);
    return {
      U: new Tensor<readonly string[]>(U).expectAxes<[R, "component"]>(rowAxis, "component"),
      S: small.S,
      V: new Tensor<readonly string[]>(V).expectAxes<[C, "component"]>(columnAxis, "component"),
    };
  }

  /** The `count` largest cells of the whole matrix, largest first, built a few rows at a time. NaN comes last. */
  topK<Row extends string, Column extends string>(
    this: FactoredMatrix<Row, Column>,
    count: number,
  ): Entry<[Row, Column]>[] {
    return this.#extremes(count, 1);
  }

  /** The `count` smallest cells of the whole matrix, smallest first, built a few rows at a time. NaN comes last. */
  bottomK<Row extends string, Column extends string>(
    this: FactoredMatrix<Row, Column>,
    count: number,
  ): Entry<[Row, Column]>[] {
    return this.#extremes(count, -1);
  }

  /** The whole matrix. Its origin is kept, so that `explain` can take its cells apart. */
  toTensor(): Tensor<[R, C]> {
    const [rowAxis, columnAxis] = this.axes;
    const left: Tensor<readonly string[]> = this.left;
    return left
      .dot(this.right as Tensor<readonly string[]>, this.innerAxis)
      .expectAxes<[R, C]>(rowAxis, columnAxis);
  }

  /** One line: axes, sizes and the inner axis. */
  toString(): string {
    const [rowAxis, columnAxis] = this.axes;
    return `FactoredMatrix (${rowAxis} ${this.shape[0]} × ${columnAxis} ${this.shape[1]}, through ${this.innerAxis} ${this.innerSize})`;
  }

  /** What `console.log` prints. */
  [INSPECT](): string {
    return this.toString();
  }

  /** As the whole matrix when that is small, else a line. */
  [DISPLAY](): MimeBundle | Promise<MimeBundle> {
    const [rows, columns] = this.shape;
    if (rows * columns > CELLS_AT_A_TIME / 16) return { "text/plain": this.toString() };
    return mimeBundleOf(contraction(this.#left, this.#right, [this.innerAxis]));
  }

  #extremes<Row extends string, Column extends string>(
    this: FactoredMatrix<Row, Column>,
    count: number,
    sign: 1 | -1,
  ): Entry<[Row, Column]>[] {
    const [rows, columns] = this.shape;
    const inner = this.innerSize;
    const height = Math.max(1, Math.floor(CELLS_AT_A_TIME / Math.max(1, columns)));
    const right = withoutLabels(this.#right);
    let best: { row: number; column: number; value: number }[] = [];
    for (let start = 0; start < rows; start += height) {
      const end = Math.min(rows, start + height);
      const part = {
        ...withoutLabels(this.#left),
        shape: [end - start, inner],
        data: this.#left.data.subarray(start * inner, end * inner),
      };
      const { data } = contraction(part, right, [this.innerAxis]);
      for (const place of placesOfLargest(data, count, sign)) {
        best.push({
          row: start + Math.floor(place / columns),
          column: place % columns,
          value: data[place] ?? 0,
        });
      }
      const values = Float64Array.from(best, ({ value }) => value);
      best = placesOfLargest(values, count, sign).flatMap((place) => best[place] ?? []);
    }
    const [rowAxis, columnAxis] = this.axes;
    const rowWords = this.#left.labels.get(rowAxis)?.words;
    const columnWords = this.#right.labels.get(columnAxis)?.words;
    return best.map(({ row, column, value }) => ({
      value,
      index: { [rowAxis]: row, [columnAxis]: column } as Entry<[Row, Column]>["index"],
      label: {
        [rowAxis]: rowWords?.[row] ?? String(row),
        [columnAxis]: columnWords?.[column] ?? String(column),
      } as Entry<[Row, Column]>["label"],
    }));
  }

  /** The labels that rows and columns share. Throws unless they stand for the same space. */
  #square(): ReturnType<typeof sharedLabels> {
    const [rowAxis, columnAxis] = this.axes;
    const [rows, columns] = this.shape;
    if (rows !== columns) {
      throw new SizeError(
        `As many rows as columns are needed; this matrix is ${rowAxis} ${rows} × ${columnAxis} ${columns}.`,
      );
    }
    return sharedLabels(
      `${rowAxis}" and "${columnAxis}`,
      this.#left.labels.get(rowAxis),
      this.#right.labels.get(columnAxis),
    );
  }
}

/**
 * `left · right` as a matrix that is never built: `left` has a row axis and the inner axis, `right` the inner axis and a column axis.
 * Row and column axis have different names even when both stand for the embedding: rename one.
 *
 * Throws `AxisError`, `SizeError`, `LabelError` when the factors don't fit.
 *
 * @example
 * const W_OV = factored(W_V.at({ head: 1 }), W_O.at({ head: 1 }).rename({ embedding: "output" }));
 * W_OV.eigenvalues(); // from the small value × value matrix
 */
export function factored<const R extends string, const I extends string, const C extends string>(
  left: Tensor<readonly [R, I]>,
  right: Tensor<readonly [NoInfer<I>, C]>,
): FactoredMatrix<R, C> {
  const [leftLayout, rightLayout] = [layoutOf(left), layoutOf(right)];
  const [rowAxis, inner] = leftLayout.axes;
  const [rightInner, columnAxis] = rightLayout.axes;
  if (leftLayout.axes.length !== 2 || rightLayout.axes.length !== 2 || inner !== rightInner) {
    throw new AxisError(
      `The factors need the axes [row, inner] and [inner, column]; they have [${leftLayout.axes.join(", ")}] and [${rightLayout.axes.join(", ")}].`,
    );
  }
  if (rowAxis === columnAxis) {
    throw new AxisError(
      `Rows and columns are both called "${rowAxis ?? ""}": rename one, { ${rowAxis ?? ""}: "output" }.`,
    );
  }
  if (leftLayout.shape[1] !== rightLayout.shape[0]) {
    throw new SizeError(
      `The axis "${inner ?? ""}" has size ${leftLayout.shape[1] ?? 0} on the left but ${rightLayout.shape[0] ?? 0} on the right.`,
    );
  }
  sharedLabels(inner ?? "", leftLayout.labels.get(inner ?? ""), rightLayout.labels.get(inner ?? ""));
  return new FactoredMatrix<R, C>(left, right);
}

function made(left: Layout, right: Layout): FactoredMatrix<string, string> {
  return new FactoredMatrix(new Tensor<[string, string]>(left), new Tensor<[string, string]>(right));
}

function turned(layout: Layout): Layout {
  return layoutOf(new Tensor<readonly [string, string]>(layout).transpose());
}

function renamedAxis(layout: Layout, place: number, name: string): Layout {
  const axes = layout.axes.map((axis, at) => (at === place ? name : axis));
  const labels = new Map(
    [...layout.labels].map(([axis, words]) => [layout.axes[place] === axis ? name : axis, words] as const),
  );
  return { ...layout, axes, labels };
}

function withoutLabels(layout: Layout): Layout {
  return { ...layout, labels: new Map() };
}
