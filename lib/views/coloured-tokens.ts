import { drawColourLegend } from "./colour-legend.ts";
import { colourScale } from "./colours.ts";
import { count, largest, list } from "./describe.ts";
import { sceneFigure, type Figure } from "./figure.ts";
import { fitText, formatNumber, textWidth, visibleLabel } from "./label.ts";
import { vegaScale } from "./matrix-block.ts";
import type { FigureOptions } from "./options.ts";
import { numberExpression, round, Scene, tooltipExpression } from "./scene.ts";
import { THEME } from "./theme.ts";
import { tokenBox, tokenPlaces, tokenText } from "./token-strip.ts";
import { ViewInputError } from "./view-input-error.ts";

/**
 * Running text with each token coloured by a value. With several values a token, their names stand above: point at one
 * to see it, click to keep it; the tooltip lists all.
 *
 * @param tokens one for each position
 * @param values a number for each token, or several series by name
 * @throws ViewInputError when a series has another length than the tokens
 * @example colouredTokens(["the", " cat"], { "neuron 3": [0.1, 2], "neuron 7": [-1, 0] })
 */
export function colouredTokens(
  tokens: readonly string[],
  values: ArrayLike<number> | Readonly<Record<string, ArrayLike<number>>>,
  options: FigureOptions = {},
): Figure {
  const isOne = Array.isArray(values) || ArrayBuffer.isView(values);
  const series = Object.entries(
    isOne ? { value: values as ArrayLike<number> } : (values as Readonly<Record<string, ArrayLike<number>>>),
  ).map(([name, numbers]) => ({ name: visibleLabel(name), numbers: Array.from(numbers) }));
  for (const { name, numbers } of series)
    if (numbers.length !== tokens.length)
      throw new ViewInputError(
        `colouredTokens: ${tokens.length} tokens and ${numbers.length} values of "${name}".`,
      );
  const labels = tokens.map(visibleLabel);
  const all = series.flatMap(({ numbers }) => numbers);
  const scale = colourScale(all, options.colours, options.domain);
  const scene = new Scene(
    options.width ?? 620,
    options.title ?? "Tokens by value",
    series.length > 1 ? "Point at a name to see its values; click to keep it." : undefined,
  );
  scene.scale(vegaScale("colour", scale));
  scene.signal(
    "values",
    series.map(({ numbers }) => numbers.map(round)),
  );
  scene.signal("over", -1, {
    on: [
      { events: "@tab:mouseover", update: "datum.series" },
      { events: "@tab:mouseout", update: "-1" },
    ],
  });
  scene.signal("kept", 0, { on: [{ events: "@tab:click", update: "datum.series" }] });
  scene.signal("shown", undefined, { update: "over >= 0 ? over : kept" });
  let y = scene.top;
  if (series.length > 1) {
    let x = 12;
    const tabs = series.map(({ name }, index) => {
      const width = Math.min(200, textWidth(name) + 16);
      if (x > 12 && x + width > scene.width - 12) {
        x = 12;
        y += 26;
      }
      const tab = {
        x,
        y,
        width,
        height: 21,
        cornerRadius: 4,
        series: index,
        text: fitText(name, 186),
        cursor: "pointer",
      };
      x += width + 6;
      return tab;
    });
    scene.draw(
      "rect",
      tabs.map(({ x, y: at, width, height: tall, cornerRadius, series: index, cursor }) => ({
        x,
        y: at,
        width,
        height: tall,
        cornerRadius,
        series: index,
        cursor,
      })),
      {
        name: "tab",
        encode: {
          fill: { signal: `datum.series === shown ? '${THEME.ink}' : '${THEME.panel}'` },
          stroke: { signal: `datum.series === kept ? '${THEME.accent}' : 'transparent'` },
          strokeWidth: { value: 2 },
        },
      },
    );
    scene.draw(
      "text",
      tabs.map((tab) => ({
        x: tab.x + tab.width / 2,
        y: tab.y + 11,
        text: tab.text,
        align: "center",
        series: tab.series,
      })),
      { encode: { fill: { signal: `datum.series === shown ? '#ffffff' : '${THEME.ink}'` } } },
    );
    y += 32;
  }
  const { places, height } = tokenPlaces(labels, 12, scene.width - 12, y);
  const value = "values[shown][datum.i]";
  const fill = `isNumber(${value}) ? scale('colour', ${value}) : '${THEME.missing}'`;
  scene.draw(
    "rect",
    places.map((place, i) => ({
      ...tokenBox(place),
      i,
      label: place.text,
      stroke: THEME.faint,
      strokeWidth: 0.5,
    })),
    {
      name: "token",
      encode: {
        fill: { signal: fill },
        ...(options.tooltip === false
          ? {}
          : {
              tooltip: tooltipExpression([
                ["token", "datum.label"],
                ["position", "datum.i"],
                ...series.map(
                  ({ name }, index) => [name, numberExpression(`values[${index}][datum.i]`)] as const,
                ),
              ]),
            }),
      },
    },
  );
  scene.draw(
    "text",
    places.map((place, i) => ({
      ...tokenText(place),
      i,
    })),
    { encode: { fill: { signal: `luminance(${fill}) < 0.179 ? '#ffffff' : '#000000'` } } },
  );
  const bottom = y + height + 10;
  scene.height = options.height ?? bottom + drawColourLegend(scene, scale, all, { x: 12, y: bottom }) + 10;
  const first = series[0]?.numbers ?? [];
  const most = largest(first, 3).map((index) => `${labels[index] ?? ""} ${formatNumber(first[index] ?? 0)}`);
  return sceneFigure(
    scene,
    options.description ??
      `${count(tokens.length, "token")} coloured by ${list(series.map(({ name }) => name))}; largest of ${series[0]?.name ?? "value"}: ${list(most)}.`,
  );
}
