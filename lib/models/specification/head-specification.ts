import { inspect } from "node:util";
import { DISPLAY, type Displayable, type MimeBundle } from "../../display/index.ts";
import { LabelError, tensor } from "../../tensor/index.ts";
import type { HeadWeights } from "../attention/weights.ts";
import { OptionError } from "../errors.ts";
import { everywhere, type Direction, type LooksFor, type ScoreTerm } from "./looks-for.ts";
import { prediction, type Reading } from "./reading.ts";
import type { ResidualSpace } from "./residual-space.ts";
import type { Votes } from "./votes.ts";

/** What a head is to do, in the words of a sentence. */
export interface HeadDescription {
  /** What it is called; made from the rest unless given. */
  readonly name?: string;
  /** Which position it attends to: `previousPosition()`, `sameWord()`, `anyWordOf("battery")`, `matching(…)`. */
  readonly looksFor: LooksFor;
  /** Where it does not look, although `looksFor` would. */
  readonly avoids?: LooksFor;
  /** It asks only where one of these words stands; everywhere unless given. */
  readonly at?: readonly string[];
  /** What it takes from there: `word()`, a `channel(…)`, a `feature(…)`, or `votes(…)`. */
  readonly copies: Reading | Votes;
  /** Where it puts that: `prediction()` unless given, or a `channel(…)`. */
  readonly to?: Reading;
  /** How strongly, and with which sign: above 0 it enhances, below 0 it inhibits; 1 unless given. */
  readonly strength?: number;
  /** How far the score of what it looks for stands above all others, in nats: 40 unless given. */
  readonly focus?: number;
}

/** A column of W_V beside a row of W_O: it moves (read · position attended to) along `write`. */
export interface ValueTerm {
  readonly label: string;
  readonly read: Direction;
  readonly write: Direction;
}

/** A head written down as a sentence, which compiles into W_Q, W_K, W_V and W_O. */
export class HeadSpecification implements Displayable {
  readonly description: HeadDescription;

  constructor(description: HeadDescription) {
    this.description = description;
  }

  /** Its name: as given, or what it looks for. */
  get name(): string {
    return this.description.name ?? this.description.looksFor.description;
  }

  /** The channels and features that it reads or writes. */
  get parts(): readonly Reading[] {
    const { looksFor, avoids, copies, to } = this.description;
    return [
      ...looksFor.reads,
      ...(avoids?.reads ?? []),
      "of" in copies ? copies.of : copies,
      ...(to ? [to] : []),
    ];
  }

  /** The columns of W_Q and W_K, with the focus in them: what makes its scores. */
  scoreTerms(space: ResidualSpace): readonly ScoreTerm[] {
    const { looksFor, avoids, at, focus = 40 } = this.description;
    const terms = looksFor.rests ? scaled(looksFor.terms(space, at), focus) : looksFor.terms(space, at);
    const away = avoids === undefined ? [] : scaled(avoids.terms(space, undefined), -focus);
    const first = new Map([[space.dimension("position", "0"), focus / 2]]);
    const rest = looksFor.rests ? [{ label: "rest on the first", query: everywhere(space), key: first }] : [];
    return [...terms, ...away, ...rest];
  }

  /** The columns of W_V and rows of W_O, with the strength in them: what it moves where. */
  valueTerms(space: ResidualSpace): readonly ValueTerm[] {
    const { copies, strength = 1 } = this.description;
    const to = this.description.to ?? prediction();
    if ("of" in copies)
      return [...copies.table].map(([from, row]) => ({
        label: from,
        read: new Map([[space.dimension(copies.of.block, from), 1]]),
        write: new Map(
          Object.entries(row).map(([word, vote]) => [space.dimension(to.block, word), vote * strength]),
        ),
      }));
    const labels = copies.label === undefined ? space.block(copies.block).labels : [copies.label];
    return labels.map((label) => ({
      label,
      read: new Map([[space.dimension(copies.block, label), 1]]),
      write: new Map([[space.dimension(to.block, to.label ?? label), strength]]),
    }));
  }

  /**
   * The head as weights, every axis labelled: the dimensions of the residual stream, and for each feature and value
   * what it is about. Scores are divided by √d_k when the head runs, so W_Q is multiplied by it here.
   *
   * @param sizes at least so many features and values (zeros fill up), so that heads of a layer fit together
   */
  weights(
    space: ResidualSpace,
    sizes: { readonly feature?: number; readonly value?: number } = {},
  ): HeadWeights {
    const scores = this.scoreTerms(space);
    const values = this.valueTerms(space);
    const feature = Math.max(1, scores.length, sizes.feature ?? 0);
    const value = Math.max(1, values.length, sizes.value ?? 0);
    const embedding = space.labels;
    const features = filled(
      scores.map((term) => term.label),
      feature,
    );
    const outputs = filled(
      values.map((term) => term.label),
      value,
    );
    const read = (directions: readonly Direction[], size: number, factor: number): Float64Array => {
      const matrix = new Float64Array(space.width * size);
      for (const [column, direction] of directions.entries())
        for (const [dimension, weight] of direction) matrix[dimension * size + column] = weight * factor;
      return matrix;
    };
    const write = new Float64Array(value * space.width);
    for (const [row, term] of values.entries())
      for (const [dimension, weight] of term.write) write[row * space.width + dimension] = weight;
    const queries = read(
      scores.map((term) => term.query),
      feature,
      Math.sqrt(feature),
    );
    const keys = read(
      scores.map((term) => term.key),
      feature,
      1,
    );
    const reads = read(
      values.map((term) => term.read),
      value,
      1,
    );
    const width = space.width;
    return {
      W_Q: tensor(["embedding", "feature"], queries, {
        shape: [width, feature],
        labels: { embedding, feature: features },
        name: "W_Q",
      }),
      W_K: tensor(["embedding", "feature"], keys, {
        shape: [width, feature],
        labels: { embedding, feature: features },
        name: "W_K",
      }),
      W_V: tensor(["embedding", "value"], reads, {
        shape: [width, value],
        labels: { embedding, value: outputs },
        name: "W_V",
      }),
      W_O: tensor(["value", "embedding"], write, {
        shape: [value, width],
        labels: { value: outputs, embedding },
        name: "W_O",
      }),
    };
  }

  /** The head in a line of a table: its name, where it looks, what it takes from there, where to, how strongly. */
  get row(): readonly (string | number)[] {
    const { looksFor, avoids, at, copies, to = prediction(), strength = 1 } = this.description;
    const asks = at === undefined ? "" : `at ${at.map((each) => `“${each}”`).join(" or ")}: `;
    const but = avoids === undefined ? "" : `, not ${avoids.description}`;
    const taken = "of" in copies ? `the votes of its ${copies.of.description}` : `its ${copies.description}`;
    return [
      this.description.name ?? "",
      `${asks}${looksFor.description}${but}`,
      taken,
      to.description,
      strength,
    ];
  }

  /** The head in one sentence. */
  toString(): string {
    const { looksFor, avoids, at, copies, to, strength = 1 } = this.description;
    const where = at === undefined ? "" : `At ${at.map((each) => `“${each}”`).join(" or ")} it looks`;
    const looks = `${where || "Looks"} for ${looksFor.description}${avoids ? `, not for ${avoids.description}` : ""}`;
    const target = (to ?? prediction()).description;
    const verb = strength < 0 ? "inhibits with" : "adds";
    const what = "of" in copies ? `the votes of its ${copies.of.description}` : `its ${copies.description}`;
    return `${looks}, and ${verb} ${what} ${strength < 0 ? "in" : "to"} the ${target} (strength ${strength}).`;
  }

  /** What `console.log` writes. */
  [inspect.custom](): string {
    return this.toString();
  }

  /** As text: what it looks for, and what it copies. */
  [DISPLAY](): MimeBundle {
    return { "text/plain": this.toString() };
  }
}

/**
 * A head from a description that reads like a sentence: what it looks for, what it copies from there, where to, how
 * strongly and with which sign.
 *
 * @throws OptionError for a strength or focus that is no finite number; LabelError when `at` names words and the head
 *   asks by position or channel
 * @example headSpecification({ looksFor: previousPosition(), copies: word(), to: channel("previous word") })
 * @example headSpecification({ looksFor: sameWord(), avoids: samePosition(), copies: word(), strength: -5 })
 */
export function headSpecification(description: HeadDescription): HeadSpecification {
  const { strength = 1, focus = 40, looksFor, at } = description;
  if (!Number.isFinite(strength)) throw new OptionError("strength", strength, "a finite number");
  if (!Number.isFinite(focus) || focus <= 0) throw new OptionError("focus", focus, "a finite number above 0");
  const asksByWord =
    looksFor.asks === "always" || (typeof looksFor.asks === "object" && looksFor.asks.block === "word");
  if (at !== undefined && !asksByWord)
    throw new LabelError(
      `"at" limits a head to words, but a head that looks for ${looksFor.description} does not ask by its word: ` +
        `that would be a product of three things, and a score is a product of two.`,
    );
  return new HeadSpecification(description);
}

function scaled(terms: readonly ScoreTerm[], factor: number): ScoreTerm[] {
  return terms.map((term) => ({
    ...term,
    key: new Map([...term.key].map(([dimension, weight]) => [dimension, weight * factor])),
  }));
}

function filled(labels: readonly string[], size: number): string[] {
  return [...labels, ...Array.from({ length: size - labels.length }, () => "")];
}
