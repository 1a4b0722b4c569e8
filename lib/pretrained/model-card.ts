import { DISPLAY, type Displayable } from "../display/index.ts";
import type { Transformer } from "../models/transformer/transformer.ts";

/** What a model is, in a dozen lines. */
export interface ModelCard extends Displayable {
  readonly name: string;
  readonly kind: string;
  readonly layers: number;
  readonly heads: number;
  /** Key and value heads, fewer than `heads` where they are shared. */
  readonly keyHeads: number;
  /** d_model. */
  readonly embedding: number;
  /** d_head of queries and keys. */
  readonly feature: number;
  /** d_ff; 0 for attention only. */
  readonly neurons: number;
  readonly vocabulary: number;
  readonly context: number;
  readonly positions: string;
  readonly norm: string;
  readonly parameters: number;
  /** How the weights were stored before they were widened to 32-bit floats. */
  readonly storedAs: readonly string[];
}

/** The card of `model`. */
export function modelCard(name: string, model: Transformer, storedAs: readonly string[]): ModelCard {
  const { kind, layers, heads, keyHeads, embedding, feature, feedForward, context, positions, norm } =
    model.configuration;
  const facts = {
    name,
    kind,
    layers,
    heads,
    keyHeads,
    embedding,
    feature,
    neurons: feedForward?.neurons ?? 0,
    vocabulary: model.vocabulary.size,
    context,
    positions: positions.kind,
    norm: norm ? `${norm.kind}, ${norm.place}` : "none",
    parameters: model.parameterCount,
    storedAs,
  };
  const rows = Object.entries(facts).map(([fact, value]) => [
    fact,
    Array.isArray(value) ? value.join(", ") : format(value),
  ]);
  const width = Math.max(...rows.map(([fact = ""]) => fact.length));
  return {
    ...facts,
    [DISPLAY]: () => ({
      "text/plain": rows.map(([fact = "", value = ""]) => `${fact.padEnd(width)}  ${value}`).join("\n"),
      "text/markdown": [
        "| | |",
        "| --- | --- |",
        ...rows.map(([fact = "", value = ""]) => `| ${fact} | ${escaped(value)} |`),
      ].join("\n"),
    }),
  };
}

function format(value: unknown): string {
  return typeof value === "number" ? value.toLocaleString("en") : String(value);
}

/** Text that stays text in a Markdown table. */
function escaped(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>()#+!|&$~]/g, (character) => `&#${character.codePointAt(0) ?? 0};`);
}
