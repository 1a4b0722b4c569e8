import { textWidth } from "./label.ts";
import type { DrawnMatrix } from "./matrix.ts";
import { COLUMN_COLOUR, ROW_COLOUR } from "./product-outlines.ts";
import { round, type Scene } from "./scene.ts";
import { THEME } from "./theme.ts";

const MOST_TERMS = 12;

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
