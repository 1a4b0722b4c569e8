import { drawColourLegend } from "./colour-legend.ts";
import { colourScale, inkOn } from "./colours.ts";
import { count, largest, list } from "./describe.ts";
import { sceneFigure, type Figure } from "./figure.ts";
import { fitText, formatNumber, labelBeside, visibleLabel, widestLabel } from "./label.ts";
import { columnLabels, drawLabels, fitColumns } from "./matrix-block.ts";
import { toArray, type ArrayInput } from "./matrix.ts";
import { FIGURE_WIDTH, type FigureOptions } from "./options.ts";
import { Scene } from "./scene.ts";
import { THEME } from "./theme.ts";
import { ViewInputError } from "./view-input-error.ts";

/** Options of {@link logitLensTable}. */
export interface LogitLensTableOptions extends FigureOptions {
  /** The text, in place of the position axis' labels. */
  readonly tokens?: readonly string[];
  /** How many tokens the tooltip lists; 5 unless told. */
  readonly top?: number;
}

/**
 * What each layer would predict if it were the last: the likeliest token for each layer and position, coloured by its
 * probability. The last layer is at the top; the tooltip has the next ones. A long text goes on in further tables below.
 *
 * @param values [layer, position, vocabulary]: logits, or probabilities that add up to 1
 * @throws ViewInputError for other axes, or tokens of another number
 * @example logitLensTable(lens.logits, { tokens: ["The", " cat"] })
 */
export function logitLensTable(values: ArrayInput, options: LogitLensTableOptions = {}): Figure {
  const array = toArray(values, 3, options.labels, ["layer", "position", "vocabulary"], "logitLensTable");
  const [layers = 0, positions = 0, size = 0] = array.shape;
  if (options.tokens !== undefined && options.tokens.length !== positions)
    throw new ViewInputError(`logitLensTable: ${positions} positions and ${options.tokens.length} tokens.`);
  const columns = options.tokens?.map(visibleLabel) ?? array.labels[1] ?? [];
  const words = array.labels[2] ?? [];
  const most = Math.min(options.top ?? 5, size);
  const cells = Array.from({ length: layers * positions }, (_, cell) =>
    likeliest(array.values, cell * size, size, most).map(({ place, probability }) => ({
      word: words[place] ?? "",
      probability,
    })),
  );
  const scale = colourScale([0, 1], options.colours, options.domain ?? [0, 1]);
  const layerNames = array.labels[0] ?? [];
  const left = Math.min(120, widestLabel(layerNames) + 22);
  const widest = widestLabel(cells.map(([best]) => best?.word ?? ""));
  const natural = Math.max(36, Math.min(90, widest + 10));
  const room = (options.width ?? FIGURE_WIDTH) - left - 16;
  const fitting = columnLabels(columns, natural, 100);
  const slack = room - Math.max(0, fitting.overhang - 8);
  // Words with less room around them rather than a second line for a few.
  const isTight = positions * natural > slack && positions * Math.max(36, widest + 4) <= slack;
  const perLine = isTight ? positions : Math.max(1, Math.min(positions, Math.floor(slack / natural)));
  const lines = Math.ceil(positions / perLine);
  const isNatural = !isTight && (options.width === undefined || lines > 1);
  const widestCell = isNatural ? natural : room / positions;
  const { cellWidth, head } = fitColumns(columns, widestCell, perLine, room + 8, 100);
  const scene = new Scene(
    options.width ?? Math.max(360, left + cellWidth * perLine + 16 + Math.max(0, head.overhang - 8)),
    options.title ?? "What each layer would say",
    `rows: ${array.axes[0] ?? "layer"}, last at the top · columns: ${array.axes[1] ?? "position"}`,
  );
  const cellHeight =
    options.height === undefined
      ? 22
      : Math.max(12, ((options.height - scene.top - 40) / lines - head.height) / layers);
  const tall = head.height + layers * cellHeight + (lines > 1 ? 12 : 0);
  const top = (line: number): number => scene.top + line * tall + head.height;
  const rows = cells.map((best, cell) => {
    const layer = Math.floor(cell / positions);
    const [first] = best;
    const fill = scale.colour(first?.probability ?? 0);
    const tooltip = {
      [array.axes[0] ?? "layer"]: layerNames[layer] ?? "",
      [array.axes[1] ?? "position"]: columns[cell % positions] ?? "",
      ...Object.fromEntries(
        best.map(({ word, probability }, rank) => [
          `${rank + 1}.`,
          labelBeside(word, formatNumber(probability)),
        ]),
      ),
    };
    return {
      x: left + ((cell % positions) % perLine) * cellWidth,
      y: top(Math.floor((cell % positions) / perLine)) + (layers - 1 - layer) * cellHeight,
      width: cellWidth,
      height: cellHeight,
      fill,
      stroke: "#ffffff",
      word: first?.word ?? "",
      tooltip,
    };
  });
  scene.draw(
    "rect",
    rows.map(({ x, y: at, width: wide, height, fill, stroke }, index) => ({
      x,
      y: at,
      width: wide,
      height,
      fill,
      stroke,
      index,
    })),
    {
      name: "cell",
      ...(options.tooltip === false ? {} : { encode: { tooltip: { signal: "tips[datum.index]" } } }),
    },
  );
  if (options.tooltip !== false)
    scene.signal(
      "tips",
      rows.map(({ tooltip }) => tooltip),
    );
  scene.draw(
    "text",
    rows.map((row) => ({
      x: row.x + cellWidth / 2,
      y: row.y + cellHeight / 2,
      text: fitText(row.word, cellWidth - 4),
      align: "center",
      fill: inkOn(row.fill),
    })),
  );
  for (let line = 0; line < lines; line++) {
    const labels = head.labels.slice(line * perLine, (line + 1) * perLine);
    const place = { x: left, y: top(line), cellWidth, cellHeight };
    scene.draw(
      "rect",
      [
        {
          x: left,
          y: place.y,
          width: cellWidth * labels.length,
          height: cellHeight * layers,
          fill: "transparent",
          stroke: THEME.faint,
        },
      ],
      { interactive: false },
    );
    drawLabels(scene, place, layerNames.toReversed(), { ...head, labels }, left - 8);
  }
  const bottom = top(lines - 1) + layers * cellHeight + 12;
  const legend = { x: left, y: bottom, name: "probability" };
  scene.height = bottom + drawColourLegend(scene, scale, [], legend) + 10;
  const last = cells
    .slice((layers - 1) * positions)
    .map(
      ([best], position) =>
        `after ${columns[position] ?? ""}: ${best?.word ?? ""} ${formatNumber(best?.probability ?? 0)}`,
    );
  return sceneFigure(
    scene,
    options.description ??
      `Logit lens over ${count(layers, "layer")} and ${count(positions, "position")}; the last layer says ${list(last.slice(-3))}.`,
  );
}

/** The `most` likeliest of `size` numbers from `start` on: as they are when they are a distribution, else by their softmax. */
function likeliest(
  values: ArrayLike<number>,
  start: number,
  size: number,
  most: number,
): { readonly place: number; readonly probability: number }[] {
  let [sum, lowest, highest] = [0, Infinity, -Infinity];
  for (let at = start; at < start + size; at++) {
    const value = values[at] ?? NaN;
    sum += value;
    if (!(value >= lowest)) lowest = value;
    if (value > highest) highest = value;
  }
  const isDistribution = lowest >= 0 && Math.abs(sum - 1) < 1e-3;
  let total = 0;
  if (!isDistribution)
    for (let at = start; at < start + size; at++) total += Math.exp((values[at] ?? NaN) - highest);
  const here = Float64Array.from({ length: size }, (_, place) => values[start + place] ?? NaN);
  return largest(here, most).map((place) => {
    const value = here[place] ?? NaN;
    return { place, probability: isDistribution ? value : Math.exp(value - highest) / total };
  });
}
