import type { Displayable } from "../display/index.ts";
import type { Transformer } from "../models/transformer/index.ts";
import { randomNumbers, stack, tensor, type Tensor } from "../tensor/index.ts";
import { heatmap, heatmapGrid, smallMultiples, table, type Figure } from "../views/index.ts";
import { headNames } from "./head.ts";
import { stripe } from "./detectors.ts";
import { shown } from "./shown.ts";

/** How the random text of {@link headRoles} is made. */
export interface RepeatedTokensOptions {
  /** Tokens of the part that is repeated; default as many as fit twice, at most 50. */
  readonly period?: number;
  /** How many texts; the scores are their means. Default 4. */
  readonly texts?: number;
  /** A token to put first, as the model is used to: a start token, [CLS]. */
  readonly first?: number;
  /** Tokens to draw from; default the whole vocabulary without `first`. */
  readonly from?: readonly number[];
  readonly seed?: number | string;
}

/** What a head does on a random text that is repeated once. */
export type HeadRole = "previous token" | "current token" | "first token" | "duplicate token" | "induction";

/** What each head attends to, and what it can be called for it. */
export interface HeadRoles extends Displayable {
  /** Mean attention on the stripe of each role, 0 to 1. */
  readonly scores: Tensor<["head", "role"]>;
  /** Heads whose stripe is at least `threshold`, by role; a head may have several: induction heads rest on the first token where nothing matches. */
  readonly roles: Readonly<Record<HeadRole, readonly string[]>>;
  readonly threshold: number;
  /** The texts that were used. */
  readonly tokens: readonly (readonly number[])[];
}

const ROLES: readonly HeadRole[] = [
  "previous token",
  "current token",
  "first token",
  "duplicate token",
  "induction",
];

/** Random tokens, then the same again; with `first` in front. */
export function repeatedTokens(model: Transformer, options: RepeatedTokensOptions = {}): number[][] {
  const { context, vocabulary } = model.configuration;
  const { texts = 4, first, seed = 0 } = options;
  const room = Math.floor((context - (first === undefined ? 0 : 1)) / 2);
  const period = options.period ?? Math.min(50, room);
  const from =
    options.from ??
    Array.from({ length: vocabulary }, (_, token) => token).filter((token) => token !== first);
  const random = randomNumbers(seed);
  return Array.from({ length: texts }, () => {
    const part = Array.from({ length: period }, () => from[Math.floor(random() * from.length)] ?? 0);
    return [...(first === undefined ? [] : [first]), ...part, ...part];
  });
}

/**
 * Which heads attend to the previous token, to themselves, to the first position, to the same token before, or, as induction heads do,
 * to the token that followed the same token before: mean attention along each stripe of the patterns on random repeated tokens.
 * Induction and duplicate are judged in the second half, where there is something to find.
 *
 * Source: stripes as in ARENA 1.2, with its threshold of 0.4; prefix matching as in Olsson et al. 2022.
 * @example headRoles(model, { first: 0 }).roles.induction // ["1.4", "1.10"]
 */
export function headRoles(
  model: Transformer,
  { threshold = 0.4, ...options }: RepeatedTokensOptions & { readonly threshold?: number } = {},
): HeadRoles {
  const tokens = repeatedTokens(model, options);
  const hasFirst = options.first !== undefined;
  const period = ((tokens[0]?.length ?? 0) - (hasFirst ? 1 : 0)) / 2;
  const perText = tokens.map((text) => textScores(model, text, period));
  const scores = perText.reduce((sum, each) => sum.plus(each)).times(1 / perText.length);
  const roles = Object.fromEntries(ROLES.map((role) => [role, [] as string[]])) as Record<HeadRole, string[]>;
  for (const name of headNames(model))
    for (const role of ROLES) if (scores.value({ head: name, role }) >= threshold) roles[role].push(name);
  return shown({ scores, roles, threshold, tokens }, () =>
    smallMultiples(
      [
        rolesPicture({ scores }),
        table(
          ROLES.map((role) => ({
            role,
            heads: summary(roles[role], (head) => scores.value({ head, role })),
          })),
          { title: `Heads with at least ${threshold}` },
        ),
      ],
      { title: "What heads attend to" },
    ),
  );
}

/** Above so many heads, one line for each would be taller than a screen: then a square of layers and heads for each role. */
const MOST_LINES = 32;

/** So many heads have room in a line of the table. */
const MOST_NAMES = 8;

/** The heads of a role, or where there are too many their number and those with the highest scores. */
function summary(names: readonly string[], score: (head: string) => number): string {
  if (names.length === 0) return "none";
  if (names.length <= MOST_NAMES) return names.join(", ");
  const most = [...names].sort((one, other) => score(other) - score(one)).slice(0, MOST_NAMES - 3);
  return `${names.length} heads, most ${most.join(", ")}`;
}

/** The scores of {@link headRoles} alone. */
export function rolesPicture({ scores }: Pick<HeadRoles, "scores">): Figure {
  const title = "Attention to each role's place";
  if (scores.sizeOf("head") <= MOST_LINES) return heatmap(scores, { title, colours: "blue", domain: [0, 1] });
  const [last = "0.0"] = scores.labels("head")?.slice(-1) ?? [];
  const [layers = 1, heads = 1] = last.split(".").map((index) => Number(index) + 1);
  const numerals = (count: number) => Array.from({ length: count }, (_, at) => String(at));
  const squares = tensor(["role", "layer", "head"], scores.transpose("role", "head").data.slice(), {
    shape: [ROLES.length, layers, heads],
    labels: { role: ROLES, layer: numerals(layers), head: numerals(heads) },
  });
  return heatmapGrid(squares, { title, colours: "blue", domain: [0, 1] });
}

function textScores(model: Transformer, text: readonly number[], period: number): Tensor<["head", "role"]> {
  const { layers } = model.configuration;
  const { activations } = model.run(text, { keep: ["blocks.*.pattern"], logits: "none" });
  const rows = Array.from({ length: layers }, (_, layer) => {
    const pattern = activations[`blocks.${layer}.pattern`]?.withoutLabels();
    if (!pattern) return [];
    const second = pattern.slice({ query: [text.length - period, text.length] });
    const stripes = [
      stripe(pattern, -1),
      stripe(pattern, 0),
      pattern.at({ key: 0 }).mean("query"),
      // queries of the second half only: their own index is `text.length - period` less than the position
      stripe(second, text.length - 2 * period),
      stripe(second, text.length - 2 * period + 1),
    ];
    return [stack(stripes, "role", ROLES).transpose("head", "role")];
  }).flat();
  return stack(
    rows.flatMap((layer) => Array.from({ length: layer.sizeOf("head") }, (_, head) => layer.at({ head }))),
    "head",
    headNames(model),
  );
}
