import { drawColourLegend } from "./colour-legend.ts";
import { colourScale, extent } from "./colours.ts";
import { largest } from "./describe.ts";
import { sceneFigure, type Figure } from "./figure.ts";
import { fitText, formatNumber, visibleLabel, widestLabel } from "./label.ts";
import { cellDigits, drawLabels, drawMatrixBlock, fitColumns, MOST_CELL_MARKS } from "./matrix-block.ts";
import { toMatrix, type MatrixInput } from "./matrix.ts";
import { FIGURE_WIDTH, type FigureOptions } from "./options.ts";
import { Scene } from "./scene.ts";
import { THEME } from "./theme.ts";
import { ViewInputError } from "./view-input-error.ts";

/** Options of {@link compare}. */
export interface CompareOptions extends FigureOptions {
  /** What the two matrices are. */
  readonly names?: readonly [left: string, right: string];
}

/**
 * Two matrices of the same shape side by side on one colour scale, and their difference (right minus left) on one with
 * white at zero. Pointing at a cell marks it in all three.
 *
 * @param left [row, column]
 * @param right [row, column], as many
 * @throws ViewInputError when the shapes differ
 * @example compare([[0.5, 0.5]], [[0.45, 0.55]], { names: ["counted", "learnt"] })
 */
export function compare(left: MatrixInput, right: MatrixInput, options: CompareOptions = {}): Figure {
  const first = toMatrix(left, options.labels, "compare");
  const second = toMatrix(right, options.labels, "compare");
  const [rows, columns] = [first.rows.length, first.columns.length];
  if (second.rows.length !== rows || second.columns.length !== columns)
    throw new ViewInputError(
      `compare: the left matrix is ${rows} × ${columns} and the right ${second.rows.length} × ${second.columns.length}; they must have the same shape.`,
    );
  const difference = {
    ...first,
    values: Float64Array.from(first.values, (value, cell) => (second.values[cell] ?? NaN) - value),
  };
  const [leftName, rightName] = (options.names ?? ["left", "right"]).map(visibleLabel);
  const blocks = [
    { matrix: first, title: leftName ?? "" },
    { matrix: second, title: rightName ?? "" },
    { matrix: difference, title: `${rightName ?? ""} − ${leftName ?? ""}` },
  ];
  const scale = colourScale(
    [...Array.from(first.values), ...Array.from(second.values)],
    options.colours,
    options.domain,
  );
  const change = colourScale(difference.values, "diverging");
  const width = options.width ?? FIGURE_WIDTH;
  const rowRoom = Math.min(120, widestLabel(first.rows) + 14);
  const gap = 18;
  const room = width - rowRoom - 2 * gap - 8;
  const natural = Math.min(40, (room - 6) / (3 * columns));
  const { cellWidth, head: heads } = fitColumns(first.columns, natural, 3 * columns, room, 90);
  const cellHeight =
    options.height === undefined ? Math.min(Math.max(cellWidth, 3), 24) : (options.height - 140) / rows;
  const total = rowRoom + 3 * columns * cellWidth + 2 * gap + Math.max(14, heads.overhang);
  const scene = new Scene(
    Math.max(options.width ?? 360, Math.min(width, total)),
    options.title ?? `${leftName ?? ""} and ${rightName ?? ""}`,
    `rows: ${first.rowAxis} · columns: ${first.columnAxis}`,
  );
  const y = scene.top + 18 + heads.height;
  const isSmall = rows * columns <= MOST_CELL_MARKS;
  const values =
    isSmall &&
    cellHeight >= 13 &&
    blocks.every(({ matrix }) => cellDigits(matrix.values, cellWidth, cellHeight) > 1);
  const starts = blocks.map((_, index) => rowRoom + index * (columns * cellWidth + gap));
  for (const [index, { matrix, title }] of blocks.entries()) {
    const x = starts[index] ?? 0;
    scene.draw("text", [
      {
        x,
        y: scene.top + 6,
        text: fitText(title, Math.max(60, columns * cellWidth + gap - 6), 11.5, true),
        fontWeight: "bold",
      },
    ]);
    drawMatrixBlock(scene, matrix, {
      name: `block${index}`,
      x,
      y,
      cellWidth,
      cellHeight,
      scale: index === 2 ? change : scale,
      values,
      tooltip: options.tooltip !== false,
      valueName: title,
    });
    drawLabels(
      scene,
      { x, y, cellWidth, cellHeight },
      index === 0 ? first.rows : undefined,
      heads,
      rowRoom - 8,
      first.named,
    );
  }
  if (isSmall && options.tooltip !== false) {
    scene.signal("at", null, {
      on: [
        {
          events: "@block0:mouseover, @block1:mouseover, @block2:mouseover",
          update: "{r: datum.r, c: datum.c}",
        },
        { events: "@block0:mouseout, @block1:mouseout, @block2:mouseout", update: "null" },
      ],
    });
    for (const x of starts)
      scene.draw(
        "rect",
        [{ width: cellWidth, height: cellHeight, fill: "transparent", stroke: THEME.accent, strokeWidth: 2 }],
        {
          encode: {
            x: { signal: `at ? ${x} + at.c * ${cellWidth} : -99` },
            y: { signal: `at ? ${y} + at.r * ${cellHeight} : -99` },
          },
        },
      );
  }
  const bottom = y + rows * cellHeight + 14;
  drawColourLegend(scene, scale, first.values, { x: rowRoom, y: bottom, name: "both" });
  const under = bottom + (scale.diverging ? 28 : 18);
  const changeLegend = { x: rowRoom, y: under, name: "difference" };
  scene.height = under + drawColourLegend(scene, change, difference.values, changeLegend) + 10;
  const sizes = difference.values.map(Math.abs);
  const [worst = 0] = largest(sizes, 1);
  const [low, high] = extent(difference.values);
  return sceneFigure(
    scene,
    options.description ??
      `${leftName ?? ""} beside ${rightName ?? ""}, ${rows} by ${columns}, and their difference, from ${formatNumber(low)} to ${formatNumber(high)}; they differ most at ${first.rows[Math.floor(worst / columns)] ?? ""} → ${first.columns[worst % columns] ?? ""}.`,
  );
}
