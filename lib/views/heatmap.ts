import { colourScale } from "./colours.ts";
import { describeMatrix } from "./describe.ts";
import { sceneFigure, type Figure } from "./figure.ts";
import { formatNumber, inertText, textWidth, widestLabel } from "./label.ts";
import { drawColourLegend } from "./colour-legend.ts";
import { cellDigits, drawLabels, drawMatrixBlock, fitColumns } from "./matrix-block.ts";
import { toMatrix, type MatrixInput } from "./matrix.ts";
import { FIGURE_WIDTH, type FigureOptions } from "./options.ts";
import { Scene } from "./scene.ts";

/** Options of {@link heatmap}. */
export interface HeatmapOptions extends FigureOptions {
  /** Whether to write the numbers into the cells; without it, when there are at most 400 and they fit. */
  readonly values?: boolean;
  /** Why some cells are NaN: "the first head is not in an earlier layer". They are then hatched, and legend, tooltip and description say it. */
  readonly missing?: string;
}

/** Rows as high as a label where they have names and there are few, in pixels. */
const [MOST_TALL_ROWS, LABEL_ROW] = [30, 14];

/**
 * A matrix as a picture: a cell's colour is its value, white is zero (or the middle of `domain`). Cells that are NaN
 * or infinite have colours of their own. From 2,500 cells on it is one image, up to 2,000 × 2,000 and more.
 *
 * @param matrix two axes: rows, columns
 * @throws ViewInputError when it is not a matrix, or labels do not match its sizes
 * @example heatmap([[0.2, 0.8], [1, 0]], { labels: { row: ["a", "b"], column: ["x", "y"] } })
 */
export function heatmap(matrix: MatrixInput, options: HeatmapOptions = {}): Figure {
  const drawn = toMatrix(matrix, options.labels, "heatmap");
  const { rows, columns, values } = drawn;
  const missing = options.missing === undefined ? undefined : inertText(options.missing);
  const scale = colourScale(Array.from(values), options.colours, options.domain);
  const most = options.width ?? FIGURE_WIDTH;
  const left = Math.min(most * 0.35, Math.max(40, widestLabel(rows) + 14));
  const isSmall = values.length <= 400;
  const written = missing === undefined ? values : Array.from(values).filter((value) => !Number.isNaN(value));
  const valueWidth = isSmall ? widestValue(written) + 6 : 0;
  const widestCell = Math.max(30, Math.min(60, Math.max(valueWidth, isSmall ? widestLabel(columns) + 6 : 0)));
  let cellWidth = (most - left - 16) / Math.max(1, columns.length);
  if (options.width === undefined) cellWidth = Math.min(widestCell, cellWidth);
  const fitted = fitColumns(columns, cellWidth, columns.length, most - left - 4);
  const heads = fitted.head;
  cellWidth = fitted.cellWidth;
  const right = Math.max(12, heads.overhang + 4);
  const isRaster = values.length > 2500;
  let cellHeight = isRaster ? Math.min(cellWidth, 900 / rows.length) : Math.min(cellWidth, isSmall ? 26 : 22);
  const width = Math.max(left + cellWidth * columns.length + right, 300);
  const scene = new Scene(
    width,
    options.title ?? `${drawn.rowAxis} × ${drawn.columnAxis}`,
    `rows: ${drawn.rowAxis} · columns: ${drawn.columnAxis}`,
  );
  const y = scene.top + heads.height;
  if (options.height !== undefined)
    cellHeight = Math.max(1, (options.height - y - 44) / Math.max(1, rows.length));
  else if (isRaster && cellHeight * rows.length < 120) cellHeight = 120 / rows.length;
  else if (drawn.named[0] && rows.length <= MOST_TALL_ROWS) cellHeight = Math.max(cellHeight, LABEL_ROW);
  const place = { x: left, y, cellWidth, cellHeight };
  const hasNumbers = options.values ?? (isSmall && cellHeight >= 13 && cellDigits(written, cellWidth) > 0);
  drawMatrixBlock(scene, drawn, {
    name: "cell",
    ...place,
    scale,
    tooltip: options.tooltip !== false,
    values: hasNumbers,
    missing,
  });
  drawLabels(scene, place, rows, heads, left - 10, drawn.named);
  const bottom = y + cellHeight * rows.length + 14;
  scene.height = bottom + drawColourLegend(scene, scale, values, { x: left, y: bottom, missing }) + 10;
  return sceneFigure(scene, options.description ?? `Heatmap: ${describeMatrix(drawn, missing)}`);
}

function widestValue(values: ArrayLike<number>): number {
  let widest = 0;
  for (let cell = 0; cell < values.length; cell++)
    widest = Math.max(widest, textWidth(formatNumber(values[cell] ?? NaN), 11));
  return widest;
}
