import { drawColourLegend } from "./colour-legend.ts";
import { colourScale, inkOn } from "./colours.ts";
import { count, largest, list } from "./describe.ts";
import { sceneFigure, type Figure } from "./figure.ts";
import { fitText, formatNumber, labelBeside, textWidth, visibleLabel } from "./label.ts";
import { toMatrix, type MatrixInput } from "./matrix.ts";
import type { FigureOptions } from "./options.ts";
import { Scene, tooltipExpression } from "./scene.ts";
import { THEME } from "./theme.ts";
import { tokenBox, tokenPlaces, tokenText } from "./token-strip.ts";
import { ViewInputError } from "./view-input-error.ts";

/** Options of {@link tokenLogProbabilities}. */
export interface TokenLogProbabilitiesOptions extends FigureOptions {
  /** How many of the likeliest tokens to list for the chosen one; 8 unless told. */
  readonly top?: number;
}

/**
 * How well each token was foreseen: the text coloured by log-probability (white: certain, dark: a surprise), and for
 * the chosen token its rank and what was thought likelier. Point at a token; a click keeps it.
 *
 * @param tokens the text
 * @param logProbabilities [position, vocabulary], natural logarithms; row i is about token i + 1
 * @throws ViewInputError when there are too few rows, or a token is not in the vocabulary's labels
 * @example tokenLogProbabilities(["a", "b"], [[-1.6, -0.22]], { labels: { column: ["a", "b"] } })
 */
export function tokenLogProbabilities(
  tokens: readonly string[],
  logProbabilities: MatrixInput,
  options: TokenLogProbabilitiesOptions = {},
): Figure {
  const matrix = toMatrix(logProbabilities, options.labels, "tokenLogProbabilities");
  const size = matrix.columns.length;
  if (matrix.rows.length < tokens.length - 1)
    throw new ViewInputError(
      `tokenLogProbabilities: ${tokens.length} tokens need ${tokens.length - 1} rows, one for each but the first, and there are ${matrix.rows.length}.`,
    );
  const labels = tokens.map(visibleLabel);
  const indices = new Map(matrix.columns.map((label, index) => [label, index]));
  const top = Math.min(options.top ?? 8, size);
  const facts = labels.slice(1).map((label, position) => {
    const index = indices.get(label);
    if (index === undefined)
      throw new ViewInputError(
        `tokenLogProbabilities: token ${position + 1}, "${label}", is not among the vocabulary's labels.`,
      );
    const row = Array.from({ length: size }, (_, column) => matrix.values[position * size + column] ?? NaN);
    const value = row[index] ?? NaN;
    return {
      value,
      rank: row.filter((other) => other > value).length + 1,
      best: largest(row, top).map((column) => ({
        token: matrix.columns[column] ?? "",
        value: row[column] ?? NaN,
      })),
    };
  });
  const scale = colourScale(
    [0],
    options.colours ?? ["#3f007d", "#6a51a3", "#9e9ac8", "#dadaeb", "#ffffff"],
    options.domain ?? [
      Math.min(-1, Math.floor(Math.min(...facts.map(({ value }) => (Number.isFinite(value) ? value : -12))))),
      0,
    ],
  );
  const scene = new Scene(
    options.width ?? 620,
    options.title ?? "How well each token was foreseen",
    "Point at a token for its rank and what was thought likelier; click to keep it.",
  );
  const { places, height } = tokenPlaces(labels, 12, scene.width - 12, scene.top);
  const worst =
    facts.reduce((least, fact, index) => (fact.value < (facts[least]?.value ?? 0) ? index : least), 0) + 1;
  scene.signal("over", null, {
    on: [
      { events: "@token:mouseover", update: "datum.i" },
      { events: "@token:mouseout", update: "null" },
    ],
  });
  scene.signal("kept", worst, { on: [{ events: "@token:click", update: "datum.i" }] });
  scene.signal("chosen", undefined, { update: "max(1, over === null ? kept : over)" });
  scene.draw(
    "rect",
    places.map((place, i) => {
      const fact = facts[i - 1];
      return {
        ...tokenBox(place),
        i,
        label: place.text,
        fill: fact === undefined ? THEME.panel : scale.colour(fact.value),
        cursor: "pointer",
        value: fact === undefined ? "none: nothing comes before it" : formatNumber(fact.value, 4),
        probability: fact === undefined ? "" : formatNumber(Math.exp(fact.value)),
        rank: fact === undefined ? "" : `${fact.rank} of ${size}`,
      };
    }),
    {
      name: "token",
      encode: {
        stroke: { signal: `datum.i === chosen ? '${THEME.accent}' : '${THEME.faint}'` },
        strokeWidth: { signal: "datum.i === chosen ? 2 : 0.5" },
        ...(options.tooltip === false
          ? {}
          : {
              tooltip: tooltipExpression([
                ["token", "datum.label"],
                ["log-probability", "datum.value"],
                ["probability", "datum.probability"],
                ["rank", "datum.rank"],
              ]),
            }),
      },
    },
  );
  scene.draw(
    "text",
    places.map((place, i) => ({
      ...tokenText(place),
      fill: inkOn(facts[i - 1] === undefined ? THEME.panel : scale.colour(facts[i - 1]?.value ?? 0)),
    })),
  );
  let y = scene.top + height + 8;
  y +=
    drawColourLegend(
      scene,
      scale,
      facts.map(({ value }) => value),
      { x: 12, y, name: "log-probability" },
    ) + 16;
  const line = 19;
  scene.signal(
    "facts",
    facts.map(({ value, rank }, position) => {
      const rest = `rank ${rank} of ${size}, probability ${formatNumber(Math.exp(value))}`;
      const room = (scene.width - 24 - textWidth(` → :  ${rest}`, THEME.size.label, true)) / 2;
      const [before, after] = [labels[position] ?? "", labels[position + 1] ?? ""].map((label) =>
        fitText(label, Math.max(40, room), THEME.size.label, true),
      );
      return labelBeside(labelBeside(before ?? "", `→ ${after ?? ""}:`, " "), rest);
    }),
  );
  scene.draw("text", [{ x: 12, y, fontWeight: "bold" }], {
    encode: { text: { signal: "facts[chosen - 1]" } },
  });
  const rows = facts.flatMap(({ best }, position) =>
    best.map(({ token, value }, place) => ({
      i: position + 1,
      y: y + 20 + place * line,
      token: fitText(token, 150),
      p: Math.exp(value),
      isTrue: token === labels[position + 1],
    })),
  );
  const filtered = [{ type: "filter", expr: "datum.i === chosen" }];
  scene.draw(
    "text",
    rows.map(({ i, y: at, token, isTrue }) => ({ i, x: 170, y: at, text: token, align: "right", isTrue })),
    { transform: filtered, encode: { fontWeight: { signal: "datum.isTrue ? 'bold' : 'normal'" } } },
  );
  const room = scene.width - 260;
  scene.draw(
    "rect",
    rows.map(({ i, y: at, p, isTrue }) => ({
      i,
      x: 178,
      y: at - 6,
      height: 12,
      width: Math.max(1, p * room),
      fill: isTrue ? THEME.accent : "#6a51a3",
    })),
    { transform: filtered },
  );
  scene.draw(
    "text",
    rows.map(({ i, y: at, p }) => ({
      i,
      x: 184 + Math.max(1, p * room),
      y: at,
      text: formatNumber(p),
      fill: THEME.muted,
      fontSize: THEME.size.small,
    })),
    { transform: filtered },
  );
  scene.height = options.height ?? y + 20 + top * line + 4;
  const mean = facts.reduce((sum, { value }) => sum + value, 0) / Math.max(1, facts.length);
  const surprises = facts
    .map(({ value }, index) => ({ value, index }))
    .toSorted((left, right) => left.value - right.value)
    .slice(0, 3)
    .map(({ value, index }) => `${labels[index + 1] ?? ""} ${formatNumber(value)}`);
  return sceneFigure(
    scene,
    options.description ??
      `Log-probabilities of ${count(tokens.length, "token")}: mean ${formatNumber(mean)}; least foreseen: ${list(surprises)}.`,
  );
}
