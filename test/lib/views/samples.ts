import { attention2d, hiddenStates, lossSeries, noise, patterns, transitions } from "./numbers.ts";
import {
  attentionHeads,
  attentionNeurons,
  attentionPattern,
  attribution,
  bars,
  colouredTokens,
  compare,
  compositionDiagram,
  directionScatter,
  headMap,
  heatmap,
  heatmapGrid,
  histogram,
  informationFlow,
  logitLensTable,
  lossCurve,
  matrixProduct,
  pages,
  parallelogram,
  scatter,
  smallMultiples,
  spectrum,
  table,
  tokenLogProbabilities,
  topTokens,
  transitionGraph,
  vectorProjection,
  voteFlow,
  type Figure,
  type FigureOptions,
} from "../../../lib/views/index.ts";

const WORDS = ["show", "me", "my", " photos", "files\n", "שלום"];

/** Words that try to be something else: markup, expressions, entities, prototypes, tags for Plotly, turned text. */
export const HOSTILE = [
  "<script>window.hacked=1</script>",
  "</style><img src=x onerror=window.hacked=2>",
  "&lt;b&gt; & \"quotes\" 'single'",
  "'+(window.hacked=3)+'",
  "__proto__",
  '<a href="javascript:window.hacked=4">x</a>\u202Edesrever\u2066',
];

/** Options that every sample takes, or those views that have a name for their values. */
type Common = FigureOptions & { readonly valueName?: string };

/** One figure of every view, with `words` (six) as labels. */
export function samples(
  words: readonly string[] = WORDS,
  common: Common = words === HOSTILE ? { title: HOSTILE.join(" ") } : {},
): Readonly<Record<string, Figure>> {
  const square = { row: words, column: words };
  const next = transitions();
  const states = hiddenStates();
  const distribution = next.map((row) => row.map((value) => Math.log(value * 0.94 + 0.01)));
  const names = words.slice(0, 3);
  return {
    heatmap: heatmap(next, { labels: square, ...common }),
    "heatmap-diverging": heatmap(noise(8, 24), { ...common }),
    "heatmap-not-finite": heatmap(
      [
        [NaN, 1, -2],
        [Infinity, 0, -Infinity],
      ],
      { ...common },
    ),
    "heatmap-image": heatmap(noise(60, 60), {
      labels: { row: Array.from({ length: 60 }, (_, row) => words[row % 6] ?? "") },
      ...common,
    }),
    "heatmap-grid": heatmapGrid(patterns(2, 3, 6), {
      labels: { layer: words.slice(0, 2), head: names, row: words, column: words },
      ...common,
    }),
    "head-map": headMap(
      [
        [0.2, 3.1, -0.4],
        [1.2, NaN, 0.1],
      ],
      {
        labels: { layer: words.slice(0, 2), head: names },
        valueName: words[5] ?? "",
        beside: { [words[4] ?? ""]: noise(2, 3) },
        marked: [[0, 1]],
        markName: words[3] ?? "",
        details: [
          { head: [0, 1], figure: vectorProjection(states, { labels: { row: words }, width: 320 }) },
          { head: [1, 0], figure: bars([1, 2], { labels: { entry: words.slice(0, 2) }, width: 300 }) },
        ],
        ...common,
      },
    ),
    parallelogram: parallelogram(states, {
      labels: { row: words },
      pairs: [
        [0, 1],
        [2, 3],
        [4, 5],
      ],
      after: states.map((row) => [row[0] ?? 0, (row[1] ?? 0) / 2]),
      names: [words[0] ?? "", words[1] ?? ""],
      ...common,
    }),
    compare: compare(
      next,
      next.map((row) => row.map((value) => value * 0.9 + 1 / 60)),
      { labels: square, names: [words[0] ?? "", words[1] ?? ""], ...common },
    ),
    bars: bars([0.5, 0.3, 0.1, 0.05, 0.05, -0.02], { labels: { entry: words }, ...common }),
    "bars-stacked": bars(
      [
        [1, 0.5, 0, 0, 0.2, 0],
        [0.2, -0.5, 0.6, 0, 0, 0.1],
      ],
      { labels: { row: words.slice(0, 2), column: words }, ...common },
    ),
    table: table(
      words.map((token, rank) => ({ token, rank: rank + 1, probability: 0.5 ** (rank + 1) })),
      { ...common },
    ),
    "transition-graph": transitionGraph(next, { labels: square, ...common }),
    "vote-flow": voteFlow(
      [
        [1, 0, 0.2],
        [0.5, 0.5, -0.4],
        [0, 1, 0],
      ],
      { labels: { row: names, column: words.slice(3) }, ...common },
    ),
    "matrix-product": matrixProduct(
      [
        {
          rowAxis: words[4] ?? "",
          columnAxis: words[5] ?? "",
          rows: names,
          columns: words,
          values: [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0],
        },
        { rowAxis: "vocabulary", columnAxis: "next word", rows: words, columns: words, values: next.flat() },
      ],
      { names: [words[0] ?? "", "transitions"], ...common },
    ),
    "matrix-chain": matrixProduct([noise(3, 5), noise(5, 4), noise(4, 3)], {
      names: ["X", "W_E", words[3] ?? ""],
      ...common,
    }),
    "attention-pattern": attentionPattern(attention2d(2, 6), {
      tokens: words,
      valueNorms: [
        [0.1, 1, 2, 1, 1, 1],
        [1, 1, 1, 1, 2, 1],
      ],
      ...common,
    }),
    "attention-layers": attentionPattern(patterns(2, 2, 6), { tokens: words, ...common }),
    "attention-heads": attentionHeads(patterns(2, 4, 6), { tokens: words, ...common }),
    "attention-neurons": attentionNeurons(
      [noise(6, 5, 1), noise(6, 5, 2)],
      [noise(6, 5, 3), noise(6, 5, 4)],
      {
        tokens: words,
        labels: { head: words.slice(0, 2) },
        ...common,
      },
    ),
    "top-tokens": topTokens([noise(7, 6, 1), noise(7, 6, 2)], {
      tokens: words,
      labels: { layer: words.slice(0, 2), item: [...words, "seventh"] },
      top: 4,
      ...common,
    }),
    pages: pages(
      [
        heatmap(noise(2, 3), { labels: { row: words.slice(0, 2) } }),
        attentionHeads(patterns(2, 2, 6), { tokens: words }),
        vectorProjection(states, { labels: { row: words } }),
      ],
      { names, page: 1, ...common },
    ),
    "coloured-tokens": colouredTokens(
      words,
      { [words[0] ?? ""]: [0.1, -0.4, 1, 0, 0.3, 0.2], second: [3, 2, 1, 0, 1, 2] },
      { ...common },
    ),
    "token-log-probabilities": tokenLogProbabilities(words, distribution, {
      labels: { column: words },
      ...common,
    }),
    "logit-lens": logitLensTable(
      [next, next, next].map((rows, layer) =>
        rows.map((row) => row.map((value, word) => value * layer * 3 + (word === layer ? 1 : 0))),
      ),
      { tokens: words, labels: { vocabulary: words }, ...common },
    ),
    attribution: attribution([0.5, 2, -0.75, 0.1, 0.05, 0.6], {
      labels: { entry: words },
      total: 2.5,
      valueName: words[0] ?? "",
      ...common,
    }),
    "vector-projection": vectorProjection(states, {
      labels: { row: words },
      pairs: [
        [0, 1],
        [2, 3],
      ],
      groups: words.map((_, index) => words[index % 2] ?? ""),
      ...common,
    }),
    "vector-arrows": vectorProjection(states, {
      labels: { row: words },
      arrows: true,
      after: states.map((row) => row.map((value, index) => (index === 0 ? -value : value / 2))),
      ...common,
    }),
    "vector-scale": vectorProjection(states, {
      labels: { row: words },
      dimensions: 1,
      names: [words[0] ?? ""],
      ...common,
    }),
    "vector-space": vectorProjection(states, {
      labels: { row: words },
      dimensions: 3,
      arrows: true,
      pairs: [[0, 1]],
      names: names,
      ...common,
    }),
    "direction-scatter": directionScatter(
      states,
      [
        [1, 0, 0, 0],
        [0, 1, 1, 0],
      ],
      { labels: { row: words }, names: [words[0] ?? "", "second"], ...common },
    ),
    scatter: scatter([1, 2, 3, 4, 5, 6], [1, 4, 9, 16, 25, 36], {
      labels: { entry: words },
      groups: words,
      ...common,
    }),
    spectrum: spectrum([4, 2, 1, 0.5], { baseline: [2, 1.8, 1.6, 1.4], ...common }),
    "spectrum-complex": spectrum(
      { real: [1, 0.5, 0.5, -0.2], imaginary: [0, 0.4, -0.4, 0] },
      { baseline: 0.6, ...common },
    ),
    histogram: histogram(noise(10, 30).flat(), { bins: 12, valueName: words[0] ?? "", ...common }),
    "loss-curve": lossCurve(
      {
        [words[0] ?? ""]: lossSeries(),
        validation: [
          { step: 0, loss: 3 },
          { step: 20, loss: 1.5 },
        ],
      },
      { baselines: { [words[1] ?? ""]: 3.2 }, ...common },
    ),
    "composition-diagram": compositionDiagram(
      [
        { from: [0, 1], to: [1, 0], kind: "K", score: 0.4 },
        { from: [0, 0], to: [1, 1], kind: "Q", score: 0.2 },
        { from: [0, 2], to: [2, 1], kind: "V", score: 0.3 },
      ],
      { baseline: 0.15, ...common },
    ),
    "information-flow": informationFlow(
      words,
      [
        { layer: 0, head: words[0] ?? "", from: 0, to: 2, amount: 0.8 },
        { layer: 1, head: 3, from: 2, to: 5, amount: 1 },
        { layer: 1, from: 5, to: 5, amount: 0.5 },
        { layer: 1, head: 1, from: 4, to: 5, amount: -0.4 },
      ],
      { ...common },
    ),
    "small-multiples": smallMultiples(
      [
        bars([1, 2], { labels: { entry: words.slice(0, 2) }, width: 300 }),
        matrixProduct([[[1, 2]], [[3], [4]]], { width: 420 }),
      ],
      { title: words[0] ?? "", ...common },
    ),
  };
}
