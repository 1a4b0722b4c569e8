import { shown } from "../circuits/shown.ts";
import { head as headOf } from "../circuits/index.ts";
import type { Displayable } from "../display/index.ts";
import type { Transformer } from "../models/transformer/index.ts";
import { randomNumbers, type Tensor } from "../tensor/index.ts";
import { bars, smallMultiples, table, type Figure } from "../views/index.ts";
import {
  differenceProducts,
  heldOutProjection,
  indexPairs,
  innerProducts,
  type IndexPair,
  type InnerProducts,
} from "./inner-products.ts";
import { commonDirection, MEASURES, measuresOf, type RelationMeasures } from "./measures.ts";
import { alongRandomDirection, throughRandomMap, untrainedTwin } from "./nulls.ts";
import { exchangedOrder, shuffledPartners, shuffledWords } from "./exchanges.ts";
import { isBasisDependent, isSubspace, placeName, type ModelPlace } from "./place.ts";
import type { Relation } from "./relation.ts";
import { areaUnderCurve, bootstrapInterval, nullComparison, type NullComparison } from "./statistics.ts";
import { readWords, type ReadingOptions, type SkippedWord } from "./vectors.ts";
import { decision, KIND_NAMES, kindOf, type RelationKind } from "./verdict.ts";
import { modelOf, type Subject } from "./words-in-text.ts";

/** How an experiment is made. */
export interface ExperimentOptions extends ReadingOptions {
  /** The same seed gives the same result. */
  readonly seed: number | string;
  /** Shuffles, and random directions; 999 unless given. The smallest p-value is 1 / (1 + draws). */
  readonly draws?: number;
  /** Untrained models of the same shape; 3 unless given. */
  readonly untrained?: number;
  /** Random maps in place of the head's; 99 unless given. */
  readonly randomMaps?: number;
  /** A p-value up to this is distinguishable from chance; .05 unless given. */
  readonly level?: number;
}

/** What an effect is compared with. */
export type NullName =
  | "shuffled words"
  | "shuffled partners"
  | "exchanged order"
  | "random direction"
  | "random map"
  | "untrained model";

/** A relation at one place, its effects beside what chance gives. Made by {@link relationAt}. */
export interface RelationFinding {
  readonly relation: Relation;
  readonly place: ModelPlace;
  /** How many pairs the model has both words of. */
  readonly pairs: number;
  readonly skipped: readonly SkippedWord[];
  /** Cosines here depend on an arbitrary basis of the head: not a fact about the model. */
  readonly isBasisDependent: boolean;
  readonly measures: RelationMeasures;
  /** 95% bootstrap intervals over pairs, of what is a mean over pairs. */
  readonly intervals: Readonly<
    Record<"meanCosine" | "heldOutAccuracy" | "heldOutAUC", readonly [low: number, high: number]>
  >;
  /** By null, each measure that it speaks about; nulls that don't apply at this place are absent. */
  readonly nulls: Readonly<
    Partial<Record<NullName, Readonly<Partial<Record<keyof RelationMeasures, NullComparison>>>>>
  >;
  /** That there is no direction from first to second words: mean cosine against shuffled words, and exchanged orders. */
  readonly pValue: number;
  /** That there is none, or that partners are arbitrary: the larger of `pValue` and that of shuffled partners. */
  readonly pairedPValue: number;
  /** Which of the two was found, at the level asked for. */
  readonly kind: RelationKind;
  readonly isDistinguishable: boolean;
  /** In a sentence. */
  readonly verdict: string;
  /** From first words to second words; `undefined` where the differences cancel. */
  readonly direction: Tensor<[string]> | undefined;
  /** Each word's coordinate on the direction of the pairs without it. */
  readonly coordinates: Readonly<Record<string, number>>;
}

/**
 * Is `relation` a direction at `place`? All measures, each beside its null: the words exchanged at random (shuffled twin), the partners
 * exchanged (keeps what all first words share against all second), first and second words exchanged within pairs, random directions, untrained
 * models of the same shape, and, where a head's map makes the vectors, random maps of the same singular values.
 *
 * The tests that decide were chosen beforehand: mean cosine against the first three, as {@link decision} puts them together. The others describe.
 * @throws RelationError when the model knows too few pairs; DirectionError for a place that it lacks
 * @example await relationAt(model, capitals, { part: "OV", layer: 1, head: 3 }, { seed: 1 })
 */
export async function relationAt(
  subject: Subject,
  relation: Relation,
  place: ModelPlace,
  options: ExperimentOptions,
): Promise<RelationFinding & Displayable> {
  const { seed, draws = 999, untrained = 3, randomMaps = 99, level = 0.05 } = options;
  const reading = readWords(subject, relation.pairs.flat(), options);
  const vectors = reading.at(place);
  const pairs = indexPairs(reading.words, relation);
  const products = innerProducts(vectors);
  const measures = measuresOf(products, pairs);

  const random = (what: string) => randomNumbers(`${seed} ${what}`);
  const repeated = <T>(count: number, draw: (index: number) => T) =>
    Array.from({ length: count }, (_, index) => draw(index));
  const [words, partners, order] = [random("words"), random("partners"), random("order")];
  const nulls: Partial<Record<NullName, Partial<Record<keyof RelationMeasures, NullComparison>>>> = {
    "shuffled words": compared(
      measures,
      repeated(draws, () => measuresOf(products, shuffledWords(pairs, words))),
    ),
    "shuffled partners": compared(
      measures,
      repeated(draws, () => measuresOf(products, shuffledPartners(pairs, partners))),
    ),
    "exchanged order": compared(
      measures,
      repeated(draws, () => measuresOf(products, exchangedOrder(pairs, order))),
    ),
    "random direction": compared(
      measures,
      repeated(draws, (index) => alongRandomDirection(vectors, pairs, `${seed} direction ${index}`)),
    ),
  };
  const mapped = headMap(modelOf(subject), place);
  if (mapped && randomMaps > 0) {
    const inputs = reading.at({ part: "attention input", layer: mapped.layer });
    nulls["random map"] = compared(
      measures,
      repeated(randomMaps, (index) =>
        throughRandomMap(inputs, mapped.singularValues, pairs, `${seed} map ${index}`),
      ),
    );
  }
  if (untrained > 0) {
    const found: RelationMeasures[] = [];
    for (let index = 0; index < untrained; index++) {
      const twin = await untrainedTwin(subject, { seed: `${seed} untrained ${index}` });
      found.push(measuresOf(innerProducts(readWords(twin, reading.words, options).at(place)), pairs));
      modelOf(twin).release();
    }
    nulls["untrained model"] = compared(measures, found);
  }

  const of = (name: NullName) => nulls[name]?.meanCosine;
  const { pValue, pairedPValue } = decision(
    {
      words: of("shuffled words")?.pValue ?? 1,
      order: of("exchanged order")?.pValue ?? 1,
      partners: of("shuffled partners")?.pValue ?? 1,
    },
    pairs.length,
    level,
  );
  const kind = kindOf(pValue, pairedPValue, level);
  const [chance, unpaired] = [of("shuffled words")?.nullMean, of("shuffled partners")?.nullMean];
  const comparison = `mean cosine of differences ${shortened(measures.meanCosine)}; ${shortened(chance)} for shuffled words, p = ${pValue.toPrecision(2)}; ${shortened(unpaired)} for shuffled partners, p = ${pairedPValue.toPrecision(2)}; ${pairs.length} pairs`;
  const finding: RelationFinding = {
    relation,
    place,
    pairs: pairs.length,
    skipped: reading.skipped,
    isBasisDependent: isBasisDependent(place),
    measures,
    intervals: intervals(products, pairs, random("bootstrap")),
    nulls,
    pValue,
    pairedPValue,
    kind,
    isDistinguishable: kind !== "nothing",
    verdict: `${relation.name} at ${placeName(place)}: ${KIND_NAMES[kind]} (${comparison})`,
    direction: directionOrNone(vectors, relation),
    coordinates: coordinates(products, pairs, reading.words),
  };
  return shown(finding, () => findingFigure(finding));
}

function compared(
  observed: RelationMeasures,
  nulls: readonly Partial<RelationMeasures>[],
): Partial<Record<keyof RelationMeasures, NullComparison>> {
  return Object.fromEntries(
    MEASURES.flatMap((name) => {
      const values = nulls.flatMap((each) => {
        const value = each[name];
        return value === undefined || Number.isNaN(value) ? [] : [value];
      });
      return values.length === 0 || Number.isNaN(observed[name])
        ? []
        : [[name, nullComparison(observed[name], values)]];
    }),
  );
}

/** The singular values of the map from a head's input to `place`, where that is all that makes the vectors there. */
function headMap(
  model: Transformer,
  place: ModelPlace,
): { readonly layer: number; readonly singularValues: readonly number[] } | undefined {
  if (isSubspace(place))
    return place.part === "OV out"
      ? undefined
      : { layer: place.layer, singularValues: new Array<number>(place.directions).fill(1) };
  if (place.part !== "query" && place.part !== "key" && place.part !== "OV") return undefined;
  const { QK, OV } = headOf(model, place.layer, place.head);
  return { layer: place.layer, singularValues: [...(place.part === "OV" ? OV : QK).svd().S.data] };
}

function intervals(
  products: InnerProducts,
  pairs: readonly IndexPair[],
  random: () => number,
): RelationFinding["intervals"] {
  const count = pairs.length;
  const differences = differenceProducts(products, pairs);
  const scores = pairs.map((pair) => {
    const along = heldOutProjection(products, pairs, differences, pair);
    return { from: along(pair[0]), to: along(pair[1]) };
  });
  const cosine = (i: number, j: number) => {
    const lengths = Math.sqrt((differences[i * count + i] ?? 0) * (differences[j * count + j] ?? 0));
    return lengths > 0 ? (differences[i * count + j] ?? 0) / lengths : 0;
  };
  const rows = pairs.map((_, row) => row);
  // a pair drawn twice says nothing about itself
  const meanOfOthers = (sample: readonly number[]) => {
    let [sum, number] = [0, 0];
    for (const i of sample)
      for (const j of sample)
        if (i !== j) {
          sum += cosine(i, j);
          number++;
        }
    return number === 0 ? Number.NaN : sum / number;
  };
  const accuracy = (sample: readonly { readonly from: number; readonly to: number }[]) =>
    sample.reduce((sum, { from, to }) => sum + (to > from ? 1 : to === from ? 0.5 : 0), 0) / sample.length;
  const judged = scores.filter(({ from }) => !Number.isNaN(from));
  return {
    meanCosine: bootstrapInterval(rows, meanOfOthers, random),
    heldOutAccuracy: bootstrapInterval(judged, accuracy, random),
    heldOutAUC: bootstrapInterval(
      judged,
      (sample) =>
        areaUnderCurve(
          sample.map(({ to }) => to),
          sample.map(({ from }) => from),
        ),
      random,
    ),
  };
}

function directionOrNone(
  vectors: Tensor<readonly ["word", string]>,
  relation: Relation,
): Tensor<[string]> | undefined {
  try {
    return commonDirection(vectors, relation);
  } catch {
    // the differences cancel; too few pairs was checked before
    return undefined;
  }
}

function coordinates(
  products: InnerProducts,
  pairs: readonly IndexPair[],
  words: readonly string[],
): Record<string, number> {
  const differences = differenceProducts(products, pairs);
  return Object.fromEntries(
    [...new Set([...pairs.map(([from]) => from), ...pairs.map(([, to]) => to)])].flatMap((row) => {
      const found = heldOutProjection(products, pairs, differences, [row])(row);
      return Number.isNaN(found) ? [] : [[words[row] ?? "", found] as const];
    }),
  );
}

const MEASURE_NAMES: Readonly<Record<keyof RelationMeasures, string>> = {
  meanCosine: "mean cosine",
  firstShare: "share of first direction",
  heldOutAccuracy: "held-out pairs",
  heldOutAUC: "held-out AUC",
  analogyAccuracy: "analogies (3CosAdd)",
};

function shortened(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? "–" : value.toFixed(2);
}

/**
 * A finding as a table and the words on its direction.
 * @param kind what was found, in the title: a sweep's, which is corrected for all its places, in place of the finding's own
 */
export function findingFigure(finding: RelationFinding, kind: RelationKind = finding.kind): Figure {
  const names = Object.keys(finding.nulls) as NullName[];
  const rows = MEASURES.map((name) => {
    const interval = (finding.intervals as Partial<Record<string, readonly [number, number]>>)[name];
    return {
      measure: MEASURE_NAMES[name],
      effect: shortened(finding.measures[name]),
      "95%": interval ? `${shortened(interval[0])} to ${shortened(interval[1])}` : "–",
      ...Object.fromEntries(names.map((null_) => [null_, shortened(finding.nulls[null_]?.[name]?.nullMean)])),
      "p (words)": finding.nulls["shuffled words"]?.[name]?.pValue.toPrecision(2) ?? "–",
      "p (partners)": finding.nulls["shuffled partners"]?.[name]?.pValue.toPrecision(2) ?? "–",
    };
  });
  const own =
    kind === finding.kind
      ? finding.verdict
      : finding.verdict.replace(KIND_NAMES[finding.kind], KIND_NAMES[kind]);
  const title = `${own}${finding.isBasisDependent ? "; depends on the basis of the head" : ""}`;
  const effects = table(rows, {
    title: `${finding.relation.name} at ${placeName(finding.place)}: ${KIND_NAMES[kind]}`,
    description: title,
    width: 900,
  });
  if (Object.keys(finding.coordinates).length === 0) return effects;
  return smallMultiples(
    [
      effects,
      bars(finding.coordinates, {
        title: "Each word on the direction of the pairs without it",
        valueName: "coordinate",
        width: 520,
      }),
    ],
    { columns: 1, description: title },
  );
}
