import { inspect } from "node:util";
import { DISPLAY, type Displayable, type MimeBundle } from "../../display/index.ts";
import { OptionError } from "../errors.ts";
import { prediction, type Reading } from "./reading.ts";

/** A word in a part of the residual stream: `is(word(), "ran")`. */
export interface Condition {
  readonly reading: Reading;
  readonly word: string;
}

/** What a neuron is to do. */
export interface NeuronDescription {
  /** What it is called; made from its conditions unless given. */
  readonly name?: string;
  /** Conditions that have to hold together. */
  readonly firesOn: readonly Condition[];
  /** Conditions of which none may hold. */
  readonly unless?: readonly Condition[];
  /** What it adds to each word (or takes from it) when it fires. */
  readonly votes: Readonly<Record<string, number>>;
  /** Where it adds that: `prediction()` unless given. */
  readonly to?: Reading;
}

/** A neuron of a feed-forward layer, written down as a sentence. */
export class NeuronSpecification implements Displayable {
  readonly description: Required<Omit<NeuronDescription, "name">> & Pick<NeuronDescription, "name">;
  readonly name: string;

  constructor(description: NeuronDescription) {
    this.description = { unless: [], to: prediction(), ...description };
    this.name = description.name ?? description.firesOn.map((condition) => condition.word).join(", ");
  }

  /** The channels and features that it reads or writes. */
  get parts(): readonly Reading[] {
    const { firesOn, unless, to } = this.description;
    return [...firesOn, ...unless].map(({ reading }) => reading).concat(to);
  }

  /** The neuron in a line of a table, as a head's: it looks at its own position only. */
  get row(): readonly (string | number)[] {
    return [
      this.description.name ?? "",
      `here, when ${this.#condition}`,
      this.#votes,
      this.description.to.description,
      "",
    ];
  }

  get #condition(): string {
    const { firesOn, unless } = this.description;
    const said = (conditions: readonly Condition[], link: string): string =>
      conditions.map(({ reading, word }) => `${reading.description} is “${word}”`).join(link);
    return said(firesOn, " and ") + (unless.length > 0 ? ` unless ${said(unless, " or ")}` : "");
  }

  get #votes(): string {
    const { votes } = this.description;
    return Object.entries(votes)
      .map(([word, vote]) => `${vote} for “${word}”`)
      .join(", ");
  }

  toString(): string {
    return `Fires when ${this.#condition}, and adds ${this.#votes} to the ${this.description.to.description}.`;
  }

  /** What `console.log` writes. */
  [inspect.custom](): string {
    return this.toString();
  }

  /** As text: when it fires, and what it adds. */
  [DISPLAY](): MimeBundle {
    return { "text/plain": this.toString() };
  }
}

/** That a part of the residual stream holds a word. */
export function is(reading: Reading, word: string): Condition {
  return { reading, word };
}

/**
 * A neuron that fires when several things hold together: each with weight 1, bias 1 − their number, and what must
 * not be with weight −1. Its votes are a row of W_out.
 * Source: Rohrer, "Second order sequence model as matrix multiplications".
 *
 * @throws OptionError without a condition
 * @example neuronSpecification({ firesOn: [is(channel("attended"), "battery"), is(word(), "ran")], votes: { down: 1 } })
 */
export function neuronSpecification(description: NeuronDescription): NeuronSpecification {
  if (description.firesOn.length === 0) throw new OptionError("firesOn", "empty", "at least one condition");
  return new NeuronSpecification(description);
}
