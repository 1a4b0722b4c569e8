import { inspect } from "node:util";
import { DISPLAY, type Displayable, type MimeBundle } from "../display/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { htmlTable } from "../text/html-table.ts";

/** One feature's vote for one word. */
export interface Vote {
  /** "battery, ran". */
  readonly feature: string;
  /** The earlier word of the feature. */
  readonly earlier: string;
  /** The word that it votes for. */
  readonly word: string;
  readonly vote: number;
}

/** The votes of the features that are active in a sentence, and what they add up to. */
export class VoteTable implements Displayable {
  /** The word that all features end in. */
  readonly latest: string;
  /** Votes: key = the earlier word of each active feature, vocabulary = the word that is voted for. */
  readonly votes: Tensor<["key", "vocabulary"]>;
  /** The sum of the votes for each word. */
  readonly totals: Tensor<["vocabulary"]>;
  /** Who voted what: every vote that is not zero, features in the vocabulary's order. */
  readonly ballots: readonly Vote[];

  constructor(latest: string, votes: Tensor<["key", "vocabulary"]>) {
    this.latest = latest;
    this.votes = votes;
    this.totals = votes.sum("key");
    const words = votes.labels("vocabulary") ?? [];
    this.ballots = (votes.labels("key") ?? []).flatMap((earlier, row) =>
      words.flatMap((word, column) => {
        const vote = votes.data[row * words.length + column] ?? 0;
        return vote === 0 ? [] : [{ feature: `${earlier}, ${latest}`, earlier, word, vote }];
      }),
    );
  }

  /** Who voted for `word`. */
  votersFor(word: string): readonly Vote[] {
    return this.ballots.filter((vote) => vote.word === word);
  }

  /** The words that got votes with their totals, most first. */
  get ranking(): readonly { readonly word: string; readonly total: number }[] {
    const totals = new Map<string, number>();
    for (const { word, vote } of this.ballots) totals.set(word, (totals.get(word) ?? 0) + vote);
    return [...totals].map(([word, total]) => ({ word, total })).sort((a, b) => b.total - a.total);
  }

  toString(): string {
    const results = this.ranking.map(({ word, total }) => `${word} ${rounded(total)}`).join(", ");
    return `Votes after "${this.latest}": ${results || "none"}`;
  }

  /** What `console.log` writes. */
  [inspect.custom](): string {
    return this.toString();
  }

  /** As a table: who votes for what. */
  [DISPLAY](): MimeBundle {
    const words = this.ranking.map(({ word }) => word);
    const earlier = this.votes.labels("key") ?? [];
    const rows = earlier.map((key) => [
      `${key}, ${this.latest}`,
      ...words.map((word) => {
        const ballot = this.ballots.find((vote) => vote.earlier === key && vote.word === word);
        return ballot === undefined ? "" : rounded(ballot.vote);
      }),
    ]);
    rows.push(["total", ...this.ranking.map(({ total }) => rounded(total))]);
    return {
      "text/plain": this.toString(),
      "text/html": htmlTable(this.toString(), ["feature", ...words], rows),
    };
  }
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
