import type { Exchange } from "./exchanges.ts";
import { falseDiscoveryRates } from "./statistics.ts";

/**
 * What was found of a relation at a place:
 *
 * - `paired relation`: a common direction, and it matters which second word goes with which first (the parallelogram);
 * - `class direction`: a common direction that all second words share against all first, whoever is paired with whom;
 * - `nothing`: not distinguishable from chance.
 */
export type RelationKind = "paired relation" | "class direction" | "nothing";

/** A kind in words. */
export const KIND_NAMES: Readonly<Record<RelationKind, string>> = {
  "paired relation": "paired relation",
  "class direction": "class direction",
  nothing: "not distinguishable from chance",
};

/** The two p-values that decide, of one relation at one place. */
export interface Decision {
  /** That there is no direction from first to second words. */
  readonly pValue: number;
  /** That there is none, or that partners are arbitrary: the larger of the two (intersection–union test, Berger 1982). */
  readonly pairedPValue: number;
}

/**
 * The p-values that decide, out of those of three exchanges.
 *
 * A direction has to beat the shuffled words. It has to beat exchanged orders, too, at `level`: a gate, not a correction, since n pairs allow
 * no p-value under 2¹⁻ⁿ there. Where even the least possible is above `level` (fewer than six pairs at .05) the gate stays open.
 */
export function decision(
  pValues: Readonly<Record<Exchange, number>>,
  pairs: number,
  level: number,
): Decision {
  const isGated = 2 ** (1 - pairs) <= level;
  const pValue = isGated && pValues.order > level ? Math.max(pValues.words, pValues.order) : pValues.words;
  return { pValue, pairedPValue: Math.max(pValue, pValues.partners) };
}

/** A decision corrected for how many were made. */
export interface CorrectedDecision extends Decision {
  /** Benjamini–Hochberg: among the rows up to this q, this share is expected to have no direction. */
  readonly qValue: number;
  /** The same for paired relations: never below `qValue`. */
  readonly pairedQValue: number;
  readonly kind: RelationKind;
}

/** Decisions corrected for their number: of those called found, and of those called paired, at most the share `level` is expected to be false. */
export function corrected(decisions: readonly Decision[], level: number): CorrectedDecision[] {
  const rates = falseDiscoveryRates(decisions.map(({ pValue }) => pValue));
  const pairedRates = falseDiscoveryRates(decisions.map(({ pairedPValue }) => pairedPValue));
  return decisions.map((each, index) => {
    const [qValue, pairedQValue] = [rates, pairedRates].map((each) =>
      Number((each[index] ?? 1).toPrecision(4)),
    );
    return {
      ...each,
      qValue: qValue ?? 1,
      pairedQValue: pairedQValue ?? 1,
      kind: kindOf(rates[index] ?? 1, pairedRates[index] ?? 1, level),
    };
  });
}

/** The kind at these p- or q-values. */
export function kindOf(value: number, pairedValue: number, level: number): RelationKind {
  return value > level ? "nothing" : pairedValue > level ? "class direction" : "paired relation";
}
