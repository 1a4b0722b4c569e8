import "./matrix-renderer.ts";

export { Figure } from "./figure.ts";
export { ViewInputError } from "./view-input-error.ts";
export type { FigureOptions, ColourChoice } from "./options.ts";
export type { ArrayInput, MatrixInput, TensorLike, VectorInput } from "./matrix.ts";
export { heatmap, type HeatmapOptions } from "./heatmap.ts";
export { bars, type BarsOptions } from "./bars.ts";
export { matrixProduct, type MatrixProductOptions } from "./matrix-product.ts";
export { attentionPattern, type AttentionPatternOptions } from "./attention-pattern.ts";
export { attentionHeads, type AttentionHeadsOptions } from "./attention-heads.ts";
export { attentionNeurons, type AttentionNeuronsOptions } from "./attention-neurons.ts";
export { transitionGraph, type TransitionGraphOptions } from "./transition-graph.ts";
export { voteFlow, type VoteFlowOptions } from "./vote-flow.ts";
export { informationFlow, type InformationFlowOptions, type InformationMove } from "./information-flow.ts";
export {
  compositionDiagram,
  type CompositionDiagramOptions,
  type CompositionEdge,
  type CompositionTable,
} from "./composition-diagram.ts";
export { scatter, type ScatterOptions } from "./scatter.ts";
export { directionScatter } from "./direction-scatter.ts";
export { vectorProjection, type VectorProjectionOptions } from "./vector-projection.ts";
export { spectrum, type ComplexNumbers, type SpectrumOptions } from "./spectrum.ts";
export { histogram, type HistogramOptions } from "./histogram.ts";
export { lossCurve, type LossCurveOptions, type LossSeries } from "./loss-curve.ts";
export { table, type TableOptions, type TableRow } from "./table.ts";
export { colouredTokens } from "./coloured-tokens.ts";
export { tokenLogProbabilities, type TokenLogProbabilitiesOptions } from "./token-log-probabilities.ts";
export { logitLensTable, type LogitLensTableOptions } from "./logit-lens-table.ts";
export { attribution, type AttributionOptions } from "./attribution.ts";
export { compare, type CompareOptions } from "./compare.ts";
export { headMap, type HeadDetail, type HeadIndex, type HeadMapOptions } from "./head-map.ts";
export { parallelogram, type ParallelogramOptions, type VectorPair } from "./parallelogram.ts";
export { heatmapGrid } from "./heatmap-grid.ts";
export { topTokens, type TopTokensOptions } from "./top-tokens.ts";
export { pages, type PagesOptions } from "./pages.ts";
export { smallMultiples, type SmallMultiplesOptions } from "./small-multiples.ts";
export { explore, type AxisControl, type Exploration } from "./explore.ts";
