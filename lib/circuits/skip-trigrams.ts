import type { Displayable } from "../display/index.ts";
import { InputError, type Token, type Transformer } from "../models/transformer/index.ts";
import { softmax, tensor, type Tensor } from "../tensor/index.ts";
import { heatmap, table } from "../views/index.ts";
import type { Head } from "./head.ts";
import { checkExpandable } from "./path-expansion.ts";
import { shown } from "./shown.ts";
import { fullOV, fullQK } from "./vocabulary-circuits.ts";

/** [source] … [destination] → [out], as one head would complete it. */
export interface SkipTrigramEntry {
  /** "0.1" */
  readonly head: string;
  readonly source: string;
  readonly destination: string;
  readonly out: string;
  /**
   * From the QK circuit: the share of its attention that the destination gives to the source if every word of the vocabulary stands
   * before it once; positions are left out.
   */
  readonly attention: number;
  /** From the OV circuit: how much attending to the source raises the logit of `out` above the mean of all words. */
  readonly write: number;
  /** attention · write: the head's own term, in logits. */
  readonly strength: number;
}

/** Which skip-trigrams are listed. */
export interface SkipTrigramOptions {
  /** How many, the strongest first; with `sources`, of each source. Default 20. */
  readonly count?: number;
  /** Only these source words; a list for each, in this order. */
  readonly sources?: readonly Token[];
  /** Only these destination words; default all. */
  readonly destinations?: readonly Token[];
}

/** Most cells of the QK circuit that are computed for a table; beyond, `destinations` must say which rows. */
const MAX_CELLS = 2 ** 27;

/**
 * The strongest skip-trigrams of a head of a one-layer attention-only model: what its QK circuit lets destinations look for, times
 * what its OV circuit writes for it. Nothing is run: the table is read off the weights.
 *
 * The head's own term only: what other heads and the direct path say about the same words is not in it.
 *
 * Source: Elhage et al. 2021, "Interpreting one-layer models as skip-trigram tables".
 * @throws InputError for another kind of model, or a vocabulary so large that `destinations` must be chosen
 * @example skipTrigramTable(model, head(model, 0, 1), { sources: ["keep"], count: 5 })
 */
export function skipTrigramTable(
  model: Transformer,
  head: Head,
  { count = 20, sources, destinations }: SkipTrigramOptions = {},
): readonly SkipTrigramEntry[] & Displayable {
  checkOneLayer(model);
  const { vocabulary } = model;
  const wordsOf = (tokens: readonly Token[] | undefined) =>
    tokens?.map((token) => wordOf(model, token)) ?? vocabulary.words;
  const [sourceWords, destinationWords] = [wordsOf(sources), wordsOf(destinations)];
  if (destinationWords.length * vocabulary.size > MAX_CELLS)
    throw new InputError(
      `A table for ${destinationWords.length} destinations over ${vocabulary.size} words would take ${destinationWords.length * vocabulary.size} scores; at most ${MAX_CELLS} are computed. Choose \`destinations\`.`,
    );
  const strongest = sourceWords.map(() => [] as { destination: string; attention: number }[]);
  const places = sourceWords.map((word) => vocabulary.index(word));
  const QK = fullQK(model, head).times(model.configuration.scoreScale);
  for (const destination of destinationWords) {
    const shares = softmax(QK.row(vocabulary.index(destination)).withoutLabels(), "source").data;
    for (const [at, place] of places.entries())
      strongest[at]?.push({ destination, attention: shares[place] ?? 0 });
  }
  const OV = fullOV(model, head);
  const lists = sourceWords.map((source, at) => {
    const written = OV.row(places[at] ?? 0).withoutLabels();
    const best = written.minus(written.mean("out")).topK(Math.min(count, vocabulary.size));
    return (strongest[at] ?? [])
      .toSorted((one, other) => other.attention - one.attention)
      .slice(0, count)
      .flatMap(({ destination, attention }) =>
        best.map(({ index, value: write }) => ({
          head: head.name,
          source,
          destination,
          out: vocabulary.word(index),
          attention,
          write,
          strength: attention * write,
        })),
      )
      .toSorted(byStrength)
      .slice(0, count);
  });
  const entries = sources === undefined ? lists.flat().toSorted(byStrength).slice(0, count) : lists.flat();
  return shown(entries, () =>
    table(
      entries.map(({ source, destination, out, attention, write, strength }) => ({
        "source … destination → out": `${source} … ${destination} → ${out}`,
        attention,
        write,
        strength,
      })),
      { title: `Skip-trigrams of head ${head.name}`, barsFor: ["strength"] },
    ),
  );
}

/** What one head does for several skip-trigrams with the same source. */
export interface SkipTrigramBug extends Displayable {
  /** What the head adds to each out's logit (above the mean of all words) at each destination because of the source: of rank 1. */
  readonly contributions: Tensor<["destination", "out"]>;
  /** A(destination, source): how much of its attention each destination gives to the source. */
  readonly attention: Tensor<["destination"]>;
  /** OV(source, out): what is written for the source, above the mean of all words. */
  readonly writes: Tensor<["out"]>;
  /** The pairs that nobody wanted, and how much the head raises them. */
  readonly crossed: readonly {
    readonly destination: string;
    readonly out: string;
    readonly contribution: number;
  }[];
  /** Whether the head raises every wanted pair, and therefore every crossed pair as well. */
  readonly hasBug: boolean;
}

/**
 * The skip-trigram bug: one head that raises "keep … in mind" and "keep … at bay" raises "keep … in bay" and "keep … at mind" too, for
 * what it adds is A(destination, source) · OV(source, out): a product, of rank 1.
 *
 * Look at the head's own term, as here: in the logits the direct path (in → mind) can hide the bug, and a head can avoid it by letting
 * each destination attend to another source.
 *
 * Source: Elhage et al. 2021, "Skip-trigram bugs".
 * @param wanted the pairs [destination, out] that are meant
 * @param between tokens between the source and the destination, when attention is measured; default none
 * @throws InputError for another kind of model
 * @example skipTrigramBug(model, head(model, 0, 0), "keep", [["in", "mind"], ["at", "bay"]], { between: ["the", "plan"] }).crossed
 */
export function skipTrigramBug(
  model: Transformer,
  head: Head,
  source: Token,
  wanted: readonly (readonly [destination: Token, out: Token])[],
  { between = [] }: { readonly between?: readonly Token[] } = {},
): SkipTrigramBug {
  checkOneLayer(model);
  const words = (tokens: readonly Token[]) => [...new Set(tokens.map((token) => wordOf(model, token)))];
  const destinations = words(wanted.map(([destination]) => destination));
  const outs = words(wanted.map(([, out]) => out));
  const attention = tensor(
    ["destination"],
    destinations.map((destination) => {
      const text = [source, ...between, destination];
      const pattern = model.run(text, { keep: ["blocks.0.pattern"], logits: "none" }).activations[
        "blocks.0.pattern"
      ];
      return pattern.value({ head: head.index, query: text.length - 1, key: 0 });
    }),
    { labels: { destination: destinations } },
  );
  const written = fullOV(model, head).row(model.vocabulary.index(wordOf(model, source)));
  const writes = written.minus(written.mean("out")).pick({ out: outs });
  const contributions = attention.outer(writes);
  const isWanted = (destination: string, out: string) =>
    wanted.some((pair) => wordOf(model, pair[0]) === destination && wordOf(model, pair[1]) === out);
  const cells = destinations.flatMap((destination) =>
    outs.map((out) => ({ destination, out, contribution: contributions.value({ destination, out }) })),
  );
  const crossed = cells.filter(({ destination, out }) => !isWanted(destination, out));
  const hasBug =
    crossed.length > 0 &&
    cells.every(({ destination, out, contribution }) => !isWanted(destination, out) || contribution > 0);
  return shown({ contributions, attention, writes, crossed, hasBug }, () =>
    heatmap(contributions, {
      title: `What head ${head.name} adds for ${wordOf(model, source)} … destination → out`,
    }),
  );
}

function byStrength(one: SkipTrigramEntry, other: SkipTrigramEntry): number {
  return other.strength - one.strength;
}

function wordOf({ vocabulary }: Transformer, token: Token): string {
  return typeof token === "number" ? vocabulary.word(token) : token;
}

function checkOneLayer(model: Transformer): void {
  checkExpandable(model);
  const { layers } = model.configuration;
  if (layers !== 1)
    throw new InputError(`Skip-trigrams are read off a model with one layer; this one has ${layers}.`);
}
