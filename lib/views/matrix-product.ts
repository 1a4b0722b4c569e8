import { drawColourLegend } from "./colour-legend.ts";
import { colourScale, type ColourScale } from "./colours.ts";
import { count, largest } from "./describe.ts";
import { sceneFigure, type Figure } from "./figure.ts";
import { fitText, formatNumber, inertText, textWidth, widestLabel } from "./label.ts";
import {
  cellDigits,
  columnLabels,
  drawLabels,
  drawMatrixBlock,
  fitColumns,
  MOST_CELL_MARKS,
} from "./matrix-block.ts";
import { toMatrix, type DrawnMatrix, type MatrixInput } from "./matrix.ts";
import { FIGURE_WIDTH, type FigureOptions } from "./options.ts";
import { multiplyAll } from "./product-chain.ts";
import { drawBands, drawOutlines, type Block } from "./product-outlines.ts";
import { drawTerms } from "./product-terms.ts";
import { Scene } from "./scene.ts";
import { THEME } from "./theme.ts";
import { ViewInputError } from "./view-input-error.ts";

/** Options of {@link matrixProduct}. */
export interface MatrixProductOptions extends FigureOptions {
  /** What to call each factor: `["one-hot", "W_E"]`; "A", "B", … unless told. */
  readonly names?: readonly string[];
  /** The cell of the last product that is chosen at first, by index or label; the largest unless told. */
  readonly cell?: readonly [row: number | string, column: number | string];
}

const MOST_VALUES = 20_000;

/**
 * A product of matrices that shows how each of its cells comes about: every row of the left matrix meets every column
 * of the one above. Pointing at a cell of a product shows its row, its column and the terms that add up to it; a click
 * keeps that cell. With more than two factors the products stand in a staircase: A, A B, A B C.
 *
 * @param factors two or more matrices: [row, k₁], [k₁, k₂], …, [kₙ, column]
 * @throws ViewInputError when the inner sizes differ, or there is too much to draw
 * @example matrixProduct([[[0, 1, 0]], [[1, 2], [3, 4], [5, 6]]], { names: ["one-hot", "W"] })
 */
export function matrixProduct(factors: readonly MatrixInput[], options: MatrixProductOptions = {}): Figure {
  const matrices = factors.map((factor, index) =>
    toMatrix(factor, options.labels, "matrixProduct", [
      index === 0 ? "row" : `inner ${index}`,
      index === factors.length - 1 ? "column" : `inner ${index + 1}`,
    ]),
  );
  const [first] = matrices;
  if (first === undefined || matrices.length < 2)
    throw new ViewInputError("matrixProduct takes two or more matrices.");
  const names = matrices.map((_, index) =>
    inertText(options.names?.[index] ?? String.fromCharCode(65 + index)),
  );
  const products = multiplyAll(matrices, names);
  const tops = matrices.slice(1);
  const last = products[products.length - 1] ?? first;
  const size = [...matrices, ...products].reduce((sum, matrix) => sum + matrix.values.length, 0);
  if (size > MOST_VALUES || products.some((product) => product.values.length > MOST_CELL_MARKS))
    throw new ViewInputError(
      `matrixProduct draws up to ${MOST_VALUES} values and ${MOST_CELL_MARKS} in a product, and this has ${size}; choose some rows and columns first.`,
    );

  const scaleOf = (matrix: DrawnMatrix): ColourScale =>
    colourScale(Array.from(matrix.values), options.colours, options.domain);
  const width = options.width ?? FIGURE_WIDTH;
  const rowRoom = Math.min(130, Math.max(30, widestLabel(first.rows) + 12));
  const gaps = tops.map((matrix) => Math.min(90, Math.max(26, widestLabel(matrix.rows) + 14)));
  const topLabelLimit = 90;
  const columnsTotal = first.columns.length + tops.reduce((sum, matrix) => sum + matrix.columns.length, 0);
  const gapTotal = gaps.reduce((sum, gap) => sum + gap, 0);
  const across = width - rowRoom - gapTotal;
  const widestCell = Math.min(40, (across - 50) / columnsTotal);
  const { cellWidth } = fitColumns(
    tops.at(-1)?.columns ?? [],
    widestCell,
    columnsTotal,
    across - 8,
    topLabelLimit,
  );
  const rowsTotal = first.rows.length + Math.max(...tops.map((matrix) => matrix.rows.length));
  const cellHeight = Math.min(
    24,
    Math.max(options.height === undefined ? 3 : 1, ((options.height ?? 640) - 260) / rowsTotal),
    Math.max(6, cellWidth),
  );
  const heads = tops.map((matrix) => columnLabels(matrix.columns, cellWidth, topLabelLimit));
  const firstHead = columnLabels(first.columns, cellWidth, topLabelLimit);

  const scene = new Scene(
    width,
    options.title ?? names.join(" × "),
    "Each cell of a product is its row on the left times its column above. Point at a cell; click to keep it.",
  );
  const topHeight = Math.max(...tops.map((matrix) => matrix.rows.length)) * cellHeight;
  const topBottom = scene.top + 16 + Math.max(...heads.map((head) => head.height)) + topHeight;
  const y = topBottom + Math.max(16, firstHead.height + 6);
  const left: Block = { matrix: first, x: rowRoom, y };
  let x = rowRoom + first.columns.length * cellWidth;
  const above: Block[] = [];
  const bottom: Block[] = [];
  for (const [index, matrix] of tops.entries()) {
    x += gaps[index] ?? 0;
    above.push({ matrix, x, y: topBottom - matrix.rows.length * cellHeight });
    bottom.push({ matrix: products[index] ?? matrix, x, y });
    x += matrix.columns.length * cellWidth;
  }
  const values =
    cellHeight >= 12 &&
    [...matrices, ...products].every((matrix) => cellDigits(matrix.values, cellWidth, cellHeight) > 0);
  const draw = (block: Block, name: string, valueName: string): void =>
    drawMatrixBlock(scene, block.matrix, {
      name,
      x: block.x,
      y: block.y,
      cellWidth,
      cellHeight,
      scale: scaleOf(block.matrix),
      values,
      valueName,
      tooltip: options.tooltip !== false || name.startsWith("product"),
    });

  scene.signal("chosen", startCell(options, last, products.length));
  scene.signal("hovered", null, {
    on: products.flatMap((_, index) => [
      { events: `@product${index}:mouseover`, update: `[${index}, datum.r, datum.c]` },
      { events: `@product${index}:mouseout`, update: "null" },
    ]),
  });
  for (const signal of products.keys())
    scene.signal(`click${signal}`, null, {
      on: [{ events: `@product${signal}:click`, update: `[${signal}, datum.r, datum.c]` }],
    });
  scene.signal("kept", null, {
    on: products.map((_, index) => ({ events: { signal: `click${index}` }, update: `click${index}` })),
  });
  scene.signal("at", undefined, { update: "hovered || kept || chosen" });
  const staircase = { left, above, bottom, cellWidth, cellHeight };
  drawBands(scene, staircase);
  draw(left, "factor0", names[0] ?? "");
  above.forEach((block, index) => draw(block, `factor${index + 1}`, names[index + 1] ?? ""));
  bottom.forEach((block, index) => draw(block, `product${index}`, names.slice(0, index + 2).join(" ")));
  const place = { cellWidth, cellHeight };
  drawLabels(scene, { ...left, ...place }, first.rows, firstHead, rowRoom - 10, first.named);
  above.forEach((block, index) =>
    drawLabels(
      scene,
      { ...block, ...place },
      block.matrix.rows,
      heads[index],
      (gaps[index] ?? 0) + (index === 0 ? 60 : -10),
      block.matrix.named,
    ),
  );
  const caption = (block: Block, name: string, at: number, right = width): void => {
    const size = `${block.matrix.rows.length} × ${block.matrix.columns.length}`;
    const room = right - block.x - 10 - textWidth(`  ${size}`, THEME.size.label, true);
    const text = `${fitText(name, room, THEME.size.label, true)}  ${size}`;
    scene.draw("text", [{ x: block.x, y: at, text, fontWeight: "bold", fill: THEME.muted }]);
  };
  above.forEach((block, index) =>
    caption(
      block,
      names[index + 1] ?? "",
      block.y - (heads[index]?.height ?? 0) - 8,
      above[index + 1]?.x ?? width,
    ),
  );
  const under = y + first.rows.length * cellHeight + 12;
  caption(left, names[0] ?? "", under, bottom[0]?.x);
  bottom.forEach((block, index) =>
    caption(block, names.slice(0, index + 2).join(" "), under, bottom[index + 1]?.x ?? width),
  );
  drawOutlines(scene, staircase);
  const end = drawTerms(scene, matrices, products, names, under + 24, width);
  const note = options.domain === undefined ? "(each matrix: its own reach)" : "";
  const legend = { x: 14, y: end, name: note };
  scene.height = end + drawColourLegend(scene, scaleOf(last), last.values, legend) + 12;

  const [best = 0] = largest(last.values, 1);
  const sizes = matrices
    .map((matrix, index) => `${names[index] ?? ""} (${matrix.rows.length} × ${matrix.columns.length})`)
    .join(" times ");
  const row = last.rows[Math.floor(best / last.columns.length)] ?? "";
  const text = `Matrix product: ${sizes} gives ${count(last.rows.length, "row")} by ${count(last.columns.length, "column")}; its largest cell is ${row} → ${last.columns[best % last.columns.length] ?? ""}, ${formatNumber(last.values[best] ?? 0)}.`;
  return sceneFigure(scene, options.description ?? text);
}

function startCell(options: MatrixProductOptions, product: DrawnMatrix, products: number): readonly number[] {
  if (options.cell === undefined) {
    const sizes = Float64Array.from(product.values, Math.abs);
    const [best = 0] = largest(sizes, 1);
    return [products - 1, Math.floor(best / product.columns.length), best % product.columns.length];
  }
  const [row, column] = options.cell.map((entry, axis) => {
    const labels = axis === 0 ? product.rows : product.columns;
    const index = typeof entry === "number" ? entry : labels.indexOf(entry);
    if (index < 0 || index >= labels.length)
      throw new ViewInputError(
        `matrixProduct: cell names ${axis === 0 ? "row" : "column"} "${entry}", which the product lacks.`,
      );
    return index;
  });
  return [products - 1, row ?? 0, column ?? 0];
}
