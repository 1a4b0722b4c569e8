import { fitText, textWidth } from "./label.ts";
import type { DrawnMatrix } from "./matrix.ts";
import { COLUMN_COLOUR, ROW_COLOUR } from "./product-outlines.ts";
import { round, type Json, type Node, type Scene } from "./scene.ts";
import { THEME } from "./theme.ts";

/** At most so many terms are shown, each at least so wide, in pixels. */
const [MOST_TERMS, LEAST_STEP] = [12, 40];
/** From here on a term has room for three digits. */
const WIDE_STEP = 48;

/** The chosen cell's place in its product, and what its inner axis has, in Vega's terms. */
const CELL = "at[1] * columnCounts[at[0]] + at[2]";
const INNER = "length(innerLabels[at[0]])";

/**
 * The terms of the chosen cell (signal "at": product, row, column) as a small table: row value, times column value, equals
 * term; and their sum. @returns where it ends
 */
export function drawTerms(
  scene: Scene,
  matrices: readonly DrawnMatrix[],
  products: readonly DrawnMatrix[],
  names: readonly string[],
  y: number,
  width: number,
): number {
  defineSignals(scene, matrices, products, names);
  const most = Math.max(...matrices.slice(1).map((matrix) => matrix.rows.length));
  const labelRoom = Math.min(
    150,
    width * 0.28,
    Math.max(
      60,
      ...names.map((name) => textWidth(name, 11.5) + 30),
      textWidth(names.slice(0, -1).join(" "), 11.5) + 30,
    ),
  );
  // Beside the terms stands the sum, and with terms left out also how many.
  const fitting = (sumRoom: number): number => Math.floor((width - labelRoom - sumRoom) / LEAST_STEP);
  const isWhole = most <= Math.min(MOST_TERMS, fitting(84));
  const shown = isWhole ? most : Math.max(1, Math.min(MOST_TERMS, fitting(150)));
  const step = Math.min(62, (width - labelRoom - (isWhole ? 84 : 150)) / Math.max(1, shown));
  const digits = step < WIDE_STEP ? 2 : 3;
  const x0 = 14 + labelRoom;
  const line = 23;
  const [firstLine, secondLine, thirdLine] = [y + 38, y + 38 + line, y + 38 + 2 * line];
  defineTerms(scene, shown);
  drawHeading(scene, products, y + 4, width);
  const each = (type: "rect" | "text", x: number, update: Node): void => {
    scene.mark({
      type,
      from: { data: "terms" },
      interactive: false,
      encode: {
        update: {
          x: { field: "place", mult: step, offset: x },
          ...(type === "text"
            ? { align: { value: "center" }, baseline: { value: "middle" }, font: { value: THEME.font } }
            : {}),
          ...update,
        },
      },
    });
  };
  const middle = x0 - step / 2 - 4;
  each("text", middle, {
    y: { value: firstLine - 18 },
    text: { field: "label" },
    limit: { value: step - 4 },
    fontSize: { value: THEME.size.small },
    fill: { value: THEME.muted },
  });
  for (const [field, at, stroke] of [
    ["left", firstLine, ROW_COLOUR],
    ["right", secondLine, COLUMN_COLOUR],
    ["data", thirdLine, "#000000"],
  ] as const) {
    const value = `datum.${field}`;
    const colour = `scale(${field}Scale, ${value})`;
    each("rect", x0 - step, {
      y: { value: at - 9 },
      width: { value: step - 8 },
      height: { value: 18 },
      fill: { signal: `isNumber(${value}) ? ${colour} : '${THEME.missing}'` },
      stroke: { value: stroke },
      strokeWidth: { value: 1.5 },
      cornerRadius: { value: 2 },
    });
    each("text", middle, {
      y: { value: at },
      text: { signal: numberText(value, digits) },
      fontSize: { value: step < WIDE_STEP ? 9 : 10.5 },
      fill: { signal: `isNumber(${value}) && luminance(${colour}) < 0.179 ? '#ffffff' : '#000000'` },
    });
  }
  each("text", x0 - 4, {
    y: { value: thirdLine },
    text: { signal: `datum.place < min(${shown}, ${INNER}) ? '+' : ''` },
    fontSize: { value: 11 },
    fill: { value: THEME.ink },
  });
  for (const [text, at, fill] of [
    ["captions[at[0]].inner", firstLine - 18, THEME.muted],
    ["captions[at[0]].left", firstLine, ROW_COLOUR],
    ["'× ' + captions[at[0]].right", secondLine, COLUMN_COLOUR],
    ["'= term'", thirdLine, THEME.ink],
  ] as const)
    scene.draw("text", [{ x: x0 - 8, y: at, align: "right", fill }], {
      encode: { text: { signal: text }, limit: { value: labelRoom - 10 } },
    });
  const more = `(${INNER} > ${shown} ? '+ ' + (${INNER} - ${shown}) + ' more ' : '')`;
  scene.draw("text", [{ y: thirdLine, fontWeight: "bold", fontSize: 12 }], {
    encode: {
      x: { signal: `${x0 + 2} + ${step} * min(${shown}, ${INNER})` },
      text: { signal: `${more} + '= ' + ${numberText(`productValues[at[0]][${CELL}]`)}` },
    },
  });
  return thirdLine + 26;
}

/** A Vega expression for a number as it is written, or for the word that stands in its place. */
function numberText(expression: string, digits = 3): string {
  return `(isNumber(${expression}) ? replace(format(${expression}, '.${digits}~g'), '-', '−') : ${expression})`;
}

/** The numbers and words of all matrices, by product. */
function defineSignals(
  scene: Scene,
  matrices: readonly DrawnMatrix[],
  products: readonly DrawnMatrix[],
  names: readonly string[],
): void {
  const lefts = matrices.slice(0, 1).concat(products.slice(0, -1));
  const rights = matrices.slice(1);
  const signals: Readonly<Record<string, Json>> = {
    leftValues: lefts.map((matrix) => Array.from(matrix.values, round)),
    rightValues: rights.map((matrix) => Array.from(matrix.values, round)),
    productValues: products.map((matrix) => Array.from(matrix.values, round)),
    innerLabels: rights.map((matrix) => matrix.rows),
    columnCounts: products.map((matrix) => matrix.columns.length),
    captions: products.map((_, index) => ({
      left: names.slice(0, index + 1).join(" "),
      right: names[index + 1] ?? "",
      inner: rights[index]?.rowAxis ?? "",
    })),
  };
  for (const [name, value] of Object.entries(signals)) scene.signal(name, value);
  const leftScales = products.map((_, index) => (index === 0 ? "factor0" : `product${index - 1}`));
  scene.signal("leftScale", undefined, { update: `${JSON.stringify(leftScales)}[at[0]] + 'Colour'` });
  scene.signal("rightScale", undefined, { update: "'factor' + (at[0] + 1) + 'Colour'" });
  scene.signal("dataScale", undefined, { update: "'product' + at[0] + 'Colour'" });
}

/** Data "terms": the `shown` largest terms of the chosen cell, in their order. */
function defineTerms(scene: Scene, shown: number): void {
  scene.data("terms", undefined, {
    transform: [
      { type: "sequence", start: 0, stop: { signal: INNER }, as: "k" },
      { type: "formula", as: "left", expr: `leftValues[at[0]][at[1] * ${INNER} + datum.k]` },
      {
        type: "formula",
        as: "right",
        expr: "rightValues[at[0]][datum.k * columnCounts[at[0]] + at[2]]",
      },
      { type: "formula", as: "data", expr: "datum.left * datum.right" },
      { type: "formula", as: "size", expr: "-abs(datum.data)" },
      { type: "window", sort: { field: ["size", "k"] }, ops: ["row_number"], as: ["rank"] },
      { type: "filter", expr: `datum.rank <= ${shown}` },
      { type: "window", sort: { field: "k" }, ops: ["row_number"], as: ["place"] },
      { type: "formula", as: "label", expr: "innerLabels[at[0]][datum.k]" },
    ],
  });
}

/** Which cell is chosen and what it holds, its words shortened to what fits. */
function drawHeading(scene: Scene, products: readonly DrawnMatrix[], y: number, width: number): void {
  const size = 12.5;
  const fitted = (labels: readonly string[]): string[] =>
    labels.map((label) => fitText(label, (width - 150) / 2, size, true));
  scene.signal("rowTitles", fitted(products[0]?.rows ?? []));
  scene.signal(
    "columnTitles",
    products.map((matrix) => fitted(matrix.columns)),
  );
  const value = numberText(`productValues[at[0]][${CELL}]`);
  scene.draw("text", [{ x: 14, y, fontSize: size, fontWeight: "bold" }], {
    encode: {
      text: { signal: `rowTitles[at[1]] + ' → ' + columnTitles[at[0]][at[2]] + '  =  ' + ${value}` },
    },
  });
}
