import type { DrawnMatrix } from "./matrix.ts";
import type { Scene } from "./scene.ts";

/** The colour of the row that is chosen, and of the column. */
export const ROW_COLOUR = "#b3005e";
export const COLUMN_COLOUR = "#00795a";

/** A matrix and where its cells begin. */
export interface Block {
  readonly matrix: DrawnMatrix;
  readonly x: number;
  readonly y: number;
}

/** The paths on which row and column meet, under the cells. */
export function drawBands(
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
export function drawOutlines(
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
