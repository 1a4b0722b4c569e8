import { drawColourLegend } from "./colour-legend.ts";
import { colourScale, extent } from "./colours.ts";
import { count, largest } from "./describe.ts";
import { sceneFigure, type Figure } from "./figure.ts";
import { fitText, formatNumber } from "./label.ts";
import { pool, rasterUri } from "./matrix-block.ts";
import { rankOf, toArray, type ArrayInput } from "./matrix.ts";
import { FIGURE_WIDTH, type FigureOptions } from "./options.ts";
import { pack, packingSignal, readPacked } from "./packing.ts";
import { numberExpression, Scene, tooltipExpression } from "./scene.ts";
import { THEME } from "./theme.ts";
import { ViewInputError } from "./view-input-error.ts";

/** Pixels on a side for all heatmaps together. */
const MOST_PIXELS = 900;
/** Values that the pointer can read. */
const MOST_READ = 60_000;

/**
 * Many matrices as small heatmaps on one colour scale: [head, row, column] in lines of up to eight, or
 * [layer, head, row, column] with a line for each layer.
 *
 * @throws ViewInputError when there are not three or four axes
 * @example heatmapGrid([[[1, 0], [0, 1]], [[0, 1], [1, 0]]], { title: "Two matrices" })
 */
export function heatmapGrid(stack: ArrayInput, options: FigureOptions = {}): Figure {
  const rank = rankOf(stack);
  if (rank !== 3 && rank !== 4)
    throw new ViewInputError(
      `heatmapGrid takes three axes (which, row, column) or four (line, which, row, column), and got ${rank}.`,
    );
  const array = toArray(
    stack,
    rank,
    options.labels,
    rank === 3 ? ["head", "row", "column"] : ["layer", "head", "row", "column"],
    "heatmapGrid",
  );
  const [rows = 0, columns = 0] = array.shape.slice(-2);
  const panels = array.shape.slice(0, -2).reduce((product, size) => product * size, 1);
  const perLine = rank === 4 ? (array.shape[1] ?? 1) : Math.min(8, panels);
  const lines = Math.ceil(panels / perLine);
  const scale = colourScale(Array.from(array.values), options.colours, options.domain);
  const width = options.width ?? FIGURE_WIDTH;
  const left = rank === 4 ? 44 : 12;
  const gap = 6;
  const size = Math.min(150, (width - left - 12) / perLine - gap);
  const aspect = Math.min(2, Math.max(0.4, rows / columns));
  const tall =
    options.height === undefined ? size * aspect : (options.height - 100) / lines - (rank === 4 ? gap : 20);
  const scene = new Scene(
    Math.min(width, Math.max(320, left + perLine * (size + gap) + 12)),
    options.title ?? `${count(panels, "heatmap")} of ${rows} × ${columns}`,
    `rows: ${array.axes.at(-2) ?? "row"} · columns: ${array.axes.at(-1) ?? "column"} · one colour scale for all`,
  );
  const heading = rank === 4 ? 0 : 16;
  const top = scene.top + (rank === 4 ? 16 : 0);
  const step = tall + gap + heading;
  const white = scale.diverging ? (scale.domain[(scale.domain.length - 1) / 2] ?? 0) : (scale.domain[0] ?? 0);
  const most = Math.max(4, Math.floor(MOST_PIXELS / Math.max(perLine, lines)));
  const flat = Float64Array.from(array.values);
  const pooled = Array.from({ length: panels }, (_, panel) =>
    pool(
      { rows, columns, values: flat.subarray(panel * rows * columns, (panel + 1) * rows * columns) },
      most,
      white,
    ),
  );
  const readable = array.values.length <= MOST_READ;
  const [low, high] = extent(flat);
  if (readable && options.tooltip !== false) {
    packingSignal(scene);
    scene.signal("packed", pack(flat, low, high));
    scene.signal("rowNames", array.labels.at(-2) ?? []);
    scene.signal("columnNames", array.labels.at(-1) ?? []);
    scene.signal("at", null, {
      on: [
        {
          events: "@panel:mousemove",
          update: `{r: clamp(floor((y() - datum.top) / ${tall / rows}), 0, ${rows - 1}), c: clamp(floor((x() - datum.left) / ${size / columns}), 0, ${columns - 1})}`,
        },
        { events: "@panel:mouseout", update: "null" },
      ],
    });
  }
  const place = (panel: number): { x: number; y: number } => ({
    x: left + (panel % perLine) * (size + gap),
    y: top + heading + Math.floor(panel / perLine) * step,
  });
  const names = (panel: number): string =>
    rank === 4
      ? `${array.axes[0] ?? "layer"} ${array.labels[0]?.[Math.floor(panel / perLine)] ?? ""}, ${array.axes[1] ?? "head"} ${array.labels[1]?.[panel % perLine] ?? ""}`
      : `${array.axes[0] ?? ""} ${array.labels[0]?.[panel] ?? ""}`;
  scene.draw(
    "image",
    pooled.map((block, panel) => ({
      ...place(panel),
      width: size,
      height: tall,
      url: rasterUri(block.rows, block.columns, block.values, scale),
    })),
  );
  const cell = tooltipExpression([
    ["which", "datum.name"],
    [array.axes.at(-2) ?? "row", "rowNames[at.r]"],
    [array.axes.at(-1) ?? "column", "columnNames[at.c]"],
    [
      "value",
      numberExpression(
        readPacked("packed", `datum.panel * ${rows * columns} + at.r * ${columns} + at.c`, low, high),
        ".3~g",
      ),
    ],
  ])["signal"] as string;
  scene.draw(
    "rect",
    pooled.map((_, panel) => ({
      ...place(panel),
      width: size,
      height: tall,
      fill: "transparent",
      stroke: THEME.faint,
      panel,
      name: names(panel),
      left: place(panel).x,
      top: place(panel).y,
    })),
    {
      name: "panel",
      encode:
        options.tooltip === false
          ? {}
          : {
              tooltip: readable
                ? { signal: `at ? ${cell} : datum.name` }
                : tooltipExpression([["which", "datum.name"]]),
            },
    },
  );
  const small = { fontSize: THEME.size.small, fill: THEME.muted };
  if (rank === 4) {
    scene.draw(
      "text",
      (array.labels[1] ?? []).map((text, index) => ({
        ...small,
        x: place(index).x + size / 2,
        y: top - 8,
        text: fitText(text, size + gap),
        align: "center",
      })),
    );
    scene.draw(
      "text",
      (array.labels[0] ?? []).map((text, line) => ({
        ...small,
        x: left - 6,
        y: place(line * perLine).y + tall / 2,
        text: fitText(text, 36),
        align: "right",
      })),
    );
  } else
    scene.draw(
      "text",
      pooled.map((_, panel) => ({
        ...small,
        x: place(panel).x,
        y: place(panel).y - 7,
        text: fitText(array.labels[0]?.[panel] ?? String(panel), size),
      })),
    );
  const bottom = top + lines * step + 10;
  scene.height = bottom + drawColourLegend(scene, scale, array.values, { x: left, y: bottom }) + 10;
  const [best = 0] = largest(array.values, 1);
  return sceneFigure(
    scene,
    options.description ??
      `${count(panels, "heatmap")} of ${rows} by ${columns} on one scale from ${formatNumber(low)} to ${formatNumber(high)}; the largest value is in ${names(Math.floor(best / (rows * columns)))}.`,
  );
}
