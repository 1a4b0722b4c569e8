import { colourScale, type ColourScale } from "./colours.ts";
import { count, largest } from "./describe.ts";
import { sceneFigure, type Figure } from "./figure.ts";
import { fitText, formatNumber, inertText, textWidth, widestLabel } from "./label.ts";
import {
  cellDigits,
  columnLabels,
  drawColourLegend,
  drawLabels,
  drawMatrixBlock,
  MOST_CELL_MARKS,
} from "./matrix-block.ts";
import { toMatrix, type DrawnMatrix, type MatrixInput } from "./matrix.ts";
import type { FigureOptions } from "./options.ts";
import { round, Scene } from "./scene.ts";
import { THEME } from "./theme.ts";
import { ViewInputError } from "./view-input-error.ts";

/** Options of {@link matrixProduct}. */
export interface MatrixProductOptions extends FigureOptions {
  /** What to call each factor: `["one-hot", "W_E"]`; "A", "B", … unless told. */
  readonly names?: readonly string[];
  /** The cell of the last product that is chosen at first, by index or label; the largest unless told. */
  readonly cell?: readonly [row: number | string, column: number | string];
}

const ROW_COLOUR = "#b3005e";
const COLUMN_COLOUR = "#00795a";
const MOST_VALUES = 20_000;
const MOST_TERMS = 12;

interface Block {
  readonly matrix: DrawnMatrix;
  readonly x: number;
  readonly y: number;
}

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
  const width = options.width ?? 680;
  const rowRoom = Math.min(130, Math.max(30, widestLabel(first.rows) + 12));
  const gaps = tops.map((matrix) => Math.min(90, Math.max(26, widestLabel(matrix.rows) + 14)));
  const topLabelLimit = 90;
  const columnsTotal = first.columns.length + tops.reduce((sum, matrix) => sum + matrix.columns.length, 0);
  const gapTotal = gaps.reduce((sum, gap) => sum + gap, 0);
  const cellWidth = Math.min(40, (width - rowRoom - gapTotal - 50) / columnsTotal);
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
  drawBands(scene, left, above, bottom, cellWidth, cellHeight);
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
  const caption = (block: Block, name: string, at: number): void =>
    scene.draw("text", [
      {
        x: block.x,
        y: at,
        text: fitText(
          `${name}  ${block.matrix.rows.length} × ${block.matrix.columns.length}`,
          Math.max(80, width - block.x - 10),
          11.5,
          true,
        ),
        fontWeight: "bold",
        fontSize: 11.5,
        fill: THEME.muted,
      },
    ]);
  above.forEach((block, index) =>
    caption(block, names[index + 1] ?? "", block.y - (heads[index]?.height ?? 0) - 8),
  );
  const under = y + first.rows.length * cellHeight + 12;
  caption(left, names[0] ?? "", under);
  bottom.forEach((block, index) => caption(block, names.slice(0, index + 2).join(" "), under));
  drawOutlines(scene, left, above, bottom, cellWidth, cellHeight);
  const end = drawTerms(scene, matrices, products, names, under + 24, width);
  const note = options.domain === undefined ? "(each matrix: its own reach)" : "";
  scene.height = end + drawColourLegend(scene, scaleOf(last), last.values, 14, end, note) + 12;

  const [best = 0] = largest(last.values, 1);
  const sizes = matrices
    .map((matrix, index) => `${names[index] ?? ""} (${matrix.rows.length} × ${matrix.columns.length})`)
    .join(" times ");
  const row = last.rows[Math.floor(best / last.columns.length)] ?? "";
  const text = `Matrix product: ${sizes} gives ${count(last.rows.length, "row")} by ${count(last.columns.length, "column")}; its largest cell is ${row} → ${last.columns[best % last.columns.length] ?? ""}, ${formatNumber(last.values[best] ?? 0)}.`;
  return sceneFigure(scene, options.description ?? text);
}

function multiplyAll(matrices: readonly DrawnMatrix[], names: readonly string[]): DrawnMatrix[] {
  const products: DrawnMatrix[] = [];
  for (const [index, right] of matrices.slice(1).entries()) {
    const left = products[products.length - 1] ?? matrices[0];
    if (left === undefined) break;
    const inner = left.columns.length;
    if (inner !== right.rows.length)
      throw new ViewInputError(
        `matrixProduct: ${names.slice(0, index + 1).join(" ")} has ${inner} columns (${left.columnAxis}) and ${names[index + 1] ?? ""} has ${right.rows.length} rows (${right.rowAxis}); they must be as many.`,
      );
    const columns = right.columns.length;
    const values = new Float64Array(left.rows.length * columns);
    for (let row = 0; row < left.rows.length; row++)
      for (let k = 0; k < inner; k++) {
        const factor = left.values[row * inner + k] ?? 0;
        if (factor === 0) continue;
        for (let column = 0; column < columns; column++)
          values[row * columns + column] =
            (values[row * columns + column] ?? 0) + factor * (right.values[k * columns + column] ?? 0);
      }
    products.push({
      rowAxis: left.rowAxis,
      columnAxis: right.columnAxis,
      rows: left.rows,
      columns: right.columns,
      named: [left.named[0], right.named[1]],
      values,
    });
  }
  return products;
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

/** The paths on which row and column meet, under the cells. */
function drawBands(
  scene: Scene,
  left: Block,
  above: readonly Block[],
  bottom: readonly Block[],
  cellWidth: number,
  cellHeight: number,
): void {
  for (const [index, product] of bottom.entries()) {
    const before = index === 0 ? left : (bottom[index - 1] ?? left);
    const factor = above[index] ?? product;
    const start = before.x + before.matrix.columns.length * cellWidth;
    const isHere = `at[0] === ${index}`;
    scene.draw("rect", [{ x: start, fill: ROW_COLOUR, height: cellHeight }], {
      encode: {
        opacity: { signal: `${isHere} ? 0.16 : 0` },
        x2: { value: product.x },
        y: { signal: `${product.y} + at[1] * ${cellHeight}` },
      },
    });
    const end = factor.y + factor.matrix.rows.length * cellHeight;
    scene.draw("rect", [{ y: end, y2: product.y, fill: COLUMN_COLOUR, width: cellWidth }], {
      encode: {
        opacity: { signal: `${isHere} ? 0.16 : 0` },
        x: { signal: `${product.x} + at[2] * ${cellWidth}` },
      },
    });
  }
}

/** The outlines of the row, the column and the cell. */
function drawOutlines(
  scene: Scene,
  left: Block,
  above: readonly Block[],
  bottom: readonly Block[],
  cellWidth: number,
  cellHeight: number,
): void {
  for (const [index, product] of bottom.entries()) {
    const before = index === 0 ? left : (bottom[index - 1] ?? left);
    const factor = above[index] ?? product;
    const shown = { opacity: { signal: `at[0] === ${index} ? 1 : 0` } };
    const atRow = { signal: `${product.y} + at[1] * ${cellHeight}` };
    const atColumn = { signal: `${product.x} + at[2] * ${cellWidth}` };
    const outline = { fill: "transparent", strokeWidth: 2.5, cornerRadius: 2 };
    scene.draw(
      "rect",
      [
        {
          ...outline,
          x: before.x,
          width: before.matrix.columns.length * cellWidth,
          height: cellHeight,
          stroke: ROW_COLOUR,
        },
      ],
      { encode: { ...shown, y: atRow } },
    );
    scene.draw(
      "rect",
      [
        {
          ...outline,
          y: factor.y,
          width: cellWidth,
          height: factor.matrix.rows.length * cellHeight,
          stroke: COLUMN_COLOUR,
        },
      ],
      { encode: { ...shown, x: atColumn } },
    );
    scene.draw("rect", [{ ...outline, width: cellWidth, height: cellHeight, stroke: "#000000" }], {
      encode: { ...shown, x: atColumn, y: atRow },
    });
  }
}

/** The terms of the chosen cell as a small table: row value, times column value, equals term; and their sum. */
function drawTerms(
  scene: Scene,
  matrices: readonly DrawnMatrix[],
  products: readonly DrawnMatrix[],
  names: readonly string[],
  y: number,
  width: number,
): number {
  const lefts = [matrices[0], ...products.slice(0, -1)].map((matrix) => matrix ?? products[0]);
  const rights = matrices.slice(1);
  scene.signal(
    "leftValues",
    lefts.map((matrix) => Array.from(matrix?.values ?? [], round)),
  );
  scene.signal(
    "rightValues",
    rights.map((matrix) => Array.from(matrix.values, round)),
  );
  scene.signal(
    "productValues",
    products.map((matrix) => Array.from(matrix.values, round)),
  );
  scene.signal(
    "innerLabels",
    rights.map((matrix) => matrix.rows),
  );
  scene.signal("rowLabels", products[0]?.rows ?? []);
  scene.signal(
    "columnLabels",
    products.map((matrix) => matrix.columns),
  );
  scene.signal(
    "captions",
    products.map((_, index) => ({
      left: names.slice(0, index + 1).join(" "),
      right: names[index + 1] ?? "",
      inner: rights[index]?.rowAxis ?? "",
    })),
  );
  const most = Math.max(...rights.map((matrix) => matrix.rows.length));
  const shown = Math.min(MOST_TERMS, most);
  const labelRoom = Math.min(
    150,
    Math.max(
      60,
      ...names.map((name) => textWidth(name, 11.5) + 30),
      textWidth(names.slice(0, -1).join(" "), 11.5) + 30,
    ),
  );
  const step = Math.min(62, (width - labelRoom - (most > MOST_TERMS ? 150 : 84)) / shown);
  scene.data("terms", undefined, {
    transform: [
      { type: "sequence", start: 0, stop: { signal: "length(innerLabels[at[0]])" }, as: "k" },
      {
        type: "formula",
        as: "left",
        expr: "leftValues[at[0]][at[1] * length(innerLabels[at[0]]) + datum.k]",
      },
      {
        type: "formula",
        as: "right",
        expr: "rightValues[at[0]][datum.k * length(columnLabels[at[0]]) + at[2]]",
      },
      { type: "formula", as: "data", expr: "datum.left * datum.right" },
      { type: "formula", as: "size", expr: "-abs(datum.data)" },
      { type: "window", sort: { field: ["size", "k"] }, ops: ["row_number"], as: ["rank"] },
      { type: "filter", expr: `datum.rank <= ${MOST_TERMS}` },
      { type: "window", sort: { field: "k" }, ops: ["row_number"], as: ["place"] },
      { type: "formula", as: "label", expr: "innerLabels[at[0]][datum.k]" },
    ],
  });
  const x0 = 14 + labelRoom;
  const line = 21;
  const firstLine = y + 38;
  const number = (expression: string): string => `replace(format(${expression}, '.3~g'), '-', '−')`;
  scene.draw("text", [{ x: 14, y: y + 4, fontSize: 12.5, fontWeight: "bold" }], {
    encode: {
      text: {
        signal:
          "rowLabels[at[1]] + ' → ' + columnLabels[at[0]][at[2]] + '  =  ' + (isNumber(productValues[at[0]][at[1] * length(columnLabels[at[0]]) + at[2]]) ? " +
          number("productValues[at[0]][at[1] * length(columnLabels[at[0]]) + at[2]]") +
          " : productValues[at[0]][at[1] * length(columnLabels[at[0]]) + at[2]])",
      },
    },
  });
  scene.signal("leftScale", undefined, {
    update: `[${products.map((_, index) => (index === 0 ? "'factor0Colour'" : `'product${index - 1}Colour'`)).join(", ")}][at[0]]`,
  });
  scene.signal("rightScale", undefined, { update: "'factor' + (at[0] + 1) + 'Colour'" });
  scene.signal("dataScale", undefined, { update: "'product' + at[0] + 'Colour'" });
  const cell = (field: string, at: number, stroke: string): void => {
    const fill = {
      signal: `isNumber(datum.${field}) ? scale(${field}Scale, datum.${field}) : '${THEME.missing}'`,
    };
    const box = { x: { field: "place", mult: step, offset: x0 - step } };
    scene.mark({
      type: "rect",
      from: { data: "terms" },
      interactive: false,
      encode: {
        update: {
          ...box,
          y: { value: at - 9 },
          width: { value: step - 8 },
          height: { value: 18 },
          fill,
          stroke: { value: stroke },
          strokeWidth: { value: 1.5 },
          cornerRadius: { value: 2 },
        },
      },
    });
    scene.mark({
      type: "text",
      from: { data: "terms" },
      interactive: false,
      encode: {
        update: {
          x: { field: "place", mult: step, offset: x0 - step / 2 - 4 },
          y: { value: at },
          text: { signal: `isNumber(datum.${field}) ? ${number(`datum.${field}`)} : datum.${field}` },
          align: { value: "center" },
          baseline: { value: "middle" },
          fontSize: { value: step < 40 ? 9 : 10.5 },
          fill: {
            signal: `isNumber(datum.${field}) && luminance(scale(${field}Scale, datum.${field})) < 0.179 ? '#ffffff' : '#000000'`,
          },
          font: { value: THEME.font },
        },
      },
    });
  };
  scene.mark({
    type: "text",
    from: { data: "terms" },
    interactive: false,
    encode: {
      update: {
        x: { field: "place", mult: step, offset: x0 - step / 2 - 4 },
        y: { value: firstLine - 18 },
        text: { field: "label" },
        limit: { value: step - 4 },
        align: { value: "center" },
        baseline: { value: "middle" },
        fontSize: { value: 10 },
        fill: { value: THEME.muted },
        font: { value: THEME.font },
      },
    },
  });
  cell("left", firstLine, ROW_COLOUR);
  cell("right", firstLine + line + 2, COLUMN_COLOUR);
  cell("data", firstLine + 2 * (line + 2), "#000000");
  const side = (text: string, at: number, fill: string): void =>
    scene.draw("text", [{ x: x0 - 8, y: at, align: "right", fill }], {
      encode: { text: { signal: text }, limit: { value: labelRoom - 10 } },
    });
  side("captions[at[0]].inner", firstLine - 18, THEME.muted);
  side("captions[at[0]].left", firstLine, ROW_COLOUR);
  side("'× ' + captions[at[0]].right", firstLine + line + 2, COLUMN_COLOUR);
  side("'= term'", firstLine + 2 * (line + 2), THEME.ink);
  scene.mark({
    type: "text",
    from: { data: "terms" },
    interactive: false,
    encode: {
      update: {
        x: { field: "place", mult: step, offset: x0 - 4 },
        y: { value: firstLine + 2 * (line + 2) },
        text: { signal: `datum.place < min(${MOST_TERMS}, length(innerLabels[at[0]])) ? '+' : ''` },
        align: { value: "center" },
        baseline: { value: "middle" },
        fontSize: { value: 11 },
        fill: { value: THEME.ink },
        font: { value: THEME.font },
      },
    },
  });
  const total = "productValues[at[0]][at[1] * length(columnLabels[at[0]]) + at[2]]";
  scene.draw("text", [{ y: firstLine + 2 * (line + 2), fontWeight: "bold", fontSize: 12 }], {
    encode: {
      x: { signal: `${x0 + 2} + ${step} * min(${MOST_TERMS}, length(innerLabels[at[0]]))` },
      text: {
        signal: `(length(innerLabels[at[0]]) > ${MOST_TERMS} ? '+ ' + (length(innerLabels[at[0]]) - ${MOST_TERMS}) + ' more ' : '') + '= ' + (isNumber(${total}) ? ${number(total)} : ${total})`,
      },
    },
  });
  return firstLine + 2 * (line + 2) + 26;
}
