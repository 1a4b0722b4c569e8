import { tensor } from "../tensor/index.ts";
import {
  bars,
  directionScatter,
  headMap,
  parallelogram,
  vectorProjection,
  type Figure,
  type FigureOptions,
  type HeadDetail,
} from "../views/index.ts";
import { DirectionError } from "./errors.ts";
import { differenceProducts, heldOutProjection, indexPairs, innerProducts } from "./inner-products.ts";
import { commonDirection, relationMeasures, type RelationMeasures } from "./measures.ts";
import { placeName, type ModelPlace } from "./place.ts";
import type { Relation } from "./relation.ts";
import type { RankedRow, Sweep } from "./sweep.ts";
import { readWords, type ReadingOptions, type WordReading } from "./vectors.ts";
import { KIND_NAMES } from "./verdict.ts";
import type { Subject } from "./words-in-text.ts";

/** One head, as what is looked at. */
export type HeadPlace = Extract<ModelPlace, { readonly head: number }>;

/**
 * The words of a relation (or other words) on its common direction at a place: a labelled scale. Each word lies on the direction of the pairs
 * without it. Colours: first words, second words, others.
 * @param others further words to place, such as a scale's
 * @example wordScale(model, size, { part: "OV", layer: 1, head: 3 })
 */
export function wordScale(
  subject: Subject,
  relation: Relation,
  place: ModelPlace,
  { others = [], ...options }: ReadingOptions & FigureOptions & { readonly others?: readonly string[] } = {},
): Figure {
  const found = placedWords(subject, relation, place, others, options);
  if (found.length === 0)
    throw new DirectionError(`relation "${relation.name}": no word can be placed at ${placeName(place)}`);
  return vectorProjection(
    found.map(({ coordinate }) => [coordinate]),
    {
      dimensions: 1,
      onto: [[1]],
      labels: { row: found.map(({ word }) => word) },
      groups: found.map(({ group }) => group),
      names: [`along “${relation.name}”, each word on the direction of the pairs without it`],
      title: `“${relation.name}” at ${placeName(place)}`,
      ...options,
    },
  );
}

/** Words on the direction of the pairs without them, each with its group. */
function placedWords(
  subject: Subject,
  relation: Relation,
  place: ModelPlace,
  others: readonly string[],
  options: ReadingOptions,
) {
  return wordsAlong(
    readWords(subject, [...relation.pairs.flat(), ...others], options),
    relation,
    place,
    others,
  );
}

/** The words of a relation (and others) on its direction at a place, each on the direction of the pairs without it. */
export function wordsAlong(
  reading: WordReading,
  relation: Relation,
  place: ModelPlace,
  others: readonly string[] = [],
) {
  const products = innerProducts(reading.at(place));
  const pairs = indexPairs(reading.words, relation);
  const differences = differenceProducts(products, pairs);
  const sides = [new Set(pairs.map(([from]) => from)), new Set(pairs.map(([, to]) => to))];
  return reading.words.flatMap((word, row) => {
    const coordinate = heldOutProjection(products, pairs, differences, [row])(row);
    const side = sides.findIndex((each) => each.has(row));
    const isAsked = side >= 0 || others.includes(word);
    return Number.isNaN(coordinate) || !isAsked
      ? []
      : [{ word, coordinate, group: ["first words", "second words"][side] ?? "other words" }];
  });
}

/**
 * Pairs of a relation before and after a head's OV map: does it turn them into parallelograms? A ring stands where the other pairs' mean
 * difference would lead.
 * @param pairs how many, the first of the relation's; 4 unless given
 */
export function relationParallelogram(
  subject: Subject,
  relation: Relation,
  { layer, head }: { readonly layer: number; readonly head: number },
  { pairs = 4, ...options }: ReadingOptions & { readonly pairs?: number; readonly width?: number } = {},
): Figure {
  const reading = readWords(subject, relation.pairs.flat(), options);
  const [before, after] = [
    reading.at({ part: "attention input", layer }),
    reading.at({ part: "OV", layer, head }),
  ];
  const shown = relation.pairs
    .filter((pair) => pair.every((word) => reading.words.includes(word)))
    .slice(0, Math.max(2, pairs));
  const rows = shown.flat().map((word) => reading.words.indexOf(word));
  const some = (vectors: typeof before) => {
    const width = vectors.shape[1] ?? 0;
    return rows.map((row) => Array.from(vectors.data.slice(row * width, (row + 1) * width)));
  };
  const cosine = (vectors: typeof before) => relationMeasures(vectors, relation).meanCosine.toFixed(2);
  return parallelogram(some(before), {
    after: some(after),
    labels: { row: shown.flat() },
    pairs: shown,
    names: [
      `what layer ${layer} reads: mean cosine ${cosine(before)}`,
      `after the OV of ${layer}.${head}: ${cosine(after)}`,
    ],
    title: `“${relation.name}” before and after head ${layer}.${head}`,
    ...(options.width === undefined ? {} : { width: options.width }),
  });
}

/** The words of two relations in the plane of their directions: are the two one? The axes are not at right angles unless the directions are. */
export function relationPlane(
  subject: Subject,
  relations: readonly [Relation, Relation],
  place: ModelPlace,
  options: ReadingOptions & FigureOptions = {},
): Figure {
  const [first, second] = relations;
  const words = relations.flatMap(({ pairs }) => pairs.flat());
  const vectors = readWords(subject, words, options).at(place);
  const directions = relations.map((each) => commonDirection(vectors, each));
  const [along, across] = directions;
  if (!along || !across) throw new DirectionError("a plane needs two relations");
  const axis = along.axes[0];
  const cosine = along.dot(across, axis as never) as unknown as { value(): number };
  return directionScatter(vectors, [along.data, across.data] as never, {
    names: [first.name, second.name],
    title: `“${first.name}” and “${second.name}” at ${placeName(place)}, cosine ${cosine.value().toFixed(2)}`,
    ...options,
  });
}

/** What a map of heads shows of a row. */
export type MapQuantity = "excess" | "pairedExcess" | keyof RelationMeasures;
const QUANTITY_NAMES: Readonly<Record<MapQuantity, string>> = {
  excess: "deviations over shuffled words",
  pairedExcess: "deviations over shuffled partners",
  meanCosine: "mean cosine of differences",
  firstShare: "share of the first direction",
  heldOutAccuracy: "held-out pairs right",
  heldOutAUC: "held-out AUC",
  analogyAccuracy: "analogies right (3CosAdd)",
};

/**
 * Layers × heads of one relation out of a sweep: each head's largest value over the parts that were looked at (or over one of them). Rings are
 * heads where something was found.
 * @param subject if given, choosing one of the strongest heads shows the words on its direction
 * @throws DirectionError when the sweep has no head of that relation
 * @example sweepMap(found, "capital", { quantity: "analogyAccuracy" })
 */
export function sweepMap(
  { rows }: Pick<Sweep, "rows">,
  relation: string,
  {
    quantity = "excess",
    part,
    ...options
  }: { readonly quantity?: MapQuantity; readonly part?: HeadPlace["part"] } & FigureOptions = {},
  details: (place: HeadPlace) => Figure | undefined = () => undefined,
): Figure {
  const valueOf = (row: RankedRow) =>
    quantity === "excess" || quantity === "pairedExcess"
      ? row[quantity]
      : (row.measures[quantity] ?? Number.NaN);
  const mine = rows.filter(
    (row) =>
      row.relation === relation && (part === undefined || ("head" in row.place && row.place.part === part)),
  );
  const best = new Map(
    largestOfHeads(mine, valueOf).map((row) => [`${row.place.layer}.${row.place.head}`, row] as const),
  );
  const [layers, heads] = [...best.values()].reduce(
    ([most, widest], { place }) => [Math.max(most, place.layer + 1), Math.max(widest, place.head + 1)],
    [0, 0],
  );
  if (best.size === 0)
    throw new DirectionError(
      `the sweep has no head of the relation "${relation}"${part ? ` at ${part}` : ""}`,
    );
  const table = (of: (row: RankedRow) => number) =>
    tensor(
      ["layer", "head"],
      Float64Array.from({ length: layers * heads }, (_, cell) => {
        const row = best.get(`${Math.floor(cell / heads)}.${cell % heads}`);
        return row ? of(row) : Number.NaN;
      }),
      { shape: [layers, heads] },
    );
  const found = [...best.values()].filter(({ kind }) => kind !== "nothing");
  return headMap(table(valueOf), {
    valueName: quantity.endsWith("xcess") ? "deviations" : "value",
    title: `“${relation}”${part ? `, ${part}` : ""}: ${QUANTITY_NAMES[quantity]}`,
    beside: {
      "mean cosine": table((row) => row.measures.meanCosine ?? Number.NaN),
      "words shuffled": table((row) => row.tests.words.nullMean),
      "partners shuffled": table((row) => row.tests.partners.nullMean),
      q: table((row) => row.qValue),
      "paired q": table((row) => row.pairedQValue),
    },
    marked: found.map(({ place }) => [place.layer, place.head] as const),
    markName: "found",
    details: [...best.values()].slice(0, MOST_DETAILS).flatMap(({ place }): HeadDetail[] => {
      const figure = details(place);
      return figure ? [{ head: [place.layer, place.head], figure }] : [];
    }),
    ...options,
  });
}

/** A row about a head. */
export type HeadRow = RankedRow & { readonly place: HeadPlace };

/** Of each head the row with the largest value, over the parts that were looked at: what {@link sweepMap} shows; the largest first. */
export function largestOfHeads(
  rows: readonly RankedRow[],
  valueOf: (row: RankedRow) => number,
): readonly HeadRow[] {
  const best = new Map<string, HeadRow>();
  for (const row of rows) {
    const { place } = row;
    if (!("head" in place)) continue;
    const key = `${place.layer}.${place.head}`;
    const known = best.get(key);
    if (!known || valueOf(row) > valueOf(known)) best.set(key, { ...row, place });
  }
  return [...best.values()].sort((left, right) => valueOf(right) - valueOf(left));
}

/** How many heads can be chosen: each is a picture inside the picture. */
const MOST_DETAILS = 12;

/**
 * {@link sweepMap}, and for the strongest heads the words on their direction: choose a head to see its projection.
 * @example headProjections(model, found, size)
 */
export function headProjections(
  subject: Subject,
  found: Pick<Sweep, "rows">,
  relation: Relation,
  options: ReadingOptions & { readonly quantity?: MapQuantity; readonly part?: HeadPlace["part"] } = {},
): Figure {
  const reading = readWords(subject, relation.pairs.flat(), options);
  return sweepMap(found, relation.name, options, (place) => projection(reading, relation, place));
}

/** The words of a relation on its direction at a place, each on the direction of the pairs without it, as bars. */
function projection(reading: WordReading, relation: Relation, place: ModelPlace): Figure {
  return bars(
    Object.fromEntries(
      wordsAlong(reading, relation, place).map(({ word, coordinate }) => [word, coordinate]),
    ),
    { title: `Words on “${relation.name}” at ${placeName(place)}`, valueName: "coordinate", width: 380 },
  );
}

/** A row in the words of tables. */
export function rowInWords(row: RankedRow): Readonly<Record<string, string>> {
  const number = (value: number | undefined) =>
    value === undefined || Number.isNaN(value) ? "–" : value.toFixed(2);
  return {
    relation: row.relation,
    place: `${row.placeName}${row.isBasisDependent ? " (own coordinates)" : ""}`,
    pairs: String(row.pairs),
    "mean cosine": number(row.measures.meanCosine),
    "words shuffled": number(row.tests.words.nullMean),
    "partners shuffled": number(row.tests.partners.nullMean),
    "held-out AUC": number(row.measures.heldOutAUC),
    analogies: number(row.measures.analogyAccuracy),
    q: row.qValue.toPrecision(2),
    "paired q": row.pairedQValue.toPrecision(2),
    found: KIND_NAMES[row.kind],
  };
}
